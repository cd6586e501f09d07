"""Other numbers, texts and tables."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.verify.planting.mutation import (
    Mutation,
    Scene,
    called,
    constant,
    expression,
    same,
    with_fields,
)

HINTS = frozenset({
    *("maxsize", "typed", "encoding", "timeout", "daemon", "name", "stacklevel", "buffering", "buffer_size"),
    *("initializer", "max_workers", "chunksize", "copy", "check_same_thread", "isolation_level"),
})  # fmt: skip
"""Keywords whose change a caller can hardly see."""
_LABELS = {"getLogger", "TypeVar", "namedtuple", "NamedTuple"}
_REPR = ord("r")
_ALTERNATIVES = {"isinstance", "issubclass", "startswith", "endswith", "frozenset", "set"}


def constants(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """The number next to it, a text that is a little longer or shorter, the other truth value."""
    if not isinstance(node, ast.Constant) or _is_of_no_matter(node, scene):
        return
    match node.value:
        case bool() as truth:
            yield expression("constant", node, constant(not truth))
        case int() as number:
            yield from (expression("boundary", node, constant(new)) for new in _beside(number))
        case float() as number:
            yield expression("constant", node, constant(number + 1.0))
        case str() as text:
            yield from (
                expression("constant", node, constant(new))
                for new in dict.fromkeys([text + "x", text[:-1]])
                if new != text
            )
        case bytes() as data:
            yield expression("constant", node, constant(data + b"x"))


def _beside(number: int) -> tuple[int, ...]:
    return (number + 1, number - 1) if number else (1,)


def _is_of_no_matter(node: ast.expr, scene: Scene) -> bool:
    """A label that is only shown to people, or a hint about speed."""
    child: ast.AST = node
    for parent in scene.above(node):
        match parent:
            case ast.keyword(arg=name) if name in HINTS:
                return True
            case ast.Call() if called(parent) in _LABELS:
                return child is not parent.func
        child = parent
    return False


def displays(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """A table that lost an item, or in which two changed places where their order can matter."""
    ordered = order_matters(node, scene)
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items) if len(items) > 1:
            if not ordered or all(isinstance(item, ast.Constant | ast.Tuple) for item in items):
                yield expression("lost item", node, with_fields(node, elts=items[:-1]))
                yield expression("lost item", node, with_fields(node, elts=items[1:]))
            if ordered and not isinstance(node, ast.Set) and not same(items[0], items[1]):
                yield expression(
                    "swapped items", node, with_fields(node, elts=[items[1], items[0], *items[2:]])
                )
        case ast.Dict(keys=keys, values=values) if len(keys) > 1:
            yield expression("lost item", node, with_fields(node, keys=keys[:-1], values=values[:-1]))
            if ordered:
                moved = with_fields(node, keys=[*keys[1:], keys[0]], values=[*values[1:], values[0]])
                yield expression("swapped items", node, moved)


def order_matters(node: ast.expr, scene: Scene) -> bool:
    """Whether a display may be gone through in order, rather than only looked into."""
    parent = scene.parents.get(node)
    match parent:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], left=left):
            return left is node
        case ast.Call():
            return called(parent) not in _ALTERNATIVES or parent.func is node
        case ast.Attribute(attr="get") | ast.ExceptHandler():
            return False
        case ast.Subscript(value=ast.Dict()):
            return False
        case ast.Assign(targets=[ast.Name(id=name)]) if scene.function(node) is None:
            uses = [part for part in ast.walk(scene.tree) if isinstance(part, ast.Name) and part.id == name]
            return any(order_matters(use, scene) for use in uses if isinstance(use.ctx, ast.Load))
    return True


def formatted(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """An f-string with another text, another conversion, or without a format."""
    if not isinstance(node, ast.JoinedStr):
        return
    for place, part in enumerate(node.values):
        new = _other_part(part, scene)
        if new is not None:
            values = [*node.values[:place], new, *node.values[place + 1 :]]
            yield expression("text", node, with_fields(node, values=values))


def _other_part(part: ast.expr, scene: Scene) -> ast.expr | None:
    match part:
        case ast.Constant(value=str() as text):
            return constant(text + "x")
        case ast.FormattedValue(format_spec=ast.expr()):
            return with_fields(part, format_spec=None)
        case ast.FormattedValue(conversion=conversion) if conversion == _REPR:
            return with_fields(part, conversion=-1)
        case ast.FormattedValue(value=ast.Name(id=name)) if scene.annotation(name, part) == "str":
            return with_fields(part, conversion=_REPR)
    return None
