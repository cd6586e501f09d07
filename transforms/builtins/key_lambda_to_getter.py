"""`key=lambda row: row[1]` becomes `key=itemgetter(1)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Import, Refusal, Replace, Transform, Trap


class KeyLambdaToGetter(Transform):
    """Sort, and find smallest and largest, by `itemgetter` or `attrgetter` instead of a lambda.

    Faster because the key is read without calling Python code for each element. Safe when the lambda
    does nothing but read one constant item, or one attribute, of its only argument.
    """

    family = Family.BUILTINS
    ratios = (("3.9", 1.27), ("3.10", 1.19), ("3.11", 1.38), ("3.12", 1.42), ("3.13", 1.43))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(rows, i):
                    return sorted(rows, key=lambda row: row[i])
            """,
            because="the item is not a constant; the variable could change while sorting",
        ),
        Example(
            before="""
                def f(rows):
                    return sorted(rows, key=lambda row, n=1: row[n])
            """,
            because="the lambda has a second parameter",
        ),
        Example(
            before="""
                def f(rows, sorted):
                    return sorted(rows, key=lambda row: row[0])
            """,
            because="`sorted` means something else here",
        ),
        Example(
            before="""
                def by_age(rows):
                    return sorted(rows, key=lambda row: row['age'])
            """,
            after="""
                from operator import itemgetter


                def by_age(rows):
                    return sorted(rows, key=itemgetter('age'))
            """,
            call="by_age([{'age': 2, 'name': 'a'}, {'age': 1, 'name': 'b'}, {'age': 2, 'name': 'c'}])",
        ),
        Example(
            before="""
                def largest(points):
                    return max(points, key=lambda point: point.real)
            """,
            after="""
                from operator import attrgetter


                def largest(points):
                    return max(points, key=attrgetter('real'))
            """,
            call="largest([1j, 2 + 1j, 2])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(rows):
                    return sorted(rows, key=lambda row: -row[1])
            """,
            wrong="""
                def f(rows):
                    return sorted(rows, key=lambda row: row[1])[::-1]
            """,
            because="rows with equal keys come out the other way round",
            call="f([('a', 1), ('b', 2)])",
        ),
        Trap(
            before="""
                def f(rows):
                    return sorted(rows, key=lambda row: row.get('a', 0))
            """,
            wrong="""
                from operator import itemgetter

                def f(rows):
                    return sorted(rows, key=itemgetter('a'))
            """,
            because="a row need not have the key",
            call="f([{'a': 2}, {'a': 1}])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and _key_of(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.Call):
            return
        key = _key_of(node)
        if key is None or not _sorts(node, facts):
            return
        getter = _getter(key)
        if getter is None:
            yield Refusal(where=key, because="The key does more than read one constant item or attribute.")
            return
        name, what = getter
        yield Edit(
            changes=(Replace(first=key, code=f"{name}({what})"),),
            imports=(Import(module="operator", name=name),),
        )


def _key_of(call: ast.Call) -> ast.Lambda | None:
    for keyword in call.keywords:
        if keyword.arg == "key" and isinstance(keyword.value, ast.Lambda):
            return keyword.value
    return None


def _sorts(call: ast.Call, facts: Facts) -> bool:
    match call.func:
        case ast.Name(id="sorted" | "min" | "max" as name):
            return facts.is_builtin(name, call)
        case ast.Attribute(value=receiver, attr="sort"):
            return facts.type_of(receiver).name == "list" and facts.type_of(receiver).proved
        case _:
            return False


def _getter(key: ast.Lambda) -> tuple[str, str] | None:
    """The getter's name and its argument's source."""
    match key:
        case ast.Lambda(
            args=ast.arguments(
                posonlyargs=[], args=[ast.arg(arg=name)], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]
            ),
            body=ast.Subscript(value=ast.Name(id=read), slice=ast.Constant(value=int() | str() as item)),
        ) if name == read:
            return "itemgetter", repr(item)
        case ast.Lambda(
            args=ast.arguments(
                posonlyargs=[], args=[ast.arg(arg=name)], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]
            ),
            body=ast.Attribute(value=ast.Name(id=read), attr=attribute),
        ) if name == read and not attribute.startswith("__"):
            return "attrgetter", repr(attribute)
        case _:
            return None
