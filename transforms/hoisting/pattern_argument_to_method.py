"""`re.search(_WORD, text)` with a compiled `_WORD` becomes `_WORD.search(text)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Transform, Trap
from transforms.hoisting._places import (
    calls_in,
    changes_in,
    looks_constant,
    outermost_function,
    with_replacements,
)
from transforms.hoisting._regex_calls import PARAMETERS, arguments


class PatternArgumentToMethod(Transform):
    """Call the method of a compiled pattern instead of giving the pattern to a function of `re`.

    Faster because the function looks the pattern up in a cache of all patterns before it calls the same
    method. Safe when the argument surely is a compiled pattern and no flags are given with it (those would
    raise ValueError).
    """

    family = Family.HOISTING
    ratios = (("3.9", 6.8), ("3.11", 4.6), ("3.13", 5.7))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                import re

                def find(pattern, text):
                    return re.search(pattern, text)
            """,
            because="the pattern may be a str, which has no `search`",
        ),
        Example(
            before="""
                import re

                _WORD = re.compile(r"\\w+")

                def find(text):
                    return re.search(_WORD, text, re.ASCII)
            """,
            because="flags with a compiled pattern raise ValueError",
        ),
        Example(
            before="""
                import re

                word = re.compile(r"\\w+")

                def find(text):
                    return re.search(word, text)
            """,
            because="a public name that is no constant may be assigned from outside, a str too",
        ),
        Example(
            before="""
                import re

                _WORD = re.compile(r"\\w+")

                def words(text):
                    return re.findall(_WORD, text), re.sub(_WORD, "x", string=text, count=1)
            """,
            after="""
                import re

                _WORD = re.compile(r"\\w+")

                def words(text):
                    return _WORD.findall(text), _WORD.sub("x", string=text, count=1)
            """,
            call="words('a bc')",
        ),
        Example(
            before="""
                import re

                def count(word, lines):
                    pattern = re.compile(re.escape(word))
                    return sum(1 for line in lines if re.search(pattern, line))
            """,
            after="""
                import re

                def count(word, lines):
                    pattern = re.compile(re.escape(word))
                    return sum(1 for line in lines if pattern.search(line))
            """,
            call="count('a', ['a', 'b', 'ca'])",
        ),
    )
    traps = (
        Trap(
            before="""
                import re

                _X = re.compile("x")

                def clean(text):
                    return re.sub(_X, "-", text, 1)
            """,
            wrong="""
                import re

                _X = re.compile("x")

                def clean(text):
                    return _X.sub("-", text)
            """,
            because="the fourth argument is the count",
            call="clean('axb')",
        ),
        Trap(
            before="""
                import re

                def clean(pattern, text):
                    return re.sub(pattern, "-", text)
            """,
            wrong="""
                import re

                def clean(pattern, text):
                    return pattern.sub("-", text)
            """,
            because="the pattern may be a text",
            call="clean(re.compile('x'), 'axb')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[ast.Name(), *_]):
                return name in PARAMETERS and name != "compile"
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        because = _why_not(node, facts)
        if because:
            yield Refusal(where=node, because=because)
        if because is None or because:
            return
        # All calls of a function at once: each alone may gain too little.
        function = outermost_function(node, facts)
        calls = (
            [each for each in calls_in(function, facts) if _is_meant(self, each, facts)] if function else []
        )
        if function is not None and calls[0] is node:
            new: dict[ast.AST, str] = {}
            for call in reversed(calls):
                # A call that stands in another one starts later: its new code is needed there.
                new[call] = _code(call, new, facts)
            yield Edit(changes=tuple(changes_in(function, new, frozenset())))


def _is_meant(transform: Transform, node: ast.AST, facts: Facts) -> bool:
    return transform.looks_like(node) and _why_not(node, facts) == ""


def _why_not(node: ast.AST, facts: Facts) -> str | None:
    """Why the call has to stay; "" when it need not, None when it is nothing of interest."""
    match node:
        case ast.Call(args=[ast.Name(id=name) as pattern, *_]):
            pass
        case _:
            return None
    module, _, method = facts.origin(node.func).rpartition(".")
    given = arguments(node, ("pattern", *PARAMETERS.get(method, ())))
    if module != "re" or method not in PARAMETERS or given is None or "flags" in given:
        return None
    fact = facts.type_of(pattern)
    if fact.name != "re.Pattern" or not fact.proved:
        return None
    if facts.module_value(name) is not None and not looks_constant(name):
        return f"`{name}` is a public name of the module that may be assigned from outside."
    return ""


def _code(call: ast.Call, new: Mapping[ast.AST, str], facts: Facts) -> str:
    method = facts.origin(call.func).rpartition(".")[2]
    pattern, *others = call.args
    given = [new.get(each) or with_replacements(each, new, facts) for each in others]
    named = [
        f"{each.arg}={new.get(each.value) or with_replacements(each.value, new, facts)}"
        for each in call.keywords
    ]
    return f"{facts.segment(pattern)}.{method}({', '.join([*given, *named])})"
