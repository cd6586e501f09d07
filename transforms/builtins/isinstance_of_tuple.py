"""`isinstance(x, A) or isinstance(x, B)` becomes one call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap


class IsinstanceOfTuple(Transform):
    """Ask `isinstance` once, with a tuple, instead of twice with `or`.

    Faster because one call is made instead of two. Safe when both ask about the same plain variable, and
    the classes are names whose look-up cannot fail or run code.
    """

    family = Family.BUILTINS
    pythons = "<3.11"
    ratios = (("3.9", 1.12), ("3.10", 1.1), ("3.11", 0.83), ("3.12", 0.8), ("3.13", 0.85))
    nodes = (ast.BoolOp,)
    examples = (
        Example(
            before="""
                def f(q):
                    return isinstance(q.pop(), int) or isinstance(q.pop(), str)
            """,
            because="`pop` is called twice",
        ),
        Example(
            before="""
                def f(x, a, b):
                    return isinstance(x, a) or isinstance(x, b())
            """,
            because="the second class is computed",
        ),
        Example(
            before="""
                def f(x):
                    return isinstance(x, int) and isinstance(x, bool)
            """,
            because="both have to hold",
        ),
        Example(
            before="""
                def kind(x):
                    return isinstance(x, int) or isinstance(x, float)
            """,
            after="""
                def kind(x):
                    return isinstance(x, (int, float))
            """,
            call="(kind(1), kind(1.5), kind('a'))",
        ),
        Example(
            before="""
                def plain(x):
                    if x is None or isinstance(x, str) or isinstance(x, (int, bool)):
                        return x
                    return repr(x)
            """,
            after="""
                def plain(x):
                    if x is None or isinstance(x, (str, int, bool)):
                        return x
                    return repr(x)
            """,
            call="[plain(None), plain('a'), plain(1), plain([])]",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(x, y):
                    return isinstance(x, int) or isinstance(y, float)
            """,
            wrong="""
                def f(x, y):
                    return isinstance(x, (int, float))
            """,
            because="they ask about different things",
            call="f(1, 'a')",
        ),
        Trap(
            before="""
                def f(x):
                    return isinstance(x, int) and isinstance(x, bool)
            """,
            wrong="""
                def f(x):
                    return isinstance(x, (int, bool))
            """,
            because="both have to hold",
            call="f(True), f('a')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return (
            isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and sum(map(_asked, node.values)) > 1
        )

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.BoolOp) or not facts.is_builtin("isinstance", node):
            return
        groups = list(_groups(node.values))
        if all(len(group) == 1 for group in groups):
            return
        classes = [one for group in groups if len(group) > 1 for call in group for one in _classes(call)]
        for one in classes:
            if not _is_sure(one, facts):
                yield Refusal(where=one, because=f"Looking up `{facts.segment(one)}` could run code or fail.")
                return
        parts = [_joined(group, facts) for group in groups]
        yield Edit(changes=(Replace(first=node, code=" or ".join(parts)),))


def _asked(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(), _], keywords=[]):
            return True
        case _:
            return False


def _groups(values: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Runs of neighbours that ask about the same variable."""
    group: list[ast.expr] = []
    for value in values:
        if group and not (_asked(value) and _asked(group[-1]) and _variable(value) == _variable(group[-1])):
            yield group
            group = []
        group.append(value)
    yield group


def _variable(call: ast.expr) -> str:
    assert isinstance(call, ast.Call)  # noqa: S101 - `_asked` has said so
    assert isinstance(call.args[0], ast.Name)  # noqa: S101
    return call.args[0].id


def _classes(call: ast.expr) -> list[ast.expr]:
    assert isinstance(call, ast.Call)  # noqa: S101 - `_asked` has said so
    given = call.args[1]
    return list(given.elts) if isinstance(given, ast.Tuple) else [given]


def _is_sure(one: ast.expr, facts: Facts) -> bool:
    """Whether evaluating the name of a class surely gives a class, without effects."""
    match one:
        case ast.Name(id=name):
            return facts.is_builtin(name, one) or bool(facts.origin(one)) or _defined_here(name, facts)
        case ast.Attribute(value=ast.Name()):
            return bool(facts.origin(one))
        case _:
            return False


def _defined_here(name: str, facts: Facts) -> bool:
    return any(isinstance(stmt, ast.ClassDef) and stmt.name == name for stmt in facts.tree.body) and (
        len(facts.writes(name, facts.tree)) == 1
    )


def _joined(group: list[ast.expr], facts: Facts) -> str:
    if len(group) == 1:
        return facts.segment(group[0])
    named = [facts.segment(one) for call in group for one in _classes(call)]
    return f"isinstance({_variable(group[0])}, ({', '.join(dict.fromkeys(named))}))"
