"""What can surely not raise."""

from __future__ import annotations

import ast

from optimizer.facts import type_tables as tables
from optimizer.facts.flow import Flow
from optimizer.facts.names import Names
from optimizer.facts.type_of import Types


class Raises:
    """Expressions and statements that cannot raise (memory and interrupts aside)."""

    def __init__(self, names: Names, types: Types, flow: Flow) -> None:
        self.names = names
        self.tree = names.tree
        self.types = types
        self.flow = flow

    def may_raise(self, node: ast.AST) -> bool:  # noqa: C901 - one case for each kind of node
        """Whether running `node` may raise anything; True unless it is proved that it cannot."""
        match node:
            case ast.Constant() | ast.Pass() | ast.Break() | ast.Continue() | ast.Lambda():
                return isinstance(node, ast.Lambda) and any(
                    self.may_raise(default)
                    for default in (*node.args.defaults, *node.args.kw_defaults)
                    if default
                )
            case ast.Name(ctx=ast.Load()):
                return not self._is_bound(node)
            case ast.Name():
                return isinstance(node.ctx, ast.Del)
            case ast.List(elts=elts) | ast.Tuple(elts=elts):
                return any(self.may_raise(element) for element in elts)
            case ast.Compare(ops=ops, left=left, comparators=comparators):
                quiet = all(isinstance(op, ast.Is | ast.IsNot) for op in ops)
                return not quiet or any(self.may_raise(operand) for operand in (left, *comparators))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.may_raise(operand) or not self._is_plain(operand)
            case ast.BoolOp(values=values):
                return any(self.may_raise(value) or not self._is_plain(value) for value in values)
            case ast.Assign(targets=targets, value=value):
                return self.may_raise(value) or not all(isinstance(target, ast.Name) for target in targets)
            case ast.Return(value=None):
                return False
            case ast.Return(value=value) | ast.Expr(value=value) if value is not None:
                return self.may_raise(value)
            case _:
                return True

    def _is_plain(self, expr: ast.expr) -> bool:
        fact = self.types.type_of(expr)
        return fact.proved and fact.name in tables.SCALARS | tables.CONTAINERS

    def _is_bound(self, node: ast.Name) -> bool:
        scope = self.names.scopes.owner(node.id, node)
        if scope is None:
            return self.names.is_builtin(node.id, node)
        return self.flow.surely_bound(node)
