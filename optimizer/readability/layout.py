"""A layout of our own, so that measures do not depend on who formatted which side.

The syntax tree is written out again (which settles quotes, brackets, blank lines and comments), and
what is too long for a line is split the way formatters do it: at the last bracket first, then at the
weakest operator between the brackets.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise

from optimizer.readability.trees import flatten_strings, without_docstrings

FormatCode = Callable[[str], str]
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_INDENT = 4
_SPLIT_BEFORE = (
    frozenset({"if", "else"}),
    frozenset({"or", "and"}),
    frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "not", "is"}),
    frozenset({"|", "^", "&", "<<", ">>", "+", "-", "*", "/", "//", "%", "@"}),
)
_RIGHT_SIDE = re.compile(
    r"(?P<head>(?:return|if|elif|while|yield|[\w.,\[\]: ]+? [-+*/%&|^@<>]*=) )"
    r"(?P<value>.+?)(?P<colon>:?)$"
)
_Token = tokenize.TokenInfo


def laid_out(
    statements: Sequence[ast.stmt], *, line_length: int, format_code: FormatCode | None
) -> list[str]:
    """The lines of code of `statements`, by `format_code` if there is one; no docstrings, no blanks."""
    plain = flatten_strings(without_docstrings(statements))
    text = ast.unparse(ast.Module(body=plain, type_ignores=[]))
    if format_code is not None:
        return [line for line in format_code(text).split("\n") if line.strip()]
    return [piece for line in text.split("\n") if line.strip() for piece in _split_line(line, line_length)]


def _split_line(line: str, limit: int) -> list[str]:
    if len(line) <= limit:
        return [line]
    code = _bracketed(line.lstrip(" "))
    tokens = [token for token in _tokens(code) if token.string.strip()]
    return _split(code, tokens, len(line) - len(line.lstrip(" ")), limit)


def _bracketed(code: str) -> str:
    """The statement with brackets around what it returns, assigns or tests, where that helps to split it."""
    found = _RIGHT_SIDE.match(code)
    if found is None:
        return code
    tokens = _tokens(found["value"])
    weak = any(
        token.string in {"and", "or", "else"} and depth == 0
        for token, depth in zip(tokens, _depths(tokens), strict=True)
    )
    bracketless = not any(token.string in _OPEN for token in tokens)
    return f"{found['head']}({found['value']}){found['colon']}" if weak or bracketless else code


def _tokens(code: str) -> list[_Token]:
    """The tokens of one logical line, which need not be a whole statement (`else:`, `for x in y:`)."""
    tokens: list[_Token] = []
    with suppress(tokenize.TokenError):
        tokens.extend(tokenize.generate_tokens(io.StringIO(code).readline))
    return tokens


def _split(code: str, tokens: Sequence[_Token], indent: int, limit: int) -> list[str]:
    if indent + len(code) <= limit or len(tokens) <= 1:
        return [" " * indent + code]
    return _at_last_bracket(code, tokens, indent, limit) or [" " * indent + code]


def _at_last_bracket(code: str, tokens: Sequence[_Token], indent: int, limit: int) -> list[str]:
    """Head up to the last bracket that holds something, its content one level in, and the rest."""
    pairs = [(opened, closed) for opened, closed in _brackets(tokens) if closed - opened > 1]
    if not pairs:
        return []
    opened, closed = pairs[-1]
    start, end = tokens[0].start[1], tokens[-1].end[1]
    first, last = tokens[opened].end[1], tokens[closed].start[1]
    head = _split(_cut(code, start, first), tokens[: opened + 1], indent, limit)
    body = _at_operators(code, tokens[opened + 1 : closed], indent + _INDENT, limit)
    return [*head, *body, " " * indent + _cut(code, last, end)]


def _brackets(tokens: Sequence[_Token]) -> list[tuple[int, int]]:
    """Positions of the outermost pairs, in the order of their ends."""
    pairs: list[tuple[int, int]] = []
    stack: list[int] = []
    for position, token in enumerate(tokens):
        if token.string in _OPEN:
            stack.append(position)
        elif token.string in _CLOSE and stack:
            opened = stack.pop()
            if not stack:
                pairs.append((opened, position))
    return pairs


def _at_operators(code: str, tokens: Sequence[_Token], indent: int, limit: int) -> list[str]:
    """The content of a bracket: on one line if it fits, else a line for each part."""
    text = _cut(code, tokens[0].start[1], tokens[-1].end[1])
    if indent + len(text) <= limit:
        return [" " * indent + text]
    parts = _parts(tokens)
    if len(parts) == 1:
        return _split(text, _shifted(tokens), indent, limit)
    lines: list[str] = []
    for part in parts:
        piece = _cut(code, part[0].start[1], part[-1].end[1])
        inner = _at_operators if len(_parts(part)) > 1 else _split
        lines += inner(piece, _shifted(part), indent, limit)
    return lines


def _parts(tokens: Sequence[_Token]) -> list[Sequence[_Token]]:
    depths = _depths(tokens)
    outer = [(i, token.string) for i, token in enumerate(tokens) if depths[i] == 0]
    loops = [i for i, text in outer if i and text in {"for", "async"}]
    # A comprehension binds weaker than the commas of its own targets.
    cuts = [i for i, text in outer if text in {"for", "async", "if"} and i >= loops[0]] if loops else []
    cuts = cuts or [i + 1 for i, text in outer if text == ","]
    for words in _SPLIT_BEFORE:
        cuts = cuts or [i for i, text in outer if i and text in words]
    edges = [0, *(cut for cut in cuts if cut < len(tokens)), len(tokens)]
    return [tokens[a:b] for a, b in pairwise(edges) if b > a]


def _depths(tokens: Sequence[_Token]) -> list[int]:
    depths: list[int] = []
    depth = 0
    for token in tokens:
        depth -= token.string in _CLOSE
        depths.append(depth)
        depth += token.string in _OPEN
    return depths


def _shifted(tokens: Sequence[_Token]) -> list[_Token]:
    """The tokens with columns counted from the first one."""
    by = tokens[0].start[1]
    return [token._replace(start=(1, token.start[1] - by), end=(1, token.end[1] - by)) for token in tokens]


def _cut(code: str, start: int, end: int) -> str:
    return code[start:end].strip()
