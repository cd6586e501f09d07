"""Which names a module binds at its top, and where a name is used for something else."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def top_bindings(tree: ast.Module, name: str) -> list[ast.AST]:
    """Everything that may bind or delete `name` as a global of the module."""
    at_top = [node for node in _outside_functions(tree) if name in bound_by(node)]
    elsewhere = [node for node in ast.walk(tree) if isinstance(node, ast.Global) and name in node.names]
    return [*at_top, *elsewhere]


def binds_anywhere(statement: ast.AST, name: str, removed: Collection[ast.AST] = ()) -> bool:
    """Whether anything in the statement binds `name` in any scope (attributes of classes count).

    The simple statements in `removed` do not count.
    """
    return any(name in bound_by(node) for node in ast.walk(statement) if node not in removed)


def bound_by(node: ast.AST) -> tuple[str, ...]:
    """The names that this one node binds or deletes."""
    match node:
        case ast.Import(names=names):
            return tuple(each.asname or each.name.partition(".")[0] for each in names)
        case ast.ImportFrom(names=names):
            return tuple(each.asname or each.name for each in names)
    name = _name_bound_by(node)
    return (name,) if name else ()


def _name_bound_by(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.ExceptHandler(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name):
            return name
        case ast.MatchMapping(rest=name):
            return name
    return None


def free_names(code: ast.AST) -> set[str]:
    """The names that an expression reads and does not bind itself."""
    nodes = list(ast.walk(code))
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return read - {name for node in nodes for name in bound_by(node)}


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _Scope):
            yield from _outside_functions(child)
