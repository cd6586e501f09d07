"""Put new code in the place of one node of a text, and leave every other character as it is."""

from __future__ import annotations

import ast
import textwrap


def spliced(
    text: str, first: ast.expr | ast.stmt, last: ast.expr | ast.stmt, new: ast.expr | list[ast.stmt]
) -> str:
    """`text` with `new` where the nodes `first` to `last` stand."""
    data = text.encode("utf-8", "surrogatepass")
    starts = _line_starts(data)
    start = starts[first.lineno - 1] + first.col_offset
    end = starts[(last.end_lineno or last.lineno) - 1] + (last.end_col_offset or 0)
    middle = _written(new, first.col_offset).encode("utf-8", "surrogatepass")
    return (data[:start] + middle + data[end:]).decode("utf-8", "surrogatepass")


def _written(new: ast.expr | list[ast.stmt], column: int) -> str:
    if isinstance(new, ast.expr):
        text = ast.unparse(new)
        return text if isinstance(new, ast.Name | ast.Constant) and not text.startswith("-") else f"({text})"
    code = "\n".join(ast.unparse(ast.fix_missing_locations(statement)) for statement in new) or "pass"
    return textwrap.indent(code, " " * column).lstrip(" ")


def _line_starts(data: bytes) -> list[int]:
    """Where each line begins, as the parser counts lines: after a newline, a carriage return, or both."""
    starts, place = [0], 0
    while place < len(data):
        if data[place : place + 2] == b"\r\n":
            place += 1
        if data[place] in b"\r\n":
            starts.append(place + 1)
        place += 1
    return starts
