"""Expressions that are shorter than they are clear. Each finder yields the places where its idiom stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.readability.comprehensions import CHANGES, outer_comprehensions
from optimizer.readability.functional import loads
from optimizer.readability.scene import Scene
from optimizer.readability.trees import Comprehension, Display, Function, walk_all

_CODE_MAKERS = frozenset(
    {
        "builtins.exec",
        "builtins.eval",
        "builtins.compile",
        "builtins.__import__",
        "builtins.__builtins__",
        "__builtins__",
        "builtins.globals",
        "builtins.locals",
        "types.FunctionType",
        "types.LambdaType",
        "types.CodeType",
        "sys._getframe",
        "inspect.currentframe",
    }
)
_BOOLEAN_CALLS = frozenset(
    {
        "builtins.bool",
        "builtins.isinstance",
        "builtins.issubclass",
        "builtins.callable",
        "builtins.any",
        "builtins.all",
    }
)
_BOOLEAN_METHODS = frozenset({"startswith", "endswith", "issubset", "issuperset", "isdisjoint"})
_ACTIONS = CHANGES | {"sort", "reverse", "flush", "close", "debug", "info", "warning", "error", "critical"}
_LOGIC = (ast.BoolOp, ast.UnaryOp)
_MANY = 3


def walrus_outside_a_test(scene: Scene) -> Iterator[ast.AST]:
    """`return (n := len(xs)) and n`: a name inside an expression that tests nothing, or two names in one."""
    for node in scene.each(ast.NamedExpr):
        if outer_comprehensions(scene, node):
            continue
        others = (part for part in _same_statement(scene, node) if isinstance(part, ast.NamedExpr))
        if not _in_test(scene, node) or any(others):
            yield node


def nested_ternary(scene: Scene) -> Iterator[ast.AST]:
    """A conditional expression inside another."""
    for node in scene.nodes:
        if isinstance(node, ast.IfExp) and any(
            isinstance(above, ast.IfExp) for above in scene.ancestors(node)
        ):
            yield node


def logic_as_a_branch(scene: Scene) -> Iterator[ast.AST]:
    """`c and a or b`, `c and f()` as a statement, `(x > 0) * y`, `n - s.endswith("s")`, `table[x > 0]`."""
    for node in scene.nodes:
        match node:
            case ast.Expr(value=(ast.BoolOp() | ast.IfExp()) as value):
                yield value
            case ast.BoolOp(op=ast.Or(), values=values) if not _in_test(scene, node, through=_LOGIC):
                if any(_chooses(scene, value) or _only_acts(scene, value) for value in values[:-1]):
                    yield node
            case ast.BinOp(op=ast.Mult() | ast.Add() | ast.Sub(), left=left, right=right):
                if _is_boolean(scene, left) or _is_boolean(scene, right):
                    yield node
            case ast.Subscript(value=table, slice=index):
                if _is_boolean(scene, index) and isinstance(scene.value_of(table), Display):
                    yield node


def literal_indexed(scene: Scene) -> Iterator[ast.AST]:
    """`[a, b][flag]`, `{"x": 1}.get(key)`, `"abc"[i]`: a table built only to look one thing up."""
    for node in scene.nodes:
        match node:
            case ast.Subscript(value=table, slice=index) if not isinstance(index, ast.Slice):
                if _is_literal(scene, table) or _falls_back(table):
                    yield node
            case ast.Call(func=ast.Attribute(value=table, attr="get" | "__getitem__" | "pop" | "setdefault")):
                if _is_literal(scene, table):
                    yield node


def code_from_text(scene: Scene) -> Iterator[ast.AST]:
    """`exec`, `eval` and their relatives, under whatever name."""
    for node in loads(scene):
        if scene.origin(node) in _CODE_MAKERS:
            yield node
    for node in scene.nodes:
        match node:
            case ast.Call(func=ast.Name(id="type"), args=[_, _, _]):
                yield node


def packed_assignments(scene: Scene) -> Iterator[ast.AST]:
    """`a, b, c = 1, [], f(x)`: three statements in one line."""
    for node in scene.nodes:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                if len(targets) == len(values) >= _MANY and not _permutes(targets, values):
                    yield node
            case ast.Assign(targets=[_, _, _, *_]):
                yield node


def grouper(scene: Scene) -> Iterator[ast.AST]:
    """`zip(*[iter(xs)] * n)`."""
    for node in scene.nodes:
        match node:
            case ast.BinOp(op=ast.Mult(), left=ast.List(elts=[ast.Call(func=ast.Name(id="iter"))])):
                yield node
            case ast.BinOp(op=ast.Mult(), left=ast.Tuple(elts=[ast.Call(func=ast.Name(id="iter"))])):
                yield node


def starred_zip(scene: Scene) -> Iterator[ast.AST]:
    """`zip(*(... for row in rows))`."""
    for node in scene.each(ast.Call):
        match node:
            case ast.Call(func=ast.Name(id="zip"), args=[ast.Starred(value=value)]):
                if isinstance(value, Comprehension):
                    yield node


def recursion(scene: Scene) -> Iterator[ast.AST]:
    """A function that calls itself."""
    for node in scene.nodes:
        if isinstance(node, Function):
            yield from (part for part in walk_all(node.body) if _calls(part, node.name))


def _calls(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=called)):
            return called == name
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self" | "cls"), attr=called)):
            return called == name
    return False


def repeated_format(scene: Scene) -> Iterator[ast.AST]:
    """`"%s " * n % tuple(xs)`, `("{} " * n).format(*xs)`."""
    for node in scene.nodes:
        match node:
            case ast.BinOp(op=ast.Mod(), left=ast.BinOp(op=ast.Mult(), left=ast.Constant(value=str()))):
                yield node
            case ast.Call(
                func=ast.Attribute(
                    value=ast.BinOp(op=ast.Mult(), left=ast.Constant(value=str())), attr="format"
                )
            ):
                yield node


def bare_except(scene: Scene) -> Iterator[ast.AST]:
    """`except:` hides every mistake."""
    for node in scene.nodes:
        if isinstance(node, ast.Try | ast.TryStar):
            yield from (handler for handler in node.handlers if handler.type is None)


def global_statement(scene: Scene) -> Iterator[ast.AST]:
    """`global total` in a function."""
    yield from (node for node in scene.nodes if isinstance(node, ast.Global))


def _in_test(scene: Scene, node: ast.AST, *, through: tuple[type[ast.AST], ...] = (ast.expr,)) -> bool:
    """Whether `node` is part of a test, with nothing but nodes of the types `through` in between."""
    below = node
    for above in scene.ancestors(node):
        match above:
            case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test) | ast.IfExp(test=test):
                if below is test:
                    return True
            case ast.match_case(guard=guard):
                return below is guard
            case ast.comprehension(ifs=tests):
                return below in tests
        if not isinstance(above, through) or isinstance(above, ast.Lambda):
            return False
        below = above
    return False


def _same_statement(scene: Scene, node: ast.AST) -> Iterator[ast.AST]:
    """The other nodes of the expression that `node` is part of."""
    whole = node
    for above in scene.ancestors(node):
        if not isinstance(above, ast.expr):
            break
        whole = above
    return (part for part in walk_all((whole,)) if part is not node)


def _chooses(scene: Scene, node: ast.expr) -> bool:
    """`c and a`, where `a` is a value and no condition."""
    match node:
        case ast.BoolOp(op=ast.And(), values=[*_, last]):
            return not _is_boolean(scene, last)
    return False


def _only_acts(scene: Scene, node: ast.expr) -> bool:
    """Whether `node` is a call that is made for what it does and returns nothing: `rows.sort() or rows`."""
    match node:
        case ast.Call(func=ast.Attribute(attr=attr)):
            return attr in _ACTIONS
        case ast.Call(func=func):
            return scene.origin(func) == "builtins.print"
    return False


def _is_boolean(scene: Scene, node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()) | ast.Constant(value=bool()):
            return True
        case ast.BoolOp(values=values):
            return all(_is_boolean(scene, value) for value in values)
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in _BOOLEAN_METHODS or attr.startswith(
            ("is_", "has_")
        ):
            return True
        case ast.Call(func=func, args=arguments):
            if scene.origin(func) == "builtins.int":
                return any(_is_boolean(scene, argument) for argument in arguments)
            return scene.origin(func) in _BOOLEAN_CALLS
    return False


def _is_literal(scene: Scene, node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return True
        case ast.Call(func=ast.Name(id="dict"), keywords=[_, *_]):
            return True
        case ast.Call(func=ast.Name(id="dict" | "list" | "tuple" | "str"), args=[argument]):
            return _is_literal(scene, argument)
        case ast.BinOp(left=left, right=right):
            return _is_literal(scene, left) and _is_literal(scene, right)
    return isinstance(node, Display)


def _falls_back(node: ast.expr) -> bool:
    """`xs[:1] or [None]`, as something to index."""
    return isinstance(node, ast.BoolOp) and isinstance(node.values[-1], Display)


def _permutes(targets: list[ast.expr], values: list[ast.expr]) -> bool:
    """Whether the names on the right are those on the left: a swap has to be one statement."""
    stored = {ast.unparse(target) for target in targets}
    return any(
        ast.unparse(part) in stored
        for value in values
        for part in walk_all((value,))
        if isinstance(part, ast.expr)
    )
