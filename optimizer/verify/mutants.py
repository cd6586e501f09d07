"""Mistakes planted into the rewritten code: verification must notice nearly all of them.

Each mutant differs from the new version in one place of the changed region, in a way that somebody who
rewrites code gets wrong: a boundary, an operator, a lost effect, another order, eager for lazy, shared for
copied, the empty case. What is known to behave like the new version (or like the old one) is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple, TypeAlias

from optimizer.verify.planting import calls, comprehensions, constants, operators, statements
from optimizer.verify.planting.carried import carried_over, lost
from optimizer.verify.planting.mutation import Mutation, Scene
from optimizer.verify.planting.second import second_choices
from optimizer.verify.planting.splice import spliced
from optimizer.verify.regions import change_between, find

Expressions: TypeAlias = Callable[[ast.expr, Scene], Iterator[Mutation]]
Statements: TypeAlias = Callable[[ast.stmt, Scene], Iterator[Mutation]]

_FEW = 10
_ENOUGH = 12
_EXPRESSIONS: tuple[Expressions, ...] = (
    operators.operators,
    constants.formatted,
    calls.callees,
    calls.boundaries,
    calls.arguments,
    calls.copies,
    comprehensions.conditions,
    comprehensions.laziness,
    comprehensions.sharing,
    comprehensions.order,
)
_OF_LITERALS: tuple[Expressions, ...] = (constants.constants, constants.displays)
_STATEMENTS: tuple[Statements, ...] = (
    statements.lost_effects,
    statements.lost_parts,
    statements.conditions,
    statements.results,
    statements.exceptions,
    statements.order,
    statements.loops,
)


class Mutant(NamedTuple):
    """A whole file with one planted mistake, and the mistake in words."""

    description: str
    text: str


def mutants(before: str, after: str, qualnames: tuple[str, ...], *, limit: int = 40) -> tuple[Mutant, ...]:
    """At most `limit` mutants of `after`, the same ones each time, spread over the kinds of mistakes."""
    try:
        tree = ast.parse(after)
        change = change_between(before, after)
    except SyntaxError:
        return ()
    lines = change.after_lines
    scene, known = Scene.of(tree), {_dump(before), _dump(after)}
    carried = carried_over(ast.parse(before), change.before_lines, tree, lines)
    found = list(_spread(_within(after, _mutations(scene, lines, carried), known)))
    if len(found) < _FEW:
        found += list(_spread(_within(after, _second_choices(scene, lines), known)))
    if len(found) < _FEW:
        # So little is new that the rest of the function has to stand in for it.
        around = _lines_of(tree, lines, qualnames) - lines
        found += list(_spread(_within(after, _mutations(scene, around, frozenset()), known)))[
            : _ENOUGH - len(found)
        ]
    return tuple(found[:limit])


def _within(text: str, mutations: Iterator[Mutation], known: set[str]) -> dict[str, list[Mutant]]:
    """Mutants by kind, without those that say the same as another one or as what is `known`."""
    found: dict[str, list[Mutant]] = {}
    for mutation in mutations:
        mutated = spliced(text, mutation.first, mutation.last, mutation.new)
        dump = _dump(mutated)
        if dump and dump not in known:
            known.add(dump)
            description = f"line {mutation.first.lineno}: {mutation.text}"
            found.setdefault(mutation.kind, []).append(Mutant(description, mutated))
    return found


def _mutations(scene: Scene, lines: Collection[int], carried: frozenset[ast.AST]) -> Iterator[Mutation]:
    """Every mutation of what begins on these lines, in the order of the tree, but of literals that are `carried`."""
    for node in _code_on(scene, lines):
        if isinstance(node, ast.expr):
            yield from lost(node, scene, carried)
            for of_expression in _EXPRESSIONS if node in carried else (*_OF_LITERALS, *_EXPRESSIONS):
                yield from of_expression(node, scene)
        elif isinstance(node, ast.stmt):
            for of_statement in _STATEMENTS:
                yield from of_statement(node, scene)


def _second_choices(scene: Scene, lines: Collection[int]) -> Iterator[Mutation]:
    for node in _code_on(scene, lines):
        if isinstance(node, ast.expr):
            yield from second_choices(node, scene)


def _code_on(scene: Scene, lines: Collection[int]) -> Iterator[ast.AST]:
    """What begins on these lines and can be replaced, in the order of the tree."""
    for node in ast.walk(scene.tree):
        if getattr(node, "lineno", None) in lines and _is_code(node, scene):
            yield node


def _is_code(node: ast.AST, scene: Scene) -> bool:
    """Whether a node is run where it stands and can be replaced there."""
    if isinstance(node, ast.Slice | ast.Starred) or isinstance(
        getattr(node, "ctx", None), ast.Store | ast.Del
    ):
        return False
    child = node
    for parent in scene.above(node):
        if _is_beside_the_code(child, parent):
            return False
        child = parent
    return True


def _is_beside_the_code(child: ast.AST, parent: ast.AST) -> bool:
    """Annotations, decorators, bases, docstrings, patterns, slots, and the inside of f-strings."""
    match parent:
        case ast.JoinedStr() | ast.pattern():
            return True
        case ast.arg(annotation=beside) | ast.AnnAssign(annotation=beside):
            return child is beside
        case (
            ast.FunctionDef(decorator_list=beside, returns=hint)
            | ast.AsyncFunctionDef(decorator_list=beside, returns=hint)
        ):
            return child in beside or child is hint
        case ast.ClassDef(decorator_list=decorators, bases=bases):
            return child in (*decorators, *bases)
        case ast.Expr() | ast.Assign(targets=[ast.Name(id="__slots__" | "__all__")]):
            return isinstance(parent, ast.Assign) or isinstance(child, ast.Constant)
    return False


def _dump(text: str) -> str:
    """What a text says, or "" when it says nothing that Python understands."""
    try:
        tree = ast.parse(text)
        compile(tree, "<mutant>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return ""
    return ast.dump(tree)


def _lines_of(tree: ast.Module, lines: frozenset[int], qualnames: tuple[str, ...]) -> frozenset[int]:
    """All lines of the functions that changed lines lie in, else of those that are named."""
    named = [node for node in (find(tree, name) for name in qualnames) if node is not None]
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not lines.isdisjoint(_span(node))
    ]
    return frozenset(line for node in around or named for line in _span(node))


def _span(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _spread(found: dict[str, list[Mutant]]) -> Iterator[Mutant]:
    """One of each kind, then the next of each; of a kind first those that lie far apart."""
    queues = [_far_apart(group) for group in found.values()]
    for turn in range(max(map(len, queues), default=0)):
        for queue in queues:
            if turn < len(queue):
                yield queue[turn]


def _far_apart(group: list[Mutant]) -> list[Mutant]:
    """Every third, then the others: neighbours in the source tend to be noticed by the same inputs."""
    return [mutant for start in range(3) for mutant in group[start::3]]
