"""`x in ("a", "b", "c")` becomes `x in {"a", "b", "c"}`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed

_HASHABLE = frozenset({"str", "int", "bytes", "bool", "NoneType"})
_FEWEST = 3


class ConstantsToSet(Transform):
    """Test membership in a set of constants instead of a tuple or list of them.

    Faster because one hash replaces a comparison with each constant; the compiler stores the set once.
    Safe when what is looked for is exactly of a hashable builtin type (an unhashable value would raise
    TypeError, and a class of its own may compare without hashing alike) and the constants are strings,
    bytes, integers or None.
    """

    family = Family.MEMBERSHIP
    ratios = (("3.9", 3.02), ("3.10", 3.12), ("3.11", 3.09), ("3.12", 4.07), ("3.13", 3.88))
    nodes = (ast.Compare,)
    examples = (
        Example(
            before="""
                def f(x):
                    return x in ('a', 'b', 'c', 'd')
            """,
            because="an unhashable value would raise TypeError instead of giving False",
        ),
        Example(
            before="""
                def f(x: str):
                    return x in ('a', 1.5, 'c', 'd')
            """,
            because="floats may be nan, and 1.0 equals 1",
        ),
        Example(
            before="""
                def f(x: str):
                    return x in ',;|'
            """,
            because="that is a search inside a text",
        ),
        Example(
            before="""
                def f(x: str):
                    return x in ('a', 'b')
            """,
            because="two comparisons are as fast as a hash",
        ),
        Example(
            before="""
                def is_vowel(letter: str) -> bool:
                    return letter in ('a', 'e', 'i', 'o', 'u')
            """,
            after="""
                def is_vowel(letter: str) -> bool:
                    return letter in {'a', 'e', 'i', 'o', 'u'}
            """,
            call="[is_vowel(c) for c in 'abe'] + [is_vowel('')]",
        ),
        Example(
            before="""
                def kind(text):
                    word = text.strip() if isinstance(text, str) else str(text)
                    word = str(word).lower()
                    return word not in ['yes', 'true', 'on', '1']
            """,
            after="""
                def kind(text):
                    word = text.strip() if isinstance(text, str) else str(text)
                    word = str(word).lower()
                    return word not in {'yes', 'true', 'on', '1'}
            """,
            call="(kind('Yes'), kind('no'), kind(1))",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(ch: str):
                    return ch in ',;|'
            """,
            wrong="""
                def f(ch: str):
                    return ch in {',', ';', '|'}
            """,
            because="a text finds parts of itself, the empty one too",
            call="f(',')",
        ),
        Trap(
            before="""
                def f(x):
                    return x in (1, 2, 3)
            """,
            wrong="""
                def f(x):
                    return x in {1, 2, 3}
            """,
            because="what cannot be hashed can be looked for in a tuple and not in a set",
            call="f(2), f('a')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Compare(
                ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple(elts=elts) | ast.List(elts=elts)]
            ):
                return len(elts) >= _FEWEST and all(isinstance(one, ast.Constant) for one in elts)
            case _:
                return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Compare(left=sought, comparators=[ast.Tuple(elts=elts) | ast.List(elts=elts) as table]):
                pass
            case _:
                return
        if any(type(one.value).__name__ not in _HASHABLE for one in elts if isinstance(one, ast.Constant)):
            yield Refusal(
                where=table,
                because="Only strings, bytes, integers and None are sure to hash as they compare.",
            )
            return
        known = facts.type_of(sought)
        if known.name not in _HASHABLE:
            because = "An unhashable value would raise TypeError, and nothing shows what type it has."
            yield Refusal(where=sought, because=because)
            return
        if facts.has_comments(table):
            return
        assumptions = assumed(sought, known, facts)
        texts = list(dict.fromkeys(facts.segment(one) for one in elts))
        yield Edit(
            changes=(Replace(first=table, code="{" + ", ".join(texts) + "}"),), assumptions=assumptions
        )
