"""Lines as Python's tokenizer counts them, and columns in characters."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MARGIN = re.compile(r"[ \t\f]*")


def split_lines(text: str) -> list[str]:
    r"""The lines of `text` with their ends; only \n, \r\n and \r end a line (a form feed does not)."""
    return _LINE.findall(text)


def newline_of(text: str) -> str:
    """How most lines of the text end."""
    windows = text.count("\r\n")
    unix = text.count("\n") - windows
    old_mac = text.count("\r") - windows
    most = max(unix, windows, old_mac)
    if most == unix:
        return "\n"
    return "\r\n" if most == windows else "\r"


def margin(line: str) -> str:
    """The white space that a line starts with."""
    found = _MARGIN.match(line)
    return found.group() if found else ""


def indent_unit(tree: ast.Module, lines: Sequence[str]) -> str:
    """What the file adds for one level of indentation; four spaces when it has no block."""
    for node in tree.body:
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and body[0].lineno > node.lineno:
            return margin(lines[body[0].lineno - 1]) or "    "
    return "    "


def character_column(line: str, byte_column: int) -> int:
    """The column in characters; `ast` counts in bytes of UTF-8."""
    if line.isascii():
        return byte_column
    return len(line.encode()[:byte_column].decode(errors="replace"))


def first_line_of(node: ast.stmt | ast.expr) -> int:
    """The line a node starts on, decorators counted in."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def last_line_of(node: ast.stmt | ast.expr) -> int:
    """The line a node ends on."""
    return node.end_lineno or node.lineno
