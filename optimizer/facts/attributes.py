"""Attributes of `self` that are stored values, not code: no property, no `__getattr__`, no descriptor."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from optimizer.facts.imports import Imports
from optimizer.facts.names import Names
from optimizer.facts.tree import FUNCTIONS

_HARMLESS_BASES = frozenset({"object"})
_HARMLESS_DECORATORS = frozenset({"dataclasses.dataclass", "typing.final", "functools.total_ordering"})
_HOOKS = frozenset({"__getattr__", "__getattribute__"})
_OTHER_RECEIVERS = frozenset({"staticmethod", "classmethod"})


class Attributes:
    """Which attributes of one module's classes are plain."""

    def __init__(
        self,
        names: Names,
        imports: Imports,
        overridden: Callable[[str, str], bool],
    ) -> None:
        self.names = names
        self.tree = names.tree
        self.imports = imports
        self._overridden = overridden
        self._classes: dict[tuple[ast.ClassDef, str], bool] = {}
        self._assigned: dict[ast.ClassDef, set[str]] = {}

    def is_plain(self, node: ast.Attribute) -> bool:
        """Whether reading `self.x` surely gives what an assignment `self.x = ...` of the class has stored."""
        if not isinstance(node.value, ast.Name):
            return False
        owner = self._class_of_receiver(node.value)
        return owner is not None and self._is_stored(owner, node.attr)

    def _class_of_receiver(self, name: ast.Name) -> ast.ClassDef | None:
        """The class when `name` is the first parameter of one of its methods and never rebound."""
        function = self.tree.function_of(name)
        owner = self.tree.parent(function) if function is not None else None
        if function is None or not isinstance(owner, ast.ClassDef):
            return None
        first = next(iter([*function.args.posonlyargs, *function.args.args]), None)
        scope = self.names.scopes.opened[function]
        bindings = self.names.scopes.bindings(name.id, scope)
        if first is None or bindings != [first] or self.names.scopes.owner(name.id, name) is not scope:
            return None
        decorators = [decorator for decorator in function.decorator_list if self._changes_receiver(decorator)]
        return None if decorators else owner

    def _changes_receiver(self, decorator: ast.expr) -> bool:
        # A property still receives the instance; anything unknown may pass anything.
        if isinstance(decorator, ast.Name):
            return decorator.id != "property" or not self.names.is_builtin("property", decorator)
        return self.imports.origin(decorator) not in {"functools.cached_property", "abc.abstractmethod"}

    def _is_stored(self, owner: ast.ClassDef, attr: str) -> bool:
        key = (owner, attr)
        if key not in self._classes:
            self._classes[key] = (
                self._is_simple(owner)
                and not self._defines(owner, {attr} | _HOOKS)
                and self._is_assigned(owner, attr)
                and not any(self._overridden(owner.name, name) for name in (attr, *_HOOKS))
            )
        return self._classes[key]

    def _is_simple(self, owner: ast.ClassDef) -> bool:
        return (
            not owner.keywords
            and all(self._is_harmless_base(base) for base in owner.bases)
            and all(self._origin(node) in _HARMLESS_DECORATORS for node in owner.decorator_list)
        )

    def _is_harmless_base(self, base: ast.expr) -> bool:
        return (
            isinstance(base, ast.Name) and base.id in _HARMLESS_BASES and self.names.is_builtin(base.id, base)
        )

    def _origin(self, decorator: ast.expr) -> str:
        return self.imports.origin(decorator.func if isinstance(decorator, ast.Call) else decorator)

    def _defines(self, owner: ast.ClassDef, wanted: set[str] | frozenset[str]) -> bool:
        """Whether the class body binds one of the names to anything but a constant."""
        scope = self.names.scopes.opened[owner]
        return any(
            not self._is_constant_default(node)
            for name in wanted
            for node in self.names.scopes.bindings(name, scope)
        )

    def _is_constant_default(self, node: ast.AST) -> bool:
        match self.tree.parent(node):
            case ast.Assign(value=ast.Constant()) | ast.AnnAssign(value=None | ast.Constant()):
                return True
            case _:
                return False

    def _is_assigned(self, owner: ast.ClassDef, attr: str) -> bool:
        if owner not in self._assigned:
            self._assigned[owner] = {
                node.attr
                for node in self.tree.walk(owner)
                if isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and self._is_method_of(owner, node)
            } | self._fields(owner)
        return attr in self._assigned[owner]

    def _fields(self, owner: ast.ClassDef) -> set[str]:
        if not any(self._origin(node) == "dataclasses.dataclass" for node in owner.decorator_list):
            return set()
        return {
            node.target.id
            for node in owner.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }

    def _is_method_of(self, owner: ast.ClassDef, node: ast.Attribute) -> bool:
        function = self.tree.function_of(node)
        if function is None or self.tree.parent(function) is not owner or not isinstance(function, FUNCTIONS):
            return False
        positional: Sequence[ast.arg] = [*function.args.posonlyargs, *function.args.args]
        return bool(positional) and isinstance(node.value, ast.Name) and node.value.id == positional[0].arg
