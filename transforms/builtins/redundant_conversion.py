"""`sorted(list(xs))` becomes `sorted(xs)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms._pieces import has_inner_comments

_SEQUENCES = frozenset({"list", "tuple", "str", "range", "bytes"})
_CONTAINERS = _SEQUENCES | {"dict", "set", "frozenset", "dict_keys", "dict_values", "dict_items"}
_QUIET = (ast.Name, ast.Constant)


class RedundantConversion(Transform):
    """Leave out a list, tuple or text that is made only to be converted once more.

    Faster because the elements are copied once. Safe when the outer call copies all elements before
    it does anything else, as `sorted`, `list` and `tuple` do; for `set`, `len`, `sum`, `min`, `max`, `any`
    and `all` also when what is copied is an exact builtin container whose order or length stays.
    """

    family = Family.BUILTINS
    ratios = (("3.9", 1.74), ("3.10", 1.89), ("3.11", 2.48), ("3.12", 2.57), ("3.13", 1.28))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(xs):
                    return set(list(xs))
            """,
            because="a set or dict would be copied into another order",
        ),
        Example(
            before="""
                def f(xs):
                    return len(list(xs))
            """,
            because="an iterator has no length",
        ),
        Example(
            before="""
                def f(xs):
                    return any(list(xs))
            """,
            because="`any` stops early, and what is left may be read later",
        ),
        Example(
            before="""
                def f(xs, list):
                    return sorted(list(xs))
            """,
            because="`list` means something else here",
        ),
        Example(
            before="""
                def f(xs, keys):
                    return sorted(list(xs), key=keys.pop())
            """,
            because="the key would be computed before the elements are read",
        ),
        Example(
            before="""
                def f(xs):
                    return str(str(xs))
            """,
            because="the inner text may be of a subclass",
        ),
        Example(
            before="""
                def ranked(names):
                    return sorted(list(names), reverse=True), list(sorted(names)), tuple(list(names))
            """,
            after="""
                def ranked(names):
                    return sorted(names, reverse=True), sorted(names), tuple(names)
            """,
            call="ranked(['b', 'a']), ranked(iter([])), ranked(3)",
        ),
        Example(
            before="""
                def parts(text: str):
                    words = text.split()
                    return len(list(words)), set(tuple(words)), str(text.strip()), int(len(text))
            """,
            after="""
                def parts(text: str):
                    words = text.split()
                    return len(words), set(words), text.strip(), len(text)
            """,
            call="parts('b a b '), parts('')",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(xs):
                    return sorted(set(xs))
            """,
            wrong="""
                def f(xs):
                    return sorted(xs)
            """,
            because="the set keeps equal elements once",
            call="f([2, 1])",
        ),
        Trap(
            before="""
                def f(xs: list):
                    for x in list(xs):
                        if x < 0:
                            xs.remove(x)
                    return xs
            """,
            wrong="""
                def f(xs: list):
                    for x in xs:
                        if x < 0:
                            xs.remove(x)
                    return xs
            """,
            because="the list changes in the loop, and the copy does not",
            call="f([1, 2])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Call(func=ast.Name(id=outer), args=[given], keywords=keywords) if not isinstance(
                given, ast.Starred
            ):
                pass
            case _:
                return
        if not facts.is_builtin(outer, node) or has_inner_comments(node, facts):
            return
        if outer in {"str", "int"} and not keywords:
            if _is_already(outer, given, facts):
                assumptions = assumed(given, facts.type_of(given), facts)
                yield Edit(changes=(Replace(first=node, code=facts.segment(given)),), assumptions=assumptions)
            return
        match given:
            case ast.Call(func=ast.Name(id=inner), args=[source], keywords=[]) if not isinstance(
                source, ast.Starred | ast.GeneratorExp
            ):
                pass
            case ast.Call(func=ast.Name(id="sorted" as inner), args=[source]) if outer == "list":
                pass
            case _:
                return
        if facts.is_builtin(inner, given):
            yield from _without(node, given, source, facts)


def _is_already(name: str, given: ast.expr, facts: Facts) -> bool:
    """Whether `given` is a call that surely gives this type: converting a variable may be meant as a hint."""
    known = facts.type_of(given)
    if not isinstance(given, ast.Call) or known.name != name or _is_operand(given, facts):
        return False
    # What `__str__` gives may be of a subclass; what the methods of a str give is not.
    return known.proved or isinstance(given.func, ast.Attribute)


def _is_operand(given: ast.Call, facts: Facts) -> bool:
    """Whether the conversion stands between operators, where a text and its method would run together."""
    conversion = facts.parent(given)
    return conversion is not None and isinstance(facts.parent(conversion), ast.BinOp)


def _without(node: ast.Call, given: ast.Call, source: ast.expr, facts: Facts) -> Iterator[Edit | Refusal]:
    outer, inner = facts.segment(node.func), facts.segment(given.func)
    if any(keyword.arg is None or not isinstance(keyword.value, _QUIET) for keyword in node.keywords):
        if (outer, inner) in _ALWAYS or inner in _NEEDS.get(outer, {}):
            because = "The other arguments would be computed before the elements are read."
            yield Refusal(where=node, because=because)
        return
    if (outer, inner) in _ALWAYS:
        if inner == "sorted":
            yield Edit(changes=(Replace(first=node, code=facts.segment(given)),))
        else:
            yield Edit(changes=(Replace(first=given, code=facts.segment(source)),))
        return
    wanted = _NEEDS.get(outer, frozenset()) if inner in {"list", "tuple"} else frozenset()
    if not wanted:
        return
    known = facts.type_of(source)
    if known.name not in wanted:
        because = "Nothing shows that it is a builtin container, which may be used as it is."
        yield Refusal(where=source, because=because)
        return
    yield Edit(
        changes=(Replace(first=given, code=facts.segment(source)),), assumptions=assumed(source, known, facts)
    )


_ALWAYS = frozenset({
    ("sorted", "list"), ("sorted", "tuple"), ("list", "list"), ("tuple", "list"), ("tuple", "tuple"),
    ("list", "tuple"), ("list", "sorted"),
})  # fmt: skip
_NEEDS = {
    "set": _SEQUENCES, "frozenset": _SEQUENCES, "len": _CONTAINERS, "sum": _CONTAINERS, "min": _CONTAINERS,
    "max": _CONTAINERS, "any": _CONTAINERS, "all": _CONTAINERS,
}  # fmt: skip
