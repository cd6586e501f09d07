"""Boundaries, conditions and operators."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.verify.planting.mutation import Mutation, Scene, called, expression, same, with_fields

_BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.FloorDiv,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_ONE_WAY = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift)
_TEXT_CALLS = frozenset(
    {"str", "repr", "join", "format", "list", "tuple", "sorted", "strip", "lower", "upper"}
)


def operators(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """A boundary moved, a condition turned round or dropped, another operator, operands swapped."""
    del scene
    match node:
        case ast.Compare():
            yield from _comparison(node)
        case ast.BinOp():
            yield from _arithmetic(node)
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield expression("operator", node, operand)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield expression("condition", node, operand)
        case ast.BoolOp():
            yield from _conditions(node)
        case ast.IfExp(body=body, orelse=orelse):
            yield expression("condition", node, with_fields(node, body=orelse, orelse=body))


def _comparison(node: ast.Compare) -> Iterator[Mutation]:
    for place, op in enumerate(node.ops):
        if type(op) in _BOUNDARIES:
            yield _compared("boundary", node, place, _BOUNDARIES[type(op)]())
        if len(node.ops) == 1 and type(op) in _OPPOSITES:
            yield _compared("condition", node, place, _OPPOSITES[type(op)]())


def _compared(kind: str, node: ast.Compare, place: int, op: ast.cmpop) -> Mutation:
    return expression(kind, node, with_fields(node, ops=[*node.ops[:place], op, *node.ops[place + 1 :]]))


def _arithmetic(node: ast.BinOp) -> Iterator[Mutation]:
    left, right = node.left, node.right
    if type(node.op) in OPERATORS:
        yield expression("operator", node, with_fields(node, op=OPERATORS[type(node.op)]()))
    joins = isinstance(node.op, ast.Add) and (_is_text(left) or _is_text(right))
    if (joins or isinstance(node.op, _ONE_WAY)) and not same(left, right):
        yield expression("swapped operands", node, with_fields(node, left=right, right=left))


def _is_text(node: ast.expr) -> bool:
    """Whether an operand is known to be text or a sequence, so that its order matters."""
    match node:
        case (
            ast.Constant(value=str() | bytes()) | ast.JoinedStr() | ast.List() | ast.Tuple() | ast.ListComp()
        ):
            return True
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _is_text(left) or _is_text(right)
        case ast.Call():
            return called(node) in _TEXT_CALLS
    return False


def _conditions(node: ast.BoolOp) -> Iterator[Mutation]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield expression("condition", node, with_fields(node, op=other))
    for place in range(len(node.values)):
        rest = node.values[:place] + node.values[place + 1 :]
        new = rest[0] if len(rest) == 1 else with_fields(node, values=rest)
        yield expression("dropped condition", node, new)
