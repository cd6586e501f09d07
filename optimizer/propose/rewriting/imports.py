"""Where a new import goes, or which import that is there already serves."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from optimizer.propose.rewriting.lines import last_line_of
from optimizer.propose.rewriting.names import binds_anywhere, top_bindings
from optimizer.propose.rewriting.parse import parse_quietly
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.propose.rewriting.splice import Splice, top_line
from optimizer.propose.rewriting.style import Style, width
from optimizer.transform import Import

_AnyImport = ast.Import | ast.ImportFrom
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What the new code calls `wanted`, and the import to put in (None: it is there)."""

    wanted: str
    name: str
    splice: Splice | None


def imported(
    tree: ast.Module,
    lines: Sequence[str],
    need: Import,
    outer: ast.stmt,
    *,
    style: Style,
    alone: bool,
    removed: Collection[ast.AST] = (),
) -> Imported:
    """Serve one import for code in `outer`; `alone` when no constant comes with it.

    What the statements in `removed` bind does not stand in its way.
    """
    wanted = need.name or need.module
    block = _import_block(tree, outer)
    for node in block:
        if name := _serves(node, need):
            if not _only_binding(tree, name, node) or binds_anywhere(outer, name.partition(".")[0], removed):
                message = f"the name {name} means something else here"
                raise RewriteError(message)
            return Imported(wanted=wanted, name=name, splice=None)
    top = wanted.partition(".")[0]
    if top_bindings(tree, top) or binds_anywhere(outer, top, removed):
        message = f"the name {top} is already used for something else"
        raise RewriteError(message)
    splice = _joined(block, lines, need, style) or _insertion(tree, lines, block, need, style, alone=alone)
    return Imported(wanted=wanted, name=wanted, splice=splice)


def renamed(code: str, wanted: str, name: str) -> str:
    """`code` (an expression or statements) with the dotted name `wanted` written as `name`."""
    if wanted == name:
        return code
    tree = parse_quietly(code)
    lines = code.splitlines(keepends=True)
    hits = [node for node in ast.walk(tree) if isinstance(node, ast.expr) and _dotted(node) == wanted]
    for node in sorted(hits, key=lambda each: (-each.lineno, -each.col_offset)):
        line = lines[node.lineno - 1].encode()
        new = line[: node.col_offset] + name.encode() + line[node.end_col_offset or 0 :]
        lines[node.lineno - 1] = new.decode()
    return "".join(lines)


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return name
        case ast.Attribute(value=value, attr=attr) if node.lineno == node.end_lineno:
            return f"{_dotted(value)}.{attr}"
    return "?"


def _serves(node: _AnyImport, need: Import) -> str:
    """The name under which this import gives what is needed; "" if it does not."""
    for each in node.names:
        if isinstance(node, ast.Import):
            if not need.name and each.name == need.module:
                return each.asname or each.name
        elif need.name and each.name == need.name and node.module == need.module and not node.level:
            return each.asname or each.name
    return ""


def _only_binding(tree: ast.Module, name: str, node: _AnyImport) -> bool:
    """Whether nothing but this import (or others that bind the same package) binds the name."""
    top = name.partition(".")[0]
    others = [each for each in top_bindings(tree, top) if each is not node]
    return not others or (isinstance(node, ast.Import) and all(_binds_package(each, top) for each in others))


def _binds_package(node: ast.AST, top: str) -> bool:
    return isinstance(node, ast.Import) and all(each.asname != top for each in node.names)


def _import_block(tree: ast.Module, outer: ast.stmt) -> list[_AnyImport]:
    """The imports at the top of the file, before anything is defined."""
    found: list[_AnyImport] = []
    for node in tree.body:
        if node is outer or isinstance(node, _Definition):
            break
        if isinstance(node, _AnyImport):
            found.append(node)
    return found


def _joined(block: Sequence[_AnyImport], lines: Sequence[str], need: Import, style: Style) -> Splice | None:
    """Add the name to a plain one-line `from module import ...`."""
    for node in block:
        if not isinstance(node, ast.ImportFrom) or node.module != need.module or node.level or not need.name:
            continue
        line = lines[node.lineno - 1]
        code = _with_name(node, need.name)
        plain = line.rstrip() == ast.unparse(node) and node.names[0].name != "*"
        if plain and width(code) <= style.line_length:
            return Splice(first=node.lineno, last=node.lineno, text=code + line[len(line.rstrip()) :])
    return None


def _with_name(node: ast.ImportFrom, name: str) -> str:
    """The import with one more name, in its place when the names are sorted."""
    names = [each.name for each in node.names]
    at = sum(each < name for each in names) if names == sorted(names) else len(names)
    longer = [*node.names[:at], ast.alias(name), *node.names[at:]]
    return ast.unparse(ast.ImportFrom(module=node.module, names=longer, level=0))


def _insertion(
    tree: ast.Module,
    lines: Sequence[str],
    block: Sequence[_AnyImport],
    need: Import,
    style: Style,
    *,
    alone: bool,
) -> Splice:
    """A new line: sorted among imports of its kind, else after all imports, else below the docstring."""
    code = f"from {need.module} import {need.name}" if need.name else f"import {need.module}"
    code += style.newline
    real = [node for node in block if not _is_future(node)]
    group = next((group for group in _groups(real) if any(map(_is_standard, group))), [])
    if _in_standard_library(need.module) and real:
        if not group:
            return _before(top_line(real[0], lines), code + style.newline)
        standard = [node for node in group if _is_standard(node)]
        smaller = [node for node in standard if _sort_key(node) < (bool(need.name), need.module)]
        return _after(last_line_of(smaller[-1]), code) if smaller else _before(standard[0].lineno, code)
    if real:
        return _after(last_line_of(real[-1]), code)
    docstring = tree.body[:1] if ast.get_docstring(tree, clean=False) is not None else []
    above = [*docstring, *block]
    if above:
        return _after(last_line_of(above[-1]), style.newline + code)
    blank = 2 if alone and isinstance(tree.body[0], _Definition) else 1
    return _before(top_line(tree.body[0], lines), code + style.newline * blank)


def _before(line: int, text: str) -> Splice:
    return Splice(first=line, last=line - 1, text=text)


def _after(line: int, text: str) -> Splice:
    return Splice(first=line + 1, last=line, text=text)


def _groups(block: Sequence[_AnyImport]) -> list[list[_AnyImport]]:
    """The imports in runs without a line between them."""
    groups: list[list[_AnyImport]] = []
    for node in block:
        if groups and node.lineno == last_line_of(groups[-1][-1]) + 1:
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def _is_future(node: _AnyImport) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_standard(node: _AnyImport) -> bool:
    if isinstance(node, ast.ImportFrom):
        return not node.level and _in_standard_library(node.module or "")
    return all(_in_standard_library(each.name) for each in node.names)


def _in_standard_library(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _sort_key(node: _AnyImport) -> tuple[bool, str]:
    """Where isort puts an import among those of its kind: plain imports first, then by module."""
    if isinstance(node, ast.ImportFrom):
        return (True, node.module or "")
    return (False, node.names[0].name)
