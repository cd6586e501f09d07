"""Small questions about syntax trees that several measures ask."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Function = ast.FunctionDef | ast.AsyncFunctionDef
Display = ast.List | ast.Tuple | ast.Set | ast.Dict
_Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def walk_all(statements: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Every node under `statements`, in the order of the source."""
    stack = list(reversed(statements))
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(list(ast.iter_child_nodes(node))))


def docstring(node: ast.AST) -> str | None:
    """The docstring of a function or class as written, else None."""
    match node:
        case (
            ast.FunctionDef(body=[first, *_])
            | ast.AsyncFunctionDef(body=[first, *_])
            | ast.ClassDef(body=[first, *_])
        ):
            pass
        case _:
            return None
    match first:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return None


def without_docstrings(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Copies of `statements` whose functions and classes have no docstrings, and without loose strings."""
    stripped = [_DropStrings().visit(copy.deepcopy(statement)) for statement in statements]
    return [statement for statement in stripped if statement is not None]


def flatten_strings(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Copies with each f-string as a plain string: Pythons differ in how they split f-strings."""
    return [_FlattenStrings().visit(statement) for statement in statements]


def call_strings(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Copies with each f-string as a call on the values in it, which every Python counts alike."""
    return [_CallStrings().visit(statement) for statement in statements]


class _DropStrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, _Documented) and not node.body:
            node.body = [ast.Pass()]
        return node


class _FlattenStrings(ast.NodeTransformer):
    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.copy_location(ast.Constant(value=_text_of(node)), node)


class _CallStrings(ast.NodeTransformer):
    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        values = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        call = ast.Call(func=ast.Name(id="f", ctx=ast.Load()), args=values, keywords=[])
        return ast.copy_location(call, node)


def _text_of(node: ast.JoinedStr) -> str:
    parts: list[str] = []
    for part in node.values:
        match part:
            case ast.Constant(value=str(text)):
                parts.append(text)
            case ast.FormattedValue(value=value):
                parts.append("{" + ast.unparse(value) + "}")
    return "".join(parts)
