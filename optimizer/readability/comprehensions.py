"""Comprehensions that do too much, or that only run. Each finder yields the places where its idiom stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.readability.functional import CONTAINERS, FILTERS, MAPS, is_map
from optimizer.readability.scene import Scene
from optimizer.readability.trees import Comprehension, walk_all

_CONSUMERS = CONTAINERS | {
    "builtins.all",
    "builtins.any",
    "builtins.sum",
    "builtins.max",
    "builtins.min",
    "builtins.dict",
    "builtins.frozenset",
    "collections.deque",
    "collections.Counter",
}
_CHAINS = frozenset({"itertools.chain", "itertools.chain.from_iterable"})
CHANGES = frozenset(
    {
        "append",
        "appendleft",
        "add",
        "extend",
        "insert",
        "remove",
        "discard",
        "update",
        "clear",
        "write",
        "writelines",
    }
)
_ALSO_CHANGES_IN_A_TEST = CHANGES | {"pop", "popitem", "popleft", "setdefault"}
_MANY = 3


def walrus_in_comprehension(scene: Scene) -> Iterator[ast.AST]:
    """`[y for x in xs if (y := f(x))]`."""
    return (node for node in scene.each(ast.NamedExpr) if outer_comprehensions(scene, node))


def element_bound_by_a_loop(scene: Scene) -> Iterator[ast.AST]:
    """`for y in [f(x)]`: a loop over one element only names it."""
    for node in scene.nodes:
        match node:
            case ast.comprehension(iter=iterable) | ast.For(iter=iterable):
                if _has_one_element(iterable):
                    yield iterable


def two_loops_and_filter(scene: Scene) -> Iterator[ast.AST]:
    """`[x for row in rows for x in row if x]`, also written as a comprehension over a comprehension."""
    for node in _comprehensions(scene):
        loops, filters = _loops_and_filters(scene, node)
        if loops > 1 and filters:
            yield node


def three_loops(scene: Scene) -> Iterator[ast.AST]:
    """Three `for`s in one expression."""
    for node in _comprehensions(scene):
        loops = sum(isinstance(part, ast.comprehension) for part in walk_all((node,)))
        if loops >= _MANY and not outer_comprehensions(scene, node):
            yield node


def inner_filter(scene: Scene) -> Iterator[ast.AST]:
    """A comprehension with an `if` inside another comprehension."""
    for node in _comprehensions(scene):
        if any(loop.ifs for loop in node.generators) and outer_comprehensions(scene, node):
            yield node


def comprehension_for_effects(scene: Scene) -> Iterator[ast.AST]:
    """`[print(x) for x in xs]`, `any(log(x) for x in xs)`, `[x for x in xs if not seen.add(x)]`."""
    for node in scene.nodes:
        match node:
            case ast.Expr(value=value) if _runs_a_loop(scene, value):
                yield value
            case ast.Assign(targets=[ast.Name(id="_")], value=value) if _runs_a_loop(scene, value):
                yield value
            case ast.comprehension(ifs=tests):
                if any(
                    _has_effect(part, _ALSO_CHANGES_IN_A_TEST) for test in tests for part in walk_all((test,))
                ):
                    yield node
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
                if any(_has_effect(part, CHANGES) for part in _outcomes(element)):
                    yield node


def loop_without_body(scene: Scene) -> Iterator[ast.AST]:
    """`for _ in map(f, xs): pass`."""
    for node in scene.nodes:
        if isinstance(node, ast.For | ast.While) and all(_does_nothing(statement) for statement in node.body):
            yield node.iter if isinstance(node, ast.For) else node.test


def _comprehensions(scene: Scene) -> Iterator[Comprehension]:
    return scene.each(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _has_one_element(node: ast.expr) -> bool:
    match node:
        case ast.List(elts=[only]) | ast.Tuple(elts=[only]) | ast.Set(elts=[only]):
            return not isinstance(only, ast.Starred)
    return False


def outer_comprehensions(scene: Scene, node: ast.AST) -> list[ast.AST]:
    """The comprehensions that `node` stands in."""
    return [above for above in scene.ancestors(node) if isinstance(above, Comprehension)]


def _loops_and_filters(scene: Scene, node: ast.AST) -> tuple[int, int]:
    """How many loops and filters a comprehension has, with those of the comprehensions that it loops over."""
    match node:
        case ast.ListComp(generators=generators) | ast.SetComp(generators=generators):
            pass
        case ast.DictComp(generators=generators) | ast.GeneratorExp(generators=generators):
            pass
        case ast.Starred(value=value):
            return _loops_and_filters(scene, value)
        case ast.Call(func=func, args=arguments) if scene.origin(func) in _CHAINS | MAPS:
            inner = [_loops_and_filters(scene, argument) for argument in arguments]
            own = int(scene.origin(func) in FILTERS)
            return sum(loops for loops, _ in inner), own + sum(filters for _, filters in inner)
        case _:
            return 0, 0
    inner = [_loops_and_filters(scene, generator.iter) for generator in generators]
    loops = len(generators) + sum(loops for loops, _ in inner)
    return loops, sum(len(generator.ifs) for generator in generators) + sum(filters for _, filters in inner)


def _runs_a_loop(scene: Scene, node: ast.AST) -> bool:
    """Whether evaluating `node` as a statement runs a loop in it."""
    match node:
        case ast.Call(func=func, args=[argument, *_]) if scene.origin(func) in _CONSUMERS:
            return _runs_a_loop(scene, argument) or is_map(scene, argument)
        case ast.List(elts=[ast.Starred(value=value)]) | ast.Tuple(elts=[ast.Starred(value=value)]):
            return _runs_a_loop(scene, value) or is_map(scene, value)
    return isinstance(node, Comprehension)


def _outcomes(element: ast.expr) -> Iterator[ast.expr]:
    """What an element may evaluate to."""
    match element:
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*_outcomes(body), *_outcomes(orelse))
        case ast.BoolOp(values=values) | ast.Tuple(elts=values):
            for value in values:
                yield from _outcomes(value)
        case _:
            yield element


def _has_effect(node: ast.AST, names: frozenset[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass | ast.Continue) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )
