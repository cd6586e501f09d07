"""Functions handed to functions: lambdas, `map` and `filter`, `reduce`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.readability.scene import Scene

FILTERS = frozenset(
    {
        "builtins.filter",
        "itertools.filterfalse",
        "itertools.takewhile",
        "itertools.dropwhile",
        "itertools.compress",
    }
)
MAPS = FILTERS | {"builtins.map", "itertools.starmap"}
_FOLDS = frozenset({"functools.reduce", "itertools.accumulate"})
CONTAINERS = frozenset(
    {"builtins.list", "builtins.tuple", "builtins.set", "builtins.iter", "builtins.sorted"}
)
_FAR = 3


def lambda_to_map(scene: Scene) -> Iterator[ast.AST]:
    """`map(lambda x: ..., xs)`, also with the lambda named first."""
    for node in scene.each(ast.Call):
        if scene.origin(node.func) in MAPS | _FOLDS:
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(isinstance(scene.value_of(argument), ast.Lambda) for argument in arguments):
                yield node


def named_lambda(scene: Scene) -> Iterator[ast.AST]:
    """`square = lambda x: x * x`: a function without a name of its own."""
    for node in scene.nodes:
        match node:
            case ast.Assign(targets=[ast.Name()], value=ast.Lambda() as value):
                yield value
            case ast.AnnAssign(value=ast.Lambda() as value) | ast.NamedExpr(value=ast.Lambda() as value):
                yield value


def called_lambda(scene: Scene) -> Iterator[ast.AST]:
    """`(lambda x: x + x)(f(y))`."""
    return (node for node in scene.each(ast.Call) if isinstance(node.func, ast.Lambda))


def reduce(scene: Scene) -> Iterator[ast.AST]:
    """Any use of `functools.reduce`, under whatever name."""
    return (node for node in loads(scene) if scene.origin(node) == "functools.reduce")


def chained_maps(scene: Scene) -> Iterator[ast.AST]:
    """`map(f, filter(g, xs))`, also with the inner one named first or put into a list."""
    for node in scene.each(ast.Call):
        if scene.origin(node.func) in MAPS and any(is_map(scene, argument) for argument in node.args[1:]):
            yield node


def added_lists(scene: Scene) -> Iterator[ast.AST]:
    """`sum(lists, [])`."""
    for node in scene.nodes:
        match node:
            case ast.Call(func=ast.Name(id="sum"), args=[_, ast.List() | ast.Tuple()]):
                yield node


def is_map(scene: Scene, node: ast.expr, *, far: int = _FAR) -> bool:
    """Whether `node` is a `map` or the like, looking through names and containers a few steps."""
    match scene.value_of(node) if far else None:
        case ast.Call(func=func) if scene.origin(func) in MAPS:
            return True
        case ast.Call(func=func, args=[argument, *_]) if scene.origin(func) in CONTAINERS:
            return is_map(scene, argument, far=far - 1)
        case ast.Starred(value=value):
            return is_map(scene, value, far=far - 1)
    return False


def loads(scene: Scene) -> Iterator[ast.AST]:
    """What may be a use of an imported or builtin thing."""
    for node in scene.nodes:
        match node:
            case (
                ast.Name(ctx=ast.Load())
                | ast.Attribute(ctx=ast.Load())
                | ast.Call(func=ast.Name(id="getattr"))
            ):
                yield node
