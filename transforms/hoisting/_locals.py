"""Locals that hold one value for as long as the function runs."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from optimizer.facts.facts import Facts

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyLocal:
    """A local variable that is assigned once; `reads` all come after that."""

    name: str
    statement: ast.Assign | ast.AnnAssign
    reads: tuple[ast.Name, ...]


def only_local(value: ast.expr, facts: Facts) -> OnlyLocal | None:
    """The local that `value` is assigned to, when that is all that it ever holds."""
    statement = facts.parent(value)
    match statement:
        case ast.Assign(targets=[ast.Name() as target], value=assigned):
            pass
        case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as assigned):
            pass
        case _:
            return None
    function = facts.function_of(value)
    if assigned is not value or function is None or facts.uses_frames(function):
        return None
    if facts.in_class_body(value) or _is_declared(target.id, function):
        return None
    if facts.writes(target.id, function) != [target]:
        return None
    reads = facts.reads(target.id, function)
    later = set(facts.following(statement))
    if not reads or not all(later.intersection((read, *facts.ancestors(read))) for read in reads):
        return None
    return OnlyLocal(name=target.id, statement=statement, reads=tuple(reads))


def _is_declared(name: str, function: ast.AST) -> bool:
    """Whether the name is declared global or nonlocal anywhere in the function."""
    nodes = (node for node in ast.walk(function) if isinstance(node, ast.Global | ast.Nonlocal))
    return any(name in node.names for node in nodes)


def comments_of_statement(statement: ast.stmt, facts: Facts) -> tuple[str, ...]:
    """The comment lines right above a statement at its own indentation, and the one at its end."""
    lines = _LINE_END.split(facts.text)
    found: list[str] = []
    margin = lines[statement.lineno - 1][: statement.col_offset]
    number = statement.lineno - 1
    while number > 0 and lines[number - 1].startswith(f"{margin}#"):
        number -= 1
        found.insert(0, lines[number].strip())
    last = lines[(statement.end_lineno or statement.lineno) - 1]
    end = last.encode()[statement.end_col_offset :].decode().strip()
    return (*found, end) if end.startswith("#") else tuple(found)
