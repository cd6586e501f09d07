"""How the file is written: line ends, indentation, line length, quotes."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from optimizer.propose.rewriting.lines import indent_unit, newline_of

DEFAULT_LINE_LENGTH = 88
_PLAIN_STRING = re.compile(r"""([rRbBuU]{0,2})(["'])((?:[^"'\\]|\\[^"'])*)\2""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What new code in a file has to look like."""

    newline: str
    unit: str
    quote: str
    line_length: int

    @property
    def config(self) -> cst.PartialParserConfig:
        """What libcst writes new blocks and lines with."""
        return cst.PartialParserConfig(default_indent=self.unit, default_newline=self.newline)

    def room(self, indent: str) -> int:
        """How many characters a line at this indentation may have."""
        return self.line_length - width(indent)


def style_of(text: str, tree: ast.Module, lines: Sequence[str], line_length: int | None) -> Style:
    """The style of a file."""
    singles = text.count("'") - 3 * text.count("'''")
    doubles = text.count('"') - 3 * text.count('"""')
    return Style(
        newline=newline_of(text),
        unit=indent_unit(tree, lines),
        quote=_preferred(singles, doubles),
        line_length=line_length or DEFAULT_LINE_LENGTH,
    )


def _preferred(singles: int, doubles: int) -> str:
    """The quote that most strings have; "" when there is nothing to go by."""
    if singles == doubles:
        return ""
    return "'" if singles > doubles else '"'


def width(text: str) -> int:
    """How wide a text without line ends is shown."""
    return len(text.expandtabs(4))


def with_quotes(code: str, quote: str, seen: str) -> str:
    """`code` with its short strings in the file's quotes, but for those that stand in `seen`."""
    if not quote:
        return code
    pieces: list[str] = []
    end = 0
    starts = _line_starts(code)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return code
    for token in tokens:
        found = _PLAIN_STRING.fullmatch(token.string) if token.type == tokenize.STRING else None
        if not found or token.string in seen:
            continue
        start = starts[token.start[0] - 1] + token.start[1]
        pieces += [code[end:start], f"{found[1]}{quote}{found[3]}{quote}"]
        end = start + len(token.string)
    return "".join([*pieces, code[end:]])


def _line_starts(code: str) -> list[int]:
    starts = [0]
    for line in code.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts
