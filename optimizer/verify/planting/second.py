"""Second choices, for code too short to hold many first ones: other operators and names, an item lost at either end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.verify.planting.mutation import (
    Function,
    Mutation,
    Scene,
    expression,
    name_of,
    names_in,
    sliced,
    with_fields,
)

_OTHER_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Mult,
    ast.Sub: ast.Mult,
    ast.Mult: ast.Sub,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Add,
    ast.BitAnd: ast.BitXor,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.Mult,
    ast.RShift: ast.Sub,
}
_OTHER_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}


def second_choices(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """Mistakes that nobody needs to look for where there are enough others."""
    parent = scene.parents.get(node)
    yield from _other_name(node, scene)
    match node:
        case ast.BinOp(op=op) if type(op) in _OTHER_OPERATORS:
            yield expression("other operator", node, with_fields(node, op=_OTHER_OPERATORS[type(op)]()))
        case ast.Compare(ops=[op]) if type(op) in _OTHER_COMPARISONS:
            yield expression("other operator", node, with_fields(node, ops=[_OTHER_COMPARISONS[type(op)]()]))
    is_gone_through = isinstance(parent, ast.For) and parent.iter is node
    is_drawn_from = isinstance(parent, ast.comprehension) and parent.iter is node
    if is_gone_through or is_drawn_from:
        yield expression("boundary", node, sliced(node, lower=1))
        yield expression("boundary", node, sliced(node, upper=-1))


def _other_name(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """Another parameter or local variable of the same function in the place of one."""
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    function = scene.function(node)
    if function is None:
        return
    names = list(dict.fromkeys(_bound_in(function)))
    if node.id in names:
        place = names.index(node.id)
        others = [
            name for name in names[place + 1 :] + names[:place] if not _are_kin(node.id, name, function)
        ]
        yield from (expression("other name", node, name_of(other)) for other in others[:1])


def _are_kin(one: str, other: str, function: Function) -> bool:
    """Whether one is made from the other (`out = items[:]`), so that they may well hold the same."""
    for part in ast.walk(function):
        if isinstance(part, ast.Assign):
            targets = {name for target in part.targets for name in names_in(target)}
            made_from = names_in(part.value)
            if (one in targets and other in made_from) or (other in targets and one in made_from):
                return True
    return False


def _bound_in(function: Function) -> Iterator[str]:
    """Parameters, then local variables, in the order of the source."""
    for part in ast.walk(function):
        if isinstance(part, ast.arg) and part.arg not in {"self", "cls"}:
            yield part.arg
    for part in ast.walk(function):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
