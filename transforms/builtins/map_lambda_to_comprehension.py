"""`list(map(lambda x: ..., xs))` becomes a comprehension."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._pieces import has_inner_comments, iterable

_NOT_IN_COMPREHENSIONS = (
    ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await, ast.GeneratorExp,
)  # fmt: skip
_ITERATOR_METHODS = frozenset({"__next__", "send", "throw"})


class MapLambdaToComprehension(Transform):
    """Write a comprehension instead of `list`, `set`, `tuple` or `join` over `map` or `filter` with a lambda.

    Faster because no Python function is called for each element. Safe when the lambda has one plain
    parameter, makes no functions of its own (they would share the variable), cannot raise StopIteration
    (`list` would take it for the end), and the result is made at once.
    """

    family = Family.BUILTINS
    ratios = (("3.9", 1.69), ("3.10", 1.67), ("3.11", 1.73), ("3.12", 2.16), ("3.13", 2.16))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(xs):
                    return map(lambda x: x + 1, xs)
            """,
            because="whoever gets it decides when the elements are computed",
        ),
        Example(
            before="""
                def f(xs):
                    return list(map(lambda x: lambda: x, xs))
            """,
            because="the functions would all see the last element",
        ),
        Example(
            before="""
                def f(its):
                    return list(map(lambda it: next(it), its))
            """,
            because="`next` may raise StopIteration, which ends the list",
        ),
        Example(
            before="""
                def f(xs, ys):
                    return list(map(lambda x, y: x + y, xs, ys))
            """,
            because="there are two iterables",
        ),
        Example(
            before="""
                def f(xs):
                    return any(map(lambda x: 1 / x, xs))
            """,
            because="`any` stops early",
        ),
        Example(
            before="""
                def f(x):
                    return list(map(lambda x: x + 1, x))
            """,
            because="the same name would mean two things in one comprehension",
        ),
        Example(
            before="""
                def doubled(numbers):
                    return list(map(lambda number: number * 2, numbers))
            """,
            after="""
                def doubled(numbers):
                    return [number * 2 for number in numbers]
            """,
            call="doubled([1, 2]), doubled([]), doubled([None])",
        ),
        Example(
            before="""
                def names(rows):
                    kept = set(filter(lambda row: row and row[0] != '#', rows))
                    return ','.join(map(lambda row: row.strip() or '-', sorted(kept)))
            """,
            after="""
                def names(rows):
                    kept = {row for row in rows if row and row[0] != '#'}
                    return ','.join([row.strip() or '-' for row in sorted(kept)])
            """,
            call="names(['a ', '', '#b', ' ']), names([])",
        ),
        Example(
            before="""
                def index(rows):
                    pairs = tuple(map(lambda row: (row[0], row[1:]), rows))
                    return pairs, dict(map(lambda row: (row[0], row), rows))
            """,
            after="""
                def index(rows):
                    pairs = tuple([(row[0], row[1:]) for row in rows])
                    return pairs, {row[0]: row for row in rows}
            """,
            call="index(['ab', 'c']), index([]), index([1])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(xs):
                    return list(filter(lambda x: x % 2, xs))
            """,
            wrong="""
                def f(xs):
                    return [x % 2 for x in xs]
            """,
            because="`filter` gives the elements, not what the lambda says of them",
            call="f([1, 1])",
        ),
        Trap(
            before="""
                def f(xs, n):
                    return next(map(lambda x: n // x, xs))
            """,
            wrong="""
                def f(xs, n):
                    return [n // x for x in xs][0]
            """,
            because="only the first element is divided by",
            call="f([1, 2], 5)",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and _shape(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.Call):
            return
        shape = _shape(node)
        if shape is None:
            return
        if because := _why_not(node, shape, facts):
            yield Refusal(where=node, because=because)
            return
        code = _comprehension(node, shape, facts)
        if code:
            yield Edit(changes=(Replace(first=node, code=code),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """`outer(inner(lambda name: body, items))`; `outer` is "join" for a text's method."""

    outer: str
    inner: str
    call: ast.Call
    name: str
    body: ast.expr
    items: ast.expr


def _shape(call: ast.Call) -> _Shape | None:
    match call:
        case ast.Call(func=ast.Name(id=outer), args=[ast.Call() as inside], keywords=[]) if outer in {
            "list", "set", "sorted", "tuple", "dict",
        }:  # fmt: skip
            pass
        case ast.Call(func=ast.Attribute(attr="join" as outer), args=[ast.Call() as inside], keywords=[]):
            pass
        case _:
            return None
    match inside:
        case ast.Call(
            func=ast.Name(id="map" | "filter" as inner),
            args=[
                ast.Lambda(
                    args=ast.arguments(
                        posonlyargs=[],
                        args=[ast.arg(arg=name)],
                        vararg=None,
                        kwonlyargs=[],
                        kwarg=None,
                        defaults=[],
                    ),
                    body=body,
                ),
                items,
            ],
            keywords=[],
        ) if not isinstance(items, ast.Starred):
            return _Shape(outer=outer, inner=inner, call=inside, name=name, body=body, items=items)
        case _:
            return None


def _why_not(call: ast.Call, shape: _Shape, facts: Facts) -> str:
    if not facts.is_builtin(shape.inner, shape.call):
        return f"`{shape.inner}` may mean something else here."
    if shape.outer != "join" and not facts.is_builtin(shape.outer, call):
        return f"`{shape.outer}` may mean something else here."
    if has_inner_comments(call, facts):
        return "There are comments inside that would lose their place."
    function = facts.function_of(call)
    if function is None or facts.in_class_body(call) or facts.uses_frames(function):
        return "Outside of functions, and where frames are looked at, a comprehension shows."
    if any(isinstance(node, ast.Name) and node.id == shape.name for node in ast.walk(shape.items)):
        return f"'{shape.name}' would mean two things in one comprehension."
    return _why_not_body(shape)


def _why_not_body(shape: _Shape) -> str:
    for node in ast.walk(shape.body):
        if isinstance(node, ast.Name) and node.id == shape.name and not isinstance(node.ctx, ast.Load):
            return f"'{shape.name}' would mean two things in one comprehension."
        if isinstance(node, _NOT_IN_COMPREHENSIONS):
            return "The lambda makes functions or generators of its own, which would share the variable."
        match node:
            case ast.Call(func=ast.Name(id="next" | "super"), args=[] | [_]):
                return "`next` may raise StopIteration, which ends the list."
            case ast.Attribute(attr=attr) if attr in _ITERATOR_METHODS:
                return "StopIteration may be raised, which ends the list."
    return ""


def _comprehension(call: ast.Call, shape: _Shape, facts: Facts) -> str:
    body = facts.segment(shape.body)
    tail = f"for {shape.name} in {iterable(shape.items, facts)}"
    if shape.inner == "filter":
        element, tail = shape.name, f"{tail} if {iterable(shape.body, facts)}"
    else:
        element = f"({body})" if isinstance(shape.body, ast.Tuple) and not body.startswith("(") else body
    match shape.outer, shape.body:
        case "dict", ast.Tuple(elts=[ast.expr() as key, ast.expr() as value]) if (
            shape.inner == "map" and not (isinstance(key, ast.Starred) or isinstance(value, ast.Starred))
        ):
            return f"{{{facts.segment(key)}: {facts.segment(value)} {tail}}}"
        case "dict", _:
            return ""
        case "list", _:
            return f"[{element} {tail}]"
        case "set", _:
            return f"{{{element} {tail}}}"
        case "sorted" | "tuple", _:
            return f"{shape.outer}([{element} {tail}])"
        case _:
            return _joined(call, f"[{element} {tail}]", facts)


def _joined(call: ast.Call, pieces: str, facts: Facts) -> str:
    match call.func:
        case ast.Attribute(value=text):
            known = facts.type_of(text)
            if known.name in {"str", "bytes"} and known.proved:
                return f"{facts.segment(call.func)}({pieces})"
    return ""
