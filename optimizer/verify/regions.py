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
