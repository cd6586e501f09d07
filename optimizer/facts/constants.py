"""Values that are known without running the project's code."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from optimizer.facts.names import Names
from optimizer.facts.scopes import ScopeKind

if TYPE_CHECKING:
    from optimizer.facts.imports import Imports


class _Unknown:
    """The type of `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = _Unknown()
"""What `constant_value` answers when it does not know. Compare with `is`: None and 0 are values."""


def _modulo(left: object, right: object) -> object:
    # A width in a format could ask for any number of characters.
    if isinstance(left, str | bytes) and re.search(_WIDTH, str(left)):
        return UNKNOWN
    return left % right  # type: ignore[operator]


_WIDTH = r"%[^%a-zA-Z]*(\d{3}|\*)"
# Longer results are not folded: `"x" * 10**9` must not be built here.
_LONGEST = 100_000
_KNOWN_ATTRIBUTES: dict[str, object] = {
    **{f"re.{flag.name}": flag for flag in re.RegexFlag if flag.name},
    **{f"re.{short}": re.RegexFlag[short] for short in ("A", "I", "L", "M", "S", "X", "U")},
    **{
        f"string.{name}": getattr(string, name)
        for name in (
            "ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits",
            "punctuation", "whitespace", "printable",
        )
    },
}  # fmt: skip
_BINARY: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Mod: _modulo,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Div: lambda a, b: a / b,
    ast.BitOr: lambda a, b: a | b,
    ast.BitAnd: lambda a, b: a & b,
    ast.BitXor: lambda a, b: a ^ b,
}
_UNARY: dict[type[ast.unaryop], Callable[..., object]] = {
    ast.USub: lambda a: -a,
    ast.UAdd: lambda a: +a,
    ast.Invert: lambda a: ~a,
    ast.Not: lambda a: not a,
}
_NEVER = (ast.List, ast.Dict, ast.Set, ast.Lambda, ast.Compare, ast.BoolOp, ast.Subscript)


class Constants:
    """Constant expressions of one module."""

    def __init__(self, names: Names, imports: Imports, patched: Callable[[str], bool]) -> None:
        self.names = names
        self.scopes = names.scopes
        self.tree = names.tree
        self.imports = imports
        self._patched = patched
        self._folding: set[str] = set()
        self._known: dict[ast.AST, object] = {}

    def is_constant(self, expr: ast.AST) -> bool:
        """Whether `expr` is a literal of immutable constants only."""
        match expr:
            case ast.Constant():
                return True
            case ast.Tuple(elts=elts):
                return all(self.is_constant(element) for element in elts)
            case ast.UnaryOp(
                op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=int() | float() | complex())
            ):
                return True
            case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=ast.Constant(value=complex())):
                return self._is_real(left)
            case ast.JoinedStr(values=values):
                return all(isinstance(value, ast.Constant) for value in values)
            case ast.Call(func=ast.Name(id="frozenset") as func, args=[*args], keywords=[]):
                return self.names.is_builtin("frozenset", func) and self._are_elements(args)
            case _:
                return False

    def _is_real(self, expr: ast.expr) -> bool:
        return isinstance(self._literal(expr), int | float)

    def _are_elements(self, args: list[ast.expr]) -> bool:
        match args:
            case []:
                return True
            case [ast.Constant(value=str() | bytes())]:
                return True
            case [ast.Tuple(elts=elts) | ast.List(elts=elts) | ast.Set(elts=elts)]:
                return all(self.is_constant(element) for element in elts)
            case _:
                return False

    def module_value(self, name: str) -> ast.expr | None:
        """The right side of the only, unconditional, top-level assignment of a module name that nothing can change."""
        bound = self.scopes.bindings(name, self.scopes.module)
        if len(bound) != 1 or self.names.dynamic_globals or self._patched(name):
            return None
        statement = self.tree.parent(bound[0])
        if statement is None or self.tree.parent(statement) is not self.tree.module:
            return None
        if self._star_follows(statement) or self._in_class(name):
            return None
        match statement:
            case ast.Assign(targets=targets, value=value) if bound[0] in targets:
                return value
            case ast.AnnAssign(target=target, value=ast.expr() as value) if target is bound[0]:
                return value
            case _:
                return None

    def is_defined_once(self, name: str) -> bool:
        """Whether a module name is bound by one `def` or `class` only, at top level, and by nothing else."""
        bound = self.scopes.bindings(name, self.scopes.module)
        return (
            len(bound) == 1
            and isinstance(bound[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and self.tree.parent(bound[0]) is self.tree.module
            and not self.names.dynamic_globals
            and not self._patched(name)
            and not self._star_follows(bound[0])
        )

    def _star_follows(self, statement: ast.AST) -> bool:
        place = self.tree.place(statement)
        return any(self.tree.place(star) > place for star in self.scopes.module.stars)

    def _in_class(self, name: str) -> bool:
        # Mangled in one place and not in another: too clever to follow.
        return name.startswith("__") and not name.endswith("__")

    def constant_value(self, expr: ast.AST) -> object:
        """The value of `expr`, or UNKNOWN."""
        if isinstance(expr, _NEVER):
            return UNKNOWN
        try:
            return self._literal(expr)
        except RecursionError:
            return UNKNOWN

    def _literal(self, expr: ast.AST) -> object:
        if not isinstance(expr, ast.BinOp | ast.Tuple) or self._folding:
            return self._fold(expr)
        if expr not in self._known:
            self._known[expr] = self._fold(expr)
        return self._known[expr]

    def _fold(self, expr: ast.AST) -> object:
        match expr:
            case ast.Constant(value=value):
                return value
            case ast.Tuple(elts=elts):
                return self._tuple(elts)
            case ast.JoinedStr(values=values) if all(isinstance(value, ast.Constant) for value in values):
                return "".join(str(value.value) for value in values if isinstance(value, ast.Constant))
            case ast.UnaryOp(op=op, operand=operand):
                return self._apply(_UNARY.get(type(op)), self._literal(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return self._apply(_BINARY.get(type(op)), self._literal(left), self._literal(right))
            case ast.Call(func=ast.Name(id="frozenset"), args=[]) if self.is_constant(expr):
                return frozenset()
            case ast.Call(func=ast.Name(id="frozenset"), args=[items]) if self.is_constant(expr):
                return self._frozenset(items)
            case ast.Name() | ast.Attribute():
                return self._named(expr)
            case _:
                return UNKNOWN

    def _tuple(self, elts: list[ast.expr]) -> object:
        values = tuple(self._literal(element) for element in elts)
        return UNKNOWN if any(value is UNKNOWN for value in values) else values

    def _frozenset(self, items: ast.expr) -> object:
        if isinstance(items, ast.Constant) and isinstance(items.value, str | bytes):
            return frozenset(items.value)
        elements = getattr(items, "elts", [])
        values = [self._literal(element) for element in elements]
        if any(value is UNKNOWN for value in values):
            return UNKNOWN
        return self._apply(frozenset, values)

    def _apply(self, function: Callable[..., object] | None, *values: object) -> object:
        if function is None or any(value is UNKNOWN for value in values) or _too_big(values):
            return UNKNOWN
        try:
            return function(*values)
        except Exception:  # noqa: BLE001 - what raises here raises in the project too: no constant
            return UNKNOWN

    def _named(self, expr: ast.Name | ast.Attribute) -> object:
        origin = self.imports.origin(expr)
        if origin:
            return _KNOWN_ATTRIBUTES.get(origin, UNKNOWN)
        if not isinstance(expr, ast.Name) or expr.id in self._folding:
            return UNKNOWN
        scope = self.scopes.owner(expr.id, expr)
        value = self.module_value(expr.id) if scope is not None and scope.kind is ScopeKind.MODULE else None
        if value is None:
            return UNKNOWN
        self._folding.add(expr.id)
        try:
            return self._literal(value)
        finally:
            self._folding.discard(expr.id)


def _too_big(values: tuple[object, ...]) -> bool:
    sizes = [len(value) for value in values if isinstance(value, str | bytes | tuple | frozenset)]
    numbers = [value for value in values if isinstance(value, int | float)]
    repeated = max(sizes, default=1) * max((abs(number) for number in numbers), default=1)
    return bool(sizes and numbers and repeated > _LONGEST) or any(
        isinstance(number, int) and number.bit_length() > _LONGEST for number in numbers
    )
