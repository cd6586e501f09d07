"""Python text as the gate sees it: parsed once, with what the syntax tree forgets."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

_WRAPPER = "if True:\n"
KEPT = 32
_HEADS = frozenset(
    {"if", "elif", "else", "for", "while", "try", "except", "finally", "with", "async", "def", "class"}
)
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_STUBS = frozenset({"...", "pass"})
_LAYOUT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER})


class UnreadableError(ValueError):
    """The text is no Python that this interpreter can parse."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """A file, or a piece of one that may be indented.

    `comments` counts comments without their `#`, `semicolons` those that separate statements, and
    `crowded` the bodies that stand in the line of their `if`, `for`, ...
    """

    lines: tuple[str, ...]
    body: tuple[ast.stmt, ...]
    comments: Counter[str]
    semicolons: int
    crowded: int


@lru_cache(maxsize=KEPT)
def parse(text: str) -> Source:
    """Read `text`; raises `UnreadableError`. Trees are shared between callers: nobody may change them."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    indented = _is_indented(plain)
    whole = _WRAPPER + plain if indented else plain
    try:
        body = ast.parse(whole).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message = f"cannot be parsed ({error})"
        raise UnreadableError(message) from error
    if indented:
        body = [inner for wrapper in body if isinstance(wrapper, ast.If) for inner in wrapper.body]
    tokens = list(_tokens(whole))
    return Source(
        lines=tuple(whole.split("\n")),
        body=tuple(body),
        comments=_comments(tokens),
        semicolons=sum(token.type == tokenize.OP and token.string == ";" for token in tokens),
        crowded=sum(_is_crowded(line) for line in _logical_lines(tokens)),
    )


def _is_indented(text: str) -> bool:
    code = (line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#"))
    return next(code, "").startswith((" ", "\t"))


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens up to the first that `tokenize` cannot read: it is pickier than the parser."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return


def _comments(tokens: Sequence[tokenize.TokenInfo]) -> Counter[str]:
    texts = (token.string.lstrip("#!: ").rstrip() for token in tokens if token.type == tokenize.COMMENT)
    return Counter(text for text in texts if text)


def _logical_lines(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[list[str]]:
    """The words of each logical line."""
    code = (token for token in tokens if token.type not in _LAYOUT)
    for ends, line in groupby(code, key=lambda token: token.type == tokenize.NEWLINE):
        if not ends:
            yield [token.string for token in line]


def _is_crowded(words: Sequence[str]) -> bool:
    """Whether something follows the colon of a compound statement's head; a stub like `...` may."""
    if words[0] not in _HEADS and (words[0] != "case" or words[1:2] == [":"]):
        return False
    depth = lambdas = 0
    for position, word in enumerate(words):
        if word in _OPEN:
            depth += 1
        elif word in _CLOSE:
            depth -= 1
        elif depth == 0 and word == "lambda":
            lambdas += 1
        elif depth == 0 and word == ":":
            if not lambdas:
                rest = words[position + 1 :]
                return bool(rest) and not (len(rest) == 1 and rest[0] in _STUBS)
            lambdas -= 1
    return False
