"""Calls that cannot raise, when the types are what they are taken for."""

from __future__ import annotations

import ast

from optimizer.facts.facts import Facts

_SIZED = frozenset({"str", "bytes", "list", "tuple", "dict", "set", "frozenset", "range"})
_SCALARS = frozenset({"str", "bytes", "int", "float", "bool"})
_TAKES_ALL = frozenset({"set", "frozenset", "sorted"})
_TEXT_METHODS = frozenset({
    "capitalize", "casefold", "isalnum", "isalpha", "isascii", "isdigit", "islower", "isspace", "isupper", "lower",
    "lstrip", "rstrip", "split", "splitlines", "strip", "swapcase", "title", "upper",
})  # fmt: skip


def cannot_raise(expr: ast.expr, facts: Facts) -> bool:
    """Whether evaluating the expression surely succeeds."""
    match expr:
        case ast.Constant():
            return True
        case ast.Name():
            return not facts.may_raise(expr)
        case ast.Call(func=ast.Name(id=name) as func, args=[only], keywords=[]):
            return facts.is_builtin(name, func) and _builtin(name, only, facts) and cannot_raise(only, facts)
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=args, keywords=[]):
            quiet = attr in _TEXT_METHODS and facts.type_of(value).name in {"str", "bytes"} and not args
            return quiet and cannot_raise(value, facts)
    return False


def _builtin(name: str, argument: ast.expr, facts: Facts) -> bool:
    fact = facts.type_of(argument)
    if name == "len":
        return fact.name in _SIZED
    if name == "sum":
        return fact.name in _SIZED and fact.element == "int"
    return name in _TAKES_ALL and fact.name in _SIZED and fact.element in _SCALARS
