"""`# optimizer: skip` and `# optimizer: skip-file`: what a file says should be left alone."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from optimizer.discover.decode import LINE_END

_SKIP = re.compile(r"#\s*optimizer:\s*skip(?![\w-])", re.IGNORECASE)
_SKIP_FILE = re.compile(r"#\s*optimizer:\s*skip-file(?![\w-])", re.IGNORECASE)
_FIRST_LINES = 20

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def first_line(node: ast.stmt) -> int:
    """The line that `node` begins on, with its decorators."""
    if isinstance(node, Definition) and node.decorator_list:
        return node.decorator_list[0].lineno
    return node.lineno


class SkipComments:
    """The comments of one file that are about skipping."""

    def __init__(self, text: str) -> None:
        comments = list(_comments(text)) if "optimizer:" in text.lower() else []
        self._alone = {line for line, _, alone in comments if alone}
        self._skips = {line for line, comment, _ in comments if _SKIP.search(comment)}
        self.whole_file = any(
            line <= _FIRST_LINES for line, comment, _ in comments if _SKIP_FILE.search(comment)
        )

    def __bool__(self) -> bool:
        """Whether there is any `# optimizer: skip`."""
        return bool(self._skips)

    def name(self, definition: Definition) -> bool:
        """Whether a comment asks to skip `definition`.

        It stands on one of the lines of the signature or the decorators, or in the comment right above.
        """
        first = first_line(definition)
        header_end = max(definition.lineno, first_line(definition.body[0]) - 1)
        signature = {line for line in range(definition.lineno, header_end + 1) if line not in self._alone}
        decorators = set(range(first, definition.lineno))
        return bool(self._skips & (signature | decorators | set(self._above(first))))

    def _above(self, line: int) -> Iterator[int]:
        while (line := line - 1) in self._alone:
            yield line


def _comments(text: str) -> Iterator[tuple[int, str, bool]]:
    """Line, text and whether nothing else stands on the line, for every comment."""
    lines = LINE_END.sub("\n", text)
    try:
        for token in tokenize.generate_tokens(io.StringIO(lines).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string, not token.line[: token.start[1]].strip()
    except (tokenize.TokenError, SyntaxError):
        # What cannot be told apart counts as a comment: then rather too much is left alone.
        yield from ((number, line, True) for number, line in enumerate(lines.split("\n"), 1) if "#" in line)
