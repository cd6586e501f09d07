"""Where a name or a dotted expression comes from, when it surely is an import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from functools import cached_property

from optimizer.facts.names import Names
from optimizer.facts.scopes import Scope, ScopeKind


class Imports:
    """Origins of one module's imported names."""

    def __init__(self, names: Names, hidden: Callable[[str], bool] = lambda _: False) -> None:
        self.names = names
        self._hidden = hidden
        self.tree = names.tree
        self.scopes = names.scopes
        self._known: dict[tuple[str, Scope], str] = {}

    def origin(self, node: ast.AST) -> str:
        """The dotted origin (`re.sub`), or "" when it is not surely an import that nothing rebinds."""
        dotted = self._dotted(node)
        return "" if self._is_assigned(dotted) else dotted

    def _is_assigned(self, dotted: str) -> bool:
        if not self.assigned:
            return False
        parts = dotted.split(".")
        prefixes = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
        return bool(self.assigned & (prefixes | {f"{prefix}.*" for prefix in prefixes}))

    def _dotted(self, node: ast.AST) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        base = self._base(node)
        return ".".join([base, *reversed(parts)]) if base else ""

    def _base(self, node: ast.Name) -> str:
        scope = self.scopes.owner(node.id, node)
        if scope is None:
            return ""
        if scope.kind is ScopeKind.MODULE and (self._uncertain or self.names.patched(node.id)):
            return ""
        return self.of_binding(node.id, scope)

    def of_binding(self, name: str, scope: Scope) -> str:
        """The origin of `name` in `scope` when all its bindings are the same import."""
        key = (name, scope)
        if key not in self._known:
            origins = {self._imported(node) for node in self.scopes.bindings(name, scope)}
            origin = origins.pop() if len(origins) == 1 else ""
            top = origin.partition(".")[0]
            # A file `random.py` of the repository may be what `import random` finds.
            self._known[key] = "" if top in sys.stdlib_module_names and self._hidden(top) else origin
        return self._known[key]

    @cached_property
    def _uncertain(self) -> bool:
        # A star import below the import could rebind the name without a trace.
        return self.names.dynamic_globals or bool(self.scopes.module.stars)

    def _imported(self, node: ast.AST) -> str:
        statement = self.tree.parent(node)
        match node, statement:
            case ast.alias(name=name, asname=None), ast.Import():
                return name.partition(".")[0]
            case ast.alias(name=name), ast.Import():
                return name
            case ast.alias(name=name), ast.ImportFrom(module=module, level=level):
                package = "." * level + (module or "")
                return f"{package}{name}" if package.endswith(".") else f"{package}.{name}"
            case _:
                return ""

    @cached_property
    def assigned(self) -> frozenset[str]:
        """Dotted origins that the file itself assigns to, or deletes: `json.dumps = ...`."""
        found = {
            self._dotted(node)
            for node in self.tree.order
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        }
        for node in self.tree.names.get("setattr", ()):
            call = self.tree.parent(node)
            if isinstance(call, ast.Call) and len(call.args) > 1:
                base = self._dotted(call.args[0])
                found.add(f"{base}.{_text(call.args[1])}")
        return frozenset(found - {""})


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "*"
