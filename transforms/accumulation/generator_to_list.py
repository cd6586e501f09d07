"""A generator that is used up at once becomes a list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms.accumulation._stops import why_may_stop


class GeneratorToList(Transform):
    """Hand `join`, `tuple`, `sorted`, a star call or a sum of integers a list instead of a generator.

    Faster because no generator is started, suspended and resumed for each element; `join`, `sorted` and
    star calls build a list from the generator in any case. Safe when no element's expression can raise
    StopIteration (a generator turns it into RuntimeError) and nobody looks at the generator's frame; for
    `sum`, `min` and `max` also when the elements are integers, as other types' operators may raise, or run
    code, between two elements.
    """

    family = Family.ACCUMULATION
    ratios = (("3.9", 1.26), ("3.10", 1.29), ("3.11", 1.33), ("3.12", 1.61), ("3.13", 1.6))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(it, n):
                    return tuple(next(it) for _ in range(n))
            """,
            because="`next` may raise StopIteration, which a generator turns into another error",
        ),
        Example(
            before="""
                def all_of(functions, value):
                    return tuple(function(value) for function in functions)
            """,
            because="one of the functions may be `next`, or raise StopIteration otherwise",
        ),
        Example(
            before="""
                def join(parts, tuple):
                    return tuple(part for part in parts)
            """,
            because="`tuple` means something else here",
        ),
        Example(
            before="""
                def f(sep, parts):
                    return sep.join(str(part) for part in parts)
            """,
            because="nothing shows that `sep` is a string; another class's `join` may be lazy",
        ),
        Example(
            before="""
                def total(rows):
                    return sum(row.price for row in rows)
            """,
            because="adding prices may run code before the next row is read",
        ),
        Example(
            before="""
                def widest(rows):
                    return max(len(row) for row in rows if row)
            """,
            after="""
                def widest(rows):
                    return max([len(row) for row in rows if row])
            """,
            call="widest(['a', '', 'bcd'])",
        ),
        Example(
            before="""
                def row(cells):
                    return ', '.join(str(cell) for cell in cells)
            """,
            after="""
                def row(cells):
                    return ', '.join([str(cell) for cell in cells])
            """,
            call="row([1, 'a', None])",
        ),
        Example(
            before="""
                def sizes(words):
                    return tuple(len(word) for word in words if word)
            """,
            after="""
                def sizes(words):
                    return tuple([len(word) for word in words if word])
            """,
            call="sizes(['a', '', 'bc'])",
        ),
        Example(
            before="""
                def ranked(rows):
                    return sorted((row[1] for row in rows), reverse=True)
            """,
            after="""
                def ranked(rows):
                    return sorted([row[1] for row in rows], reverse=True)
            """,
            call="ranked([(1, 2), (3, 9)])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(xs):
                    return any(1 / x > 2 for x in xs)
            """,
            wrong="""
                def f(xs):
                    return any([1 / x > 2 for x in xs])
            """,
            because="`any` stops early, so later elements are never computed",
            call="f([0.1, 1])",
        ),
        Trap(
            before="""
                def f(xs, keep):
                    return next((x for x in xs if keep(x)), None)
            """,
            wrong="""
                def f(xs, keep):
                    return next(iter([x for x in xs if keep(x)]), None)
            """,
            because="`next` asks for one element only",
            call="f([0, 1], bool)",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and any(
            isinstance(_unstarred(arg), ast.GeneratorExp) for arg in node.args
        )

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.Call):
            return
        generator = _used_up(node, facts)
        if generator is None:
            return
        if because := _why_not(node, generator, facts):
            yield Refusal(where=generator, because=because)
            return
        yield Edit(changes=(Replace(first=node, code=_with_list(node, generator, facts)),))


def _with_list(call: ast.Call, generator: ast.GeneratorExp, facts: Facts) -> str:
    """The whole call again: a lone generator shares its parentheses with the call."""
    given = [_argument(argument, generator, facts) for argument in call.args]
    given += [
        f"{named.arg}={facts.segment(named.value)}" if named.arg else f"**{facts.segment(named.value)}"
        for named in call.keywords
    ]
    return f"{facts.segment(call.func)}({', '.join(given)})"


def _argument(argument: ast.expr, generator: ast.GeneratorExp, facts: Facts) -> str:
    if _unstarred(argument) is not generator:
        return facts.segment(argument)
    inner = facts.segment(generator)
    bare = inner[1:-1].strip() if inner.startswith("(") and inner.endswith(")") else inner
    return f"*[{bare}]" if isinstance(argument, ast.Starred) else f"[{bare}]"


def _unstarred(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _used_up(call: ast.Call, facts: Facts) -> ast.GeneratorExp | None:
    """The generator among the arguments that the call is sure to use up at once."""
    match call:
        case ast.Call(func=ast.Name(id="tuple" | "sorted" as name), args=[ast.GeneratorExp() as only]):
            return only if facts.is_builtin(name, call) else None
        case ast.Call(
            func=ast.Attribute(value=text, attr="join"), args=[ast.GeneratorExp() as only], keywords=[]
        ):
            known = facts.type_of(text)
            return only if known.name in {"str", "bytes"} and known.proved else None
        case ast.Call(
            func=ast.Name(id="sum" | "min" | "max" as name), args=[ast.GeneratorExp() as only], keywords=[]
        ) if facts.is_builtin(name, call):
            return only if _is_plain(only.elt, facts) else None
        case ast.Call(args=[*_, ast.Starred(value=ast.GeneratorExp() as last)]):
            return last
        case _:
            return None


def _is_plain(element: ast.expr, facts: Facts) -> bool:
    """Whether adding and comparing elements runs no code and cannot raise between two of them."""
    known = facts.type_of(element)
    return known.proved and known.name in {"int", "bool"}


def _why_not(call: ast.Call, generator: ast.GeneratorExp, facts: Facts) -> str:
    if facts.has_comments(call):
        return "There are comments inside that would lose their place."
    function = facts.function_of(generator)
    if function is not None and facts.uses_frames(function):
        return "The function looks at frames, where a generator shows."
    for node in ast.walk(generator):
        match node:
            case ast.comprehension(is_async=1) | ast.Await() | ast.NamedExpr() | ast.Lambda():
                return "The generator awaits, assigns or makes functions, which differs inside a list."
    return why_may_stop(generator, facts)
