"""What changed in a file outside of its functions and classes, and who reads it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from optimizer.discover.decode import parsed
from optimizer.discover.skip_comments import Definition
from optimizer.model import Target


def names_changed_outside(before: str, after: str) -> frozenset[str]:
    """The module-level names that are bound by other statements now: constants, imports, what `if` binds."""
    old, new = _bindings(before), _bindings(after)
    return frozenset(name for name in {*old, *new} if old.get(name) != new.get(name))


def readers_of(names: Collection[str], text: str, targets: Sequence[Target]) -> frozenset[str]:
    """The qualnames of the targets with one of the names in them."""
    if not names:
        return frozenset()
    lines = {
        node.lineno for node in ast.walk(parsed(text)) if isinstance(node, ast.Name) and node.id in names
    }
    return frozenset(
        target.qualname
        for target in targets
        if any(target.first_line <= line <= target.last_line for line in lines)
    )


def _bindings(text: str) -> Mapping[str, Sequence[str]]:
    """The statements that bind each name, as the parser sees them."""
    found: dict[str, list[str]] = defaultdict(list)
    for statement in parsed(text).body:
        if not isinstance(statement, Definition):
            for name in _bound(statement):
                found[name].append(ast.dump(statement))
    return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.split(".")[0]
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                # `TABLE.update(...)` at the module level changes what TABLE holds.
                yield name
