"""Where objects go: may something else hold on to what a local name is bound to, and who changes it."""

from __future__ import annotations

import ast

from optimizer.facts import type_tables as tables
from optimizer.facts.flow import Flow
from optimizer.facts.names import CONSUMERS, Names
from optimizer.facts.scopes import Scope
from optimizer.facts.tree import Within
from optimizer.facts.type_of import Types

_KNOWN = tables.SCALARS | tables.CONTAINERS
_LOOKS_ONLY = CONSUMERS | {
    "len",
    "bool",
    "isinstance",
    "str",
    "repr",
    "print",
    "type",
    "callable",
    "hash",
    "id",
    "abs",
}
_VIEWS = frozenset({"keys", "values", "items"})


class Escapes:
    """Escapes and changes of objects behind names."""

    def __init__(self, names: Names, types: Types, flow: Flow) -> None:
        self.names = names
        self.tree = names.tree
        self.types = types
        self.flow = flow
        self._known: dict[tuple[str, Scope], list[ast.Name]] = {}

    def escapes(self, name: str, at: ast.AST) -> bool:
        """Whether the object behind local `name` may be referenced from elsewhere at any time of the function."""
        scope = self._own_scope(name, at)
        if scope is None or self.names.is_parameter(name, at):
            return True
        return bool(self._ways_out(name, scope))

    def _ways_out(self, name: str, scope: Scope) -> list[ast.Name]:
        """The uses by which the object may go elsewhere (or come from there)."""
        if (name, scope) not in self._known:
            uses = self.names.uses(name, scope)
            self._known[name, scope] = [node for node in uses if self._escapes(node)]
        return self._known[name, scope]

    def escapes_or_aliases(self, name: str, at: ast.AST) -> bool:
        """Like `escapes`, but handing the object to the caller at the end of the function is no matter."""
        scope = self._own_scope(name, at)
        if scope is None or self.names.is_parameter(name, at):
            return True
        return any(not isinstance(self.tree.parent(node), ast.Return) for node in self._ways_out(name, scope))

    def escaped_before(self, name: str, stmt: ast.AST) -> bool:
        """Whether, when `stmt` starts, the object behind local `name` may be referenced from elsewhere."""
        scope = self._own_scope(name, stmt)
        if scope is None or self.names.is_parameter(name, stmt):
            return True
        return any(
            self.flow.may_follow(node, stmt)
            for node in self._ways_out(name, scope)
            if not self.tree.holds(stmt, node)
        )

    def escapes_in(self, name: str, within: Within) -> bool:
        """Whether anything in `within` may let the object behind local `name` go elsewhere."""
        return any(self._escapes(node) for node in self.names.reads(name, within))

    def _own_scope(self, name: str, at: ast.AST) -> Scope | None:
        """The function's scope when only this function's run can see the name."""
        function = self.tree.function_of(at)
        if function is None or not self.names.is_plain_local(name, at):
            return None
        return self.names.scopes.opened[function]

    def _escapes(self, node: ast.Name) -> bool:  # noqa: C901 - one case for each place a name can stand
        parent = self.tree.parent(node)
        match parent:
            case ast.Assign(targets=targets) if node in targets:
                return len(targets) > 1 or not self._is_new(parent.value)
            case ast.AnnAssign(target=target, value=value) if target is node:
                return value is not None and not self._is_new(value)
            case ast.AugAssign(target=target) if target is node:
                return self.types.type_before(node).name not in _KNOWN
            case ast.Delete() | ast.Expr() | ast.UnaryOp(op=ast.Not()):
                return False
            case ast.Compare():
                return not self._compares_quietly(parent)
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated) if iterated is node:
                return not self._is_known(node)
            case ast.If(test=test) | ast.While(test=test) if test is node:
                return not self._is_known(node)
            case ast.Subscript(value=value) if value is node:
                return not self._is_known(node)
            case ast.Attribute(value=value) if value is node:
                return not self._is_method_call(node, parent)
            case ast.Call(func=ast.Name(id=name) as func, args=args) if node in args and name in _LOOKS_ONLY:
                return not (self.names.is_builtin(name, func) and self._is_known(node))
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str() | bytes()), attr="join"), args=[only]
            ):
                return only is not node
            case _:
                return not (isinstance(node.ctx, ast.Load) and self._is_scalar(node))

    def _compares_quietly(self, compare: ast.Compare) -> bool:
        """Whether no operand can get hold of another: an `__eq__` of the project could."""
        if all(isinstance(op, ast.Is | ast.IsNot) for op in compare.ops):
            return True
        return all(self._is_known(operand) for operand in (compare.left, *compare.comparators))

    def _is_known(self, node: ast.expr) -> bool:
        fact = self.types.type_of(node)
        return fact.proved and fact.name in _KNOWN

    def _is_scalar(self, node: ast.Name) -> bool:
        fact = self.types.type_of(node)
        return fact.proved and fact.name in tables.SCALARS

    def _is_new(self, value: ast.expr) -> bool:
        """Whether `value` is a new object that nobody else has (or one that cannot change)."""
        if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
            return True
        fact = self.types.type_of(value)
        if fact.proved and fact.name in tables.SCALARS:
            return True
        match value:
            case ast.Call(func=ast.Name(id=name) as func):
                constructs = tables.CONSTRUCTORS.get(name, "") in tables.MUTABLE
                return constructs and self.names.is_builtin(name, func)
            case ast.Call(
                func=ast.Attribute(value=receiver, attr="copy" | "split" | "rsplit" | "splitlines")
            ):
                return self.types.type_of(receiver).proved and fact.proved
            case ast.Call(func=func) if fact.proved and self.types.imports.origin(func) in tables.FUNCTIONS:
                return fact.name in tables.MUTABLE
            case ast.BinOp() | ast.Subscript(slice=ast.Slice()):
                return fact.proved and fact.name in {"list", "set", "bytearray"}
            case _:
                return False

    def _is_method_call(self, node: ast.Name, attribute: ast.Attribute) -> bool:
        """Whether a method of a known container is called that hands out no reference to the container."""
        call = self.tree.parent(attribute)
        if not isinstance(call, ast.Call) or call.func is not attribute or not self._is_known(node):
            return False
        known = self.types.type_of(node).name
        if known == "dict" and attribute.attr in _VIEWS:
            return self._is_used_up(call)
        methods = (
            tables.METHODS.get(known, {}).keys() | tables.CHANGES.get(known, {}).keys() | {"get", "update"}
        )
        return attribute.attr in methods

    def _is_used_up(self, call: ast.Call) -> bool:
        holder = self.tree.parent(call)
        match holder:
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
                return iterated is call
            case ast.Call(func=ast.Name(id=name) as func, args=[only]):
                return only is call and name in CONSUMERS and self.names.is_builtin(name, func)
            case ast.Compare():
                return True
            case _:
                return False

    def mutated_in(self, name: str, within: Within) -> bool:
        """Whether the object behind `name` may change while `within` runs (rebinding counts).

        Says nothing of other names of the same object: ask `escapes` for those.
        """
        if self.names.writes(name, within):
            return True
        reads = self.names.reads(name, within)
        return any(self._may_change(node) for node in reads)

    def _may_change(self, node: ast.Name) -> bool:
        fact = self.types.type_of(node)
        if fact.proved and fact.name in tables.IMMUTABLE:
            return False
        parent = self.tree.parent(node)
        match parent:
            case ast.Subscript(value=value, ctx=ctx) if value is node:
                return not isinstance(ctx, ast.Load) or not self._is_known(node)
            case ast.Attribute(value=value, attr=attr) if value is node:
                return attr in tables.CHANGING_METHODS or not self._is_method_call(node, parent)
            case _:
                return self._escapes(node)
