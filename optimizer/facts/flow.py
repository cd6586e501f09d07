"""Which value of a local name is read later, and which assignments reach a use.

Both are the classic analyses over bit masks, made once for each function that is asked about.
Names that other functions share are not followed: for them every answer is the careful one.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.facts.graph import Graph
from optimizer.facts.names import Names
from optimizer.facts.scopes import Scope, ScopeKind
from optimizer.facts.tree import FUNCTIONS, FunctionNode, Tree


@dataclass(frozen=True, slots=True)
class _Definition:
    """One binding of a local: `node` None stands for "not bound" at the function's start."""

    name: str
    node: ast.AST | None
    sure: bool


class FunctionFlow:
    """The flow of one function's own names."""

    def __init__(self, function: FunctionNode, names: Names) -> None:
        self.graph = Graph(function)
        self.scope = names.scopes.opened[function]
        self._names = names
        self._tree = names.tree
        self._point_of_part = {
            part: number for number, point in enumerate(self.graph.points) for part in point.parts
        }
        self._bits = {name: 1 << index for index, name in enumerate(self.scope.bindings)}
        count = len(self.graph.points)
        self._uses = [0] * count
        self._kills = [0] * count
        self._definitions: list[_Definition] = []
        self._of_name: dict[str, list[int]] = {}
        self._made: list[list[int]] = [[] for _ in range(count)]
        for name in self.scope.bindings:
            self._collect(name)
        self._live = self._liveness()
        self._reach: list[int] | None = None
        self._before: list[list[int]] | None = None
        self._leads_to: dict[int, frozenset[int]] = {}

    def point_of(self, node: ast.AST) -> int | None:
        """The point that runs `node`; None for what runs when the function is defined or called."""
        place: ast.AST | None = node
        while place is not None and place is not self.scope.node:
            if place in self._point_of_part:
                return self._point_of_part[place]
            if isinstance(place, ast.stmt) and place in self.graph.ranges:
                return self.graph.ranges[place][0]
            place = self._tree.parent(place)
        return None

    def _collect(self, name: str) -> None:
        for use in self._names.uses(name, self.scope):
            point = self.point_of(use)
            if point is not None and self._names.is_read(use):
                self._uses[point] |= self._bits[name]
        parameter = False
        for node in self.scope.bindings[name]:
            point = 0 if isinstance(node, ast.arg) else self.point_of(node)
            parameter = parameter or isinstance(node, ast.arg)
            if point is not None and not _binds_nothing(node, self._tree):
                self._define(name, node, point)
        if not parameter:
            self._add(_Definition(name, None, sure=True), 0)

    def _define(self, name: str, node: ast.AST, point: int) -> None:
        sure = self._is_sure(node, point)
        self._add(_Definition(name, node, sure), point)
        if sure:
            self._kills[point] |= self._bits[name]

    def _add(self, definition: _Definition, point: int) -> None:
        index = len(self._definitions)
        self._definitions.append(definition)
        self._of_name.setdefault(definition.name, []).append(index)
        self._made[point].append(index)

    def _is_sure(self, node: ast.AST, point: int) -> bool:
        """Whether control that leaves the point has bound the name: not for `and (x := ...)` and patterns."""
        if self.graph.points[point].conditional or isinstance(self._tree.parent(node), ast.NamedExpr):
            return False
        own = self._names.scopes.scope_of(node) is self.scope
        return own or isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.arg))

    def _liveness(self) -> list[int]:
        """For each point, the names whose value at its start may be read."""
        points = self.graph.points
        live = [0] * len(points)
        changed = True
        while changed:
            changed = False
            for number in range(len(points) - 1, -1, -1):
                after = raised = 0
                for follower in points[number].next:
                    after |= live[follower]
                for handler in points[number].raises:
                    raised |= live[handler]
                now = self._uses[number] | (after & ~self._kills[number]) | raised
                if now != live[number]:
                    live[number] = now
                    changed = True
        return live

    def live_after(self, name: str, stmt: ast.stmt) -> bool:
        """Whether the value of `name` may be read by a point outside `stmt` that runs after one inside."""
        bit = self._bits[name]
        first, end = self.graph.ranges[stmt]
        for point in self.graph.points[first:end]:
            for after in (*point.next, *point.raises):
                if not first <= after < end and self._live[after] & bit:
                    return True
        return False

    def _reaching(self) -> list[int]:
        """For each point, the definitions that may hold at its start."""
        points = self.graph.points
        made = [sum(1 << definition for definition in own) for own in self._made]
        of_name = {name: sum(1 << index for index in indexes) for name, indexes in self._of_name.items()}
        ended = [0] * len(points)
        for number, own in enumerate(self._made):
            for index in own:
                definition = self._definitions[index]
                ended[number] |= of_name[definition.name] if definition.sure else 0
        reach = [0] * len(points)
        waiting = [0]
        seen = bytearray(len(points))
        while waiting:
            number = waiting.pop()
            seen[number] = 1
            after = made[number] | (reach[number] & ~ended[number])
            raised = made[number] | reach[number]
            for follower, mask in (
                *((follower, after) for follower in points[number].next),
                *((handler, raised) for handler in points[number].raises),
            ):
                if mask & ~reach[follower] or not seen[follower]:
                    reach[follower] |= mask
                    waiting.append(follower)
        return reach

    def reaching(self, node: ast.Name) -> list[ast.AST | None]:
        """The bindings whose value the name may have at `node`; None among them when it may be unbound."""
        point = self.point_of(node)
        if point is None:
            return [None]
        if self._reach is None:
            self._reach = self._reaching()
        found = [
            self._definitions[index].node
            for index in self._of_name.get(node.id, ())
            if self._reach[point] >> index & 1
        ]
        own = [self._definitions[index] for index in self._made[point]]
        found += [each.node for each in own if each.name == node.id and self._may_come_first(each.node, node)]
        return list(dict.fromkeys(found))

    def _may_come_first(self, binding: ast.AST | None, use: ast.Name) -> bool:
        """Whether a binding of the same point may be done before the use."""
        if binding is use or binding is None:
            return False
        if isinstance(self._tree.parent(binding), ast.NamedExpr):
            return True
        stmt = self._tree.statement_of(use)
        value = getattr(stmt, "value", None)
        return not (isinstance(value, ast.AST) and self._tree.holds(value, use))

    def may_follow(self, first: ast.AST, later: ast.AST) -> bool:
        """Whether control may run from `first` on to the start of `later`."""
        start, goal = self.point_of(first), self.point_of(later)
        if start is None or goal is None:
            return True
        if goal not in self._leads_to:
            self._leads_to[goal] = self._leading(goal)
        return start in self._leads_to[goal]

    def _leading(self, goal: int) -> frozenset[int]:
        """The points from which control may run on to `goal`."""
        if self._before is None:
            self._before = [[] for _ in self.graph.points]
            for number, point in enumerate(self.graph.points):
                for after in (*point.next, *point.raises):
                    self._before[after].append(number)
        seen: set[int] = set()
        waiting = [goal]
        while waiting:
            for number in self._before[waiting.pop()]:
                if number not in seen:
                    seen.add(number)
                    waiting.append(number)
        return frozenset(seen)


