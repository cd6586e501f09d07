"""Which lines of a file an edit opens: the innermost function or class around each change."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.propose.rewriting.lines import first_line_of, last_line_of
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.transform import Replace

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Position = tuple[int, int]
_HOLDS_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """Whole lines of the file (1-based, inclusive) that hold `statements` and nothing else.

    `outer` is the statement at the top of the module that the lines belong to.
    """

    first_line: int
    last_line: int
    statements: tuple[ast.stmt, ...]
    outer: ast.stmt
    changes: tuple[Replace, ...]


def containers(tree: ast.Module, changes: Sequence[Replace]) -> tuple[Container, ...]:
    """The containers of all changes, from the top of the file down, none inside another."""
    found: dict[_Position, Container] = {}
    for change in changes:
        one = _container(tree, change)
        while nested := [key for key, other in found.items() if _overlap(one, other)]:
            one = _join(tree, one, found.pop(nested[0]))
        found[one.first_line, one.last_line] = one
    return tuple(found[key] for key in sorted(found))


def statement_around(container: Container, change: Replace) -> ast.stmt:
    """The innermost statement of the container that holds the whole change (itself when it is one)."""
    *_, innermost = _path_in(container.statements, change)
    return innermost


def replaced_statements(container: Container, change: Replace) -> list[ast.stmt]:
    """The statements from the change's first to its last."""
    last = _last(change)
    for block in _blocks(container.statements):
        if change.first in block and last in block:
            return block[block.index(change.first) : block.index(last) + 1]
    message = "the first and the last statement of the edit are not in one block"
    raise RewriteError(message)


def _blocks(statements: Sequence[ast.stmt]) -> Iterator[list[Any]]:
    pending: list[list[Any]] = [list(statements)]
    while pending:
        block = pending.pop()
        yield block
        for node in block:
            fields = (value for _, value in ast.iter_fields(node) if isinstance(value, list))
            pending.extend(value for value in fields if value and isinstance(value[0], _HOLDS_STATEMENTS))


def _overlap(one: Container, other: Container) -> bool:
    return one.first_line <= other.last_line and other.first_line <= one.last_line


def _join(tree: ast.Module, one: Container, other: Container) -> Container:
    first = min(one.first_line, other.first_line)
    last = max(one.last_line, other.last_line)
    changes = (*other.changes, *one.changes)
    for wide in (one, other):
        if (wide.first_line, wide.last_line) == (first, last):
            return _made(wide.statements, wide.outer, changes)
    return _top_level(tree, first, last, changes)


def _container(tree: ast.Module, change: Replace) -> Container:
    path = list(_path_in(tree.body, change))
    if not path:
        return _top_level(tree, first_line_of(change.first), last_line_of(_last(change)), (change,))
    around = [node for node in path if isinstance(node, _Definition) and node is not change.first]
    if not around:
        return _top_level(tree, first_line_of(path[0]), last_line_of(path[0]), (change,))
    return _made((around[-1],), path[0], (change,))


def _top_level(tree: ast.Module, first: int, last: int, changes: tuple[Replace, ...]) -> Container:
    """Statements at the top of the module on these lines, with those that share a line with them."""
    statements: list[ast.stmt] = []
    for node in tree.body:
        if first_line_of(node) <= last and first <= last_line_of(node):
            statements.append(node)
            last = max(last, last_line_of(node))
    if not statements:
        message = "the edit lies outside the file"
        raise RewriteError(message)
    head = [node for node in tree.body if last_line_of(node) == first_line_of(statements[0])]
    joined = tuple(dict.fromkeys((*head, *statements)))
    return _made(joined, joined[0], changes)


def _made(statements: tuple[ast.stmt, ...], outer: ast.stmt, changes: tuple[Replace, ...]) -> Container:
    return Container(
        first_line=first_line_of(statements[0]),
        last_line=last_line_of(statements[-1]),
        statements=statements,
        outer=outer,
        changes=changes,
    )


def _path_in(statements: Iterable[ast.stmt], change: Replace) -> Iterator[ast.stmt]:
    """The statements around the whole change, outermost first; the changed one too when it is alone."""
    start, end = _start(change.first), _end(_last(change))
    inside = iter(statements)
    while node := next((each for each in inside if _start(each) <= start and end <= _end(each)), None):
        yield node
        inside = _statements_in(node)


def _statements_in(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, (ast.excepthandler, ast.match_case)):
            yield from _statements_in(child)


def _last(change: Replace) -> ast.stmt | ast.expr:
    return change.last or change.first


def _start(node: ast.stmt | ast.expr) -> _Position:
    line = first_line_of(node)
    return (line, 0 if line < node.lineno else node.col_offset)


def _end(node: ast.stmt | ast.expr) -> _Position:
    return (last_line_of(node), node.end_col_offset or 0)
