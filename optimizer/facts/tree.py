"""One file's syntax tree with what `ast` leaves out: parents, containment, blocks, positions in order.

Everything here is built in one walk; questions about containment are answered from the node's place
in that walk, so that none of them walks again.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeAlias

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Within: TypeAlias = "ast.AST | Sequence[ast.stmt]"

# `ast.parse` makes one node of each of these and puts it everywhere: they have no place of their own.
_SHARED = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)


def parse(text: str) -> ast.Module:
    """The tree of a text. What the compiler warns of is the project's own business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


class Tree:
    """Parents and places of all nodes of one module."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.order: list[ast.AST] = []
        self.names: dict[str, list[ast.Name]] = {}
        self._parent: dict[ast.AST, tuple[ast.AST, str]] = {}
        self._place: dict[ast.AST, int] = {}
        self._walk()
        self._last = self._last_places()
        self._blocks: dict[ast.stmt, tuple[list[ast.stmt], int]] = {}

    def _walk(self) -> None:
        stack: list[ast.AST] = [self.module]
        while stack:
            node = stack.pop()
            self._place[node] = len(self.order)
            self.order.append(node)
            if isinstance(node, ast.Name):
                self.names.setdefault(node.id, []).append(node)
                continue
            children: list[ast.AST] = []
            for field in node._fields:
                value = getattr(node, field, None)
                for child in value if isinstance(value, list) else (value,):
                    if isinstance(child, ast.AST) and not isinstance(child, _SHARED):
                        self._parent[child] = (node, field)
                        children.append(child)
            children.reverse()
            stack.extend(children)

    def _last_places(self) -> list[int]:
        last = list(range(len(self.order)))
        for place in range(len(self.order) - 1, 0, -1):
            above = self._place[self._parent[self.order[place]][0]]
            last[above] = max(last[above], last[place])
        return last

    def __contains__(self, node: object) -> bool:
        return node in self._place

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds `node`; None for the module and for nodes of other trees."""
        found = self._parent.get(node)
        return found[0] if found else None

    def field(self, node: ast.AST) -> str:
        """The name of the parent's field that holds `node`."""
        found = self._parent.get(node)
        return found[1] if found else ""

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """From the parent outwards to the module."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def place(self, node: ast.AST) -> int:
        """Where `node` stands in the walk; -1 for a node of another tree."""
        return self._place.get(node, -1)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First and last place of `node` with everything under it."""
        place = self.place(node)
        return (place, self._last[place]) if place >= 0 else (0, -1)

    def spans(self, within: Within) -> list[tuple[int, int]]:
        """The places of a node or of several statements."""
        nodes = (within,) if isinstance(within, ast.AST) else within
        return [self.span(node) for node in nodes]

    def holds(self, outer: ast.AST, inner: ast.AST) -> bool:
        """Whether `inner` is `outer` or stands somewhere in it."""
        first, last = self.span(outer)
        return first <= self.place(inner) <= last

    def inside(self, nodes: Sequence[ast.AST], within: Within) -> list[ast.AST]:
        """Those of `nodes` (in the order of the walk) that stand in `within`."""
        found: list[ast.AST] = []
        for first, last in self.spans(within):
            low = bisect_left(nodes, first, key=self.place)
            high = bisect_right(nodes, last, key=self.place)
            found.extend(nodes[low:high])
        return found

    def walk(self, node: ast.AST) -> Sequence[ast.AST]:
        """`node` and everything under it, outer nodes first."""
        first, last = self.span(node)
        return self.order[first : last + 1]

    def statement_of(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds `node` (itself when it is one)."""
        found: ast.AST | None = node
        while found is not None and not isinstance(found, ast.stmt):
            found = self.parent(found)
        if found is None:
            message = f"{type(node).__name__} stands in no statement of this file"
            raise LookupError(message)
        return found

    def block(self, stmt: ast.stmt) -> tuple[list[ast.stmt], int]:
        """The list of statements that `stmt` stands in, and its index there."""
        if stmt not in self._blocks:
            above = self.parent(stmt)
            siblings = getattr(above, self.field(stmt), None)
            if not isinstance(siblings, list):
                return [stmt], 0
            self._blocks.update((each, (siblings, index)) for index, each in enumerate(siblings))
        return self._blocks[stmt]

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The innermost `def` in whose body `node` runs (decorators and defaults run outside)."""
        below = node
        for above in self.ancestors(node):
            if isinstance(above, FUNCTIONS) and self.runs_inside(below, above):
                return above
            below = above
        return None

    def runs_inside(self, child: ast.AST, function: FunctionNode) -> bool:
        """Whether `child`, directly under `function`, is part of its body or parameters."""
        return self.field(child) in {"body", "args"} and function is self.parent(child)

    def loop_of(self, node: ast.AST) -> ast.For | ast.AsyncFor | ast.While | None:
        """The innermost loop of the same function whose body holds `node`."""
        below = node
        for above in self.ancestors(node):
            if isinstance(above, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
                return None
            if isinstance(above, LOOPS) and self.field(below) == "body":
                return above
            below = above
        return None

    def catches(self, node: ast.AST) -> list[ast.Try | ast.TryStar]:
        """The `try` statements of the same function whose body holds `node`, innermost first."""
        found: list[ast.Try | ast.TryStar] = []
        below = node
        for above in self.ancestors(node):
            if isinstance(above, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
                break
            if isinstance(above, ast.Try | ast.TryStar) and self.field(below) == "body":
                found.append(above)
            below = above
        return found
