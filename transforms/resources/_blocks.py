"""What rewrites into `with` blocks share: the lines between opening and closing."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from optimizer.facts.facts import Facts


def until_closed(opened: ast.Assign, name: str, facts: Facts) -> tuple[list[ast.stmt], ast.stmt] | None:
    """The statements up to `name.close()` in the same block, and that statement."""
    body: list[ast.stmt] = []
    for stmt in facts.following(opened):
        match stmt:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=closed), attr="close"), args=[], keywords=[]
                )
            ) if closed == name:
                return (body, stmt) if body else None
        body.append(stmt)
    return None


def share_a_line(statements: list[ast.stmt]) -> bool:
    """Whether a statement begins on the line that the one before it ends on."""
    return any(later.lineno <= (first.end_lineno or 0) for first, later in pairwise(statements))


def spans_lines(node: ast.AST) -> bool:
    """Whether a text goes over several lines, so that indenting would change it."""
    return isinstance(node, (ast.Constant, ast.JoinedStr)) and node.lineno != node.end_lineno


def block_lines(opened: ast.stmt, close: ast.stmt, facts: Facts) -> Iterator[str]:
    """The lines from after the opening to before the closing, comments and blank lines kept."""
    # Not `splitlines`: Python itself ends lines at these only, and a form feed stands in many files.
    lines = re.split(r"\r\n|\r|\n", facts.text)
    first = (opened.end_lineno or opened.lineno) + 1
    taken = lines[first - 1 : close.lineno - 1]
    while taken and not taken[-1].strip():
        taken.pop()
    yield from textwrap.dedent("\n".join(taken)).split("\n")
