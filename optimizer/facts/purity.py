"""Which expressions may be evaluated again, once less, or elsewhere.

The sentences are for people: each names what stands in the way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts import type_tables as tables
from optimizer.facts.constants import UNKNOWN, Constants
from optimizer.facts.imports import Imports
from optimizer.facts.names import CONSUMERS, Names
from optimizer.facts.type_of import TypeFact, Types
from optimizer.model import Assumption, Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Purity:
    """Whether an expression is pure: what stands against it, and what must hold for it."""

    objections: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether nothing stands against it and nothing is only assumed."""
        return not self.objections and not self.assumptions


@dataclass(frozen=True, slots=True)
class _Note:
    """One objection, or one assumption, found on the way."""

    where: ast.AST
    text: str
    assumption: Assumption | None = None


class Purities:
    """Purity of one module's expressions."""

    def __init__(self, names: Names, imports: Imports, types: Types, constants: Constants) -> None:
        self.names = names
        self.tree = names.tree
        self.imports = imports
        self.types = types
        self.constants = constants

    def purity(self, expr: ast.AST) -> Purity:
        """What is known of evaluating `expr` again."""
        if expr not in self.tree:
            return Purity(objections=("it is no code of this file",))
        try:
            notes = list(self._look(expr, repeat=True))
        except RecursionError:
            return Purity(objections=("it is nested too deeply to follow",))
        return Purity(
            objections=tuple(dict.fromkeys(note.text for note in notes if note.assumption is None)),
            assumptions=tuple(dict.fromkeys(note.assumption for note in notes if note.assumption)),
        )

    def side_effects(self, expr: ast.AST) -> tuple[str, ...]:
        """What could have an effect when `expr` is evaluated once."""
        try:
            notes = list(self._look(expr, repeat=False))
        except RecursionError:
            return ("it is nested too deeply to follow",)
        return tuple(dict.fromkeys(note.text for note in notes))

    def _look(self, expr: ast.AST, *, repeat: bool) -> Iterator[_Note]:  # noqa: C901, PLR0912 - one case for each node
        match expr:
            case ast.Constant() | ast.Name(ctx=ast.Load()) | ast.Lambda():
                if isinstance(expr, ast.Lambda) and repeat:
                    yield _Note(expr, "it makes a new function each time")
            case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
                yield from self._display(expr, repeat=repeat)
            case ast.JoinedStr(values=values):
                for value in values:
                    yield from self._look(value, repeat=repeat)
            case ast.FormattedValue(value=value, format_spec=spec):
                yield from self._look(value, repeat=repeat)
                yield from self._needs(value, tables.SCALARS, "formats")
                if spec is not None:
                    yield from self._look(spec, repeat=repeat)
            case ast.Attribute(value=value, ctx=ast.Load()):
                yield from self._attribute(expr, value, repeat=repeat)
            case ast.Subscript(value=value, slice=index, ctx=ast.Load()):
                yield from self._subscript(value, index, repeat=repeat)
            case ast.Slice():
                for part in (expr.lower, expr.upper, expr.step):
                    if part is not None:
                        yield from self._look(part, repeat=repeat)
                        yield from self._needs(part, tables.SCALARS, "slices by")
            case ast.UnaryOp(operand=operand):
                yield from self._look(operand, repeat=repeat)
                yield from self._needs(operand, self._testable(expr.op), "applies an operator to")
            case ast.BinOp(left=left, right=right):
                yield from self._binary(left, expr.op, right, repeat=repeat)
            case ast.BoolOp(values=values):
                for value in values:
                    yield from self._look(value, repeat=repeat)
                for value in values[:-1]:
                    yield from self._tested(value)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                for part in (test, body, orelse):
                    yield from self._look(part, repeat=repeat)
                yield from self._tested(test)
            case ast.Compare():
                yield from self._compare(expr, repeat=repeat)
            case ast.Call():
                yield from self._call(expr, repeat=repeat)
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                yield from self._comprehension(expr, repeat=repeat)
            case ast.GeneratorExp():
                if repeat:
                    yield _Note(expr, "it makes a new generator each time")
                else:
                    yield from self._comprehension(expr, repeat=repeat)
            case ast.NamedExpr(target=target):
                yield _Note(expr, f"it binds `{target.id}`")
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                yield _Note(expr, "it hands control to other code")
            case _:
                yield _Note(expr, f"`{self._text(expr)}` may run any code")

    def _text(self, node: ast.AST) -> str:
        try:
            text = ast.unparse(node)
        except Exception:  # noqa: BLE001 - only for a message
            return type(node).__name__
        return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a line's worth

    def _needs(self, expr: ast.expr, types: frozenset[str], does: str) -> Iterator[_Note]:
        fact = self.types.type_of(expr)
        yield from self._given(expr, fact, does, holds=fact.name in types)

    def _given(self, expr: ast.expr, fact: TypeFact, does: str, *, holds: bool) -> Iterator[_Note]:
        if not holds:
            yield _Note(expr, f"it {does} `{self._text(expr)}`, whose type is not known")
        elif not fact.proved:
            yield _Note(expr, "", self._assumption(expr, fact))

    def _assumption(self, expr: ast.expr, fact: TypeFact) -> Assumption:
        parameter = ""
        if isinstance(expr, ast.Name) and self.names.is_parameter(expr.id, expr):
            parameter = expr.id
        return Assumption(
            text=f"`{self._text(expr)}` is exactly {fact.name}",
            evidence=fact.evidence,
            observed=fact.observed,
            parameter=parameter,
            types=(fact.name,) if parameter else (),
        )

    def _testable(self, op: ast.unaryop) -> frozenset[str]:
        return tables.SCALARS | tables.CONTAINERS if isinstance(op, ast.Not) else tables.NUMBERS

    def _tested(self, expr: ast.expr) -> Iterator[_Note]:
        yield from self._needs(expr, tables.SCALARS | tables.CONTAINERS | {"re.Pattern", "function"}, "tests")

    def _display(self, expr: ast.List | ast.Tuple | ast.Set | ast.Dict, *, repeat: bool) -> Iterator[_Note]:
        if isinstance(expr, ast.Dict):
            for key, value in zip(expr.keys, expr.values, strict=True):
                yield from self._look(value, repeat=repeat)
                if key is None:
                    yield from self._needs(value, frozenset({"dict"}), "unpacks")
                else:
                    yield from self._look(key, repeat=repeat)
                    yield from self._hashed(key)
            return
        for element in expr.elts:
            if isinstance(element, ast.Starred):
                yield from self._iterated(element.value, repeat=repeat)
            else:
                yield from self._look(element, repeat=repeat)
            if isinstance(expr, ast.Set):
                yield from self._hashed(element)

    def _hashed(self, expr: ast.expr) -> Iterator[_Note]:
        if not self.constants.is_constant(expr):
            yield from self._needs(expr, tables.SCALARS, "hashes")

    def _attribute(self, expr: ast.Attribute, value: ast.expr, *, repeat: bool) -> Iterator[_Note]:
        if self.imports.origin(expr):
            return
        yield from self._look(value, repeat=repeat)
        fact = self.types.type_of(value)
        known = fact.name in tables.SCALARS | tables.CONTAINERS | {"re.Pattern"}
        if not known:
            yield _Note(expr, f"reading `{self._text(expr)}` may run a property")
        else:
            yield from self._given(value, fact, "reads an attribute of", holds=True)

    def _subscript(self, value: ast.expr, index: ast.expr, *, repeat: bool) -> Iterator[_Note]:
        yield from self._look(value, repeat=repeat)
        yield from self._look(index, repeat=repeat)
        fact = self.types.type_of(value)
        keyed = fact.name in {"dict", "collections.Counter", "collections.OrderedDict"}
        yield from self._given(value, fact, "looks into", holds=keyed or fact.name in tables.SEQUENCES)
        if isinstance(index, ast.Slice):
            return
        if keyed:
            yield from self._hashed(index)
        else:
            yield from self._needs(index, tables.SCALARS, "indexes by")

    def _binary(self, left: ast.expr, op: ast.operator, right: ast.expr, *, repeat: bool) -> Iterator[_Note]:
        allowed = tables.SCALARS
        if isinstance(op, ast.Add | ast.Mult):
            allowed = allowed | {"list", "tuple"}
        elif isinstance(op, ast.BitOr | ast.BitAnd | ast.BitXor | ast.Sub):
            allowed = allowed | {"set", "frozenset"}
        for operand in (left, right):
            yield from self._look(operand, repeat=repeat)
        if isinstance(op, ast.Mod) and isinstance(right, ast.Tuple):
            yield from self._needs(left, frozenset({"str", "bytes"}), "formats")
            for element in right.elts:
                yield from self._needs(element, tables.SCALARS, "formats")
            return
        for operand in (left, right):
            yield from self._needs(operand, allowed, "applies an operator to")

    def _compare(self, expr: ast.Compare, *, repeat: bool) -> Iterator[_Note]:
        operands = [expr.left, *expr.comparators]
        for operand in operands:
            yield from self._look(operand, repeat=repeat)
        for left, op, right in zip(operands, expr.ops, expr.comparators, strict=False):
            if isinstance(op, ast.Is | ast.IsNot):
                continue
            if isinstance(op, ast.In | ast.NotIn):
                yield from self._membership(left, right)
            else:
                yield from self._needs(left, tables.SCALARS, "compares")
                yield from self._needs(right, tables.SCALARS, "compares")

    def _membership(self, item: ast.expr, holder: ast.expr) -> Iterator[_Note]:
        yield from self._needs(item, tables.SCALARS, "compares")
        fact = self.types.type_of(holder)
        hashed = fact.name in {"dict", "set", "frozenset", "dict_keys", "range", "str", "bytes"}
        yield from self._given(holder, fact, "looks into", holds=hashed or self._has_plain_elements(holder, fact))

    def _has_plain_elements(self, expr: ast.expr, fact: TypeFact) -> bool:
        if fact.name not in tables.CONTAINERS | tables.ITERATORS:
            return False
        if fact.name in {"str", "bytes", "range", "bytearray"} or fact.element in tables.SCALARS:
            return True
        return self._is_table(expr)

    def _is_table(self, expr: ast.expr) -> bool:
        if isinstance(expr, ast.Tuple | ast.List | ast.Set):
            return all(self.constants.is_constant(element) for element in expr.elts)
        return self.constants.constant_value(expr) is not UNKNOWN

    def _iterated(self, expr: ast.expr, *, repeat: bool) -> Iterator[_Note]:
        """Iterating over `expr` to its end: an iterator that is made on the spot is as good as a list."""
        if isinstance(expr, ast.GeneratorExp):
            yield from self._comprehension(expr, repeat=repeat)
            return
        match expr:
            case ast.Call(func=ast.Name(id="enumerate" | "zip" | "reversed" as name) as func, args=args, keywords=[]):
                if self.names.is_builtin(name, func):
                    for arg in args:
                        yield from self._iterated(arg, repeat=repeat)
                    return
        yield from self._look(expr, repeat=repeat)
        yield from self._needs(expr, tables.CONTAINERS, "iterates over")

    def _comprehension(
        self,
        expr: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        *,
        repeat: bool,
    ) -> Iterator[_Note]:
        for generator in expr.generators:
            if generator.is_async:
                yield _Note(generator, "it hands control to other code")
            yield from self._iterated(generator.iter, repeat=repeat)
            yield from self._target(generator.target)
            for test in generator.ifs:
                yield from self._look(test, repeat=repeat)
                yield from self._tested(test)
        parts = [expr.key, expr.value] if isinstance(expr, ast.DictComp) else [expr.elt]
        for part in parts:
            yield from self._look(part, repeat=repeat)
        if isinstance(expr, ast.SetComp | ast.DictComp):
            yield from self._hashed(parts[0])

    def _target(self, target: ast.expr) -> Iterator[_Note]:
        # Unpacking iterates over elements of unknown type; only plain names are sure.
        if not isinstance(target, ast.Name) and not self._unpacks_tuples(target):
            yield _Note(target, f"it unpacks into `{self._text(target)}`")

    def _unpacks_tuples(self, target: ast.expr) -> bool:
        generator = self.tree.parent(target)
        if not isinstance(target, ast.Tuple) or not isinstance(generator, ast.comprehension):
            return False
        plain = all(isinstance(element, ast.Name) for element in target.elts)
        return plain and self.types.type_of(generator.iter).element == "tuple"

    def _call(self, call: ast.Call, *, repeat: bool) -> Iterator[_Note]:
        if any(isinstance(arg, ast.Starred) for arg in call.args) or any(key.arg is None for key in call.keywords):
            yield _Note(call, f"`{self._text(call)}` unpacks arguments")
            return
        origin = self.imports.origin(call.func)
        match call.func:
            case _ if origin in tables.PURE_FUNCTIONS:
                yield from self._arguments(call, tables.SCALARS | {"re.RegexFlag"}, repeat=repeat)
            case ast.Name(id=name) as func if self.names.is_builtin(name, func):
                yield from self._builtin(call, name, repeat=repeat)
            case ast.Attribute(value=value, attr=attr) if not origin:
                yield from self._method(call, value, attr, repeat=repeat)
            case _:
                yield _Note(call, f"`{self._text(call.func)}` may have effects")

    def _arguments(self, call: ast.Call, types: frozenset[str], *, repeat: bool) -> Iterator[_Note]:
        for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield from self._look(arg, repeat=repeat)
            if self.constants.constant_value(arg) is UNKNOWN:
                yield from self._needs(arg, types, "passes on")

    def _builtin(self, call: ast.Call, name: str, *, repeat: bool) -> Iterator[_Note]:
        match call.args:
            case [*args] if name in tables.PURE_BUILTINS_OF_ANYTHING and len(args) == 1:
                yield from self._look(args[0], repeat=repeat)
            case [subject, classes] if name == "isinstance" and self._is_builtin_class(classes):
                yield from self._look(subject, repeat=repeat)
            case [] if name in tables.CONSTRUCTORS and not call.keywords and name not in {"input", "print"}:
                if name == "object" and repeat:
                    yield _Note(call, "it makes a new object each time")
            case [only] if name in CONSUMERS | {"len", "bool"} and not call.keywords and self._is_iterable(only):
                yield from self._consumed(call, name, only, repeat=repeat)
            case _ if name in tables.PURE_BUILTINS_OF_SCALARS:
                yield from self._arguments(call, tables.SCALARS, repeat=repeat)
            case [only] if name in tables.READS_ELEMENTS | tables.TOUCHES_ELEMENTS and not call.keywords:
                yield from self._consumed(call, name, only, repeat=repeat)
            case _:
                yield _Note(call, f"`{name}` may have effects here")

    def _is_iterable(self, expr: ast.expr) -> bool:
        made_here = isinstance(expr, ast.GeneratorExp | ast.Call)
        fact = self.types.type_of(expr)
        return (made_here and fact.name in tables.ITERATORS) or fact.name in tables.CONTAINERS

    def _is_builtin_class(self, expr: ast.expr) -> bool:
        if isinstance(expr, ast.Tuple):
            return all(self._is_builtin_class(element) for element in expr.elts)
        if isinstance(expr, ast.Name):
            return expr.id in tables.CLASSES and self.names.is_builtin(expr.id, expr)
        return False

    def _consumed(self, call: ast.Call, name: str, only: ast.expr, *, repeat: bool) -> Iterator[_Note]:
        yield from self._iterated(only, repeat=repeat)
        if name in tables.READS_ELEMENTS:
            return
        fact = self.types.type_of(only)
        element = only.elt if isinstance(only, ast.GeneratorExp | ast.ListComp | ast.SetComp) else None
        if element is not None:
            yield from self._needs(element, tables.SCALARS, "works on")
        elif not self._has_plain_elements(only, fact):
            yield _Note(call, f"`{name}` works on the elements of `{self._text(only)}`, whose type is not known")

    def _method(self, call: ast.Call, value: ast.expr, attr: str, *, repeat: bool) -> Iterator[_Note]:
        yield from self._look(value, repeat=repeat)
        fact = self.types.type_of(value)
        if attr == "join" and fact.name in tables.TEXT and len(call.args) == 1:
            yield from self._given(value, fact, "calls a method of", holds=True)
            yield from self._iterated(call.args[0], repeat=repeat)
            return
        plain = attr in tables.PURE_METHODS.get(fact.name, ())
        compares = attr in tables.ELEMENT_METHODS.get(fact.name, ()) and self._has_plain_elements(value, fact)
        if not plain and not compares:
            yield _Note(call, f"`{self._text(call.func)}` may have effects")
            return
        yield from self._given(value, fact, "calls a method of", holds=True)
        if fact.name in {"set", "frozenset"}:
            yield from self._set_arguments(call, repeat=repeat)
        elif fact.name == "dict" and attr == "get" and len(call.args) == 2:  # noqa: PLR2004 - key, default
            yield from self._look(call.args[0], repeat=repeat)
            yield from self._hashed(call.args[0])
            yield from self._look(call.args[1], repeat=repeat)
        elif fact.name in {"str", "bytes"} and attr in {"startswith", "endswith"}:
            yield from self._arguments(call, tables.SCALARS | {"tuple"}, repeat=repeat)
        else:
            yield from self._arguments(call, tables.SCALARS, repeat=repeat)

    def _set_arguments(self, call: ast.Call, *, repeat: bool) -> Iterator[_Note]:
        for arg in call.args:
            yield from self._look(arg, repeat=repeat)
            fact = self.types.type_of(arg)
            hashed = fact.name in {"set", "frozenset", "dict"} or self._has_plain_elements(arg, fact)
            yield from self._given(arg, fact, "hashes the elements of", holds=hashed)


def unproved(purity: Purity) -> bool:
    """Whether something is only assumed."""
    return any(assumption.evidence is not Evidence.PROVED for assumption in purity.assumptions)
