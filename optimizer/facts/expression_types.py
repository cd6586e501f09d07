"""Exact builtin types of expressions, given those of names."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from optimizer.facts import type_tables as tables
from optimizer.facts.imports import Imports
from optimizer.facts.names import Names
from optimizer.facts.type_fact import ANY, NOTHING, RANK, TypeFact, agree, proved, result_of
from optimizer.model import Evidence

MOST_STEPS = 3000


class ExpressionTypes:
    """Types of expressions in one module. A query gives up (knows nothing) after a fixed number of steps."""

    def __init__(self, names: Names, imports: Imports) -> None:
        self.names = names
        self.imports = imports
        self._steps = 0
        self._touched = False
        self._known: dict[ast.AST, TypeFact] = {}

    @abstractmethod
    def _name(self, node: ast.Name) -> TypeFact:
        """The type of what a name is bound to at `node`."""

    def _type(self, expr: ast.AST) -> TypeFact:
        self._steps += 1
        if self._steps > MOST_STEPS:
            return NOTHING
        if not isinstance(expr, _COMPOUND):
            return self._find(expr)
        if expr in self._known:
            return self._known[expr]
        around, self._touched = self._touched, False
        fact = self._find(expr)
        if not self._touched:
            self._known[expr] = fact
        self._touched = self._touched or around
        return fact

    def _find(self, expr: ast.AST) -> TypeFact:  # noqa: C901, PLR0912 - one case for each node type
        match expr:
            case ast.Constant(value=value):
                return proved(
                    type(value).__name__, element=type(value).__name__ if isinstance(value, str) else ""
                )
            case ast.JoinedStr(values=[ast.FormattedValue(value=value)]) if not self._is_scalar(value):
                # With nothing to join, it is whatever `__format__` gives, which may be a subclass.
                return TypeFact(name="str", evidence=Evidence.ANNOTATED, element="str")
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
                return agree([self._type(value) for value in values])
            case ast.IfExp(body=body, orelse=orelse):
                return agree([self._type(body), self._type(orelse)])
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

    def _is_scalar(self, expr: ast.AST) -> bool:
        fact = self._type(expr)
        return fact.proved and fact.name in tables.SCALARS

    def _proved_name(self, expr: ast.AST) -> str:
        fact = self._type(expr)
        return fact.name if fact.proved and fact.name != "?" else ""

    def _common(self, elts: Sequence[ast.AST]) -> str:
        names = {self._proved_name(element) for element in elts[:50]}
        return names.pop() if len(names) == 1 and len(elts) <= 50 else ""  # noqa: PLR2004 - long tables are not worth it

    def _unary(self, op: ast.unaryop, operand: ast.expr) -> TypeFact:
        if isinstance(op, ast.Not):
            return proved("bool")
        fact = self._type(operand)
        if fact.name == "bool":
            return replace(fact, name="int")
        return fact if fact.name in {"int", "float", "complex", "?"} else NOTHING

    def _binary(self, op: ast.operator, left: TypeFact, right: TypeFact) -> TypeFact:
        name = result_of(op, left.name, right.name)
        if name in {"", "?"}:
            return ANY if name else NOTHING
        weakest = min(left, right, key=lambda fact: RANK[fact.evidence])
        element = left.element if left.element == right.element else ""
        return replace(weakest, name=name, element="str" if name == "str" else element)

    def _compare(self, expr: ast.Compare) -> TypeFact:
        always = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
        if all(isinstance(op, always) for op in expr.ops):
            return proved("bool")
        facts = [self._type(operand) for operand in (expr.left, *expr.comparators)]
        if all(fact.name in tables.SCALARS | tables.CONTAINERS for fact in facts):
            weakest = min(facts, key=lambda fact: RANK[fact.evidence])
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
            return proved(name, tables.FUNCTION_ELEMENTS.get(origin, "")) if name else NOTHING
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
            fact = agree(facts)
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


_COMPOUND = (ast.BinOp, ast.BoolOp, ast.IfExp, ast.Call, ast.Subscript, ast.Compare, ast.UnaryOp)
