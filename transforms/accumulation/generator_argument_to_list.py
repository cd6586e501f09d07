"""A generator that is handed to a method of a local container becomes a list."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.caught import part_may_be_seen
from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._pieces import has_inner_comments
from transforms.accumulation._stops import why_may_stop

_SCALARS = frozenset({"str", "int", "bytes", "bool", "float", "NoneType"})
_METHODS = {("list", "extend"), ("set", "update"), ("collections.deque", "extend")}
_CONSTRUCTORS = frozenset({"frozenset", "collections.deque"})


class GeneratorArgumentToList(Transform):
    """Hand `extend`, `update`, `frozenset` or `deque` a list instead of a generator.

    Faster because no generator is started, suspended and resumed for each element. Safe when the
    container is a local that nobody else has and the generator does not look at, so that it makes no
    difference whether the elements arrive one by one, and an exception half way leaves nothing to be seen.
    """

    family = Family.ACCUMULATION
    ratios = (("3.9", 1.26), ("3.10", 1.29), ("3.11", 1.33), ("3.12", 1.61), ("3.13", 1.6))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(out, xs):
                    out.extend(x.strip() for x in xs)
            """,
            because="the caller's list would stay as it was when an element fails",
        ),
        Example(
            before="""
                def f(xs):
                    out = []
                    out.extend(len(out) + x for x in xs)
                    return out
            """,
            because="each element depends on how far the list has grown",
        ),
        Example(
            before="""
                def f(xs):
                    out = []
                    try:
                        out.extend(int(x) for x in xs)
                    except ValueError:
                        return out
                    return out
            """,
            because="the handler gives what came before the element that fails",
        ),
        Example(
            before="""
                from contextlib import suppress


                def f(xs):
                    out = []
                    with suppress(ValueError):
                        out.extend(int(x) for x in xs)
                    return out
            """,
            because="`suppress` lets the function go on with what came before the element that fails",
        ),
        Example(
            before="""
                def f(it):
                    out = []
                    out.extend(next(it) for _ in range(2))
                    return out
            """,
            because="`next` may raise StopIteration, which a generator turns into another error",
        ),
        Example(
            before="""
                def f(xs):
                    return frozenset(x.key for x in xs)
            """,
            because="hashing a key may run code before the next one is read",
        ),
        Example(
            before="""
                def names(rows, more):
                    found = [row['name'] for row in rows]
                    found.extend(row['name'].strip() for row in more if row)
                    return found
            """,
            after="""
                def names(rows, more):
                    found = [row['name'] for row in rows]
                    found.extend([row['name'].strip() for row in more if row])
                    return found
            """,
            call="names([{'name': 'a'}], [{'name': ' b'}, {}]), names([], [])",
        ),
        Example(
            before="""
                def sizes(words):
                    seen = {0}
                    seen.update(len(word) for word in words)
                    return seen, frozenset(len(word) + 1 for word in words)
            """,
            after="""
                def sizes(words):
                    seen = {0}
                    seen.update([len(word) for word in words])
                    return seen, frozenset([len(word) + 1 for word in words])
            """,
            call="sizes(['a', 'bcd']), sizes([])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(xs):
                    seen = []
                    seen.extend(x for x in xs if x not in seen)
                    return seen
            """,
            wrong="""
                def f(xs):
                    seen = []
                    seen.extend([x for x in xs if x not in seen])
                    return seen
            """,
            because="the test sees the list grow",
            call="f([1, 2])",
        ),
        Trap(
            before="""
                def f(out: list, xs):
                    out.extend(int(x) for x in xs)
                    return out
            """,
            wrong="""
                def f(out: list, xs):
                    out.extend([int(x) for x in xs])
                    return out
            """,
            because="what came before a failure half way stays in the list",
            call="f([], ['1'])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(args=[ast.GeneratorExp()], keywords=[]):
                return True
            case _:
                return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Call(func=func, args=[ast.GeneratorExp() as generator], keywords=[]):
                pass
            case _:
                return
        match func:
            case ast.Attribute(value=ast.Name() as holder, attr=attr) if _is_method(holder, attr, facts):
                because = _why_not_method(_Use(call=node, holder=holder, generator=generator), facts)
            case _ if (origin := _origin(func, facts)) in _CONSTRUCTORS:
                because = _why_not_hashed(generator, facts) if origin == "frozenset" else ""
            case _:
                return
        if because := because or _why_not(node, generator, facts):
            yield Refusal(where=generator, because=because)
            return
        inner = facts.segment(generator)
        bare = inner[1:-1].strip() if inner.startswith("(") else inner
        yield Edit(changes=(Replace(first=node, code=f"{facts.segment(func)}([{bare}])"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """`holder.extend(generator)`."""

    call: ast.Call
    holder: ast.Name
    generator: ast.GeneratorExp


def _origin(func: ast.expr, facts: Facts) -> str:
    if isinstance(func, ast.Name) and facts.is_builtin(func.id, func):
        return func.id
    return facts.origin(func)


def _is_method(holder: ast.Name, attr: str, facts: Facts) -> bool:
    return (facts.type_of(holder).name, attr) in _METHODS


def _why_not_method(use: _Use, facts: Facts) -> str:
    name, stmt = use.holder.id, facts.statement_of(use.call)
    known = facts.type_of(use.holder)
    is_own = facts.is_plain_local(name, use.call) and not facts.is_parameter(name, use.call)
    if not is_own or not known.proved or facts.escaped_before(name, stmt):
        return f"Somebody else may have '{name}', and see it when an element fails."
    if not isinstance(stmt, ast.Expr) or facts.reads(name, use.generator):
        return f"The generator looks at '{name}' while it grows."
    if part_may_be_seen(name, stmt, facts):
        return f"When an element fails, a handler could see '{name}' as far as it got."
    return _why_not_hashed(use.generator, facts) if known.name == "set" else ""


def _why_not_hashed(generator: ast.GeneratorExp, facts: Facts) -> str:
    known = facts.type_of(generator.elt)
    if known.proved and known.name in _SCALARS:
        return ""
    return "Hashing an element may run code before the next one is made."


def _why_not(call: ast.Call, generator: ast.GeneratorExp, facts: Facts) -> str:
    if has_inner_comments(call, facts):
        return "There are comments inside that would lose their place."
    function = facts.function_of(generator)
    if function is None or facts.uses_frames(function):
        return "Outside of functions, and where frames are looked at, a generator shows."
    for node in ast.walk(generator):
        match node:
            case ast.comprehension(is_async=1) | ast.Await() | ast.NamedExpr() | ast.Lambda():
                return "The generator awaits, assigns or makes functions, which differs inside a list."
    return why_may_stop(generator, facts)
