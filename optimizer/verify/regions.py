"""Where two texts of one file differ: lines, functions, classes, names."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a change touches. Lines are 1-based; `classes` are qualnames of classes whose source changed."""

    before_lines: frozenset[int]
    after_lines: frozenset[int]
    classes: tuple[str, ...]
    imported: frozenset[str]
    """Names that the old version only imports: what they hold is another module's business."""


def change_between(before: str, after: str) -> Change:
    """Compare two texts, both of which parse."""
    before_tree, after_tree = ast.parse(before), ast.parse(after)
    old, new = before.splitlines(), after.splitlines()
    before_lines, after_lines = set[int](), set[int]()
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            before_lines.update(range(i1 + 1, i2 + 1))
            after_lines.update(range(j1 + 1, j2 + 1))
    return Change(
        before_lines=frozenset(before_lines),
        after_lines=frozenset(after_lines),
        classes=tuple(_changed_classes(before_tree, after_tree)),
        imported=frozenset(_imported(before_tree)),
    )


def find(tree: ast.AST, qualname: str) -> Definition | None:
    """The definition of `qualname`, the last one when there are several."""
    found: Definition | None = None
    scope = tree
    for name in qualname.split("."):
        matches = [node for node in _definitions(scope) if node.name == name]
        if not matches:
            return None
        found = scope = matches[-1]
    return found


def has_domain(before: str, qualname: str) -> bool:
    """Whether the source itself says what is passed: annotations, an example in the docstring, or no parameters."""
    node = find(ast.parse(before), qualname)
    if node is None:
        return False
    if ">>>" in (ast.get_docstring(node) or ""):
        return True
    if isinstance(node, ast.ClassDef):
        return _class_has_domain(node)
    return _annotated(node, skip_first="." in qualname)


def _class_has_domain(node: ast.ClassDef) -> bool:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name in {"__init__", "__new__"}:
            return _annotated(item, skip_first=True)
    fields = any(isinstance(item, ast.AnnAssign) for item in node.body)
    return fields or not node.bases


def _annotated(node: ast.FunctionDef | ast.AsyncFunctionDef, *, skip_first: bool) -> bool:
    arguments = node.args
    required = [*arguments.posonlyargs, *arguments.args][skip_first:]
    optional = len(arguments.defaults)
    required = required[: len(required) - optional] if optional else required
    keyword = [arg for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None]
    return all(arg.annotation is not None for arg in [*required, *keyword])


def _definitions(scope: ast.AST) -> Iterator[Definition]:
    """Definitions directly inside a scope, also below `if` and `try`."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, Definition):
            yield node
        elif isinstance(node, ast.stmt | ast.excepthandler):
            yield from _definitions(node)


def _changed_classes(before: ast.Module, after: ast.Module, prefix: str = "") -> Iterator[str]:
    for node in _classes(before):
        other = find(after, prefix + node.name) if not prefix else None
        if not isinstance(other, ast.ClassDef) or ast.dump(node) != ast.dump(other):
            yield node.name


def _classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    for node in _definitions(tree):
        if isinstance(node, ast.ClassDef):
            yield node


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0]
