"""`list`, `set` or `dict` of a generator becomes a comprehension."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap


class CallToComprehension(Transform):
    """Write a comprehension instead of `list`, `set` or `dict` over a generator (or a list made for it).

    Faster because neither a generator nor a second container is made. Safe when the names mean the
    builtins, no element's expression can raise StopIteration, and a dict's pairs are written out as pairs.
    """

    family = Family.ACCUMULATION
    ratios = (("3.9", 1.59), ("3.10", 1.77), ("3.11", 1.75), ("3.12", 2.2), ("3.13", 2.02))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(pairs):
                    return dict(pair for pair in pairs)
            """,
            because="the elements may be anything of two parts",
        ),
        Example(
            before="""
                def f(it):
                    return list(next(it) for _ in range(3))
            """,
            because="`next` may raise StopIteration, which a generator turns into another error",
        ),
        Example(
            before="""
                def f(xs, set):
                    return set(x for x in xs)
            """,
            because="`set` means something else here",
        ),
        Example(
            before="""
                def sizes(words):
                    return list(len(word) for word in words)
            """,
            after="""
                def sizes(words):
                    return [len(word) for word in words]
            """,
            call="sizes(['a', 'bc'])",
        ),
        Example(
            before="""
                def initials(words):
                    return set([word[0] for word in words])
            """,
            after="""
                def initials(words):
                    return {word[0] for word in words}
            """,
            call="initials(['ab', 'ac', 'b'])",
        ),
        Example(
            before="""
                def index(rows):
                    return dict((row, len(row)) for row in rows if row)
            """,
            after="""
                def index(rows):
                    return {row: len(row) for row in rows if row}
            """,
            call="index(['a', '', 'bc'])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(rows):
                    return list({row: len(row) for row in rows}.items())
            """,
            wrong="""
                def f(rows):
                    return [(row, len(row)) for row in rows]
            """,
            because="equal keys are kept once",
            call="f(['a', 'bc'])",
        ),
        Trap(
            before="""
                def f(rows, list):
                    return list(row for row in rows)
            """,
            wrong="""
                def f(rows, list):
                    return [row for row in rows]
            """,
            because="`list` is whatever the caller gives",
            call="f([1], list)",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Call)
            and len(node.args) == 1
            and isinstance(node.args[0], ast.GeneratorExp | ast.ListComp)
        )

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Call(
                func=ast.Name(id="list" | "set" | "dict" as name),
                args=[ast.GeneratorExp() | ast.ListComp() as inner],
                keywords=[],
            ) if (name, type(inner)) != ("list", ast.ListComp):
                pass
            case _:
                return
        if not facts.is_builtin(name, node):
            yield Refusal(where=node, because=f"`{name}` may mean something else here.")
            return
        if because := _why_not(inner, facts):
            yield Refusal(where=inner, because=because)
            return
        element = _element(name, inner.elt, facts)
        if not element:
            return
        opening, closing = ("[", "]") if name == "list" else ("{", "}")
        clauses = " ".join(_clause(part, facts) for part in inner.generators)
        yield Edit(changes=(Replace(first=node, code=f"{opening}{element} {clauses}{closing}"),))


def _element(name: str, element: ast.expr, facts: Facts) -> str:
    """Source of what stands in front of `for`, "" when a dict's pairs are not written out."""
    match name, element:
        case "dict", ast.Tuple(elts=[key, value]) if not any(
            isinstance(one, ast.Starred) for one in (key, value)
        ):
            return f"{facts.segment(key)}: {facts.segment(value)}"
        case "dict", _:
            return ""
        case _:
            return facts.segment(element)


def _clause(part: ast.comprehension, facts: Facts) -> str:
    tests = "".join(f" if {facts.segment(test)}" for test in part.ifs)
    return f"for {facts.segment(part.target)} in {facts.segment(part.iter)}{tests}"


def _why_not(inner: ast.GeneratorExp | ast.ListComp, facts: Facts) -> str:
    function = facts.function_of(inner)
    if function is not None and facts.uses_frames(function):
        return "The function looks at frames, where a generator shows."
    if facts.has_comments(inner):
        return "There are comments inside that would lose their place."
    for node in ast.walk(inner):
        match node:
            case ast.comprehension(is_async=1) | ast.Await() | ast.NamedExpr() | ast.Lambda():
                return "It awaits, assigns or makes functions, which differs inside a comprehension."
            case ast.Call(func=ast.Name(id="next" | "super"), args=[] | [_]):
                return "`next` may raise StopIteration, which a generator turns into another error."
    return ""
