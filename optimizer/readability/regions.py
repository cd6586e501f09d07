"""Which functions, classes and top-level statements a change touches."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.readability.source import Source

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One changed piece before and after.

    `name` is the qualified name of a function on both sides, of a class whose own lines changed
    (methods are regions of their own), or "" for everything that has no counterpart: changed
    top-level statements, and functions that were added or removed.
    """

    name: str
    before: tuple[ast.stmt, ...]
    after: tuple[ast.stmt, ...]


def changed_regions(before: Source, after: Source) -> tuple[Region, ...]:
    """Every region that differs in more than layout and comments."""
    old, new = _without_common_ends(before, after)
    return tuple(_compare(old, new, prefix=""))


def _without_common_ends(before: Source, after: Source) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The top-level statements without those at either end that stand in identical lines."""
    old, new = list(before.body), list(after.body)
    head = _common(before.lines, after.lines)
    while old and new and _span(old[0]) == _span(new[0]) and _span(old[0])[1] <= head:
        del old[0], new[0]
    tail = _common(before.lines[::-1], after.lines[::-1])
    old_end, new_end = len(before.lines), len(after.lines)
    while old and new and _from_end(old[-1], old_end) == _from_end(new[-1], new_end):
        if _from_end(old[-1], old_end)[0] >= tail:
            break
        del old[-1], new[-1]
    return old, new


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _span(node: ast.stmt) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first, node.end_lineno or first


def _from_end(node: ast.stmt, lines: int) -> tuple[int, int]:
    first, last = _span(node)
    return lines - first, lines - last


def _compare(old: Sequence[ast.stmt], new: Sequence[ast.stmt], *, prefix: str) -> Iterator[Region]:
    old_named, new_named = dict(_named(old)), dict(_named(new))
    both = old_named.keys() & new_named.keys()
    paired = {key for key in both if type(old_named[key]) is type(new_named[key])}
    for key, definition in old_named.items():
        if key in paired:
            yield from _compare_definitions(definition, new_named[key], prefix + key[0])
    done = {id(named[key]) for named in (old_named, new_named) for key in paired}
    before = [statement for statement in old if id(statement) not in done]
    after = [statement for statement in new if id(statement) not in done]
    before, after = _only_in_first(before, after), _only_in_first(after, before)
    if before or after:
        yield Region(name=prefix.rstrip("."), before=tuple(before), after=tuple(after))


def _named(statements: Sequence[ast.stmt]) -> Iterator[tuple[_Key, _Definition]]:
    """Definitions by name; the second of a name (a setter, an overload) is told apart by its number."""
    seen: Counter[str] = Counter()
    for statement in statements:
        if isinstance(statement, _Definition):
            yield (statement.name, seen[statement.name]), statement
            seen[statement.name] += 1


def _compare_definitions(old: _Definition, new: _Definition, name: str) -> Iterator[Region]:
    if ast.dump(old) == ast.dump(new):
        return
    if not (isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef)):
        yield Region(name=name, before=(old,), after=(new,))
        return
    old_shell, new_shell = _shell(old), _shell(new)
    if ast.dump(old_shell) != ast.dump(new_shell):
        yield Region(name=name, before=(old_shell,), after=(new_shell,))
    old_parts, new_parts = (
        [part for part in node.body if isinstance(part, _Definition)] for node in (old, new)
    )
    yield from _compare(old_parts, new_parts, prefix=f"{name}.")


def _shell(node: ast.ClassDef) -> ast.ClassDef:
    """The class without its functions and inner classes."""
    shell = copy.copy(node)
    shell.body = [part for part in node.body if not isinstance(part, _Definition)] or [ast.Pass()]
    return shell


def _only_in_first(first: Sequence[ast.stmt], second: Sequence[ast.stmt]) -> list[ast.stmt]:
    spare = Counter(map(ast.dump, second))
    left: list[ast.stmt] = []
    for statement in first:
        dump = ast.dump(statement)
        if spare[dump]:
            spare[dump] -= 1
        else:
            left.append(statement)
    return left
