"""Exact builtin types out of annotations."""

from __future__ import annotations

import ast

from optimizer.facts.imports import Imports
from optimizer.facts.names import Names

_BUILTIN = frozenset(
    {"list", "tuple", "dict", "set", "frozenset", "str", "bytes", "bytearray", "int", "bool", "None"}
)
_TYPING = {
    "typing.List": "list", "typing.Dict": "dict", "typing.Set": "set", "typing.FrozenSet": "frozenset",
    "typing.Tuple": "tuple", "typing.Text": "str", "typing.Deque": "collections.deque",
    "collections.deque": "collections.deque", "re.Pattern": "re.Pattern", "typing.Pattern": "re.Pattern",
    "sqlite3.Connection": "sqlite3.Connection", "sqlite3.Cursor": "sqlite3.Cursor",
    "re.Match": "re.Match", "typing.Match": "re.Match",
}  # fmt: skip


def annotated_type(annotation: ast.expr, imports: Imports, names: Names) -> tuple[str, str]:
    """Type and element type that an annotation names, "" for what it does not.

    `float` says nothing: ints are welcome wherever it stands. An element is only taken where one type
    fits all elements: `tuple[int, str]` has none.
    """
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _from_text(annotation, imports, names)
    base = annotation
    arguments: tuple[ast.expr, ...] = ()
    if isinstance(annotation, ast.Subscript):
        base = annotation.value
        items = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        arguments = tuple(items)
    name = _plain(base, imports, names)
    if not name:
        return "", ""
    return name, _element(name, arguments, imports, names)


def _plain(node: ast.expr, imports: Imports, names: Names) -> str:
    match node:
        case ast.Constant(value=None):
            return "NoneType"
        case ast.Name(id=name) if name in _BUILTIN and names.is_builtin(name, node):
            return name
        case ast.Name() | ast.Attribute():
            return _TYPING.get(imports.origin(node), "")
        case _:
            return ""


def _element(name: str, arguments: tuple[ast.expr, ...], imports: Imports, names: Names) -> str:
    if name == "str":
        return "str"
    match name, arguments:
        case ("list" | "set" | "frozenset" | "collections.deque", (item,)):
            return _plain(item, imports, names)
        case ("dict", (key, _)):
            return _plain(key, imports, names)
        case ("tuple", (item, ast.Constant(value=value))) if value is ...:
            return _plain(item, imports, names)
        case _:
            return ""


def _from_text(annotation: ast.Constant, imports: Imports, names: Names) -> tuple[str, str]:
    try:
        parsed = ast.parse(str(annotation.value), mode="eval").body
    except (SyntaxError, ValueError):
        return "", ""
    # The parsed names have no place in the tree; look them up where the text stands.
    if isinstance(parsed, ast.Name) and parsed.id in _BUILTIN and names.is_builtin(parsed.id, annotation):
        return parsed.id, "str" if parsed.id == "str" else ""
    del imports
    return "", ""
