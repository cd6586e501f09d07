"""Conditions dropped, another order, lazy and eager mixed up, rows shared."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from optimizer.verify.planting.constants import order_matters
from optimizer.verify.planting.mutation import (
    Mutation,
    Scene,
    call_of,
    called,
    expression,
    names_in,
    sliced,
    with_fields,
)

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp

_CONSUMERS = frozenset({
    *("sum", "list", "tuple", "set", "frozenset", "dict", "sorted", "min", "max", "join", "Counter", "deque"),
    *("fsum", "prod", "extend", "update", "fromkeys", "OrderedDict", "bytes", "bytearray", "array"),
    *("any", "all"),
})  # fmt: skip
"""What reads its argument to the end, or can only be told apart by an error in the middle."""
_IN_ORDER = frozenset(
    {"list", "tuple", "join", "dict", "extend", "deque", "fromkeys", "OrderedDict", "iter", "bytes"}
)
_WITHOUT_REPETITION = ("set", "dict", "mapping", "range", "keys")


def conditions(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """An `if` of a comprehension that is missing or turned round."""
    del scene
    if not isinstance(node, Comprehension):
        return
    for place, generator in enumerate(node.generators):
        for number, test in enumerate(generator.ifs):
            if any(isinstance(part, ast.NamedExpr) for part in ast.walk(test)):
                continue
            rest = [*generator.ifs[:number], *generator.ifs[number + 1 :]]
            yield _generator("dropped condition", node, place, ifs=rest)
            if not isinstance(test, ast.Compare) or len(test.ops) > 1:
                negated = ast.UnaryOp(op=ast.Not(), operand=test)
                yield _generator("condition", node, place, ifs=[*rest, negated])


def _generator(kind: str, node: Comprehension, place: int, **changes: object) -> Mutation:
    generator = with_fields(node.generators[place], **changes)
    generators = [*node.generators[:place], generator, *node.generators[place + 1 :]]
    return expression(kind, node, with_fields(node, generators=generators))


def laziness(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """A list for a generator, a generator for a list, a list for a set."""
    parent = scene.parents.get(node)
    consumed = _is_read_to_its_end(node, scene) or _taken_apart(parent) or _is_only_read(parent, scene)
    match node:
        case ast.GeneratorExp(elt=elt, generators=generators) if not consumed:
            yield expression("eager for lazy", node, ast.ListComp(elt=elt, generators=generators))
        case ast.ListComp(elt=elt, generators=generators) if (
            isinstance(parent, ast.Return | ast.Assign) and not consumed
        ):
            yield expression("lazy for eager", node, ast.GeneratorExp(elt=elt, generators=generators))
        case ast.SetComp(elt=elt, generators=generators) if not consumed:
            yield expression("list for set", node, ast.ListComp(elt=elt, generators=generators))


def _is_read_to_its_end(node: ast.expr, scene: Scene) -> bool:
    parent = scene.parents.get(node)
    return isinstance(parent, ast.Call) and node in parent.args and called(parent) in _CONSUMERS


def _is_only_read(parent: ast.AST | None, scene: Scene) -> bool:
    """Whether a value gets a name that is used once, by what reads it to its end."""
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]):
            around = scene.function(parent) or scene.tree
            uses = [part for part in ast.walk(around) if isinstance(part, ast.Name) and part.id == name]
            read = [part for part in uses if isinstance(part.ctx, ast.Load)]
            return len(uses) == len(read) + 1 and len(read) == 1 and _is_read_to_its_end(read[0], scene)
    return False


def _taken_apart(parent: ast.AST | None) -> bool:
    """Whether a value is read to its end at once: assigned to a slice, or to several names."""
    return isinstance(parent, ast.Assign) and any(
        isinstance(target, ast.Tuple | ast.List)
        or (isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice))
        for target in parent.targets
    )


def sharing(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """One row many times, where each had its own."""
    del scene
    match node:
        case ast.ListComp(
            elt=ast.List() | ast.Dict() | ast.ListComp() | ast.Set() as elt, generators=[generator]
        ):
            if not names_in(elt) & names_in(generator.target):
                count = call_of("len", call_of("list", generator.iter))
                one = ast.BinOp(left=ast.List(elts=[elt], ctx=ast.Load()), op=ast.Mult(), right=count)
                yield expression("shared for copied", node, one)


def order(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """The other way round, or without order and repetition."""
    if not isinstance(node, Comprehension) or isinstance(node, ast.SetComp):
        return
    parent = scene.parents.get(node)
    if isinstance(parent, ast.Call) and node in parent.args and called(parent) not in _IN_ORDER:
        return
    if not order_matters(node, scene):
        return
    items = node.generators[0].iter
    yield _generator("reversed", node, 0, iter=sliced(items, step=-1))
    if isinstance(node, ast.ListComp) and _may_repeat(node, items, scene):
        as_set = ast.SetComp(elt=node.elt, generators=node.generators)
        yield expression("set for list", node, call_of("list", as_set))


def _may_repeat(node: ast.ListComp, items: ast.expr, scene: Scene) -> bool:
    """Whether the items come from a parameter that may hold equal ones, and are no fresh objects."""
    if not isinstance(items, ast.Name):
        return False
    makes_objects = isinstance(node.elt, ast.Call) and called(node.elt)[:1].isupper()
    annotation = scene.annotation(items.id, items)
    return (
        annotation is not None
        and not makes_objects
        and not any(word in annotation.lower() for word in _WITHOUT_REPETITION)
    )