class Flow:
    """Flow of all functions of one module."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.tree = names.tree
        self._functions: dict[FunctionNode, FunctionFlow] = {}

    def of(self, function: FunctionNode) -> FunctionFlow:
        """The flow of one function."""
        if function not in self._functions:
            self._functions[function] = FunctionFlow(function, self.names)
        return self._functions[function]

    def read_after(self, name: str, stmt: ast.stmt) -> bool:
        """Whether the value that `stmt` leaves in local `name` may be read after `stmt` ends."""
        function = self.tree.function_of(stmt)
        if function is None:
            return True
        owner = self.names.scopes.owner(name, stmt)
        scope = self.names.scopes.opened[function]
        if owner is None:
            return bool(self.names.reads(name, function))
        if owner is not scope or self.names.captured(name, scope) or self.names.reads_frame(function):
            return True
        flow = self.of(function)
        return stmt not in flow.graph.ranges or flow.live_after(name, stmt)

    def reaching(self, node: ast.Name) -> Sequence[ast.AST | None] | None:
        """The bindings that `node` may see (None among them: unbound); None when the name is not followed."""
        function = self.tree.function_of(node)
        if function is None:
            return None
        scope = self.names.scopes.opened[function]
        if self.names.scopes.owner(node.id, node) is not scope or not self._followed(node, scope):
            return None
        return self.of(function).reaching(node)

    def _followed(self, node: ast.Name, scope: Scope) -> bool:
        bindings = self.names.scopes.bindings(node.id, scope)
        if any(self._is_foreign(binding, scope) for binding in bindings):
            return False
        inner = self.names.scopes.scope_of(node)
        while inner is not None and inner is not scope:
            lazy = isinstance(inner.node, ast.GeneratorExp) and not self.names.is_consumed(inner.node)
            if inner.kind is not ScopeKind.COMPREHENSION or lazy:
                return False
            inner = inner.parent
        return True

    def _is_foreign(self, binding: ast.AST, scope: Scope) -> bool:
        """Whether a nested function binds the name (`nonlocal`)."""
        inner = self.names.scopes.scope_of(binding)
        while inner is not None and inner is not scope:
            if inner.kind is not ScopeKind.COMPREHENSION:
                return True
            inner = inner.parent
        return False

    def surely_bound(self, node: ast.Name) -> bool:
        """Whether reading the local at `node` cannot find it unbound."""
        reaching = self.reaching(node)
        return bool(reaching) and not any(
            binding is None or isinstance(binding, ast.ExceptHandler) or _unbinds(binding)
            for binding in reaching or ()
        )

    def may_follow(self, first: ast.AST, later: ast.AST) -> bool:
        """Whether control may run from `first` on to the start of `later` (both in one function)."""
        function = self.tree.function_of(first)
        if function is None or self.tree.function_of(later) is not function:
            return True
        return self.of(function).may_follow(first, later)


def _unbinds(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)


def _binds_nothing(node: ast.AST, tree: Tree) -> bool:
    """Whether it is a bare annotation: it makes the name local and leaves its value."""
    parent = tree.parent(node)
    return isinstance(parent, ast.AnnAssign) and parent.target is node and parent.value is None
