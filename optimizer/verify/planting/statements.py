"""Effects that are lost or come in another order, other results, other exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.verify.planting.calls import is_copy_of_itself
from optimizer.verify.planting.mutation import (
    CHANGING,
    Mutation,
    Scene,
    call_of,
    called,
    constant,
    expression,
    is_none,
    name_of,
    names_in,
    shown,
    sliced,
    statement,
    with_fields,
)
from optimizer.verify.planting.operators import OPERATORS

_IN_ORDER = frozenset({"append", "write", "extend", "print", "appendleft", "send", "insert"})


def lost_effects(node: ast.stmt, scene: Scene) -> Iterator[Mutation]:
    """A statement that is not there."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Expr() | ast.AugAssign() | ast.Delete() | ast.Raise() | ast.Assert():
            yield _missing(node)
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute(), *_]):
            yield _missing(node)
        case ast.Assign(targets=[ast.Name(id=name)]) if _is_bound_before(name, node, scene):
            if not is_copy_of_itself(node):
                yield _missing(node)
        case ast.Continue():
            yield statement("lost effect", node, [ast.Break()], "`continue` became `break`")


def _missing(node: ast.stmt) -> Mutation:
    return statement("lost effect", node, [], f"`{shown(node)}` is missing")


def _is_bound_before(name: str, node: ast.stmt, scene: Scene) -> bool:
    """Whether the name is bound without the assignment: by a parameter or an earlier line."""
    function = scene.function(node)
    if function is None:
        return False
    return scene.annotation(name, node) is not None or any(
        isinstance(part, ast.Name)
        and part.id == name
        and isinstance(part.ctx, ast.Store)
        and part.lineno < node.lineno
        for part in ast.walk(function)
    )


def lost_parts(node: ast.stmt, scene: Scene) -> Iterator[Mutation]:
    """A loop without its `else`, a `try` without its `finally`, a resource that is not closed."""
    del scene
    match node:
        case ast.For(orelse=[_, *_]) | ast.While(orelse=[_, *_]):
            yield statement(
                "lost effect", node, [with_fields(node, orelse=[])], "the `else` of the loop is missing"
            )
        case ast.Try(finalbody=[_, *_], handlers=[]):
            yield statement("lost effect", node, node.body, "the `finally` is missing")
        case ast.With(body=body, items=[ast.withitem(context_expr=manager, optional_vars=target)]):
            plain: ast.stmt = ast.Expr(value=manager)
            if target is not None:
                plain = ast.Assign(targets=[target], value=manager)
            yield statement("lost effect", node, [plain, *body], f"`{shown(node)}` does not close")


def conditions(node: ast.stmt, scene: Scene) -> Iterator[Mutation]:
    """A condition turned round."""
    del scene
    if not isinstance(node, ast.If | ast.While) or isinstance(
        node.test, ast.Compare | ast.Constant | ast.UnaryOp
    ):
        return
    if isinstance(node, ast.If) or not any(isinstance(part, ast.NamedExpr) for part in ast.walk(node.test)):
        yield expression("condition", node.test, ast.UnaryOp(op=ast.Not(), operand=node.test))


def results(node: ast.stmt, scene: Scene) -> Iterator[Mutation]:
    """Another result: nothing, or an argument itself; another step; a generator that reads ahead."""
    match node:
        case ast.Return(value=ast.expr() as value) if not is_none(value):
            nothing: list[ast.stmt] = [ast.Return(value=constant(None))]
            yield statement("result", node, nothing, f"`{shown(node)}` gives None")
            name = _first_parameter(node, scene)
            if name and not (isinstance(value, ast.Name) and value.id == name):
                given: list[ast.stmt] = [ast.Return(value=name_of(name))]
                yield statement("result", node, given, f"`{shown(node)}` gives `{name}`")
        case ast.AugAssign(op=op) if type(op) in OPERATORS:
            new = with_fields(node, op=OPERATORS[type(op)]())
            yield statement("operator", node, [new], f"`{shown(node)}` became `{shown(new)}`")
        case ast.Expr(value=ast.YieldFrom(value=value)):
            eager = ast.Expr(value=ast.YieldFrom(value=call_of("list", value)))
            yield statement("eager for lazy", node, [eager], f"`{shown(node)}` reads everything first")


def _first_parameter(node: ast.stmt, scene: Scene) -> str:
    """The first parameter that still holds what was passed."""
    function = scene.function(node)
    names = [argument.arg for argument in function.args.args] if function else []
    return next(
        (name for name in names if name not in {"self", "cls"} and not scene.is_rebound(name, node)), ""
    )


def exceptions(node: ast.stmt, scene: Scene) -> Iterator[Mutation]:
    """Another exception is raised, or a handler does not catch."""
    del scene
    match node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) as made) if name != "RuntimeError":
            new = with_fields(node, exc=with_fields(made, func=name_of("RuntimeError")))
            yield statement("exception", node, [new], f"`{shown(node)}` raises RuntimeError")
        case ast.Try(handlers=handlers):
            for place, handler in enumerate(handlers):
                if handler.type is not None:
                    yield _uncaught(node, place, handler, shown(handler.type))


def _uncaught(node: ast.Try, place: int, handler: ast.ExceptHandler, caught: str) -> Mutation:
    other = name_of("KeyError" if "ZeroDivision" in caught or "Arithmetic" in caught else "ZeroDivisionError")
    handlers = [*node.handlers[:place], with_fields(handler, type=other), *node.handlers[place + 1 :]]
    return statement(
        "exception", node, [with_fields(node, handlers=handlers)], f"`except {caught}` does not catch"
    )


def order(node: ast.stmt, scene: Scene) -> Iterator[Mutation]:
    """Two statements that depend on each other change places."""
    following = _following(node, scene)
    if following is not None and _is_simple(node) and _is_simple(following) and _depend(node, following):
        text = f"`{shown(node)}` and `{shown(following)}` changed places"
        yield Mutation(kind="order", text=text, first=node, last=following, new=[following, node])


def _following(node: ast.stmt, scene: Scene) -> ast.stmt | None:
    parent = scene.parents.get(node)
    for body in (getattr(parent, name, None) for name in ("body", "orelse", "finalbody")):
        if isinstance(body, list) and node in body[:-1]:
            found = body[body.index(node) + 1]
            return found if isinstance(found, ast.stmt) else None
    return None


def _is_simple(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(value=value) | ast.AugAssign(value=value) | ast.Expr(value=value):
            return not isinstance(value, ast.Constant | ast.Lambda)
    return False


def _depend(one: ast.stmt, other: ast.stmt) -> bool:
    """Whether one changes what the other names."""
    return bool(_changed(one) & names_in(other) or _changed(other) & names_in(one))


def _changed(node: ast.stmt) -> set[str]:
    found = {
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
    for part in ast.walk(node):
        match part:
            case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Store() | ast.Del()):
                found.add(owner)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=attribute)) if (
                attribute in CHANGING
            ):
                found.add(owner)
    return found


def loops(node: ast.stmt, scene: Scene) -> Iterator[Mutation]:
    """A loop that goes the other way, or leaves out the first item."""
    del scene
    if not isinstance(node, ast.For):
        return
    parts = [part for statement_of in node.body for part in ast.walk(statement_of)]
    if any(
        isinstance(part, ast.Yield | ast.Return) or (isinstance(part, ast.Call) and called(part) in _IN_ORDER)
        for part in parts
    ):
        yield expression("reversed", node.iter, sliced(node.iter, step=-1))
    yield expression("boundary", node.iter, sliced(node.iter, lower=1))
