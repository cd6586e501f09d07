"""Loops written out, or driven by hand. Each finder yields the places where its idiom stands."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from optimizer.readability.metrics import is_atom
from optimizer.readability.scene import Scene
from optimizer.readability.trees import Function, walk_all

_ENDS_OF_DATA = frozenset({"IndexError", "KeyError"})
_UNROLLED = 3
_SAME_BUT_NUMBERS = 2
_MASK = "#"


def unrolled(scene: Scene) -> Iterator[ast.AST]:
    """Neighbours in a function that differ in their numbers only, or three that do one thing to each name."""
    for node in scene.nodes:
        for block in _blocks(node):
            if scene.function_of(block[0]) is not None:
                yield from _runs(block, _shape_without_numbers, _SAME_BUT_NUMBERS)
                yield from _runs(block, _shape_without_names, _UNROLLED)


def stepping_by_hand(scene: Scene) -> Iterator[ast.AST]:
    """`except StopIteration`, `next` in a `while`, a loop that an IndexError ends."""
    for node in scene.nodes:
        match node:
            case ast.Name(id="StopIteration", ctx=ast.Load()):
                yield node
            case ast.Call(func=ast.Name(id="next")) if _in_while(scene, node):
                yield node
            case ast.ExceptHandler(type=ast.Name(id=name), body=[ast.Break()]) if name in _ENDS_OF_DATA:
                yield node


def counting_by_hand(scene: Scene) -> Iterator[ast.AST]:
    """`while i < n: xs[i]; i += 1`, and `for i in range(len(xs)): xs[i]`."""
    for node in scene.nodes:
        match node:
            case ast.While(test=ast.Compare() as test, body=body):
                names = {part.id for part in walk_all((test,)) if isinstance(part, ast.Name)}
                if names & _advanced(body) & _indexes(body):
                    yield test
            case ast.For(
                target=ast.Name(id=name),
                iter=ast.Call(
                    func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"))]
                ) as iterable,
                body=body,
            ):
                if name in _indexes(body):
                    yield iterable


def repeating_nothing(scene: Scene) -> Iterator[ast.AST]:
    """`for _ in repeat(None, n)` instead of `range(n)`."""
    for node in scene.nodes:
        match node:
            case ast.Call(func=func, args=[ast.Constant(value=None), _]) if (
                scene.origin(func) == "itertools.repeat"
            ):
                yield node


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and len(block) > 1 and isinstance(block[0], ast.stmt):
            yield block


def _runs(block: Sequence[ast.stmt], shape: Callable[[ast.stmt], str], shortest: int) -> Iterator[ast.AST]:
    for key, run in groupby(block, key=shape):
        statements = list(run)
        if key and len(statements) >= shortest:
            yield statements[0]


def _shape_without_numbers(statement: ast.stmt) -> str:
    """The statement with its numbers taken out, "" if it has none that could tell two apart."""
    if not isinstance(statement, ast.Expr | ast.AugAssign | ast.Assign):
        return ""
    shape = _masked(statement, names=False)
    return shape if _MASK in shape else ""


def _shape_without_names(statement: ast.stmt) -> str:
    """What the statement changes or calls, and its shape; "" if all that it does is to hand something on."""
    match statement:
        case ast.Assign(value=ast.Constant() | ast.Name() | ast.Attribute()) | ast.Expr(value=ast.Constant()):
            return ""
        case (
            ast.Assign(targets=[target])
            | ast.AugAssign(target=target)
            | ast.Expr(value=ast.Call(func=target))
        ):
            root = target.value if isinstance(target, ast.Subscript) else target
            return f"{ast.unparse(root)} {_masked(statement, names=True)}"
    return ""


def _masked(statement: ast.stmt, *, names: bool) -> str:
    return ast.dump(_Masked(names=names).visit(copy.deepcopy(statement)))


class _Masked(ast.NodeTransformer):
    """Takes out numbers (also in `i + 1`, so that it equals `i` as an index), and names if asked to."""

    def __init__(self, *, names: bool) -> None:
        self.names = names

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
        return ast.Constant(value=_MASK) if self.names or is_number else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(id=_MASK, ctx=ast.Load()) if self.names else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return ast.Name(id=_MASK, ctx=ast.Load()) if self.names and is_atom(node) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        match node.slice:
            case ast.BinOp(
                op=ast.Add() | ast.Sub(), left=ast.Name() as name, right=ast.Constant(value=int())
            ):
                node.slice = ast.Tuple(elts=[ast.Constant(value=_MASK), name], ctx=ast.Load())
            case ast.Name() as name:
                node.slice = ast.Tuple(elts=[ast.Constant(value=_MASK), name], ctx=ast.Load())
        self.generic_visit(node)
        return node


def _in_while(scene: Scene, node: ast.AST) -> bool:
    for above in scene.ancestors(node):
        if isinstance(above, ast.While):
            return True
        if isinstance(above, Function):
            return False
    return False


def _advanced(body: Sequence[ast.stmt]) -> set[str]:
    """Names that a loop's body counts up or down."""
    return {
        node.target.id
        for node in walk_all(body)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and is_atom(node.value)
    }


def _indexes(body: Sequence[ast.stmt]) -> set[str]:
    """Names that something is indexed with."""
    return {
        part.id
        for node in walk_all(body)
        if isinstance(node, ast.Subscript)
        for part in walk_all((node.slice,))
        if isinstance(part, ast.Name)
    }
