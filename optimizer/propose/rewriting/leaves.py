"""One logical line as leaves: its tokens, each with whether a blank stands before it."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.propose.rewriting.lines import split_lines

_LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
OPENING = frozenset("([{")
CLOSING = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One token. A whole f-string is one leaf."""

    text: str
    space: bool
    string: bool = False
    newline: bool = False
    """Whether the author began a line with it."""

    @property
    def operand(self) -> bool:
        """Whether an operator that follows takes this as its left side."""
        if self.string or self.text in CLOSING:
            return True
        word = self.text[0].isalnum() or self.text[0] in "_."
        return word and (not keyword.iskeyword(self.text) or self.text in {"None", "True", "False"})


def leaves_of(code: str) -> tuple[Leaf, ...] | None:
    """The leaves of one logical line; None when it holds a comment or a string over several lines."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    if any(token.type == tokenize.COMMENT for token in tokens):
        return None
    found = tuple(_leaves([token for token in tokens if token.type not in _LAYOUT], split_lines(code)))
    return None if any("\n" in leaf.text for leaf in found) else found


def comments_of(code: str) -> list[str]:
    """The comments in a piece of source."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def render(leaves: Sequence[Leaf]) -> str:
    """The leaves on one line."""
    return "".join(f" {leaf.text}" if leaf.space else leaf.text for leaf in leaves).lstrip(" ")


def _leaves(tokens: Sequence[tokenize.TokenInfo], lines: Sequence[str]) -> Iterator[Leaf]:
    before: Leaf | None = None
    end = (1, 0)
    for token, last in _whole_strings(tokens):
        string = token.type == tokenize.STRING or token is not last
        text = token.string if token is last else _text(lines, token.start, last.end)
        newline = token.start[0] != end[0]
        space = _space_for_newline(before, text) if newline else token.start != end
        before = Leaf(text, space and before is not None, string, newline)
        end = last.end
        yield before


def _whole_strings(
    tokens: Sequence[tokenize.TokenInfo],
) -> Iterator[tuple[tokenize.TokenInfo, tokenize.TokenInfo]]:
    """First and last token of each leaf; Python 3.12 cuts f-strings into many."""
    depth, first = 0, None
    for token in tokens:
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):
            first = first or token
            depth += 1
        elif kind.endswith("STRING_END"):
            depth -= 1
            if depth == 0 and first is not None:
                yield first, token
                first = None
            continue
        if depth == 0:
            yield token, token


def _text(lines: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    middle = "".join(lines[start[0] : end[0] - 1])
    return lines[start[0] - 1][start[1] :] + middle + lines[end[0] - 1][: end[1]]


def _space_for_newline(before: Leaf | None, text: str) -> bool:
    if before is None or before.text in OPENING or text in CLOSING:
        return False
    return text not in {",", "."} and before.text != "."
