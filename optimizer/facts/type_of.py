"""Exact builtin types of expressions, with the evidence for each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from optimizer.facts import type_tables as tables
from optimizer.facts.annotations import annotated_type
from optimizer.facts.flow import Flow
from optimizer.facts.imports import Imports
from optimizer.facts.names import Names
from optimizer.facts.scopes import Scope, ScopeKind
from optimizer.model import Evidence

_MOST_STEPS = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFact:
    """What is known of an expression's exact type.

    `name` is "" when nothing is. `element` is the type of what iterating gives (keys for a dict), ""
    when unknown. `observed` counts recorded calls that saw only this type.
    """

    name: str = ""
    evidence: Evidence = Evidence.UNKNOWN
    observed: int = 0
    element: str = ""

    @property
    def proved(self) -> bool:
        """Whether it surely is exactly this type."""
        return self.evidence is Evidence.PROVED


NOTHING: Final = TypeFact()
_ANY: Final = TypeFact(
    name="?", evidence=Evidence.PROVED
)  # a binding that refers to itself: agrees with anything
_RANK = {Evidence.PROVED: 3, Evidence.ANNOTATED: 2, Evidence.OBSERVED: 1, Evidence.UNKNOWN: 0}


def proved(name: str, element: str = "") -> TypeFact:
    """A type that is sure."""
    return TypeFact(name=name, evidence=Evidence.PROVED, element=element)


class Types:
    """Types in one module. A query gives up (knows nothing) after a fixed number of steps."""

    def __init__(
        self,
        names: Names,
        imports: Imports,
        flow: Flow,
        module_value: Callable[[str], ast.expr | None],
        observed: Callable[[ast.arg], tuple[tuple[str, int], ...]],
    ) -> None:
        self.names = names
        self.imports = imports
        self.tree = names.tree
        self.scopes = names.scopes
        self._module_value = module_value
        self._observed = observed
        self._flow = flow
        self._assumed: dict[ast.AST, TypeFact] = {}
        self._touched: set[ast.AST] = set()
        self._known: dict[ast.AST, TypeFact] = {}
        self._read_only: dict[tuple[Scope, str], bool] = {}
        self._steps = 0

    def type_of(self, expr: ast.AST) -> TypeFact:
        """The exact type of `expr`."""
        self._steps = 0
        self._touched = set()
        try:
            fact = self._type(expr)
        except RecursionError:
            return NOTHING
        finally:
            self._assumed.clear()
        return NOTHING if fact.name == "?" else fact

    def type_before(self, target: ast.Name) -> TypeFact:
        """The type that the target of `+=` has before it."""
        self._steps = 0
        self._touched = set()
        fact = self._before(target)
        return NOTHING if fact.name == "?" else fact

    def _type(self, expr: ast.AST) -> TypeFact:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return NOTHING
        if not isinstance(expr, _COMPOUND):
            return self._find(expr)
        if expr in self._known:
            return self._known[expr]
        around, self._touched = self._touched, set()
        fact = self._find(expr)
        if not self._touched:
            self._known[expr] = fact
        self._touched |= around
        return fact

    def _find(self, expr: ast.AST) -> TypeFact:  # noqa: C901, PLR0911, PLR0912 - one case for each node type
        match expr:
            case ast.Constant(value=value):
                return proved(
                    type(value).__name__, element=type(value).__name__ if isinstance(value, str) else ""
                )
            case ast.JoinedStr():
                return proved("str", "str")
            case ast.List(elts=elts):
                return proved("list", self._common(elts))
            case ast.Tuple(elts=elts):
                return proved("tuple", self._common(elts))
            case ast.Set(elts=elts):
                return proved("set", self._common(elts))
            case ast.Dict(keys=keys):
                known = [key for key in keys if key is not None]
                return proved("dict", self._common(known) if len(known) == len(keys) else "")
            case ast.ListComp(elt=elt):
                return proved("list", self._proved_name(elt))
            case ast.SetComp(elt=elt):
                return proved("set", self._proved_name(elt))
            case ast.DictComp(key=key):
                return proved("dict", self._proved_name(key))
            case ast.GeneratorExp(elt=elt):
                return proved("generator", self._proved_name(elt))
            case ast.Lambda():
                return proved("function")
            case ast.UnaryOp(op=op, operand=operand):
                return self._unary(op, operand)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(op, self._type(left), self._type(right))
            case ast.Compare():
                return self._compare(expr)
            case ast.BoolOp(values=values):
                return self._agree([self._type(value) for value in values])
            case ast.IfExp(body=body, orelse=orelse):
                return self._agree([self._type(body), self._type(orelse)])
            case ast.NamedExpr(value=value):
                return self._type(value)
            case ast.Name():
                return self._name(expr)
            case ast.Call():
                return self._call(expr)
            case ast.Subscript(value=value, slice=index):
                return self._subscript(self._type(value), index)
            case _:
                return NOTHING

    def _proved_name(self, expr: ast.AST) -> str:
        fact = self._type(expr)
        return fact.name if fact.proved and fact.name != "?" else ""

    def _common(self, elts: Sequence[ast.AST]) -> str:
        names = {self._proved_name(element) for element in elts[:50]}
        return names.pop() if len(names) == 1 and len(elts) <= 50 else ""  # noqa: PLR2004 - long tables are not worth it

    def _agree(self, facts: Iterable[TypeFact]) -> TypeFact:
        found = [fact for fact in facts if fact.name != "?"]
        if not found:
            return _ANY
        if len({fact.name for fact in found}) > 1:
            return NOTHING
        weakest = min(found, key=lambda fact: _RANK[fact.evidence])
        elements = {fact.element for fact in found}
        return replace(weakest, element=elements.pop() if len(elements) == 1 else "")

    def _unary(self, op: ast.unaryop, operand: ast.expr) -> TypeFact:
        if isinstance(op, ast.Not):
            return proved("bool")
        fact = self._type(operand)
        if fact.name == "bool":
            return replace(fact, name="int")
        return fact if fact.name in {"int", "float", "complex", "?"} else NOTHING

    def _binary(self, op: ast.operator, left: TypeFact, right: TypeFact) -> TypeFact:
        name = _result(op, left.name, right.name)
        if name in {"", "?"}:
            return _ANY if name else NOTHING
        weakest = min(left, right, key=lambda fact: _RANK[fact.evidence])
        element = left.element if left.element == right.element else ""
        return replace(weakest, name=name, element="str" if name == "str" else element)

    def _compare(self, expr: ast.Compare) -> TypeFact:
        always = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
        if all(isinstance(op, always) for op in expr.ops):
            return proved("bool")
        facts = [self._type(operand) for operand in (expr.left, *expr.comparators)]
        if all(fact.name in tables.SCALARS | tables.CONTAINERS for fact in facts):
            weakest = min(facts, key=lambda fact: _RANK[fact.evidence])
            return replace(weakest, name="bool", element="")
        return NOTHING

    def _subscript(self, fact: TypeFact, index: ast.expr) -> TypeFact:
        is_slice = isinstance(index, ast.Slice)
        if fact.name == "str" or (is_slice and fact.name in {"list", "tuple", "bytes", "range", "bytearray"}):
            return fact
        if is_slice or self._type(index).name not in {"int", "bool"}:
            return NOTHING
        if fact.name in {"bytes", "range", "bytearray"}:
            return replace(fact, name="int", element="")
        if fact.name in {"list", "tuple"} and fact.element:
            return replace(fact, name=fact.element, element="")
        return NOTHING

    def _call(self, call: ast.Call) -> TypeFact:
        origin = self.imports.origin(call.func)
        if origin:
            name = tables.FUNCTIONS.get(origin, "")
            return proved(name) if name else NOTHING
        match call.func:
            case ast.Name(id=name) as func if self.names.is_builtin(name, func):
                return self._builtin(name, call)
            case ast.Attribute(value=value, attr=attr):
                return self._method(self._type(value), attr)
            case _:
                return NOTHING

    def _builtin(self, name: str, call: ast.Call) -> TypeFact:
        if name in tables.CONSTRUCTORS:
            return proved(tables.CONSTRUCTORS[name], self._constructed_element(name, call))
        if name in {"str", "repr", "ascii", "format", "bytes"}:
            return self._textual("bytes" if name == "bytes" else "str", call)
        if name in {"abs", "round", "sum", "min", "max"}:
            return self._numeric(name, call)
        return NOTHING

    def _textual(self, name: str, call: ast.Call) -> TypeFact:
        # `__str__` may return a subclass of str, which `str` hands on as it is.
        known = all(self._type(arg).name in tables.SCALARS | tables.CONTAINERS for arg in call.args[:1])
        evidence = Evidence.PROVED if known else Evidence.ANNOTATED
        return TypeFact(name=name, evidence=evidence, element="str" if name == "str" else "")

    def _numeric(self, name: str, call: ast.Call) -> TypeFact:
        if call.keywords or not call.args:
            return NOTHING
        facts = [self._type(arg) for arg in call.args]
        if len(facts) == 1 and name in {"sum", "min", "max"}:
            only = facts[0]
            fits = only.element in {"int", "float"} and (name != "sum" or only.element == "int")
            return replace(only, name=only.element, element="") if fits else NOTHING
        if name == "abs" or (name == "round" and len(facts) == 1):
            if facts[0].name in {"int", "bool"}:
                return replace(facts[0], name="int")
            if facts[0].name == "float":
                return replace(facts[0], name="float" if name == "abs" else "int")
            return NOTHING
        if name in {"min", "max"}:
            fact = self._agree(facts)
            return fact if fact.name in tables.SCALARS else NOTHING
        return NOTHING

    def _constructed_element(self, name: str, call: ast.Call) -> str:
        if name == "range":
            return "int"
        if name in {"chr", "hex", "oct", "bin", "input"}:
            return "str"
        if name in {"list", "tuple", "set", "frozenset", "sorted", "filter"} and call.args:
            fact = self._type(call.args[-1 if name == "filter" else 0])
            return fact.element if fact.proved else ""
        return "tuple" if name in {"enumerate", "zip"} else ""

    def _method(self, receiver: TypeFact, attr: str) -> TypeFact:
        name, element = tables.METHODS.get(receiver.name, {}).get(attr, ("", ""))
        if not name:
            return NOTHING
        element = "str" if name == "str" else element
        return replace(receiver, name=name, element=element)

    def _name(self, node: ast.Name) -> TypeFact:
        scope = self.scopes.owner(node.id, node)
        if scope is None or scope.kind is ScopeKind.CLASS:
            return NOTHING
        if scope.kind is ScopeKind.MODULE:
            return self._global(node.id)
        return self._variable(node, scope)

    def _global(self, name: str) -> TypeFact:
        value = self._module_value(name)
        if value is None or value in self._assumed:
            return NOTHING
        if value not in self._known:
            self._assumed[value] = NOTHING
            fact = self._type(value)
            # Whatever a display held, a container that all functions share may hold something else by now.
            self._known[value] = replace(fact, element="") if fact.name in tables.MUTABLE else fact
            del self._assumed[value]
        return self._known[value]

    def _variable(self, node: ast.Name, scope: Scope) -> TypeFact:
        bindings = self._flow.reaching(node)
        if bindings is None:
            bindings = self.scopes.bindings(node.id, scope)
        fact = self._agree(self._binding(binding, node.id) for binding in bindings if binding is not None)
        return fact if self._keeps_elements(node.id, scope, fact) else replace(fact, element="")

    def _binding(self, node: ast.AST, name: str) -> TypeFact:
        """The type that one binding gives. A binding that depends on itself (a loop) is guessed, then checked."""
        if node in self._known:
            return self._known[node]
        if node in self._assumed:
            self._touched.add(node)
            return self._assumed[node]
        around, self._touched = self._touched, set()
        self._assumed[node] = _ANY
        guess = self._bound_type(node, name)
        if node in self._touched:
            self._assumed[node] = guess
            again = self._bound_type(node, name)
            guess = again if (again.name, again.evidence) == (guess.name, guess.evidence) else NOTHING
        del self._assumed[node]
        self._touched.discard(node)
        if not self._touched:
            self._known[node] = guess
        self._touched |= around
        return guess

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

    def _bound_type(self, node: ast.AST, name: str) -> TypeFact:  # noqa: PLR0911 - one case for each kind of binding
        parent = self.tree.parent(node)
        match parent:
            case _ if isinstance(node, ast.arg):
                return self._parameter(node)
            case ast.Delete():
                return _ANY
            case ast.Assign(targets=targets, value=value) if node in targets:
                return self._type(value)
            case ast.AnnAssign(value=None):
                return _ANY
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


def _result(op: ast.operator, left: str, right: str) -> str:  # noqa: PLR0911 - the table of arithmetic
    if not left or not right:
        return ""
    names = {left, right}
    if names <= {"int", "bool", "?"}:
        if "?" in names:
            return "?"
        if names == {"bool"} and isinstance(op, ast.BitOr | ast.BitAnd | ast.BitXor):
            return "bool"
        return "float" if isinstance(op, ast.Div) else "" if isinstance(op, ast.Pow) else "int"
    if names <= {"int", "bool", "float"} and isinstance(
        op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.FloorDiv | ast.Mod
    ):
        return "float"
    if left == "str" and isinstance(op, ast.Mod):
        return "str" if right in tables.SCALARS | tables.CONTAINERS else ""
    if isinstance(op, ast.Add) and left in {"str", "bytes", "list", "tuple"} and right in {left, "?"}:
        return left
    if isinstance(op, ast.Mult) and names & {"str", "bytes", "list", "tuple"} and names & {"int", "bool"}:
        return next(name for name in names if name in {"str", "bytes", "list", "tuple"})
    if left in {"set", "frozenset"} and right in {"set", "frozenset"} and isinstance(op, _SET_OPERATORS):
        return left
    return "?" if "?" in names and isinstance(op, ast.Add) else ""


_READERS = frozenset(
    {
        "all", "any", "bool", "dict", "enumerate", "frozenset", "isinstance", "len", "list", "max", "min", "reversed",
        "set", "sorted", "sum", "tuple", "zip",
    },
)  # fmt: skip
_READING_METHODS = frozenset({"copy", "count", "get", "index", "items", "keys", "union", "values"})
_COMPOUND = (ast.BinOp, ast.BoolOp, ast.IfExp, ast.Call, ast.Subscript, ast.Compare, ast.UnaryOp)
_SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub)
