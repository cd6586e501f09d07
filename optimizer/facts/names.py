"""Reads and writes of names, resolved to the variable that they mean."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cached_property

from optimizer.facts.scopes import BUILTINS, Scope, ScopeKind, Scopes
from optimizer.facts.tree import FUNCTIONS, FunctionNode, Tree, Within

# Builtins that use up a generator before they return.
CONSUMERS = frozenset(
    {
        "all",
        "any",
        "bytes",
        "bytearray",
        "dict",
        "frozenset",
        "list",
        "max",
        "min",
        "set",
        "sorted",
        "sum",
        "tuple",
    },
)
_FRAME_BUILTINS = frozenset({"locals", "vars", "dir", "eval", "exec"})
_GLOBALS_READERS = frozenset({"get", "items", "keys", "values", "copy", "__contains__", "__getitem__"})


class Names:
    """What names mean in one module."""

    def __init__(self, tree: Tree, scopes: Scopes, patched: Callable[[str], bool] = lambda _: False) -> None:
        self.tree = tree
        self.scopes = scopes
        self.patched = patched
        self._captured: dict[tuple[str, Scope], bool] = {}

    def scope_within(self, within: Within) -> Scope | None:
        """The scope that a node, or the first of some statements, runs in (a function's own inside for a `def`)."""
        node = within if isinstance(within, ast.AST) else next(iter(within), None)
        if node is None:
            return None
        return self.scopes.opened.get(node) or self.scopes.scope_of(node)

    def reads(self, name: str, within: Within) -> list[ast.Name]:
        """Loads of `name` in `within`, nested functions included, those of another variable of that name excluded."""
        nodes = self.tree.inside(self.tree.names.get(name, ()), within)
        owner = self._owner_within(name, within)
        return [
            node
            for node in nodes
            if isinstance(node, ast.Name) and self.is_read(node) and self._same(name, node, owner)
        ]

    def writes(self, name: str, within: Within) -> list[ast.AST]:
        """Nodes in `within` that bind, rebind or delete `name`."""
        owner = self._owner_within(name, within)
        if owner is None:
            return []
        return self.tree.inside(self.sorted_bindings(name, owner), within)

    def sorted_bindings(self, name: str, scope: Scope) -> list[ast.AST]:
        """The binding nodes in the order of the walk."""
        return sorted(self.scopes.bindings(name, scope), key=self.tree.place)

    def is_read(self, node: ast.Name) -> bool:
        """Whether the node takes the value (the target of `+=` does)."""
        return isinstance(node.ctx, ast.Load) or isinstance(self.tree.parent(node), ast.AugAssign)

    def _owner_within(self, name: str, within: Within) -> Scope | None:
        scope = self.scope_within(within)
        return self.scopes.owner_from(name, scope) if scope else None

    def _same(self, name: str, node: ast.Name, owner: Scope | None) -> bool:
        return self.scopes.owner(name, node) is owner

    def uses(self, name: str, scope: Scope) -> list[ast.Name]:
        """Every Name node of the file that means `name` of `scope`."""
        nodes = self.tree.inside(self.tree.names.get(name, ()), scope.node)
        return [
            node for node in nodes if isinstance(node, ast.Name) and self.scopes.owner(name, node) is scope
        ]

    def is_builtin(self, name: str, at: ast.AST) -> bool:
        """Whether `name` is surely the builtin at `at`."""
        return (
            name in BUILTINS
            and self.scopes.scope_of(at) is not None
            and self.scopes.owner(name, at) is None
            and not self._stars
            and not self.dynamic_globals
            and name not in self.patched_builtins
            and not self.patched(name)
        )

    @cached_property
    def _stars(self) -> bool:
        return any(scope.stars for scope in self.scopes.scopes())

    @cached_property
    def patched_builtins(self) -> frozenset[str]:
        """Names that the file assigns into the `builtins` module."""
        modules = {
            alias.asname or alias.name
            for node in self.tree.order
            if isinstance(node, ast.Import)
            for alias in node.names
            if alias.name in {"builtins", "__builtin__"}
        } | {"__builtins__"}
        if not any(module in self.tree.names for module in modules):
            return frozenset()
        found: set[str] = set()
        for module in modules:
            for node in self.tree.names.get(module, ()):
                parent = self.tree.parent(node)
                if not isinstance(parent, ast.Attribute):
                    return BUILTINS
                if not isinstance(parent.ctx, ast.Load):
                    found.add(parent.attr)
                elif parent.attr == "__dict__":
                    return BUILTINS
        return frozenset(found)

    @cached_property
    def dynamic_globals(self) -> bool:
        """Whether the file may bind module names in a way that no scope shows: `globals()[...] =`, `exec`, ..."""
        return any(self._writes_globals(node) for name in _WRITERS for node in self.tree.names.get(name, ()))

    def _writes_globals(self, node: ast.Name) -> bool:
        if self.scopes.owner(node.id, node) is not None:
            return False
        call = self.tree.parent(node)
        if not isinstance(call, ast.Call) or call.func is not node:
            return True
        scope = self.scopes.scope_of(node)
        # There `locals()` is the namespace itself: of the module, or of a class body.
        at_top = scope is not None and scope.kind in {
            ScopeKind.MODULE,
            ScopeKind.CLASS,
            ScopeKind.COMPREHENSION,
        }
        match node.id:
            case "globals":
                return not self._only_reads(call)
            case "locals" | "vars":
                return at_top and not call.args and not self._only_reads(call)
            case "exec":
                return len(call.args) < 2  # noqa: PLR2004 - code, namespace
            case _:
                return at_top and len(call.args) < 2  # noqa: PLR2004 - code, namespace

    def _only_reads(self, call: ast.Call) -> bool:
        match self.tree.parent(call):
            case ast.Subscript(ctx=ast.Load(), value=value):
                return value is call
            case ast.Attribute(attr=attr):
                return attr in _GLOBALS_READERS
            case ast.Compare():
                return True
            case _:
                return False

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The innermost `def` around `node`."""
        return self.tree.function_of(node)

    def captured(self, name: str, scope: Scope) -> bool:
        """Whether code that may run later than its place (or elsewhere) uses `name` of `scope`."""
        key = (name, scope)
        if key not in self._captured:
            self._captured[key] = any(
                self._runs_elsewhere(node, scope) for node in self.uses(name, scope)
            ) or any(
                self.scopes.owner_from(name, inner) is scope
                for inner in self.scopes.nonlocal_in.get(name, ())
            )
        return self._captured[key]

    def _runs_elsewhere(self, node: ast.AST, scope: Scope) -> bool:
        inner = self.scopes.scope_of(node)
        while inner is not None and inner is not scope:
            immediate = inner.kind is ScopeKind.COMPREHENSION and (
                not isinstance(inner.node, ast.GeneratorExp) or self.is_consumed(inner.node)
            )
            if not immediate:
                return True
            inner = inner.parent
        return False

    def is_consumed(self, generator: ast.GeneratorExp) -> bool:
        """Whether a generator expression is used up on the spot: `sum(x for x in xs)`, `", ".join(...)`."""
        call = self.tree.parent(generator)
        if not isinstance(call, ast.Call) or generator not in call.args:
            return False
        match call.func:
            case ast.Name(id=name):
                return name in CONSUMERS and self.is_builtin(name, call.func)
            case ast.Attribute(value=ast.Constant(value=str() | bytes()), attr="join"):
                return True
        return False

    def reads_frame(self, function: ast.AST) -> bool:
        """Whether the function may see its own variables as a mapping (`locals()`, `eval`, ...)."""
        return any(self.tree.inside(self.tree.names.get(name, ()), function) for name in _FRAME_BUILTINS)

    def is_plain_local(self, name: str, at: ast.AST) -> bool:
        """Whether `name` is a variable of the innermost function that only this function's own run can see."""
        function = self.function_of(at)
        if function is None:
            return False
        scope = self.scopes.opened[function]
        return (
            self.scopes.owner(name, at) is scope
            and not self.captured(name, scope)
            and not self.reads_frame(function)
        )

    def is_parameter(self, name: str, at: ast.AST) -> bool:
        """Whether `name` means a parameter of the innermost function."""
        function = self.function_of(at)
        if function is None:
            return False
        scope = self.scopes.opened[function]
        if self.scopes.owner(name, at) is not scope:
            return False
        return any(isinstance(node, ast.arg) for node in self.scopes.bindings(name, scope))


_WRITERS = ("globals", "locals", "vars", "exec", "eval")


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Sequence[ast.arg]:
    """All parameters, in the order of the signature."""
    args = function.args
    stars = [arg for arg in (args.vararg,) if arg], [arg for arg in (args.kwarg,) if arg]
    return [*args.posonlyargs, *args.args, *stars[0], *args.kwonlyargs, *stars[1]]


def is_function(node: ast.AST) -> bool:
    """Whether `node` is a `def`."""
    return isinstance(node, FUNCTIONS)
