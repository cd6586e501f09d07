"""`out = []` and a loop that appends become a list comprehension."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.accumulation import accumulation, why_not
from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap


class LoopToListComprehension(Transform):
    """Build a list with a comprehension instead of a loop that appends.

    Faster because the look-up of `append` and the call of it for each element go away; most on Python
    3.9, 3.10, 3.12 and later, hardly on 3.11. Safe when the list is new, nobody sees it grow (not the
    loop, not a handler, not a nested function), and the loop variable is not read afterwards.
    """

    family = Family.ACCUMULATION
    ratios = (("3.9", 1.41), ("3.10", 1.41), ("3.11", 1.0), ("3.12", 1.19), ("3.13", 1.16))
    nodes = (ast.For,)
    examples = (
        Example(
            before="""
                def f(xs):
                    out = []
                    for x in xs:
                        out.append(len(out) + x)
                    return out
            """,
            because="each element depends on how far the list has grown",
        ),
        Example(
            before="""
                def f(xs):
                    out = []
                    for x in xs:
                        out.append(x + 1)
                    return out, x
            """,
            because="the loop variable is read after the loop",
        ),
        Example(
            before="""
                def f(xs):
                    try:
                        out = []
                        for x in xs:
                            out.append(int(x))
                    except ValueError:
                        return out
                    return out
            """,
            because="the handler returns what was built so far",
        ),
        Example(
            before="""
                from contextlib import suppress


                def f(xs):
                    with suppress(ValueError):
                        out = []
                        for x in xs:
                            out.append(int(x))
                    return out
            """,
            because="after the block is left by an exception, what was built so far is returned",
        ),
        Example(
            before="""
                def f(xs, log):
                    out = None
                    try:
                        log()
                    except OSError:
                        out = []
                        for x in xs:
                            out.append(int(x))
                    finally:
                        log(out)
            """,
            because="the last block sees what was built so far",
        ),
        Example(
            before="""
                def f(xs):
                    out = []
                    for x in xs:
                        out.append(lambda: x)
                    return out
            """,
            because="the functions made in the loop share the function's variable",
        ),
        Example(
            before="""
                def double(xs):
                    out = []
                    for x in xs:
                        out.append(2 * x)
                    return out
            """,
            after="""
                def double(xs):
                    out = [2 * x for x in xs]
                    return out
            """,
            call="double([1, 2, 3])",
        ),
        Example(
            before="""
                def names(rows):
                    found = []
                    for row in rows:
                        if row['name']:
                            found.append(row['name'].strip())
                    return sorted(found)
            """,
            after="""
                def names(rows):
                    found = [row['name'].strip() for row in rows if row['name']]
                    return sorted(found)
            """,
            call="names([{'name': ' b'}, {'name': ''}, {'name': 'a '}])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(xs):
                    seen = []
                    for x in xs:
                        if x not in seen:
                            seen.append(x)
                    return seen
            """,
            wrong="""
                def f(xs):
                    seen = []
                    seen = [x for x in xs if x not in seen]
                    return seen
            """,
            because="the test reads the list while it grows",
            call="f([1, 2, 3])",
        ),
        Trap(
            before="""
                def f(xs):
                    out = []
                    x = None
                    for x in xs:
                        out.append(x * 2)
                    return out, x
            """,
            wrong="""
                def f(xs):
                    x = None
                    out = [x * 2 for x in xs]
                    return out, x
            """,
            because="the loop variable is read after the loop",
            call="f([])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return any(isinstance(inner, ast.Attribute) and inner.attr == "append" for inner in ast.walk(node))

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        shape = accumulation(node, facts)
        if shape is None:
            return
        match shape.initial, shape.step:
            case (
                ast.List(elts=[]),
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[added], keywords=[]
                    )
                ),
            ) if name == shape.name and not isinstance(added, ast.Starred):
                pass
            case _:
                return
        if len(shape.tests) > 1:
            return
        if because := why_not(shape, (added,), facts):
            yield Refusal(where=shape.loop, because=because)
            return
        element = facts.segment(added)
        if not shape.tests and element == facts.segment(shape.loop.target):
            code = f"{shape.name} = list({facts.segment(shape.loop.iter)})"
            if not facts.is_builtin("list", shape.loop) or isinstance(shape.loop.target, ast.Tuple):
                return
        else:
            code = f"{shape.name} = [{_bare(element, added)} {shape.comprehension_tail(facts)}]"
        yield Edit(changes=(Replace(first=shape.start, last=shape.loop, code=code),))


def _bare(text: str, node: ast.expr) -> str:
    """A tuple needs its parentheses in front of `for`."""
    return f"({text})" if isinstance(node, ast.Tuple) and not text.startswith("(") else text
