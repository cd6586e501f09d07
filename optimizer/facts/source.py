"""The text behind the nodes: exact segments and comments. Columns of `ast` count UTF-8 bytes."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_left
from functools import cached_property

_LINE = re.compile(r"[^\r\n\f\v\x1c-\x1e\x85\u2028\u2029]*")


class Source:
    """One file's text, cut by the positions of nodes."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _lines(self) -> list[str]:
        # Python ends lines at \n, \r\n and \r only; str.splitlines knows more ends than that.
        return re.split(r"(?<=\n)|(?<=\r)(?!\n)", self.text)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._lines:
            starts.append(starts[-1] + len(line))
        return starts

    def offset(self, line: int, column: int) -> int:
        """The index into `text` of a 1-based line and a column in UTF-8 bytes."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode(errors="replace"))
        return self._starts[line - 1] + column

    def span(self, first: ast.AST, last: ast.AST | None = None) -> tuple[int, int]:
        """Where in `text` the nodes from `first` to `last` stand; decorators count in."""
        last = first if last is None else last
        begin = self.offset(*_begin(first))
        return begin, self.offset(last.end_lineno, last.end_col_offset)  # type: ignore[attr-defined]

    def segment(self, node: ast.AST) -> str:
        """The exact source text of `node` ("" when it has no position)."""
        if not hasattr(node, "end_col_offset"):
            return ""
        begin, end = self.span(node)
        return self.text[begin:end]

    @cached_property
    def comments(self) -> list[int]:
        """Where each comment begins, in order."""
        if "#" not in self.text:
            return []
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(self.text, newline="").readline))
        except (tokenize.TokenError, SyntaxError):
            # What cannot be told apart counts as a comment.
            return [match.start() for match in re.finditer("#", self.text)]
        starts = (token.start for token in tokens if token.type == tokenize.COMMENT)
        return [self._starts[line - 1] + column for line, column in starts]

    def has_comments(self, first: ast.AST, last: ast.AST | None = None) -> bool:
        """Whether a comment stands inside the span, or at the end of its last line."""
        begin, end = self.span(first, last)
        line_end = min(
            (at for at in (self.text.find(c, end) for c in "\r\n") if at >= 0), default=len(self.text)
        )
        return bisect_left(self.comments, begin) < bisect_left(self.comments, line_end)


def _begin(node: ast.AST) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", None)
    if decorators:
        # The `@` stands before the expression, on the same line.
        first = decorators[0]
        return first.lineno, max(first.col_offset - 1, 0)
    return node.lineno, node.col_offset  # type: ignore[attr-defined]
