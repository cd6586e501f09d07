"""A call that gives the same value in every round of a loop is made once, above the loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms.hoisting._only_read import why_not_only_read
from transforms.hoisting._places import outermost_function
from transforms.hoisting._quiet import cannot_raise
from transforms.hoisting._values import IMMUTABLE, assumptions_if_pure, local_name, stays

_INNER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_BUILTINS = frozenset({"frozenset", "len", "set", "sorted", "sum"})
_CONTAINERS = frozenset({"list", "set"})


class InvariantCallOutOfLoop(Transform):
    """Make a call that gives the same value in every round once, above the loop.

    Faster because the work is done once and not in every round. Safe when the call has no effect and
    cannot raise (a loop that never runs would not have made it), when nothing that it reads can change
    in the loop, and when each round only looks at the value.
    """

    family = Family.HOISTING
    ratios = (("3.9", 1.6), ("3.11", 1.5), ("3.13", 1.4))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def small(rows: list[int], limits: list[int]):
                    return [row for row in rows if row < max(limits)]
            """,
            because="without rows the call is never made, and `max` of an empty list raises",
        ),
        Example(
            before="""
                def spread(queue: list[int]):
                    while len(queue) < 10:
                        queue.append(0)
            """,
            because="the list grows in the loop",
        ),
        Example(
            before="""
                def known(words, stop_words):
                    return [word for word in words if word in set(stop_words)]
            """,
            because="nothing shows that all stop words can be put into a set",
        ),
        Example(
            before="""
                def shout(words, suffix):
                    return [word + suffix.upper() for word in words]
            """,
            because="nothing shows that the suffix is a str",
        ),
        Example(
            before="""
                def known(words, names):
                    stop_words = [f"{name}s" for name in names]
                    return [word for word in words if word not in set(stop_words)]
            """,
            after="""
                def known(words, names):
                    stop_words = [f"{name}s" for name in names]
                    stop_words_set = set(stop_words)
                    return [word for word in words if word not in stop_words_set]
            """,
            call="known(['as', 'b'], 'a c')",
        ),
        Example(
            before="""
                def spaces(text: str):
                    count = at = 0
                    while at < len(text):
                        if text[at] == " " and at + 1 < len(text):
                            count += 1
                        at += 1
                    return count
            """,
            after="""
                def spaces(text: str):
                    count = at = 0
                    text_length = len(text)
                    while at < text_length:
                        if text[at] == " " and at + 1 < text_length:
                            count += 1
                        at += 1
                    return count
            """,
            call="spaces('a b '), spaces('')",
        ),
        Example(
            before="""
                def matches(lines: list[str], word: str):
                    found = []
                    for line in lines:
                        if word.lower() in line:
                            found.append(line)
                    return found
            """,
            after="""
                def matches(lines: list[str], word: str):
                    found = []
                    lowered = word.lower()
                    for line in lines:
                        if lowered in line:
                            found.append(line)
                    return found
            """,
            call="matches(['a b', 'c'], 'A'), matches([], 'A')",
        ),
    )
    traps = (
        Trap(
            before="""
                def below(rows: list[int], limits: list[int]):
                    found = []
                    for row in rows:
                        if row < min(limits):
                            found.append(row)
                    return found
            """,
            wrong="""
                def below(rows: list[int], limits: list[int]):
                    found = []
                    smallest_limits = min(limits)
                    for row in rows:
                        if row < smallest_limits:
                            found.append(row)
                    return found
            """,
            because="without rows nobody asks for the smallest limit, of which there may be none",
            call="below([1, 5], [3])",
        ),
        Trap(
            before="""
                def fill(rows: list[int], seen: list[int]):
                    for row in rows:
                        if len(seen) < 3:
                            seen.append(row)
                    return seen
            """,
            wrong="""
                def fill(rows: list[int], seen: list[int]):
                    count = len(seen)
                    for row in rows:
                        if count < 3:
                            seen.append(row)
                    return seen
            """,
            because="the list grows in the loop",
            call="fill([1], []), fill([], [1, 2, 3, 4])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]):
                return name in _BUILTINS
            case ast.Call(func=ast.Attribute(value=ast.Name()), args=[], keywords=[]):
                return True
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        function = facts.function_of(node)
        if not isinstance(node, ast.Call) or function is None or outermost_function(node, facts) is None:
            return
        loop = next((each for each in _repeaters(node, facts) if stays(node, [each], facts)), None)
        if loop is None or facts.uses_frames(function):
            return
        assumptions = assumptions_if_pure(node, facts)
        if isinstance(assumptions, str):
            return
        calls = _same_calls(node, loop, facts)
        if not calls or calls[0] is not node or not _is_worth_it(calls, facts):
            return
        if because := _why_not(calls, loop, facts):
            yield Refusal(where=node, because=because)
            return
        name = local_name(node, function)
        first = Replace(first=loop, code=f"{name} = {facts.segment(node)}", above=True)
        rest = tuple(Replace(first=call, code=name) for call in calls)
        yield Edit(changes=(first, *rest), assumptions=assumptions)


def _repeaters(node: ast.Call, facts: Facts) -> list[ast.stmt]:
    """The statements that make the call again and again, outermost first."""
    found: list[ast.stmt] = []
    child: ast.AST = node
    repeats = False
    for parent in facts.ancestors(node):
        if isinstance(parent, _INNER_SCOPES):
            break
        repeats = repeats or _repeats(parent, child)
        if isinstance(parent, ast.stmt):
            if repeats:
                found.insert(0, parent)
            repeats = False
        child = parent
    return found


def _repeats(parent: ast.AST, child: ast.AST) -> bool:
    match parent:
        case ast.While(test=test, body=body):
            return child is test or child in body
        case ast.For(body=body):
            return child in body
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return child is not parent.generators[0]
        case ast.comprehension(ifs=ifs):
            return child in ifs
    return False


def _same_calls(node: ast.Call, loop: ast.stmt, facts: Facts) -> list[ast.Call]:
    """All calls in the loop that are written like `node` and mean the same, in the order of the source."""
    wanted = ast.dump(node)
    found = [
        each
        for each in _in_this_scope(loop)
        if isinstance(each, ast.Call) and ast.dump(each) == wanted and _means_the_same(each, loop, facts)
    ]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _in_this_scope(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _INNER_SCOPES):
            yield from _in_this_scope(child)


def _means_the_same(call: ast.Call, loop: ast.stmt, facts: Facts) -> bool:
    names = [node for node in ast.walk(call) if isinstance(node, ast.Name)]
    return all(name in facts.reads(name.id, [loop]) for name in names)


def _is_worth_it(calls: list[ast.Call], facts: Facts) -> bool:
    """`len` is so cheap that it has to be asked in every round, or several times."""
    cheap = isinstance(calls[0].func, ast.Name) and calls[0].func.id == "len"
    return not cheap or len(calls) > 1 or isinstance(facts.statement_of(calls[0]), ast.While)


def _why_not(calls: list[ast.Call], loop: ast.stmt, facts: Facts) -> str:
    if not cannot_raise(calls[0], facts):
        return "A loop that never runs would not make the call, which may raise."
    kind = facts.type_of(calls[0]).name
    if kind in _CONTAINERS:
        for call in calls:
            if because := why_not_only_read(call, facts):
                return because
    elif kind not in IMMUTABLE:
        return "Nothing shows what type the call gives."
    if facts.segment(loop).startswith("elif"):
        return "There is no place for a statement above `elif`."
    return ""
