"""A short name for one edit that survives changes elsewhere in the file."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence

from optimizer.propose.rewriting.container import containers
from optimizer.propose.rewriting.expected import expected_statements
from optimizer.transform import Edit


def identity(transform: str, path: str, tree: ast.Module, edit: Edit) -> str:
    """A hash of the rule, the file, the opened functions before and after, without comments and layout."""
    parts = [transform, path]
    for container in containers(tree, edit.changes):
        after = expected_statements(container.statements, container.changes)
        parts += [_normal(container.statements), _normal(after)]
    parts += [f"{constant.name} = {constant.value}" for constant in edit.constants]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _normal(statements: Sequence[ast.stmt]) -> str:
    module = ast.Module(body=list(statements), type_ignores=[])
    return ast.unparse(ast.fix_missing_locations(module))
