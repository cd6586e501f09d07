"""Who binds a name, and where: Python's scopes as the compiler sees them.

A scope keeps every node that binds each of its names. Names with two leading underscores inside a
class are mangled by the compiler; they resolve to nothing here, which every guard takes as "not proved".
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from optimizer.facts.tree import COMPREHENSIONS, FUNCTIONS, Tree


class ScopeKind(StrEnum):
    """What opens a scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    LAMBDA = "lambda"
    COMPREHENSION = "comprehension"
    TYPES = "type parameters"


@dataclass(slots=True, eq=False)
class Scope:
    """One scope: the nodes that bind each name in it, and what it declares."""

    node: ast.AST
    kind: ScopeKind
    parent: Scope | None
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    stars: list[ast.ImportFrom] = field(default_factory=list)


# Names that only newer Pythons, a platform or `site` provide: never surely the builtin.
_NOT_EVERYWHERE = frozenset(
    {
        "aiter", "anext", "EncodingWarning", "BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError",
        "WindowsError", "exit", "quit", "copyright", "credits", "license", "help", "_",
    },
)  # fmt: skip
BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("__")) - _NOT_EVERYWHERE


class Scopes:
    """All scopes of one module."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.module = Scope(tree.module, ScopeKind.MODULE, None)
        self.of_node: dict[ast.AST, Scope] = {tree.module: self.module}
        self.opened: dict[ast.AST, Scope] = {tree.module: self.module}
        self._types: dict[ast.AST, Scope] = {}
        self.nonlocal_in: dict[str, list[Scope]] = {}
        self._pending: list[tuple[Scope, str, ast.AST]] = []
        for node in tree.order[1:]:
            self.of_node[node] = self._place(node)
            self._open(node)
            self._bind(node)
        for scope, name, node in self._pending:
            owner = self._enclosing_function(name, scope)
            (owner or self.module).bindings.setdefault(name, []).append(node)

    def scope_of(self, node: ast.AST) -> Scope | None:
        """The scope in which `node` is evaluated; None for a node of another tree."""
        return self.of_node.get(node)

    def owner(self, name: str, at: ast.AST) -> Scope | None:
        """The scope whose variable `name` means at `at`; None when the file does not bind it (or it is mangled)."""
        start = self.of_node.get(at)
        if start is None or self.is_mangled(name, start):
            return None
        return self._lookup(name, start)

    def owner_from(self, name: str, scope: Scope) -> Scope | None:
        """Like `owner`, for code that runs in `scope`."""
        return None if self.is_mangled(name, scope) else self._lookup(name, scope)

    def bindings(self, name: str, scope: Scope) -> list[ast.AST]:
        """All nodes that bind `name` in `scope`, `global` and `nonlocal` writers included."""
        return scope.bindings.get(name, [])

    def scopes(self) -> Iterator[Scope]:
        """Every scope, the module first."""
        yield from self.opened.values()

    def is_mangled(self, name: str, scope: Scope) -> bool:
        """Whether the compiler renames `name` there."""
        if not name.startswith("__") or name.endswith("__"):
            return False
        above: Scope | None = scope
        while above is not None:
            if above.kind is ScopeKind.CLASS:
                return True
            above = above.parent
        return False

    def _lookup(self, name: str, start: Scope) -> Scope | None:
        scope: Scope | None = start
        direct = True
        while scope is not None:
            if name in scope.global_names:
                return self.module
            visible = direct or scope.kind is not ScopeKind.CLASS
            if visible and name in scope.bindings and name not in scope.nonlocal_names:
                return scope
            direct = direct and scope.kind is ScopeKind.TYPES
            scope = scope.parent
        return None

    def _enclosing_function(self, name: str, scope: Scope) -> Scope | None:
        above = scope.parent
        while above is not None:
            is_function = above.kind in {ScopeKind.FUNCTION, ScopeKind.LAMBDA}
            if is_function and name in above.bindings and name not in above.nonlocal_names:
                return above
            above = above.parent
        return None

    def _place(self, node: ast.AST) -> Scope:
        parent = self.tree.parent(node)
        name = self.tree.field(node)
        if parent is None:
            return self.module
        outer = self.of_node[parent]
        if isinstance(parent, (*FUNCTIONS, ast.Lambda)):
            if name in {"body", "args"}:
                return self.opened[parent]
            return self._types.get(parent, outer) if name in {"returns", "type_params"} else outer
        if isinstance(parent, ast.ClassDef):
            return self.opened[parent] if name == "body" else self._types.get(parent, outer)
        if isinstance(parent, ast.arguments) and name in {"defaults", "kw_defaults"}:
            return self._outside(outer)
        if isinstance(parent, ast.arg):
            return self._outside(outer, annotation=True)
        if isinstance(parent, COMPREHENSIONS):
            return self.opened[parent]
        if isinstance(parent, ast.comprehension) and name == "iter" and self._is_first(parent):
            return outer.parent or self.module
        return outer if name == "name" else self._types.get(parent, outer)

    def _outside(self, function: Scope, *, annotation: bool = False) -> Scope:
        above = function.parent or self.module
        if above.kind is ScopeKind.TYPES and not annotation:
            return above.parent or self.module
        return above

    def _is_first(self, generator: ast.comprehension) -> bool:
        whole = self.tree.parent(generator)
        return isinstance(whole, COMPREHENSIONS) and whole.generators[0] is generator

    def _open(self, node: ast.AST) -> None:
        kind = _OPENS.get(type(node))
        outer = self.of_node[node]
        if getattr(node, "type_params", None) or type(node).__name__ == "TypeAlias":
            outer = self._types[node] = Scope(node, ScopeKind.TYPES, outer)
        if kind is not None:
            self.opened[node] = Scope(node, kind, outer)

    def _bind(self, node: ast.AST) -> None:  # noqa: C901 - one case for each kind of binding
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                self._add(self._walrus_scope(node), name, node)
            case ast.arg(arg=name):
                self._add(self.of_node[node], name, node)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self._add(self.of_node[node], name, node)
            case ast.alias(name="*"):
                self._star(node)
            case ast.alias(name=name, asname=asname):
                self._add(self.of_node[node], asname or name.partition(".")[0], node)
            case ast.Global(names=names):
                self.of_node[node].global_names.update(names)
            case ast.Nonlocal(names=names):
                self._nonlocal(names, self.of_node[node])
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                self._add(self.of_node[node], name, node)
            case ast.MatchMapping(rest=str(name)):
                self._add(self.of_node[node], name, node)
            case _ if type(node).__name__ in {"TypeVar", "ParamSpec", "TypeVarTuple"}:
                self._add(self.of_node[node], node.name, node)  # type: ignore[attr-defined]

    def _nonlocal(self, names: list[str], scope: Scope) -> None:
        scope.nonlocal_names.update(names)
        for name in names:
            self.nonlocal_in.setdefault(name, []).append(scope)

    def _walrus_scope(self, node: ast.AST) -> Scope:
        scope = self.of_node[node]
        if isinstance(self.tree.parent(node), ast.NamedExpr):
            while scope.kind is ScopeKind.COMPREHENSION and scope.parent is not None:
                scope = scope.parent
        return scope

    def _add(self, scope: Scope, name: str, node: ast.AST) -> None:
        if name in scope.nonlocal_names:
            self._pending.append((scope, name, node))
            return
        owner = self.module if name in scope.global_names else scope
        owner.bindings.setdefault(name, []).append(node)

    def _star(self, alias: ast.AST) -> None:
        statement = self.tree.parent(alias)
        if isinstance(statement, ast.ImportFrom):
            self.of_node[alias].stars.append(statement)


_OPENS: dict[type[ast.AST], ScopeKind] = {
    ast.ClassDef: ScopeKind.CLASS,
    ast.FunctionDef: ScopeKind.FUNCTION,
    ast.AsyncFunctionDef: ScopeKind.FUNCTION,
    ast.Lambda: ScopeKind.LAMBDA,
    **dict.fromkeys(COMPREHENSIONS, ScopeKind.COMPREHENSION),
}
