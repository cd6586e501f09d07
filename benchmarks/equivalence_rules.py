"""The rules' own examples and careless forms as pairs for the verifier: their calls count as recorded ones."""

from __future__ import annotations

import ast
import builtins
import functools
from collections import Counter
from collections.abc import Iterator

from benchmarks.equivalence_cases import Case
from optimizer.registry import load


@functools.cache
def examples() -> tuple[Case, ...]:
    """Every example that rewrites something; first one of each rule, then the next of each."""
    found = [
        (place, case)
        for transform in load().transforms
        for place, example in enumerate(one for one in transform.examples if one.after is not None)
        for case in _case(
            transform.name, f"{place}", example.before, example.after or "", example.call, same=True
        )
    ]
    return tuple(case for _, case in sorted(found, key=lambda pair: pair[0]))


@functools.cache
def careless_forms() -> tuple[Case, ...]:
    """Every trap: a careless form of the rewrite, which changes behaviour, with a call that does not show it."""
    return tuple(
        case
        for transform in load().transforms
        for number, trap in enumerate(transform.traps)
        for case in _case(transform.name, f"trap-{number}", trap.before, trap.wrong, trap.call, same=False)
    )


def _case(name: str, number: str, before: str, after: str, call: str, *, same: bool) -> Iterator[Case]:
    entry, inputs = _calls(before, call)
    entry = entry or _changed(before, after)
    if entry:
        yield Case(
            id=f"{name}-{number}",
            family=name,
            entry=entry,
            equivalent=same,
            before=before,
            after=after,
            inputs=inputs,
        )


def _calls(text: str, call: str) -> tuple[str, tuple[str, ...]]:
    """The function that is called most in an expression, and the arguments of its calls as tuples."""
    tree = ast.parse(text)
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    there = {name for node in tree.body for name in _names_of(node) if not name.startswith("_")}
    made = [
        (node.func.id, "(" + "".join(f"{ast.unparse(part)}, " for part in node.args) + ")")
        for node in (ast.walk(ast.parse(call)) if call else ())
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in own
        if not node.keywords and _stands_alone(node, there)
    ]
    if not made:
        return "", ()
    entry = Counter(name for name, _ in made).most_common(1)[0][0]
    return entry, tuple(arguments for name, arguments in made if name == entry)


def _names_of(node: ast.stmt) -> Iterator[str]:
    """What a statement of a module defines, imports or assigns."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _stands_alone(node: ast.Call, there: set[str]) -> bool:
    """Whether the arguments use no names but builtins and what the module lets others import."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - {ast.unparse(node.func)}
    return names - there <= set(dir(builtins))


def _changed(before: str, after: str) -> str:
    """The function whose code differs, for examples without a call."""
    new = {node.name: ast.dump(node) for node in ast.parse(after).body if isinstance(node, ast.FunctionDef)}
    for node in ast.parse(before).body:
        if isinstance(node, ast.FunctionDef) and new.get(node.name, "") != ast.dump(node):
            return node.name
    return ""
