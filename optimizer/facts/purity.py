"""Which expressions may be evaluated again, once less, or elsewhere.

"Equal value" includes objects that only `is` can tell apart: a new list with equal elements, a match
of the same text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from optimizer.facts import type_tables as tables
from optimizer.facts.attributes import Attributes
from optimizer.facts.calls import Calls
from optimizer.facts.constants import UNKNOWN, Constants
from optimizer.facts.imports import Imports
from optimizer.facts.names import Names
from optimizer.facts.notes import Note, NoteKind, Purity
from optimizer.facts.type_fact import TypeFact
from optimizer.facts.type_of import Types
from optimizer.model import Assumption, Evidence

KNOWN = tables.SCALARS | tables.CONTAINERS
_PATTERNS = frozenset({"re.Pattern", "re.Match"})
_TESTED = KNOWN | _PATTERNS | {"function"}
_MOST_TEXT = 60


class Purities:
    """Purity of one module's expressions."""

    def __init__(
        self,
        names: Names,
        imports: Imports,
        types: Types,
        constants: Constants,
        attributes: Attributes,
        segment: Callable[[ast.AST], str],
    ) -> None:
        self.names = names
        self.tree = names.tree
        self.imports = imports
        self.types = types
        self.constants = constants
        self.attributes = attributes
        self._segment = segment
        self._calls = Calls(self)

    def purity(self, expr: ast.AST) -> Purity:
        """What is known of evaluating `expr` again."""
        if expr not in self.tree:
            return Purity(objections=("it is no code of this file",))
        try:
            notes = list(self.look(expr, repeat=True))
        except RecursionError:
            return Purity(objections=("it is nested too deeply to follow",))
        return Purity(
            objections=tuple(dict.fromkeys(note.text for note in notes if note.assumption is None)),
            assumptions=tuple(dict.fromkeys(note.assumption for note in notes if note.assumption)),
        )

    def is_pure(self, expr: ast.AST) -> bool:
        """The same as a plain answer: no objection, and nothing that is only assumed."""
        if expr not in self.tree:
            return False
        try:
            return all(note.is_proved for note in self.look(expr, repeat=True))
        except RecursionError:
            return False

    def side_effects(self, expr: ast.AST) -> tuple[Note, ...]:
        """What could have an effect when `expr` is evaluated once, assumptions among it."""
        try:
            return tuple(self.look(expr, repeat=False))
        except RecursionError:
            return (Note(expr, NoteKind.RUNS, "it is nested too deeply to follow"),)

    def look(self, expr: ast.AST, *, repeat: bool) -> Iterator[Note]:  # noqa: C901, PLR0912 - the grammar
        """Everything that stands against evaluating `expr` once (`repeat`: any number of times)."""
        match expr:
            case ast.Constant() | ast.Name(ctx=ast.Load()):
                return
            case ast.Lambda():
                yield from self._lambda(expr, repeat=repeat)
            case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
                yield from self._elements(expr, elts, repeat=repeat)
            case ast.Dict():
                yield from self._dict(expr, repeat=repeat)
            case ast.JoinedStr(values=values):
                yield from self.each(values, repeat=repeat)
            case ast.FormattedValue(value=value, format_spec=spec):
                yield from self.each([value] if spec is None else [value, spec], repeat=repeat)
                yield from self.needs(value, tables.SCALARS, "formats")
            case ast.Attribute(ctx=ast.Load()):
                yield from self._attribute(expr, repeat=repeat)
            case ast.Subscript(value=value, slice=index, ctx=ast.Load()):
                yield from self._subscript(value, index, repeat=repeat)
            case ast.Slice(lower=lower, upper=upper, step=step):
                for part in (lower, upper, step):
                    if part is not None:
                        yield from self.look(part, repeat=repeat)
                        yield from self.needs(part, tables.SCALARS, "slices by")
            case ast.UnaryOp(op=op, operand=operand):
                yield from self.look(operand, repeat=repeat)
                wanted = _TESTED if isinstance(op, ast.Not) else tables.NUMBERS
                yield from self.needs(operand, wanted, "applies an operator to")
            case ast.BinOp():
                yield from self._binary(expr, repeat=repeat)
            case ast.BoolOp(values=values):
                yield from self.each(values, repeat=repeat)
                for value in values[:-1]:
                    yield from self.tested(value)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                yield from self.each([test, body, orelse], repeat=repeat)
                yield from self.tested(test)
            case ast.Compare():
                yield from self._compare(expr, repeat=repeat)
            case ast.Call():
                yield from self._calls.call(expr, repeat=repeat)
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                yield from self.comprehension(expr, repeat=repeat)
            case ast.GeneratorExp():
                if repeat:
                    yield Note(expr, NoteKind.NEW, "it makes a new generator each time")
                yield from self.comprehension(expr, repeat=repeat)
            case ast.NamedExpr(target=target):
                yield Note(expr, NoteKind.BINDS, f"it binds `{target.id}`", target.id)
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                yield Note(expr, NoteKind.CONTROL, "it hands control to other code")
            case _:
                yield Note(expr, NoteKind.RUNS, f"`{self.text(expr)}` may run any code")

    def each(self, exprs: list[ast.expr], *, repeat: bool) -> Iterator[Note]:
        """`look` at each."""
        for expr in exprs:
            yield from self.look(expr, repeat=repeat)

    def text(self, node: ast.AST) -> str:
        """The code of `node` on one line, cut to what fits a sentence."""
        text = " ".join(self._segment(node)[: 4 * _MOST_TEXT].split())
        return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 3] + "..."

    def needs(self, expr: ast.expr, types: frozenset[str], does: str) -> Iterator[Note]:
        """A note unless `expr` is of one of the types."""
        fact = self.types.type_of(expr)
        yield from self.given(expr, fact, does, holds=fact.name in types)

    def given(self, expr: ast.expr, fact: TypeFact, does: str, *, holds: bool) -> Iterator[Note]:
        """A note unless it holds; an assumption where the type is only annotated or observed."""
        if not holds:
            yield Note(expr, NoteKind.RUNS, f"it {does} `{self.text(expr)}`, whose type is not known")
        elif not fact.proved and not _follows_from_parts(expr):
            assumption = self._assumption(expr, fact)
            yield Note(expr, NoteKind.ASSUMES, assumption.text, assumption=assumption)

    def _assumption(self, expr: ast.expr, fact: TypeFact) -> Assumption:
        is_parameter = isinstance(expr, ast.Name) and self.names.is_parameter(expr.id, expr)
        held = f" of {fact.element}" if fact.element and fact.name != fact.element else ""
        return Assumption(
            text=f"`{self.text(expr)}` is exactly {fact.name}{held}",
            evidence=fact.evidence,
            observed=fact.observed,
            parameter=expr.id if is_parameter and isinstance(expr, ast.Name) else "",
            types=(fact.name,) if is_parameter else (),
        )

    def tested(self, expr: ast.expr) -> Iterator[Note]:
        """Asking for the truth of `expr`."""
        yield from self.needs(expr, _TESTED, "tests")

    def hashed(self, expr: ast.expr) -> Iterator[Note]:
        """Using `expr` as a key."""
        if not self.constants.is_constant(expr):
            yield from self.needs(expr, tables.SCALARS, "hashes")

    def _lambda(self, expr: ast.Lambda, *, repeat: bool) -> Iterator[Note]:
        yield from self.each([*expr.args.defaults, *filter(None, expr.args.kw_defaults)], repeat=repeat)
        if repeat:
            yield Note(expr, NoteKind.NEW, "it makes a new function each time")

    def _elements(self, expr: ast.expr, elts: list[ast.expr], *, repeat: bool) -> Iterator[Note]:
        for element in elts:
            if isinstance(element, ast.Starred):
                yield from self.iterated(element.value, repeat=repeat)
            else:
                yield from self.look(element, repeat=repeat)
            if isinstance(expr, ast.Set):
                yield from self.hashed(element)

    def _dict(self, expr: ast.Dict, *, repeat: bool) -> Iterator[Note]:
        for key, value in zip(expr.keys, expr.values, strict=True):
            yield from self.look(value, repeat=repeat)
            if key is None:
                yield from self.needs(value, frozenset({"dict"}), "unpacks")
            else:
                yield from self.look(key, repeat=repeat)
                yield from self.hashed(key)

    def _attribute(self, expr: ast.Attribute, *, repeat: bool) -> Iterator[Note]:
        if self.imports.origin(expr):
            return
        yield from self.look(expr.value, repeat=repeat)
        fact = self.types.type_of(expr.value)
        if fact.name in KNOWN | _PATTERNS:
            yield from self.given(expr.value, fact, "reads an attribute of", holds=True)
        elif self.attributes.is_plain(expr):
            text = f"`{self.text(expr)}` is a stored value: no class of the repository makes it a property"
            yield Note(
                expr, NoteKind.ASSUMES, text, assumption=Assumption(text=text, evidence=Evidence.PROVED)
            )
        else:
            yield Note(expr, NoteKind.RUNS, f"reading `{self.text(expr)}` may run a property")

    def _subscript(self, value: ast.expr, index: ast.expr, *, repeat: bool) -> Iterator[Note]:
        yield from self.each([value, index], repeat=repeat)
        fact = self.types.type_of(value)
        keyed = fact.name in tables.KEYED
        yield from self.given(value, fact, "looks into", holds=keyed or fact.name in tables.SEQUENCES)
        if isinstance(index, ast.Slice):
            return
        if keyed:
            yield from self.hashed(index)
        else:
            yield from self.needs(index, tables.SCALARS, "indexes by")

    def _binary(self, expr: ast.BinOp, *, repeat: bool) -> Iterator[Note]:
        allowed = tables.SCALARS
        if isinstance(expr.op, ast.Add | ast.Mult):
            allowed = allowed | {"list", "tuple"}
        elif isinstance(expr.op, ast.BitOr | ast.BitAnd | ast.BitXor | ast.Sub):
            allowed = allowed | {"set", "frozenset", "re.RegexFlag"}
        yield from self.each([expr.left, expr.right], repeat=repeat)
        if self.constants.constant_value(expr) is not UNKNOWN:
            return
        if isinstance(expr.op, ast.Mod) and isinstance(expr.right, ast.Tuple):
            yield from self.needs(expr.left, frozenset({"str", "bytes"}), "formats")
            for element in expr.right.elts:
                yield from self.needs(element, tables.SCALARS, "formats")
            return
        for operand in (expr.left, expr.right):
            yield from self.needs(operand, allowed, "applies an operator to")

    def _compare(self, expr: ast.Compare, *, repeat: bool) -> Iterator[Note]:
        operands = [expr.left, *expr.comparators]
        yield from self.each(operands, repeat=repeat)
        for left, op, right in zip(operands, expr.ops, expr.comparators, strict=False):
            if isinstance(op, ast.Is | ast.IsNot):
                continue
            if isinstance(op, ast.In | ast.NotIn):
                yield from self._membership(left, right)
            else:
                yield from self.needs(left, tables.SCALARS, "compares")
                yield from self.needs(right, tables.SCALARS, "compares")

    def _membership(self, item: ast.expr, holder: ast.expr) -> Iterator[Note]:
        yield from self.needs(item, tables.SCALARS, "compares")
        fact = self.types.type_of(holder)
        holds = fact.name in tables.HASHED or self.has_plain_elements(holder, fact)
        yield from self.given(holder, fact, "looks into", holds=holds)

    def has_plain_elements(self, expr: ast.expr, fact: TypeFact) -> bool:
        """Whether comparing, hashing and printing the elements of `expr` runs no code of the project."""
        if fact.name not in tables.CONTAINERS | tables.ITERATORS:
            return False
        if fact.name in {"str", "bytes", "range", "bytearray"} or fact.element in tables.SCALARS:
            return True
        if isinstance(expr, ast.Tuple | ast.List | ast.Set):
            return all(self.constants.is_constant(element) for element in expr.elts)
        return self.constants.constant_value(expr) is not UNKNOWN

    def iterated(self, expr: ast.expr, *, repeat: bool) -> Iterator[Note]:
        """Iterating over `expr` to its end: an iterator that is made on the spot is as good as a list."""
        match expr:
            case ast.GeneratorExp():
                yield from self.comprehension(expr, repeat=repeat)
            case ast.Call(
                func=ast.Name(id="enumerate" | "zip" | "reversed" as name) as func, args=args, keywords=[]
            ) if self.names.is_builtin(name, func):
                for arg in args:
                    yield from self.iterated(arg, repeat=repeat)
            case _:
                yield from self.look(expr, repeat=repeat)
                yield from self.needs(expr, tables.CONTAINERS, "iterates over")

    def comprehension(
        self,
        expr: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        *,
        repeat: bool,
    ) -> Iterator[Note]:
        """Running a comprehension to its end."""
        for generator in expr.generators:
            if generator.is_async:
                yield Note(generator, NoteKind.CONTROL, "it hands control to other code")
            yield from self.iterated(generator.iter, repeat=repeat)
            yield from self.unpacked(generator.target, generator.iter)
            for test in generator.ifs:
                yield from self.look(test, repeat=repeat)
                yield from self.tested(test)
        if isinstance(expr, ast.DictComp):
            yield from self.each([expr.key, expr.value], repeat=repeat)
            yield from self.hashed(expr.key)
            return
        yield from self.look(expr.elt, repeat=repeat)
        if isinstance(expr, ast.SetComp):
            yield from self.hashed(expr.elt)

    def unpacked(self, target: ast.expr, items: ast.expr) -> Iterator[Note]:
        """Binding each element of `items` to `target`: unpacking iterates over the element."""
        match target:
            case ast.Name():
                return
            case ast.Tuple(elts=elts) if all(isinstance(element, ast.Name) for element in elts):
                fact = self.types.type_of(items)
                yield from self.given(items, fact, "unpacks the elements of", holds=fact.element == "tuple")
            case _:
                yield Note(target, NoteKind.RUNS, f"it unpacks into `{self.text(target)}`")


def _follows_from_parts(expr: ast.expr) -> bool:
    """Whether the type rests on operands whose own types are assumed already."""
    return isinstance(expr, ast.BinOp) or (
        isinstance(expr, ast.Call) and isinstance(expr.func, ast.Attribute)
    )
