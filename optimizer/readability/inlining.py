"""The body of a helper written out where it was called."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence

from optimizer.readability.metrics import node_weight, token_count
from optimizer.readability.regions import Region
from optimizer.readability.scene import Scene
from optimizer.readability.trees import Function, walk_all

_RECOGNISABLE_NODES = 6
_RESULT_NODES = 3
_MORE_STATEMENTS = 3
_MORE_TOKENS = 15


def inlining_objections(
    before: Scene, after: Scene, regions: Sequence[Region], helpers: Mapping[str, Function]
) -> Iterator[str]:
    """An objection for each helper that is no longer called and whose work now stands in its place.

    `helpers` are the functions of the file before the change, by name.
    """
    gone = _helpers_called(before) - _helpers_called(after)
    for name in sorted(gone):
        helper = helpers.get(name)
        written_out = _stands_in(helper, before, after) if helper is not None else _grew(regions)
        if written_out:
            yield f"It writes out the work of `{name}` instead of calling it."


def _helpers_called(scene: Scene) -> set[str]:
    """Names of functions of the project that are called: plain ones, and methods of `self` or `cls`."""
    names: set[str] = set()
    for node in scene.nodes:
        match node:
            case ast.Call(func=ast.Name(id=name) as func) if _is_own(name, scene.origin(func)):
                names.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name)):
                names.add(name)
    return names


def _is_own(name: str, origin: str) -> bool:
    return not name[:1].isupper() and origin.split(".", maxsplit=1)[0] not in sys.stdlib_module_names


def _stands_in(helper: Function, before: Scene, after: Scene) -> bool:
    """Whether an expression of the helper's body, whatever its names, is new in `after`."""
    results = {node.value for node in walk_all(helper.body) if isinstance(node, ast.Return) and node.value}
    telling = {
        _shape(part)
        for part in walk_all(helper.body)
        if isinstance(part, ast.expr)
        and node_weight(part) >= (_RESULT_NODES if part in results else _RECOGNISABLE_NODES)
    }
    # The helper itself may be in the change: removed with its last call.
    known = {_shape(node) for node in before.each(ast.expr) if not _is_within(before, node, helper.name)}
    return bool(telling & ({_shape(node) for node in after.each(ast.expr)} - known))


def _is_within(scene: Scene, node: ast.AST, name: str) -> bool:
    return any(isinstance(above, Function) and above.name == name for above in scene.ancestors(node))


def _shape(node: ast.AST) -> str:
    """The expression with its names numbered in the order in which they come."""
    numbers: dict[str, int] = {}
    parts: list[str] = []
    for part in walk_all((node,)):
        match part:
            case ast.Name(id=name):
                parts.append(f"name{numbers.setdefault(name, len(numbers))}")
            case ast.Constant(value=value):
                parts.append(repr(value))
            case ast.Attribute(attr=attr):
                parts.append(f".{attr}")
            case ast.expr_context():
                continue
            case _:
                parts.append(type(part).__name__)
    return " ".join(parts)


def _grew(regions: Sequence[Region]) -> bool:
    """Whether the code has become clearly longer: the helper's own text is not known here."""
    old = [statement for region in regions for statement in region.before]
    new = [statement for region in regions for statement in region.after]
    more = _statements(new) - _statements(old)
    return more >= _MORE_STATEMENTS and token_count(new) - token_count(old) >= _MORE_TOKENS


def _statements(body: Sequence[ast.stmt]) -> int:
    return sum(isinstance(node, ast.stmt) for node in walk_all(body))
