"""`out = out + [x]` and `out += [x]` become `out.append(x)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed


class ListPlusToAppend(Transform):
    """Append to a list instead of adding a list of one element to it.

    Faster because `out = out + [x]` copies the whole list each time, and `out += [x]` makes a list to
    throw away. Safe when it is exactly a list, the element's expression does not look at it, and (for
    `out = out + [x]`, which makes a new list) nobody else has the old one and no loop runs over it.
    """

    family = Family.ACCUMULATION
    ratios = (("3.9", 4.87), ("3.10", 5.2), ("3.11", 11.24), ("3.12", 13.11), ("3.13", 13.81))
    nodes = (ast.Assign, ast.AugAssign)
    examples = (
        Example(
            before="""
                def f(out: list, xs):
                    for x in xs:
                        out = out + [x]
                    return out
            """,
            because="the caller's list would change",
        ),
        Example(
            before="""
                def f(xs):
                    out, steps = [], []
                    for x in xs:
                        steps.append(out)
                        out = out + [x]
                    return steps
            """,
            because="the old lists are kept",
        ),
        Example(
            before="""
                def f(xs):
                    out = [1]
                    for x in out:
                        out = out + [x]
                    return out
            """,
            because="the loop runs over the first list only; it would never end over one that grows",
        ),
        Example(
            before="""
                def f(xs):
                    out = []
                    for x in xs:
                        out = out + [x]
                        yield out
            """,
            because="the caller gets each list",
        ),
        Example(
            before="""
                def f(out: list, x):
                    out = out + [x]
                    return out
            """,
            because="the caller's list would change, and one copy costs little",
        ),
        Example(
            before="""
                def f(out, x):
                    out += [x]
            """,
            because="nothing shows that `out` is exactly a list",
        ),
        Example(
            before="""
                def f(x: list):
                    out = []
                    for _ in range(3):
                        out += x
                    return out
            """,
            because="there may be any number of elements",
        ),
        Example(
            before="""
                def squares(numbers):
                    out = []
                    for number in numbers:
                        out = out + [number * number]
                    return out
            """,
            after="""
                def squares(numbers):
                    out = []
                    for number in numbers:
                        out.append(number * number)
                    return out
            """,
            call="squares([1, 2]), squares([]), squares(['a'])",
        ),
        Example(
            before="""
                def walk(tree: list, found: list) -> list:
                    for each in tree:
                        if isinstance(each, list):
                            walk(each, found)
                        else:
                            found += [each]
                    return found
            """,
            after="""
                def walk(tree: list, found: list) -> list:
                    for each in tree:
                        if isinstance(each, list):
                            walk(each, found)
                        else:
                            found.append(each)
                    return found
            """,
            call="walk([1, [2, [3]], []], [])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(xs):
                    out = []
                    last = out
                    for x in xs:
                        last = out
                        out = out + [x]
                    return out, last
            """,
            wrong="""
                def f(xs):
                    out = []
                    last = out
                    for x in xs:
                        last = out
                        out.append(x)
                    return out, last
            """,
            because="the other name would grow too",
            call="f([])",
        ),
        Trap(
            before="""
                def f(xs: list, out: list):
                    for x in xs:
                        out = out + [x]
                    return out
            """,
            wrong="""
                def f(xs: list, out: list):
                    for x in xs:
                        out.append(x)
                    return out
            """,
            because="the caller's list would grow",
            call="f([], [1])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return _shape(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        shape = _shape(node)
        if shape is None or (shape.copies and facts.loop_of(shape.stmt) is None):
            return
        if because := _why_not(shape, facts):
            yield Refusal(where=shape.stmt, because=because)
            return
        code = f"{shape.name}.append({facts.segment(shape.added)})"
        known = facts.type_of(shape.list)
        yield Edit(
            changes=(Replace(first=shape.stmt, code=code),),
            assumptions=assumed(shape.list, known, facts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """`name = name + [added]`, or in place."""

    stmt: ast.stmt
    list: ast.Name
    added: ast.expr
    copies: bool

    @property
    def name(self) -> str:
        """The list's name."""
        return self.list.id


def _shape(node: ast.AST) -> _Shape | None:
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.BinOp(left=ast.Name(id=read) as whole, op=ast.Add(), right=ast.List(elts=[added])),
            type_comment=None,
        ) if name == read:
            copies = True
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.List(elts=[ast.Starred(value=ast.Name(id=read) as whole), added]),
            type_comment=None,
        ) if name == read:
            copies = True
        case ast.AugAssign(target=ast.Name() as whole, op=ast.Add(), value=ast.List(elts=[added])):
            copies = False
        case _:
            return None
    if isinstance(added, ast.Starred) or not isinstance(node, ast.stmt):
        return None
    return _Shape(stmt=node, list=whole, added=added, copies=copies)


def _why_not(shape: _Shape, facts: Facts) -> str:
    stmt, name = shape.stmt, shape.name
    if not facts.is_plain_local(name, stmt) or not facts.surely_bound(shape.list):
        return f"'{name}' is shared with other code, or may be unbound."
    known = facts.type_of(shape.list)
    if known.name != "list":
        return f"Nothing shows that '{name}' is exactly a list."
    if facts.has_comments(stmt) and stmt.lineno != stmt.end_lineno:
        return "There are comments inside that would lose their place."
    if facts.reads(name, shape.added) or facts.writes(name, shape.added):
        return f"What is added looks at '{name}'."
    if any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await) for node in ast.walk(shape.added)):
        return "Other code runs while the element is made."
    if not shape.copies:
        return ""
    if not known.proved or facts.escaped_before(name, stmt):
        return f"Somebody else may have the list that '{name}' holds before."
    if _is_looped_over(name, stmt, facts):
        return f"A loop around runs over '{name}', and would see it grow."
    return ""


def _is_looped_over(name: str, stmt: ast.stmt, facts: Facts) -> bool:
    loops = [above for above in facts.ancestors(stmt) if isinstance(above, ast.For | ast.AsyncFor)]
    return any(facts.reads(name, loop.iter) for loop in loops)
