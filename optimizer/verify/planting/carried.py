"""Literals that a change carries over as they stand: nobody can have mistyped those.

A planted mistake stands for one that a rewrite could have made. A table or a pattern that reads the same before
and after cannot hold one, so a mistake in it would ask only whether the inputs go through the whole table.
So the one mistake planted there is that all of it is lost. What may go wrong around it (sharing, order, when it is
evaluated, what it is asked) is planted all the same.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TypeAlias

from optimizer.verify.planting.mutation import Mutation, Scene, constant, expression, with_fields

Leaves: TypeAlias = tuple[str, ...]
_DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.Tuple)
_FEWEST = 4
"""Two constants and the marks around them."""


def carried_over(
    before: ast.Module, before_lines: Collection[int], after: ast.Module, after_lines: Collection[int]
) -> frozenset[ast.AST]:
    """The nodes of `after`, on these lines, inside of literals that also stand on those lines of `before`.

    A display counts when it holds the same constants in the same order, be it a list, a set or a tuple; a text
    counts only where it is new at module level, because within a function another text is a likely mistake.
    """
    old_displays = {_leaves(node) for node in _displays(before, before_lines)}
    old_texts = {repr(node.value) for node in _texts(ast.walk(before), before_lines)}
    displays = [node for node in _displays(after, after_lines) if _leaves(node) in old_displays]
    assigned = (node for node in after.body if isinstance(node, ast.Assign | ast.AnnAssign))
    of_the_module = (part for node in assigned for part in ast.walk(node))
    texts = [node for node in _texts(of_the_module, after_lines) if repr(node.value) in old_texts]
    return frozenset([*(part for node in displays for part in ast.walk(node)), *texts])


def lost(node: ast.expr, scene: Scene, carried: frozenset[ast.AST]) -> Iterator[Mutation]:
    """A literal that is `carried`, as a whole, with nothing in it."""
    if node not in carried or scene.parents.get(node) in carried:
        return
    match node:
        case ast.Constant(value=str() | bytes() as text):
            yield expression("lost literal", node, constant(text[:0]))
        case ast.Dict():
            yield expression("lost literal", node, with_fields(node, keys=[], values=[]))
        case ast.List() | ast.Tuple():
            yield expression("lost literal", node, with_fields(node, elts=[]))
        case ast.Set():
            empty = ast.Starred(value=ast.Tuple(elts=[], ctx=ast.Load()), ctx=ast.Load())
            yield expression("lost literal", node, with_fields(node, elts=[empty]))


def _displays(tree: ast.Module, lines: Collection[int]) -> Iterator[ast.expr]:
    """Displays of constants only, with two of them or more."""
    for node in ast.walk(tree):
        if isinstance(node, _DISPLAYS) and node.lineno in lines and len(_leaves(node)) >= _FEWEST:
            yield node


def _texts(nodes: Iterator[ast.AST], lines: Collection[int]) -> Iterator[ast.Constant]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node.lineno in lines:
            yield node


def _leaves(node: ast.expr) -> Leaves:
    """What a literal holds, in order, with marks that keep nested ones apart; () when it is no plain literal."""
    found = list(_parts(node, outermost=True))
    return () if "" in found else tuple(found)


def _parts(node: ast.expr | None, *, outermost: bool = False) -> Iterator[str]:
    match node:
        case ast.Constant(value=held):
            yield f"{type(held).__name__} {held!r}"
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() | complex() as number)):
            yield f"{type(number).__name__} -{number!r}"
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            yield "(" if outermost else f"{type(node).__name__}("
            for item in items:
                yield from _parts(item)
            yield ")"
        case ast.Dict(keys=keys, values=values):
            yield "{"
            for key, value in zip(keys, values, strict=True):
                yield from _parts(key)
                yield from _parts(value)
            yield "}"
        case _:
            yield ""
