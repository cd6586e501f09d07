"""`dict()`, `list()` and `dict(a=1)` become `{}`, `[]` and `{"a": 1}`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Transform, Trap
from transforms._pieces import has_inner_comments
from transforms.hoisting._places import changes_in, with_replacements

_EMPTY = {"dict": "{}", "list": "[]", "tuple": "()"}
_MOST_STATEMENTS = 5


class CallToLiteral(Transform):
    """Write `{}`, `[]`, `()` and `{'name': value}` instead of calling the builtin.

    Faster because no name is looked up and nothing is called. Safe when the names mean the builtins.
    Only in short functions and in loops: elsewhere it saves too little to be seen.
    """

    family = Family.BUILTINS
    ratios = (("3.9", 2.14), ("3.10", 1.83), ("3.11", 1.43), ("3.12", 1.49), ("3.13", 1.65))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(pairs):
                    return dict(pairs)
            """,
            because="there is something to copy",
        ),
        Example(
            before="""
                def f(dict):
                    return dict(a=1)
            """,
            because="`dict` means something else here",
        ),
        Example(
            before="""
                def f(more):
                    return dict(a=1, **more)
            """,
            because="a name that is given twice would not raise TypeError any more",
        ),
        Example(
            before="""
                def f(x):
                    return dict(
                        x=x,
                        y=0,
                    )
            """,
            because="it is laid out over lines, which a display on one line would lose",
        ),
        Example(
            before="""
                def f():
                    return set()
            """,
            because="there is no literal for an empty set",
        ),
        Example(
            before="""
                def empty():
                    return dict(), list(), tuple()
            """,
            after="""
                def empty():
                    return {}, [], ()
            """,
            call="empty()",
        ),
        Example(
            before="""
                def point(x, y):
                    return dict(x=x, y=[y, dict()], kind=dict(name='point'))
            """,
            after="""
                def point(x, y):
                    return {'x': x, 'y': [y, {}], 'kind': {'name': 'point'}}
            """,
            call="point(1, [2])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(rows: dict | list):
                    return dict(rows, a=1)
            """,
            wrong="""
                def f(rows: dict | list):
                    return {**rows, 'a': 1}
            """,
            because="`dict` takes pairs too",
            call="f({'b': 2})",
        ),
        Trap(
            before="""
                def f(dict):
                    return dict()
            """,
            wrong="""
                def f(dict):
                    return {}
            """,
            because="`dict` is whatever the caller gives",
            call="f(dict)",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and _is_plain(node)

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        function = facts.function_of(node)
        if function is None or not isinstance(node, ast.Call) or facts.at_module_level(node):
            return
        # All of a function's calls at once: each alone gains too little.
        calls = [
            each
            for each in ast.walk(function)
            if isinstance(each, ast.Call) and facts.function_of(each) is function and _may_change(each, facts)
        ]
        if node in calls and node is min(calls, key=lambda call: (call.lineno, call.col_offset)):
            if not _is_short(function) and not any(facts.loop_of(call) for call in calls):
                return
            new: dict[ast.AST, str] = {}
            for call in sorted(calls, key=lambda call: (-call.lineno, -call.col_offset)):
                # A call inside of another starts later, so its new code is there when the other needs it.
                new[call] = _literal(call, new, facts)
            yield Edit(changes=tuple(changes_in(function, new, frozenset())))


def _is_plain(call: ast.Call) -> bool:
    match call:
        case ast.Call(func=ast.Name(id="dict" | "list" | "tuple"), args=[], keywords=[]):
            return True
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return all(keyword.arg is not None for keyword in keywords)
        case _:
            return False


def _may_change(call: ast.Call, facts: Facts) -> bool:
    if not _is_plain(call) or not isinstance(call.func, ast.Name):
        return False
    is_laid_out = bool(call.keywords) and call.lineno != call.end_lineno
    return facts.is_builtin(call.func.id, call) and not is_laid_out and not has_inner_comments(call, facts)


def _is_short(function: ast.AST) -> bool:
    statements = [node for node in ast.walk(function) if isinstance(node, ast.stmt)]
    return len(statements) - 1 <= _MOST_STATEMENTS


def _literal(call: ast.Call, new: Mapping[ast.AST, str], facts: Facts) -> str:
    if not call.keywords:
        return _EMPTY[facts.segment(call.func)]
    values = [new.get(each.value) or with_replacements(each.value, new, facts) for each in call.keywords]
    pairs = [f"{each.arg!r}: {value}" for each, value in zip(call.keywords, values, strict=True)]
    return "{" + ", ".join(pairs) + "}"
