"""The shape that accumulation loops share: a fresh empty thing, one loop, one statement that adds to it.

`accumulation` finds the shape and answers the questions that every such rewrite has to ask; what may be
added, and what the loop becomes, is the transform's own business.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from optimizer.facts.caught import part_may_be_seen
from optimizer.facts.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Accumulation:
    """`name = initial` directly before `for target in iterable: [if test:] step`."""

    start: ast.Assign
    loop: ast.For
    name: str
    initial: ast.expr
    tests: tuple[ast.expr, ...]
    step: ast.stmt

    def comprehension_tail(self, facts: Facts) -> str:
        """`for target in iterable if test ...`, as source."""
        clauses = [f"for {facts.segment(self.loop.target)} in {_operand(facts, self.loop.iter)}"]
        clauses += [f"if {_operand(facts, test)}" for test in self.tests]
        return " ".join(clauses)


def accumulation(loop: ast.AST, facts: Facts) -> Accumulation | None:
    """The shape around `loop`, None when it is another one. Says nothing yet about safety."""
    if not isinstance(loop, ast.For) or loop.orelse or loop.type_comment or len(loop.body) != 1:
        return None
    before = facts.preceding(loop)
    if not before:
        return None
    match before[-1]:
        case ast.Assign(targets=[ast.Name(id=name)], value=initial) as start:
            pass
        case _:
            return None
    step, tests = loop.body[0], []
    while isinstance(step, ast.If) and not step.orelse and len(step.body) == 1:
        tests.append(step.test)
        step = step.body[0]
    return Accumulation(start=start, loop=loop, name=name, initial=initial, tests=tuple(tests), step=step)


def why_not(shape: Accumulation, added: tuple[ast.expr, ...], facts: Facts) -> str:
    """Why the loop must stay a loop, as a sentence; "" when nothing speaks against a comprehension.

    `added` are the expressions that the step evaluates for each element.
    """
    return (
        _seen_from_outside(shape, facts)
        or _variable_outlives(shape, facts)
        or _needs_a_loop(shape, added, facts)
        or _part_is_seen(shape, facts)
    )


def _seen_from_outside(shape: Accumulation, facts: Facts) -> str:
    function = facts.function_of(shape.loop)
    if function is None:
        return "At module or class level the loop variable outlives the loop, and others may read it."
    if facts.uses_frames(function):
        return "The function looks at frames or at its own variables, where a comprehension shows."
    if not facts.is_plain_local(shape.name, shape.loop):
        return f"'{shape.name}' can be seen from outside this run of the function."
    return ""


def _variable_outlives(shape: Accumulation, facts: Facts) -> str:
    if not _only_names(shape.loop.target):
        return "The loop assigns to something that outlives it."
    for variable in _bound_by(shape.loop.target):
        if not facts.is_plain_local(variable, shape.loop):
            return f"The loop variable '{variable}' can be seen from outside this run of the function."
        if facts.read_after(variable, shape.loop):
            return f"The loop variable '{variable}' is read after the loop."
        if variable == shape.name:
            return f"The loop rebinds '{shape.name}' itself."
    return ""


def _needs_a_loop(shape: Accumulation, added: tuple[ast.expr, ...], facts: Facts) -> str:
    inside = (shape.loop.iter, *shape.tests, *added)
    if any(facts.reads(shape.name, part) for part in inside):
        return f"The loop reads '{shape.name}' while it grows."
    if any(isinstance(node, _NOT_IN_COMPREHENSIONS) for part in inside for node in ast.walk(part)):
        return "The loop yields, awaits, assigns or makes functions, which differs inside a comprehension."
    return ""


def _part_is_seen(shape: Accumulation, facts: Facts) -> str:
    if part_may_be_seen(shape.name, shape.loop, facts):
        return f"When the loop raises half way, a handler could see '{shape.name}' as far as it got."
    if facts.has_comments(shape.start, shape.loop):
        return "There are comments in the loop that would lose their place."
    return ""


_NOT_IN_COMPREHENSIONS = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Lambda)


def _bound_by(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def _only_names(target: ast.expr) -> bool:
    return all(
        isinstance(node, ast.Name | ast.Tuple | ast.List | ast.expr_context) for node in ast.walk(target)
    )


def _operand(facts: Facts, expr: ast.expr) -> str:
    """Source of an expression that stands between `in` and `if` of a comprehension."""
    text = facts.segment(expr)
    needs = isinstance(expr, ast.IfExp | ast.Lambda | ast.Tuple | ast.NamedExpr)
    return f"({text})" if needs and not text.startswith("(") else text
