"""Looking a key up twice, or catching KeyError, becomes one `get`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed


class GetWithDefault(Transform):
    """Read a key that may be missing with `get` instead of catching KeyError or testing first.

    Faster because a missing key costs no exception, and a present one no second look-up. Safe when the
    mapping is exactly a `dict` (a subclass may compute missing values), the key is a plain name or
    constant, and the default is a constant.
    """

    family = Family.MEMBERSHIP
    ratios = (("3.9", 2.76), ("3.10", 2.44), ("3.11", 2.62), ("3.12", 3.21), ("3.13", 2.75))
    nodes = (ast.Try, ast.If)
    examples = (
        Example(
            before="""
                def f(d, k):
                    try:
                        return d[k]
                    except KeyError:
                        return None
            """,
            because="nothing shows that `d` is exactly a dict",
        ),
        Example(
            before="""
                def f(d: dict, k):
                    try:
                        return d[k].name
                    except KeyError:
                        return None
            """,
            because="reading the attribute may raise KeyError too",
        ),
        Example(
            before="""
                def f(d: dict, k):
                    if k in d:
                        value = d[k]
                    else:
                        value = compute()
                    return value
            """,
            because="the default would be computed always",
        ),
        Example(
            before="""
                def port(env: dict, name):
                    try:
                        value = env[name]
                    except KeyError:
                        value = 80
                    return value
            """,
            after="""
                def port(env: dict, name):
                    value = env.get(name, 80)
                    return value
            """,
            call="(port({'a': 1}, 'a'), port({}, 'a'))",
        ),
        Example(
            before="""
                _CODES = {'a': 1, 'b': 2}


                def code(name):
                    if name in _CODES:
                        return _CODES[name]
                    else:
                        return None
            """,
            after="""
                _CODES = {'a': 1, 'b': 2}


                def code(name):
                    return _CODES.get(name)
            """,
            call="(code('a'), code('z'))",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(env, parse):
                    if 'A' in env:
                        return env['A']
                    else:
                        return parse('8')
            """,
            wrong="""
                def f(env, parse):
                    return env.get('A', parse('8'))
            """,
            because="the default is computed although it is not needed",
            call="f({}, int)",
        ),
        Trap(
            before="""
                def f(d: dict, k):
                    return d[k] if k in d else 1
            """,
            wrong="""
                def f(d: dict, k):
                    return d.get(k) or 1
            """,
            because="a zero that is stored is no missing key",
            call="f({'a': 2}, 'a'), f({}, 'a')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return _shape(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        shape = _shape(node)
        if shape is None or not isinstance(node, ast.Try | ast.If):
            return
        mapping, key, default, front = shape
        if facts.has_comments(node):
            yield Refusal(where=node, because="There are comments that would lose their place.")
            return
        if isinstance(node, ast.Try) and not facts.is_builtin("KeyError", node):
            return
        known = facts.type_of(mapping)
        if known.name != "dict":
            yield Refusal(where=mapping, because=f"Nothing shows that '{mapping.id}' is exactly a dict.")
            return
        if not isinstance(key, ast.Name | ast.Constant) or not facts.is_constant(default):
            yield Refusal(where=key, because="The key or the default would be computed differently often.")
            return
        none = isinstance(default, ast.Constant) and default.value is None
        given = "" if none else f", {facts.segment(default)}"
        code = f"{front}{mapping.id}.get({facts.segment(key)}{given})"
        assumptions = assumed(mapping, known, facts)
        yield Edit(changes=(Replace(first=node, code=code),), assumptions=assumptions)


_Shape = tuple[ast.Name, ast.expr, ast.expr, str]


def _shape(node: ast.AST) -> _Shape | None:
    """Mapping, key, default, and what stands in front of the `get`: `return ` or `name = `."""
    match node:
        case ast.Try(
            body=[found],
            handlers=[ast.ExceptHandler(type=ast.Name(id="KeyError"), name=None, body=[missing])],
            orelse=[],
            finalbody=[],
        ):
            return _both(found, missing, None)
        case ast.If(
            test=ast.Compare(left=key, ops=[ast.In()], comparators=[ast.Name(id=mapping)]),
            body=[found],
            orelse=[missing],
        ):
            shape = _both(found, missing, key)
            return shape if shape and shape[0].id == mapping else None
        case _:
            return None


def _both(found: ast.stmt, missing: ast.stmt, tested: ast.expr | None) -> _Shape | None:
    match found, missing:
        case (
            ast.Return(value=ast.Subscript(value=ast.Name() as mapping, slice=key)),
            ast.Return(value=default),
        ) if default is not None:
            front = "return "
        case (
            ast.Assign(
                targets=[ast.Name(id=one)], value=ast.Subscript(value=ast.Name() as mapping, slice=key)
            ),
            ast.Assign(targets=[ast.Name(id=other)], value=default),
        ) if one == other and one != mapping.id:
            front = f"{one} = "
        case _:
            return None
    if tested is not None and ast.dump(tested) != ast.dump(key):
        return None
    return mapping, key, default, front
