"""What expressions depend on, and whether it can change while a loop runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts import type_tables as tables
from optimizer.facts.constants import Constants
from optimizer.facts.effects import Effects
from optimizer.facts.escapes import Escapes
from optimizer.facts.names import Names
from optimizer.facts.notes import NoteKind
from optimizer.facts.scopes import Scope, ScopeKind
from optimizer.facts.tree import FUNCTIONS
from optimizer.facts.type_of import Types

_FROZEN = tables.IMMUTABLE | {"re.Pattern", "re.Match", "re.RegexFlag", "function"}


class Dependencies:
    """Dependencies of expressions in one module."""

    def __init__(
        self, names: Names, effects: Effects, escapes: Escapes, types: Types, constants: Constants
    ) -> None:
        self.names = names
        self.tree = names.tree
        self.scopes = names.scopes
        self.effects = effects
        self.escapes = escapes
        self.types = types
        self.constants = constants
        self.imports = constants.imports
        self._known: dict[tuple[ast.AST, Scope | None, str, bool, str], bool] = {}

    def depends_on(self, expr: ast.AST) -> frozenset[str]:
        """Names that `expr` reads from outside itself, and their attributes in dotted form."""
        found: set[str] = set()
        for node in self._read_names(expr):
            found.add(node.id)
            found.update(dotted for dotted, _ in self._attributes(node))
        return frozenset(found)

    def _read_names(self, expr: ast.AST) -> Iterator[ast.Name]:
        for node in self.tree.walk(expr):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                scope = self.scopes.owner(node.id, node)
                if scope is None or not self.tree.holds(expr, scope.node):
                    yield node

    def _attributes(self, node: ast.Name) -> Iterator[tuple[str, ast.Attribute]]:
        dotted, above = node.id, self.tree.parent(node)
        while isinstance(above, ast.Attribute):
            dotted += f".{above.attr}"
            yield dotted, above
            above = self.tree.parent(above)

    def is_unchanged(self, expr: ast.AST, loop: ast.AST) -> bool:
        """Whether no name, attribute or object that `expr` reads can change while `loop` runs."""
        if expr not in self.tree or loop not in self.tree:
            return False
        return all(self._stays_known(node, loop) for node in self._read_names(expr))

    def _stays_known(self, node: ast.Name, loop: ast.AST) -> bool:
        dotted = max((dotted for dotted, _ in self._attributes(node)), default=node.id, key=len)
        key = (
            loop,
            self.scopes.owner(node.id, node),
            dotted,
            self._is_identity(node),
            self.types.type_of(node).name,
        )
        if key not in self._known:
            self._known[key] = self._stays(node, loop)
        return self._known[key]

    def runs_unknown_code(self, loop: ast.AST) -> bool:
        """Whether anything in `loop` may run code that nobody knows."""
        return any(
            note.kind not in {NoteKind.CHANGES, NoteKind.ASSUMES, NoteKind.NEW}
            for note in self.effects.notes(loop)
        )

    def _stays(self, node: ast.Name, loop: ast.AST) -> bool:
        scope = self.scopes.owner(node.id, node)
        if scope is None:
            return self.names.is_builtin(node.id, node) and self._attributes_stay(node, loop)
        if self.imports.origin(node):
            return self._imported_stays(node, loop)
        if scope.kind is ScopeKind.MODULE:
            return self._global_stays(node, loop)
        if scope.kind is ScopeKind.CLASS or not self._binding_stays(node, scope, loop):
            return False
        return self._attributes_stay(node, loop) and (
            self._is_identity(node) or self._object_stays(node, loop)
        )

    def _is_identity(self, node: ast.Name) -> bool:
        """Whether only it matters which object it is: `x is None`."""
        parent = self.tree.parent(node)
        return isinstance(parent, ast.Compare) and all(
            isinstance(op, ast.Is | ast.IsNot) for op in parent.ops
        )

    def _binding_stays(self, node: ast.Name, scope: Scope, loop: ast.AST) -> bool:
        """Whether the local keeps its object: nothing in the loop, and no nested function, binds it anew."""
        if self.names.writes(node.id, loop):
            return False
        function = self.tree.function_of(node)
        if function is None:
            return False
        own = scope is self.scopes.opened[function] and not self.names.reads_frame(function)
        bindings = self.scopes.bindings(node.id, scope)
        foreign = any(
            self.tree.function_of(binding) is not scope.node for binding in bindings if _has_place(binding)
        )
        return (own and not foreign) or len(bindings) == 1

    def _imported_stays(self, node: ast.Name, loop: ast.AST) -> bool:
        whole: ast.AST = node
        for _, attribute in self._attributes(node):
            whole = attribute
        if whole is node:
            return True
        origin = self.imports.origin(whole)
        known = origin in tables.PURE_FUNCTIONS or origin in tables.STABLE_VALUES
        return known or self._attributes_stay(node, loop)

    def _global_stays(self, node: ast.Name, loop: ast.AST) -> bool:
        value = self.constants.module_value(node.id)
        if value is None:
            return self.constants.is_defined_once(node.id) and self._attributes_stay(node, loop)
        if self.constants.is_constant(value) or self.types.type_of(node).name in _FROZEN:
            return True
        return self._attributes_stay(node, loop) and self._shared_object_stays(node, loop)

    def _attributes_stay(self, node: ast.Name, loop: ast.AST) -> bool:
        """Whether no attribute that is read of `node` can be stored to: methods of builtin types never are."""
        attributes = [attribute for _, attribute in self._attributes(node)]
        if not attributes or self.types.type_of(node).name:
            return True
        stored = {
            each.attr
            for each in self.tree.walk(loop)
            if isinstance(each, ast.Attribute) and not isinstance(each.ctx, ast.Load)
        }
        return not stored & {attribute.attr for attribute in attributes} and not self.runs_unknown_code(loop)

    def _object_stays(self, node: ast.Name, loop: ast.AST) -> bool:
        """Whether the object behind a local keeps its contents."""
        if self.types.type_of(node).name in _FROZEN:
            return True
        if not self.escapes.escaped_before(node.id, loop) and not self.escapes.escapes_in(node.id, loop):
            return not self.escapes.mutated_in(node.id, loop)
        return self._shared_object_stays(node, loop)

    def _shared_object_stays(self, node: ast.Name, loop: ast.AST) -> bool:
        """The same for an object that other names may mean too."""
        if self.runs_unknown_code(loop):
            return False
        mine = self.types.type_of(node).name
        changes = [note for note in self.effects.notes(loop) if note.kind is NoteKind.CHANGES]
        return all(note.name and self._is_another(note.name, note.where, mine, loop) for note in changes)

    def _is_another(self, name: str, where: ast.AST, mine: str, loop: ast.AST) -> bool:
        """Whether the object that is changed surely is not the one that is asked about."""
        named = next(
            (each for each in self.tree.walk(where) if isinstance(each, ast.Name) and each.id == name), None
        )
        if named is None:
            return False
        fact = self.types.type_of(named)
        if mine and fact.name and fact.name != mine:
            return True
        function = self.tree.function_of(loop)
        return function is not None and not self.escapes.escapes_or_aliases(name, named)


def _has_place(binding: ast.AST) -> bool:
    return not isinstance(binding, (ast.arg, *FUNCTIONS))
