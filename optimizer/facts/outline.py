"""What one file of a repository tells about others: its classes, imports, exports, and what it patches."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

UNKNOWN_HOLDER = ""
"""The holder of an attribute that is stored on something whose kind cannot be told."""
ANY_NAME = "*"

_SELF = frozenset({"self"})
_PATCHERS = ("patch", "setattr", "delattr", "swap", "stub", "override", "object", "multiple", "spy")
_HOLDER_AND_NAME = 2


@dataclass(frozen=True, slots=True)
class Patch:
    """One attribute that is set from outside: `holder.name = ...`, or by `setattr`, `mock.patch`, ...

    `holder` is the last part of its dotted name, UNKNOWN_HOLDER for a variable; `textual` when the
    name was given as text.
    """

    holder: str
    name: str
    textual: bool


@dataclass(frozen=True, slots=True)
class ClassOutline:
    """A class: its name, the last names of its bases, and what its body binds."""

    name: str
    line: int
    bases: tuple[str, ...]
    bound: frozenset[str]


class Outline:
    """One file, walked once."""

    def __init__(self, tree: ast.Module) -> None:
        self.imported: dict[str, str] = {}
        self.from_imports: list[ast.ImportFrom] = []
        self.classes: list[ClassOutline] = []
        self.exports: frozenset[str] | None = None
        self.calls: dict[str, list[ast.Call]] = {}
        self._stores: list[ast.Attribute] = []
        self._exported: set[str] = set()
        for node in ast.walk(tree):
            self._visit(node)
        self.patches = frozenset(self._patched())
        self.exports = self._exports(tree)

    def _visit(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    self.imported[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name.rpartition(".")[2] if alias.asname else alias.name.partition(".")[0]
                    )
            case ast.ImportFrom(names=names):
                self.from_imports.append(node)
                self.imported.update((alias.asname or alias.name, alias.name) for alias in names)
            case ast.ClassDef():
                bases = tuple(filter(None, map(last_name, node.bases)))
                bound = frozenset(name for stmt in node.body for name in bound_names(stmt))
                self.classes.append(ClassOutline(node.name, node.lineno, bases, bound))
            case ast.Call(func=func):
                self.calls.setdefault(last_name(func), []).append(node)
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                self._stores.append(node)

    def _patched(self) -> Iterator[Patch]:
        for store in self._stores:
            holder = self._holder(store.value)
            if holder is not None:
                yield Patch(holder, store.attr, textual=False)
        for name, calls in self.calls.items():
            if name.lower().endswith(_PATCHERS) or name == "dict":
                for call in calls:
                    yield from self._patch_call(call)

    def _holder(self, node: ast.expr) -> str | None:
        """The holder's last name; None for the instance itself."""
        match node:
            case ast.Name(id=name) if name in _SELF:
                return None
            case ast.Name(id=name):
                return self.imported.get(
                    name, name if name == "cls" or name[:1].isupper() else UNKNOWN_HOLDER
                )
            case ast.Attribute(value=value, attr=attr) if self._is_imported(value):
                return attr
            case _:
                return UNKNOWN_HOLDER

    def _is_imported(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self.imported

    def _patch_call(self, call: ast.Call) -> Iterator[Patch]:
        if last_name(call.func) == "dict" and not isinstance(call.func, ast.Attribute):
            return
        names = [keyword.arg for keyword in call.keywords if keyword.arg]
        match call.args:
            case [ast.Constant(value=str(target)), *_]:
                holder, _, name = target.rpartition(".")
                yield Patch(holder.rpartition(".")[2], name, textual=True)
                yield from (Patch(name, keyword, textual=True) for keyword in names)
            case [holder, ast.Constant(value=str(name)), *_]:
                named = self._holder(holder)
                if named is not None:
                    yield Patch(named, name.rpartition(".")[2], textual=True)
            case [holder, *rest] if len(rest) >= _HOLDER_AND_NAME - 1 or names:
                yield from self._unnamed(holder, names, named=bool(rest))

    def _unnamed(self, holder: ast.expr, names: list[str], *, named: bool) -> Iterator[Patch]:
        known = self._holder(holder)
        if known is None:
            return
        for name in names:
            yield Patch(known, name, textual=True)
        if named and (known or _looks_like_module(holder)):
            yield Patch(known, ANY_NAME, textual=True)

    def _exports(self, tree: ast.Module) -> frozenset[str] | None:
        """The names in `__all__`; None without one."""
        found: set[str] = set()
        seen = False
        for node in ast.walk(tree):
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in _targets(node)):
                seen = True
                found |= set(_texts(node))
        for call in (*self.calls.get("append", ()), *self.calls.get("extend", ())):
            if isinstance(call.func, ast.Attribute) and last_name(call.func.value) == "__all__":
                found |= set(_texts(call))
        return frozenset(found) if seen else None


def _looks_like_module(node: ast.expr) -> bool:
    return any("mod" in last_name(part).lower() for part in ast.walk(node))


def _texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _targets(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets):
            return targets
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return [target]
        case _:
            return []


def last_name(node: ast.AST) -> str:
    """The last part of a dotted name, through calls and subscripts."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner) | ast.Call(func=inner):
            return last_name(inner)
        case _:
            return ""


def bound_names(node: ast.stmt) -> set[str]:
    """The names that a statement of a class body binds, nested blocks included."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {alias.asname or alias.name.partition(".")[0] for alias in names}
        case _:
            stored = {
                part.id
                for part in ast.walk(node)
                if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
            }
            return stored | {
                part.name
                for part in ast.walk(node)
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
            }
