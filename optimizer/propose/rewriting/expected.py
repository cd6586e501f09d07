"""What the changed statements must parse to: the old tree with the new code's tree in its place."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from optimizer.propose.rewriting.parse import parse_quietly
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.transform import Replace

_BLOCKS = frozenset(("body", "orelse", "finalbody"))


def expected_statements(statements: Sequence[ast.stmt], changes: Sequence[Replace]) -> list[ast.stmt]:
    """Copies of the statements with the changes done."""
    swap = _Swap(changes)
    one_each = len(swap.pending) == len(changes)
    changed = swap.listed(list(statements))
    if swap.pending or not one_each:
        message = "the edit's changes overlap, or do not belong together"
        raise RewriteError(message)
    return changed


def dump(statements: Sequence[ast.AST]) -> str:
    """The statements as data, without positions."""
    return "\n".join(ast.dump(each) for each in statements)


def parsed_statements(code: str) -> list[ast.stmt]:
    """The statements of an edit's code."""
    try:
        return parse_quietly(textwrap.dedent(code)).body
    except SyntaxError as error:
        message = f"the new code does not parse: {error.msg}"
        raise RewriteError(message) from error


def parsed_expression(code: str) -> ast.expr:
    """The expression of an edit's code."""
    try:
        (statement,) = parse_quietly(f"({code}\n)").body
    except SyntaxError as error:
        message = f"the new code does not parse: {error.msg}"
        raise RewriteError(message) from error
    if not isinstance(statement, ast.Expr):
        message = "the new code is no expression"
        raise RewriteError(message)
    return statement.value


class _Swap:
    """Copies nodes; every change is put in at most once."""

    def __init__(self, changes: Sequence[Replace]) -> None:
        self.pending = {id(change.first): change for change in changes}

    def listed(self, nodes: list[Any]) -> list[Any]:
        found: list[Any] = []
        until: ast.AST | None = None
        for node in nodes:
            if until is not None:
                until = None if node is until else until
                continue
            change = self.pending.pop(id(node), None) if isinstance(node, ast.AST) else None
            if change is None:
                found.append(self.copied(node))
                continue
            found.extend(_new(change))
            if change.above:
                found.append(self.copied(node))
                continue
            until = change.last if change.last is not change.first else None
        if until is not None:
            message = "the first and the last statement of the edit are not in one block"
            raise RewriteError(message)
        return found

    def copied(self, node: Any) -> Any:
        if isinstance(node, list):
            return self.listed(node)
        if not isinstance(node, ast.AST):
            return node
        if change := self.pending.pop(id(node), None):
            (new,) = _new(change)
            return new
        fields = dict(self._fields(node))
        if isinstance(node, ast.BoolOp):
            fields["values"] = list(_joined(node, fields["values"]))
        return type(node)(**fields)

    def _fields(self, node: ast.AST) -> Iterator[tuple[str, Any]]:
        for name, value in ast.iter_fields(node):
            new = self.copied(value)
            emptied = name in _BLOCKS and value and not new
            yield name, [ast.Pass()] if emptied else new


def _give_context(new: ast.AST, context: ast.expr_context | None) -> None:
    """What is assigned to or deleted is a target in the new code too."""
    if context is not None and hasattr(new, "ctx"):
        new.ctx = context
    for part in (*getattr(new, "elts", ()), *([new.value] if isinstance(new, ast.Starred) else [])):
        _give_context(part, context)


def _joined(old: ast.BoolOp, values: Sequence[ast.expr]) -> Iterator[ast.expr]:
    """Operands that are new and have the same operator need no parentheses, and are written without."""
    for before, after in zip(old.values, values, strict=True):
        if (
            isinstance(after, ast.BoolOp)
            and type(after.op) is type(old.op)
            and not isinstance(before, ast.BoolOp)
        ):
            yield from after.values
        else:
            yield after


def _new(change: Replace) -> list[ast.AST]:
    if isinstance(change.first, ast.expr):
        new = parsed_expression(change.code)
        _give_context(new, getattr(change.first, "ctx", None))
        return [new]
    return list(parsed_statements(change.code))
