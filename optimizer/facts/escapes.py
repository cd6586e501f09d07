"""Where objects go: may something else hold on to what a local name is bound to, and who changes it."""

from __future__ import annotations

import ast

from optimizer.facts import type_tables as tables
from optimizer.facts.names import CONSUMERS, Names
from optimizer.facts.tree import Within
from optimizer.facts.type_of import Types

_LOOKS_ONLY = CONSUMERS | {"len", "bool", "isinstance", "str", "repr", "print", "type", "callable", "hash", "id", "abs"}


class Escapes:
    """Escapes and changes of objects behind names."""

    def __init__(self, names: Names, types: Types) -> None:
        self.names = names
        self.tree = names.tree
        self.types = types

    def escapes(self, name: str, at: ast.AST) -> bool:
        """Whether the object behind local `name` may be referenced from elsewhere at any time of the function."""
        function = self.tree.function_of(at)
        if function is None or not self.names.is_plain_local(name, at) or self.names.is_parameter(name, at):
            return True
        scope = self.names.scopes.opened[function]
        return any(self._escapes(node) for node in self.names.uses(name, scope))

    def _escapes(self, node: ast.Name) -> bool:  # noqa: PLR0911 - one line for each place a name can stand
        parent = self.tree.parent(node)
        match parent:
            case ast.Assign(targets=targets) if node in targets:
                return len(targets) > 1 or not self._is_new(parent.value)
            case ast.AnnAssign(target=target, value=value) if target is node:
                return value is not None and not self._is_new(value)
            case ast.AugAssign(target=target) if target is node:
                return self.types.type_of(node).name not in tables.SCALARS | tables.CONTAINERS
            case ast.Delete() | ast.Expr() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return False
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated) if iterated is node:
                return self.types.type_of(node).name not in tables.CONTAINERS
            case ast.If(test=test) | ast.While(test=test) if test is node:
                return False
            case ast.Subscript(value=value) if value is node:
                return self._subscript_hands_out(node)
            case ast.Attribute(value=value) if value is node:
                return not self._is_method_call(node, parent)
            case ast.Call(func=ast.Name(id=name) as func, args=args) if node in args and name in _LOOKS_ONLY:
                return not self._looks_only(name, func, node)
            case _:
                return True

    def _is_new(self, value: ast.expr) -> bool:
        """Whether `value` is a new object that nobody else has."""
        if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp | ast.JoinedStr):
            return True
        fact = self.types.type_of(value)
        if fact.proved and fact.name in tables.SCALARS:
            return True
        match value:
            case ast.Call(func=ast.Name(id=name) as func):
                constructs = tables.CONSTRUCTORS.get(name, "") in tables.MUTABLE
                return constructs and self.names.is_builtin(name, func)
            case ast.BinOp() | ast.Subscript(slice=ast.Slice()):
                return fact.proved and fact.name in {"list", "set", "bytearray"}
            case ast.Call(func=ast.Attribute(value=receiver, attr="copy" | "split" | "splitlines")):
                return self.types.type_of(receiver).proved and fact.proved
            case _:
                return False

    def _subscript_hands_out(self, node: ast.Name) -> bool:
        return self.types.type_of(node).name not in tables.CONTAINERS

    def _is_method_call(self, node: ast.Name, attribute: ast.Attribute) -> bool:
        call = self.tree.parent(attribute)
        known = self.types.type_of(node)
        return (
            isinstance(call, ast.Call)
            and call.func is attribute
            and known.proved
            and known.name in tables.CONTAINERS | tables.SCALARS
            and attribute.attr not in {"keys", "values", "items", "__iter__"}
        ) or self._view_is_used_up(node, attribute, known.name)

    def _view_is_used_up(self, node: ast.Name, attribute: ast.Attribute, known: str) -> bool:
        del node
        if known != "dict" or attribute.attr not in {"keys", "values", "items"}:
            return False
        call = self.tree.parent(attribute)
        holder = self.tree.parent(call) if isinstance(call, ast.Call) else None
        match holder:
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
                return iterated is call
            case ast.Call(func=ast.Name(id=name) as func, args=[only]):
                return only is call and name in CONSUMERS and self.names.is_builtin(name, func)
            case _:
                return False

    def _looks_only(self, name: str, func: ast.Name, node: ast.Name) -> bool:
        known = self.types.type_of(node)
        return self.names.is_builtin(name, func) and known.proved and known.name in tables.CONTAINERS | tables.SCALARS

    def mutated_in(self, name: str, within: Within) -> bool:
        """Whether the object behind `name` may change while `within` runs."""
        reads = self.names.reads(name, within)
        if self.names.writes(name, within):
            return True
        if reads and self.types.type_of(reads[0]).proved and self.types.type_of(reads[0]).name in tables.SCALARS:
            return False
        return any(self._may_change(node) for node in reads)

    def _may_change(self, node: ast.Name) -> bool:
        parent = self.tree.parent(node)
        match parent:
            case ast.Subscript(value=value, ctx=ctx) if value is node:
                return not isinstance(ctx, ast.Load) or self._subscript_hands_out(node)
            case ast.Attribute(value=value, attr=attr) if value is node:
                return attr in tables.CHANGING_METHODS or not self._is_method_call(node, parent)
            case _:
                return self._escapes(node)
