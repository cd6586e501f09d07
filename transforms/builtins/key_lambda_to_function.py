"""`key=lambda x: len(x)` becomes `key=len`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.model import Assumption
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms._pieces import has_inner_comments

_FUNCTIONS = frozenset({
    "abs", "ascii", "bin", "bool", "callable", "chr", "float", "hash", "hex", "id", "int", "len", "list",
    "oct", "ord", "repr", "round", "set", "sorted", "str", "sum", "tuple", "frozenset", "max", "min",
})  # fmt: skip
_METHODS = frozenset({"casefold", "lower", "strip", "swapcase", "title", "upper"})


class KeyLambdaToFunction(Transform):
    """Hand over a function itself instead of a lambda that only calls it.

    Faster because one Python call for each element is saved. Safe when the lambda does nothing but call
    a builtin, or a function of the module that nothing rebinds, with its only argument; for a method of
    `str`, also when every element is exactly a `str`.
    """

    family = Family.BUILTINS
    ratios = (("3.9", 2.7), ("3.10", 2.89), ("3.11", 2.1), ("3.12", 2.2), ("3.13", 2.0))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(xs):
                    return sorted(xs, key=lambda x: -len(x))
            """,
            because="the key is not what the function gives",
        ),
        Example(
            before="""
                def f(xs, n=10):
                    return sorted(xs, key=lambda x: int(x, n))
            """,
            because="the function gets more than the element",
        ),
        Example(
            before="""
                def f(xs, len):
                    return sorted(xs, key=lambda x: len(x))
            """,
            because="`len` means something else here",
        ),
        Example(
            before="""
                def f(xs):
                    return sorted(xs, key=lambda x: x.lower())
            """,
            because="nothing shows that the elements are exactly strings",
        ),
        Example(
            before="""
                def f(xs):
                    return sorted(xs, key=lambda x, y=len: y(x))
            """,
            because="the lambda has a second parameter",
        ),
        Example(
            before="""
                def longest(words):
                    return max(words, key=lambda word: len(word), default='')
            """,
            after="""
                def longest(words):
                    return max(words, key=len, default='')
            """,
            call="longest(['a', 'bcd', 'efg']), longest([]), longest([1])",
        ),
        Example(
            before="""
                def ranked(text: str) -> list[str]:
                    words = text.split()
                    words.sort(key=lambda word: len(word))
                    return words + sorted(text.split(), key=lambda word: word.lower(), reverse=True)
            """,
            after="""
                def ranked(text: str) -> list[str]:
                    words = text.split()
                    words.sort(key=len)
                    return words + sorted(text.split(), key=str.lower, reverse=True)
            """,
            call="ranked('Bb a AAA'), ranked('')",
        ),
        Example(
            before="""
                def weight(row):
                    return -len(row)


                def numbers(rows):
                    rows = sorted(rows, key=lambda row: weight(row))
                    return [list(map(lambda cell: int(cell), row)) for row in rows]
            """,
            after="""
                def weight(row):
                    return -len(row)


                def numbers(rows):
                    rows = sorted(rows, key=weight)
                    return [list(map(int, row)) for row in rows]
            """,
            call="numbers([['1', '2'], ['a']]), numbers(['', '345']), numbers([])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(xs):
                    return sorted(xs, key=lambda x: x.lower())
            """,
            wrong="""
                def f(xs):
                    return sorted(xs, key=str.lower)
            """,
            because="bytes have a `lower` of their own, and `str.lower` refuses them",
            call="f(['B', 'a'])",
        ),
        Trap(
            before="""
                def f(xs, table):
                    return sorted(xs, key=lambda x: table[x])
            """,
            wrong="""
                def f(xs, table):
                    return sorted(xs, key=table.get)
            """,
            because="what is not in the table is an error, and not None",
            call="f(['a'], {'a': 1})",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and _handed(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.Call):
            return
        handed = _handed(node)
        if handed is None or not _calls_for_each(node, facts):
            return
        items, function = handed
        if has_inner_comments(function, facts):
            return
        found = _called(function, items, facts)
        if isinstance(found, Refusal):
            yield found
        elif found is not None:
            code, assumptions = found
            if isinstance(node.func, ast.Attribute):
                assumptions += assumed(items, facts.type_of(items), facts)
            unique = tuple(dict.fromkeys(assumptions))
            yield Edit(changes=(Replace(first=function, code=code),), assumptions=unique)


def _handed(call: ast.Call) -> tuple[ast.expr, ast.Lambda] | None:
    """What the elements are taken from, and the lambda that is called with each."""
    match call:
        case ast.Call(
            func=ast.Name(id="map" | "filter"), args=[ast.Lambda() as function, items], keywords=[]
        ):
            return items, function
        case ast.Call(func=ast.Name(id="sorted" | "min" | "max"), args=[items]):
            pass
        case ast.Call(func=ast.Attribute(value=items, attr="sort"), args=[]):
            pass
        case _:
            return None
    for keyword in call.keywords:
        if keyword.arg == "key" and isinstance(keyword.value, ast.Lambda):
            return items, keyword.value
    return None


def _calls_for_each(call: ast.Call, facts: Facts) -> bool:
    match call.func:
        case ast.Name(id=name):
            return facts.is_builtin(name, call)
        case ast.Attribute(value=receiver):
            return facts.type_of(receiver).name == "list"
        case _:
            return False


def _called(
    function: ast.Lambda, items: ast.expr, facts: Facts
) -> tuple[str, tuple[Assumption, ...]] | Refusal | None:
    match function:
        case ast.Lambda(
            args=ast.arguments(
                posonlyargs=[], args=[ast.arg(arg=name)], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]
            ),
            body=ast.Call(keywords=[]) as body,
        ):
            pass
        case _:
            return None
    match body:
        case ast.Call(func=ast.Name(id=called), args=[ast.Name(id=read)]) if read == name != called:
            if _is_known_builtin(called, body, facts) or _is_defined_here(called, body, facts):
                return called, ()
            because = f"'{called}' may be bound anew while the elements are read."
            return Refusal(where=function, because=because)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=read), attr=method), args=[]) if read == name:
            if method not in _METHODS or not facts.is_builtin("str", body):
                return None
            return _of_str(method, function, items, facts)
        case _:
            return None


def _is_known_builtin(name: str, body: ast.Call, facts: Facts) -> bool:
    return name in _FUNCTIONS and facts.is_builtin(name, body)


def _is_defined_here(name: str, body: ast.Call, facts: Facts) -> bool:
    """Whether the name is a function of the module that nothing rebinds and that looks at no frames."""
    for stmt in facts.tree.body:
        if isinstance(stmt, ast.FunctionDef) and stmt.name == name:
            is_read = any(read is body.func for read in facts.reads(name, facts.tree))
            is_constant = facts.writes(name, facts.tree) == [stmt]
            return is_read and is_constant and not facts.uses_frames(stmt)
    return False


def _of_str(
    method: str, function: ast.Lambda, items: ast.expr, facts: Facts
) -> tuple[str, tuple[Assumption, ...]] | Refusal:
    known = facts.type_of(items)
    if known.element != "str":
        return Refusal(where=function, because="Nothing shows that every element is exactly a str.")
    return f"str.{method}", assumed(items, known, facts)
