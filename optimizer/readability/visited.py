"""Code rewritten so that complexipy sees all of it.

Complexipy does not look into subscripts, attributes, operators, keywords, stars, f-strings, `await` and
a few more: `[x for x in xs if p(x)]` scores 2, and `[x for x in xs if p(x)][0]` scores 0. Compared
before and after, that turns hiding a comprehension into an improvement. Everything it does not look
into becomes a call on the parts, which it does. What `map` and `filter` do with a lambda, and `any` and
`all` with a condition, becomes the comprehension that it stands for, so that neither spelling is
cheaper. (For 98 of 100 functions of the standard library the score is complexipy's own.)
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import Any

_VISITED = "visited_"


def with_everything_visited(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Copies of `statements`, only good for counting."""
    module = ast.Module(body=copy.deepcopy(list(statements)), type_ignores=[])
    _Visited().generic_visit(module)
    return module.body


class _Visited(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> Any:
        match node:
            case ast.Call():
                return self._call(node)
            case ast.BoolOp():
                return _called([_skeleton(node), *(self.visit(operand) for operand in _operands(node))])
            case ast.Name() | ast.Constant():
                return node
            case ast.expr() if not isinstance(node, _COUNTED):
                return _called(self._parts(node)) if _is_loaded(node) else node
            case ast.Match(subject=subject):
                node.subject = _x()
                self.generic_visit(node)
                return [ast.Expr(value=self.visit(subject)), node]
        return self.generic_visit(node)

    def _parts(self, node: ast.AST) -> list[ast.expr]:
        return [visited for child in _expressions(node) if isinstance(visited := self.visit(child), ast.expr)]

    def _call(self, node: ast.Call) -> Any:
        match node:
            case ast.Call(func=ast.Name(id="map"), args=[ast.Lambda(body=body), iterable]):
                return self.visit(_comprehension(body, [], iterable))
            case ast.Call(func=ast.Name(id="filter"), args=[ast.Lambda(body=body), iterable]):
                return self.visit(_comprehension(_x(), [body], iterable))
            case ast.Call(
                func=ast.Name(id="any" | "all"),
                args=[
                    ast.GeneratorExp(elt=test, generators=[*_, last])
                    | ast.ListComp(elt=test, generators=[*_, last])
                ],
            ):
                last.ifs.append(test)
            case ast.Call(func=ast.Name() as func):
                # The name is kept: a function that calls itself costs one more.
                return ast.Call(func=func, args=self._parts(node)[1:], keywords=[])
        return _called(self._parts(node))


_COUNTED = (ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """The nearest expressions below `node`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.keyword):
            yield child.value


def _is_loaded(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Load | None)


def _called(parts: Sequence[ast.AST]) -> ast.Call:
    arguments = [part for part in parts if isinstance(part, ast.expr)]
    return ast.Call(func=ast.Name(id=_VISITED, ctx=ast.Load()), args=arguments, keywords=[])


def _skeleton(node: ast.BoolOp) -> ast.BoolOp:
    """The logic alone, which is scored by its changes between `and` and `or`."""
    values: list[ast.expr] = [
        _skeleton(value) if isinstance(value, ast.BoolOp) else _x() for value in node.values
    ]
    return ast.BoolOp(op=node.op, values=values)


def _operands(node: ast.BoolOp) -> Iterator[ast.expr]:
    for value in node.values:
        if isinstance(value, ast.BoolOp):
            yield from _operands(value)
        else:
            yield value


def _comprehension(element: ast.expr, tests: list[ast.expr], iterable: ast.expr) -> ast.ListComp:
    loop = ast.comprehension(target=ast.Name(id="x", ctx=ast.Store()), iter=iterable, ifs=tests, is_async=0)
    return ast.ListComp(elt=element, generators=[loop])


def _x() -> ast.Name:
    return ast.Name(id="x", ctx=ast.Load())
