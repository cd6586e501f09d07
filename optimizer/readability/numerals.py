"""Numbers that nobody has named: magic ones, and indexes that stand for a field."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from optimizer.readability.metrics import is_table
from optimizer.readability.scene import Scene

_PLAIN = frozenset({0, 1, 2})
_ENDS = frozenset({0, -1})
_TOO_MANY = 2
_LONG = 8


def number_objections(before: Scene, after: Scene) -> Iterator[str]:
    """An objection when two or more numbers without a name are new, or one that was a named constant."""
    known = set(_magic(before)) | _written(before)
    numbers = [f"{number}" for number in _magic(after) if number not in known]
    new_indexes = Counter(_field_indexes(after)) - Counter(index for _, index in _indexed(before))
    numbers += [f"[{index}]" for index in new_indexes.elements()]
    written_out = bool(_constants(before) - _constants(after))
    if len(numbers) >= _TOO_MANY or (numbers and (written_out or _is_long(numbers[0]))):
        yield f"It adds numbers that have no name: {', '.join(dict.fromkeys(numbers))}."


def _magic(scene: Scene) -> Iterator[float]:
    """Numbers above 2 in functions; those that a name, a keyword or a parameter stands for are no magic."""
    for node in scene.nodes:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                if value not in _PLAIN and scene.function_of(node) is not None and not _has_name(scene, node):
                    yield value


def _constants(scene: Scene) -> set[str]:
    """The names in capitals that are read."""
    return {
        node.id
        for node in scene.nodes
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and node.id.isupper()
        and len(node.id) > 1
    }


def _is_long(number: str) -> bool:
    """Whether nobody can say what the number is: `0.016666666666666666`."""
    return len(number) >= _LONG


def _written(scene: Scene) -> set[float]:
    """Numbers inside texts: a query, a format, a date."""
    texts = [
        node.value for node in scene.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {float(number) for text in texts for number in re.findall(r"\d+(?:\.\d+)?", text)}


def _has_name(scene: Scene, node: ast.AST) -> bool:
    for above in scene.ancestors(node):
        match above:
            case ast.UnaryOp():
                continue
            case ast.Assign() | ast.AnnAssign() | ast.keyword() | ast.arguments():
                return True
            case ast.Subscript(slice=index):
                return index is node or isinstance(index, ast.UnaryOp)
            case _ if is_table(above):
                continue
        return False
    return False


def _indexed(scene: Scene) -> set[tuple[str, int]]:
    """What is indexed with a number, and which: `row[0]`, `itemgetter(1)`."""
    found: set[tuple[str, int]] = set()
    for node in scene.nodes:
        match node:
            case ast.Subscript(value=base, slice=ast.Constant(value=int(index)), ctx=ast.Load()):
                found.add((ast.unparse(base), index))
            case ast.Subscript(
                value=base, slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(index)))
            ):
                found.add((ast.unparse(base), -index))
            case ast.Call(func=func, args=arguments) if scene.origin(func) == "operator.itemgetter":
                for argument in arguments:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, int):
                        found.add((ast.unparse(node), argument.value))
    return found


def _field_indexes(scene: Scene) -> Iterator[int]:
    """Numeric indexes, without the first and the last of what is not indexed otherwise."""
    by_base: defaultdict[str, set[int]] = defaultdict(set)
    for base, index in _indexed(scene):
        by_base[base].add(index)
    for indexes in by_base.values():
        if not indexes <= _ENDS:
            yield from sorted(indexes)
