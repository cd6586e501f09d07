"""Exact builtin types of expressions, with the evidence for each."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from optimizer.facts import type_tables as tables
from optimizer.facts.annotations import annotated_type
from optimizer.facts.expression_types import MOST_STEPS, ExpressionTypes
from optimizer.facts.flow import Flow
from optimizer.facts.imports import Imports
from optimizer.facts.names import Names
from optimizer.facts.scopes import Scope, ScopeKind
from optimizer.facts.type_fact import ANY, NOTHING, TypeFact, agree, proved
from optimizer.model import Evidence


class Types(ExpressionTypes):
    """Types in one module. A query gives up (knows nothing) after a fixed number of steps."""

    def __init__(
        self,
        names: Names,
        imports: Imports,
        flow: Flow,
        module_value: Callable[[str], ast.expr | None],
        observed: Callable[[ast.arg], tuple[tuple[str, int], ...]],
    ) -> None:
        super().__init__(names, imports)
        self.tree = names.tree
        self.scopes = names.scopes
        self._module_value = module_value
        self._observed = observed
        self._flow = flow
        self._pending: dict[ast.AST, Callable[[], TypeFact]] = {}
        self._values: dict[ast.AST, TypeFact] = {}
        self._met: list[ast.AST] = []
        self._read_only: dict[tuple[Scope, str], bool] = {}

    def type_of(self, expr: ast.AST) -> TypeFact:
        """The exact type of `expr`."""
        return self._ask(lambda: self._type(expr))

    def type_before(self, target: ast.Name) -> TypeFact:
        """The type that the target of `+=` has before it."""
        return self._ask(lambda: self._before(target))

    def _ask(self, question: Callable[[], TypeFact]) -> TypeFact:
        """Answer with all bindings that the question meets; those meet others, and may meet themselves in a loop."""
        self._steps = 0
        try:
            fact = self._once(question)
            while self._pending:
                self._settle()
                fact = self._once(question)
        except RecursionError:
            return NOTHING
        finally:
            self._forget()
        return NOTHING if fact.name == "?" else fact

    def _once(self, question: Callable[[], TypeFact]) -> TypeFact:
        self._touched = False
        return question()

    def _settle(self) -> None:
        """Find the types of the pending bindings together: start from "anything", and widen until nothing changes."""
        for node in self._met:  # which grows while they are looked at
            self._pending[node]()
        changed = True
        while changed:
            changed, met = False, len(self._met)
            for node in reversed(self._met):
                before = self._values[node]
                after = agree([before, self._pending[node]()])
                if self._steps > MOST_STEPS:
                    after = NOTHING
                if after != before:
                    self._values[node] = after
                    changed = True
            # Looking may have met more.
            changed = changed or len(self._met) > met
        self._known.update(self._values)
        self._forget()

    def _forget(self) -> None:
        self._pending.clear()
        self._values.clear()
        self._met.clear()

    def _name(self, node: ast.Name) -> TypeFact:
        scope = self.scopes.owner(node.id, node)
        if scope is None or scope.kind is ScopeKind.CLASS:
            return NOTHING
        if scope.kind is ScopeKind.MODULE:
            return self._global(node.id)
        return self._variable(node, scope)

    def _global(self, name: str) -> TypeFact:
        value = self._module_value(name)
        return NOTHING if value is None else self._given(value, lambda: self._shared(value))

    def _shared(self, value: ast.expr) -> TypeFact:
        # Whatever a display held, a container that all functions share may hold something else by now.
        fact = self._type(value)
        return replace(fact, element="") if fact.name in tables.MUTABLE else fact

    def _given(self, node: ast.AST, find: Callable[[], TypeFact]) -> TypeFact:
        """What a binding gives, as far as it is known; `find` is asked for the rest."""
        if node in self._known:
            return self._known[node]
        self._touched = True
        if node not in self._pending:
            self._pending[node] = find
            self._values[node] = ANY
            self._met.append(node)
        return self._values[node]

    def _variable(self, node: ast.Name, scope: Scope) -> TypeFact:
        bindings = self._flow.reaching(node)
        if bindings is None:
            bindings = self.scopes.bindings(node.id, scope)
        fact = agree(self._binding(binding, node.id) for binding in bindings if binding is not None)
        return fact if self._keeps_elements(node.id, scope, fact) else replace(fact, element="")

    def _binding(self, node: ast.AST, name: str) -> TypeFact:
        return self._given(node, lambda: self._bound_type(node, name))

    def _keeps_elements(self, name: str, scope: Scope, fact: TypeFact) -> bool:
        """Whether nothing can have put other elements into what the variable holds since it was bound."""
        if fact.name not in tables.MUTABLE or not fact.proved:
            return True
        key = (scope, name)
        if key not in self._read_only:
            self._read_only[key] = not self.names.captured(name, scope) and all(
                self._only_reads(node) for node in self.names.uses(name, scope)
            )
        return self._read_only[key]

    def _only_reads(self, node: ast.Name) -> bool:
        parent = self.tree.parent(node)
        match parent:
            case (
                ast.Assign()
                | ast.AnnAssign()
                | ast.For()
                | ast.comprehension()
                | ast.Compare()
                | ast.Return()
            ):
                return isinstance(node.ctx, ast.Store) or not isinstance(parent, ast.Assign | ast.AnnAssign)
            case ast.Subscript(ctx=ast.Load()) | ast.If() | ast.While() | ast.UnaryOp() | ast.Expr():
                return True
            case ast.Attribute(attr=attr):
                return attr in _READING_METHODS and isinstance(self.tree.parent(parent), ast.Call)
            case ast.Call(func=ast.Name(id=name) as func):
                return func is not node and name in _READERS and self.names.is_builtin(name, func)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() | bytes()))):
                return True
            case _:
                return False

    def _bound_type(self, node: ast.AST, name: str) -> TypeFact:  # noqa: C901 - one case for each kind of binding
        parent = self.tree.parent(node)
        match parent:
            case _ if isinstance(node, ast.arg):
                return self._parameter(node)
            case ast.Delete():
                return ANY
            case ast.Assign(targets=targets, value=value) if node in targets:
                return self._type(value)
            case ast.AnnAssign(value=None):
                return ANY
            case ast.AnnAssign(target=target, value=value) if target is node and value is not None:
                return self._type(value)
            case ast.NamedExpr(target=target, value=value) if target is node:
                return self._type(value)
            case ast.AugAssign(target=ast.Name(id=target), op=op, value=value) if target == name:
                return self._augmented(op, self._before(node), self._type(value))
            case ast.For(target=target, iter=items) if target is node:
                return self._iterated(items)
            case ast.comprehension(target=target, iter=items, is_async=0) if target is node:
                return self._iterated(items)
            case ast.Tuple() | ast.List():
                return self._unpacked(node, parent)
            case _:
                return NOTHING

    def _before(self, node: ast.AST) -> TypeFact:
        """The type of the target of `+=` before it."""
        scope = self.scopes.owner(node.id, node) if isinstance(node, ast.Name) else None
        if scope is None or scope.kind is ScopeKind.MODULE or not isinstance(node, ast.Name):
            return NOTHING
        return self._variable(node, scope)

    def _augmented(self, op: ast.operator, current: TypeFact, value: TypeFact) -> TypeFact:
        if current.name == "list" and isinstance(op, ast.Add):
            return replace(current, element="")
        if current.name in {"set", "dict"} and isinstance(op, ast.BitOr):
            return replace(current, element="")
        return self._binary(op, current, value)

    def _iterated(self, items: ast.expr) -> TypeFact:
        fact = self._type(items)
        if not fact.element:
            return NOTHING
        return replace(fact, name=fact.element, element="str" if fact.element == "str" else "")

    def _unpacked(self, node: ast.AST, target: ast.Tuple | ast.List) -> TypeFact:
        if any(isinstance(element, ast.Starred) for element in target.elts):
            return NOTHING
        index = next((i for i, element in enumerate(target.elts) if element is node), -1)
        above = self.tree.parent(target)
        match above:
            case ast.Assign(value=ast.Tuple(elts=elts) | ast.List(elts=elts)) if index >= 0:
                starred = any(isinstance(element, ast.Starred) for element in elts)
                return NOTHING if starred or index >= len(elts) else self._type(elts[index])
            case ast.Assign(value=value) if index >= 0:
                return self._element_of(self._type(value))
            case ast.For(iter=ast.Call(func=ast.Name(id="enumerate") as func, args=[items, *_])):
                return self._enumerated(index, func, items)
            case ast.comprehension(iter=ast.Call(func=ast.Name(id="enumerate") as func, args=[items, *_])):
                return self._enumerated(index, func, items)
            case _:
                return NOTHING

    def _element_of(self, fact: TypeFact) -> TypeFact:
        return replace(fact, name=fact.element, element="") if fact.element else NOTHING

    def _enumerated(self, index: int, func: ast.Name, items: ast.expr) -> TypeFact:
        if not self.names.is_builtin("enumerate", func):
            return NOTHING
        call = self.tree.parent(func)
        start = isinstance(call, ast.Call) and (len(call.args) > 1 or call.keywords)
        if index == 0:
            return NOTHING if start else proved("int")
        return self._iterated(items) if index == 1 else NOTHING

    def _parameter(self, node: ast.arg) -> TypeFact:
        holder = self.tree.parent(node)
        if isinstance(holder, ast.arguments) and node is holder.vararg:
            return proved("tuple")
        if isinstance(holder, ast.arguments) and node is holder.kwarg:
            return proved("dict", "str")
        seen = self._observed(node)
        count = sum(times for _, times in seen)
        only = seen[0][0] if len(seen) == 1 else ""
        name, element = (
            annotated_type(node.annotation, self.imports, self.names) if node.annotation else ("", "")
        )
        if name and not self._default_disagrees(node, name):
            if seen and only != name:
                return NOTHING
            return TypeFact(name=name, evidence=Evidence.ANNOTATED, observed=count, element=element)
        if only:
            return TypeFact(
                name=only, evidence=Evidence.OBSERVED, observed=count, element="str" if only == "str" else ""
            )
        return NOTHING

    def _default_disagrees(self, node: ast.arg, name: str) -> bool:
        arguments = self.tree.parent(node)
        default = default_of(node, arguments) if isinstance(arguments, ast.arguments) else None
        return default is not None and self._type(default).name not in {name, ""}


def default_of(node: ast.arg, arguments: ast.arguments) -> ast.expr | None:
    """The default of a parameter."""
    positional = [*arguments.posonlyargs, *arguments.args]
    for parameter, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        if parameter is node:
            return default
    for parameter, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if parameter is node:
            return keyword_default
    return None


_READERS = frozenset(
    {
        "all", "any", "bool", "dict", "enumerate", "frozenset", "isinstance", "len", "list", "max", "min", "reversed",
        "set", "sorted", "sum", "tuple", "zip",
    },
)  # fmt: skip
_READING_METHODS = frozenset({"copy", "count", "get", "index", "items", "keys", "union", "values"})
