"""Values that are asked for again: whether they are the same, and what to call them."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator, Sequence

from optimizer.facts.facts import Facts
from optimizer.model import Assumption

IMMUTABLE = frozenset({"str", "bytes", "int", "float", "bool", "complex", "NoneType", "frozenset", "range"})
_HELD = IMMUTABLE | {"re.Match", "re.Pattern"}
_GIVE_TEXTS = frozenset({"group", "groups", "span"})
_PARTICIPLES = {
    "strip": "stripped",
    "lstrip": "stripped",
    "rstrip": "stripped",
    "lower": "lowered",
    "casefold": "folded",
    "upper": "uppered",
    "title": "titled",
    "split": "parts",
    "rsplit": "parts",
    "splitlines": "lines",
    "replace": "replaced",
    "encode": "encoded",
    "decode": "decoded",
    "copy": "copied",
    "format": "formatted",
    "join": "joined",
    "keys": "keys",
    "values": "values",
    "items": "items",
    "start": "start",
    "end": "end",
    "group": "group",
}
_BUILTINS = {
    "len": "{}_length",
    "sum": "{}_sum",
    "min": "smallest_{}",
    "max": "largest_{}",
    "sorted": "sorted_{}",
    "set": "{}_set",
    "tuple": "{}_tuple",
    "list": "{}_list",
    "str": "{}_text",
    "repr": "{}_repr",
}


def assumptions_if_pure(expr: ast.expr, facts: Facts) -> tuple[Assumption, ...] | str:
    """Under which assumptions `expr` gives an equal value with no effect; else what stands against it."""
    purity = facts.purity(expr)
    if purity.objections:
        return purity.objections[0]
    return tuple(purity.assumptions)


def is_immutable(call: ast.Call, facts: Facts) -> bool:
    """Whether the call gives an object that nobody can tell from an equal one, but by `is`."""
    match call.func:
        case ast.Attribute(value=value, attr=attr) if attr in _GIVE_TEXTS:
            # Texts, None, or a tuple of these.
            return facts.type_of(value).name == "re.Match"
    return facts.type_of(call).name in IMMUTABLE


def stays(expr: ast.expr, within: Sequence[ast.stmt], facts: Facts) -> bool:
    """Whether nothing that `expr` reads can change while these statements run."""
    return all(_name_stays(name, within, facts) for name in _names(expr)) and not any(
        isinstance(part, ast.Attribute) and not facts.origin(part) and not _is_method(part, facts)
        for part in ast.walk(expr)
    )


def _name_stays(name: ast.Name, within: Sequence[ast.stmt], facts: Facts) -> bool:
    if facts.is_builtin(name.id, name) or facts.origin(name):
        return True
    if facts.writes(name.id, list(within)):
        return False
    if facts.type_of(name).name in _HELD and facts.is_plain_local(name.id, name):
        return True
    return all(facts.is_unchanged(name, statement) for statement in within)


def _names(expr: ast.expr) -> Iterator[ast.Name]:
    return (node for node in ast.walk(expr) if isinstance(node, ast.Name))


def _is_method(attribute: ast.Attribute, facts: Facts) -> bool:
    """Whether the attribute is only called: methods of builtin types do not change."""
    parent = facts.parent(attribute)
    return isinstance(parent, ast.Call) and parent.func is attribute


def local_name(expr: ast.Call, function: ast.AST) -> str:
    """A name for the value that nothing in the function has yet."""
    base = _described(expr)
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    used |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    name, number = base, 2
    while name in used:
        name, number = f"{base}_{number}", number + 1
    return name


def _described(expr: ast.Call) -> str:
    match expr.func:
        case ast.Attribute(attr="group" | "get") if name := _named_key(expr):
            return name
        case ast.Attribute(attr=attr):
            return _PARTICIPLES.get(attr, f"{attr}_value")
        case ast.Name(id=name) if expr.args:
            return _BUILTINS.get(name, f"{name}_of_{{}}").format(_subject(expr.args[0]))
    return "value"


def _named_key(call: ast.Call) -> str:
    """The key or group that is asked for by name, when that can be the name of a variable."""
    match call.args:
        case [ast.Constant(value=str() as name), *_] if name.isidentifier() and not keyword.iskeyword(
            name.lower()
        ):
            return name.lower()
    return ""


def _subject(expr: ast.expr) -> str:
    """The name that says most about what a call is given."""
    match expr:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Call(func=ast.Attribute(attr=name)):
            return name.strip("_").lower()
        case ast.Subscript(value=value) | ast.Starred(value=value):
            return _subject(value)
    return "value"
