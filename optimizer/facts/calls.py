"""Purity of calls: builtins, the standard library's pure functions, methods of known builtin types."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from optimizer.facts import type_tables as tables
from optimizer.facts.constants import UNKNOWN
from optimizer.facts.names import CONSUMERS
from optimizer.facts.notes import Note, NoteKind
from optimizer.facts.type_fact import TypeFact

if TYPE_CHECKING:
    from optimizer.facts.purity import Purities

_KEY_AND_DEFAULT = 2


class Calls:
    """What calls do."""

    def __init__(self, purities: Purities) -> None:
        self._of = purities

    def call(self, call: ast.Call, *, repeat: bool) -> Iterator[Note]:
        """Everything that stands against the call."""
        if any(isinstance(arg, ast.Starred) for arg in call.args) or any(
            key.arg is None for key in call.keywords
        ):
            yield Note(call, NoteKind.RUNS, f"`{self._of.text(call)}` unpacks arguments")
            return
        origin = self._of.imports.origin(call.func)
        match call.func:
            case _ if origin in tables.PURE_FUNCTIONS:
                yield from self._arguments(call, tables.SCALARS, repeat=repeat)
                if origin.startswith("re."):
                    yield from self._flags(call)
            case ast.Name(id=name) as func if self._of.names.is_builtin(name, func):
                yield from self._builtin(call, name, repeat=repeat)
            case ast.Attribute(value=value, attr=attr) if not origin:
                yield from self._method(call, value, attr, repeat=repeat)
            case _:
                yield self._unknown(call)

    def _unknown(self, call: ast.Call) -> Note:
        return Note(call, NoteKind.RUNS, f"`{self._of.text(call.func)}` may have effects")

    def _arguments(self, call: ast.Call, types: frozenset[str], *, repeat: bool) -> Iterator[Note]:
        for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield from self._of.look(arg, repeat=repeat)
            if self._of.constants.constant_value(arg) is UNKNOWN:
                yield from self._of.needs(arg, types, "passes on")

    def _flags(self, call: ast.Call) -> Iterator[Note]:
        """With `re.DEBUG`, compiling prints; a number that is not known could be that."""
        for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
            value = self._of.constants.constant_value(arg)
            text = isinstance(value, str | bytes) or self._of.types.type_of(arg).name in tables.TEXT
            if not text and (not isinstance(value, int) or value & re.DEBUG):
                yield Note(arg, NoteKind.RUNS, f"the flags `{self._of.text(arg)}` may print")

    def _builtin(self, call: ast.Call, name: str, *, repeat: bool) -> Iterator[Note]:
        match call.args:
            case [only] if name in tables.PURE_BUILTINS_OF_ANYTHING and not call.keywords:
                yield from self._of.look(only, repeat=repeat)
            case [subject, classes] if name == "isinstance" and self._is_builtin_class(classes):
                yield from self._of.look(subject, repeat=repeat)
            case [] if name in tables.EMPTY and not call.keywords:
                return
            case [only] if name in tables.USES_UP and not call.keywords and self._is_iterable(only):
                yield from self._consumed(call, name, only, repeat=repeat)
            case _ if name in tables.PURE_BUILTINS_OF_SCALARS:
                yield from self._arguments(call, tables.SCALARS, repeat=repeat)
            case [only] if name in CONSUMERS | tables.USES_UP and not call.keywords:
                yield from self._consumed(call, name, only, repeat=repeat)
            case [only] if name == "sorted" and self._only_reverses(call):
                yield from self._consumed(call, name, only, repeat=repeat)
            case _:
                yield Note(call, NoteKind.RUNS, f"`{name}` may have effects here")

    def _only_reverses(self, call: ast.Call) -> bool:
        return all(
            keyword.arg == "reverse" and isinstance(keyword.value, ast.Constant) for keyword in call.keywords
        )

    def _is_iterable(self, expr: ast.expr) -> bool:
        made_here = isinstance(expr, ast.GeneratorExp | ast.Call)
        fact = self._of.types.type_of(expr)
        return (made_here and fact.name in tables.ITERATORS) or fact.name in tables.CONTAINERS

    def _is_builtin_class(self, expr: ast.expr) -> bool:
        if isinstance(expr, ast.Tuple):
            return all(self._is_builtin_class(element) for element in expr.elts)
        if isinstance(expr, ast.Name):
            return expr.id in tables.CLASSES and self._of.names.is_builtin(expr.id, expr)
        return False

    def _consumed(self, call: ast.Call, name: str, only: ast.expr, *, repeat: bool) -> Iterator[Note]:
        yield from self._of.iterated(only, repeat=repeat)
        fact = self._of.types.type_of(only)
        if name in tables.READS_ELEMENTS or (name in tables.HASHES and fact.name in tables.HASHED):
            return
        element = only.elt if isinstance(only, ast.GeneratorExp | ast.ListComp | ast.SetComp) else None
        if element is not None:
            yield from self._of.needs(element, tables.SCALARS, "works on")
        elif not self._of.has_plain_elements(only, fact):
            text = f"`{name}` works on the elements of `{self._of.text(only)}`, whose type is not known"
            yield Note(call, NoteKind.RUNS, text)

    def _method(self, call: ast.Call, value: ast.expr, attr: str, *, repeat: bool) -> Iterator[Note]:
        yield from self._of.look(value, repeat=repeat)
        fact = self._of.types.type_of(value)
        if not fact.name:
            yield self._unknown(call)
            return
        yield from self._of.given(value, fact, "calls a method of", holds=True)
        if attr == "join" and fact.name in tables.TEXT and len(call.args) == 1:
            yield from self._of.iterated(call.args[0], repeat=repeat)
        elif self._is_harmless(value, fact, attr):
            yield from self._method_arguments(call, fact, attr, repeat=repeat)
        elif attr in tables.CHANGES.get(fact.name, {}):
            yield from self._change(call, value, fact, attr, repeat=repeat)
        else:
            yield self._unknown(call)

    def _is_harmless(self, value: ast.expr, fact: TypeFact, attr: str) -> bool:
        if attr in tables.PURE_METHODS.get(fact.name, ()):
            return True
        return attr in tables.ELEMENT_METHODS.get(fact.name, ()) and self._of.has_plain_elements(value, fact)

    def _method_arguments(self, call: ast.Call, fact: TypeFact, attr: str, *, repeat: bool) -> Iterator[Note]:
        if fact.name in {"set", "frozenset"}:
            yield from self._set_arguments(call, repeat=repeat)
        elif fact.name == "dict" and attr == "get" and len(call.args) == _KEY_AND_DEFAULT:
            yield from self._of.each(call.args, repeat=repeat)
            yield from self._of.hashed(call.args[0])
        elif attr in {"startswith", "endswith"}:
            yield from self._arguments(call, tables.SCALARS | {"tuple"}, repeat=repeat)
        else:
            yield from self._arguments(call, tables.SCALARS, repeat=repeat)

    def _set_arguments(self, call: ast.Call, *, repeat: bool) -> Iterator[Note]:
        for arg in call.args:
            yield from self._of.look(arg, repeat=repeat)
            fact = self._of.types.type_of(arg)
            hashed = fact.name in tables.HASHED or self._of.has_plain_elements(arg, fact)
            yield from self._of.given(arg, fact, "hashes the elements of", holds=hashed)

    def _change(
        self, call: ast.Call, value: ast.expr, fact: TypeFact, attr: str, *, repeat: bool
    ) -> Iterator[Note]:
        """A method of a known container that changes it; what else it does depends on the arguments."""
        name = value.id if isinstance(value, ast.Name) else ""
        yield Note(
            call, NoteKind.CHANGES, f"`{self._of.text(call.func)}` changes `{self._of.text(value)}`", name
        )
        needs = tables.CHANGES[fact.name][attr]
        if call.keywords:
            yield self._unknown(call)
        if needs == "plain elements" and not self._of.has_plain_elements(value, fact):
            yield self._unknown(call)
        for index, arg in enumerate(call.args):
            if needs == "iterates":
                yield from self._of.iterated(arg, repeat=repeat)
                continue
            yield from self._of.look(arg, repeat=repeat)
            if index == 0 and needs in {"hashes", "plain elements"}:
                yield from self._of.hashed(arg)
            elif index == 0 and needs == "indexes":
                yield from self._of.needs(arg, tables.SCALARS, "indexes by")
