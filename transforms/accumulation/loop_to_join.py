"""A string that grows in a loop becomes one `join`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.accumulation import accumulation, why_not
from optimizer.facts.facts import Facts
from optimizer.model import Assumption, Evidence
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap


class LoopToJoin(Transform):
    """Join the pieces of a text instead of adding them up in a loop.

    Faster because `join` measures first and copies each piece once. Safe when every piece is exactly a
    `str` (`join` raises for anything else, and `+=` may run other code), the text is new, and nobody sees
    it grow.
    """

    family = Family.ACCUMULATION
    ratios = (("3.9", 5.06), ("3.10", 5.86), ("3.11", 5.88), ("3.12", 5.49), ("3.13", 5.45))
    nodes = (ast.For,)
    examples = (
        Example(
            before="""
                def f(xs):
                    text = ''
                    for x in xs:
                        text += x
                    return text
            """,
            because="nothing shows that the pieces are strings",
        ),
        Example(
            before="""
                def f(xs):
                    text = ''
                    for x in xs:
                        text += f'{len(text)}{x}'
                    return text
            """,
            because="each piece depends on how far the text has grown",
        ),
        Example(
            before="""
                def f(xs):
                    text = 'a'
                    for x in xs:
                        text += str(x)
                    return text
            """,
            because="the text does not start empty",
        ),
        Example(
            before="""
                def render(rows):
                    text = ''
                    for key, value in rows:
                        text += f'{key}={value};'
                    return text
            """,
            after="""
                def render(rows):
                    text = ''.join([f'{key}={value};' for key, value in rows])
                    return text
            """,
            call="render([('a', 1), ('b', None)])",
        ),
        Example(
            before="""
                def digits(numbers: list[int]) -> str:
                    out = ""
                    for number in numbers:
                        out += str(number)
                    return out
            """,
            after="""
                def digits(numbers: list[int]) -> str:
                    out = "".join([str(number) for number in numbers])
                    return out
            """,
            call="digits([1, 20, 3])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(tokens):
                    text = ''
                    for t in tokens:
                        text += str(t)
                    return text
            """,
            wrong="""
                def f(tokens):
                    return ''.join(tokens)
            """,
            because="`join` does not convert",
            call="f(['a', 'b'])",
        ),
        Trap(
            before="""
                def f(words):
                    text = ''
                    for word in words:
                        text += word + ','
                    return text
            """,
            wrong="""
                def f(words):
                    return ','.join(words)
            """,
            because="the last word has a separator behind it, too",
            call="f([])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return any(isinstance(inner, ast.AugAssign) for inner in ast.walk(node))

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        shape = accumulation(node, facts)
        if shape is None or len(shape.tests) > 1:
            return
        match shape.initial, shape.step:
            case (
                ast.Constant(value=""),
                ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=added),
            ) if name == shape.name:
                pass
            case _:
                return
        known = facts.type_of(added)
        if known.name != "str":
            yield Refusal(where=added, because="Nothing shows that each piece is a string.")
            return
        if because := why_not(shape, (added,), facts):
            yield Refusal(where=shape.loop, because=because)
            return
        empty = facts.segment(shape.initial)
        code = f"{shape.name} = {empty}.join([{facts.segment(added)} {shape.comprehension_tail(facts)}])"
        assumptions = (
            ()
            if known.proved
            else (
                Assumption(
                    text=f"each `{facts.segment(added)}` is exactly str",
                    evidence=known.evidence or Evidence.UNKNOWN,
                    observed=known.observed,
                ),
            )
        )
        yield Edit(changes=(Replace(first=shape.start, last=shape.loop, code=code),), assumptions=assumptions)
