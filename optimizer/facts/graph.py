"""The control flow of one function, statement by statement.

A *point* is a step that runs as a whole: a simple statement, a loop's head, a test. Every point in a
`try` body may jump to the handlers at any moment of its run; edges that cannot be taken cost only precision.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from optimizer.facts.tree import FunctionNode


@dataclass(slots=True, eq=False)
class Point:
    """One step: the nodes that it evaluates, where control may go next, and where when it raises."""

    parts: tuple[ast.AST, ...]
    next: list[int] = field(default_factory=list)
    raises: tuple[int, ...] = ()
    conditional: bool = False
    """Whether what it binds may stay unbound although control goes on (patterns)."""


@dataclass(slots=True)
class _Loop:
    head: int
    breaks: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Finally:
    entry: int
    pending: set[str] = field(default_factory=set)


class Graph:
    """Points of one function, numbered as written; `ranges` gives the points of each statement."""

    def __init__(self, function: FunctionNode) -> None:
        self.points: list[Point] = []
        self.ranges: dict[ast.stmt, tuple[int, int]] = {}
        self._around: list[_Loop | _Finally] = []
        self._catching: tuple[int, ...] = ()
        start = self._point(())
        self._block(function.body, [start])

    def _point(
        self, parts: Sequence[ast.AST | None], before: Iterable[int] = (), *, conditional: bool = False
    ) -> int:
        number = len(self.points)
        present = tuple(part for part in parts if part is not None)
        self.points.append(Point(present, raises=self._catching, conditional=conditional))
        self._connect(before, number)
        return number

    def _connect(self, before: Iterable[int], after: int) -> None:
        for point in before:
            self.points[point].next.append(after)

    def _block(self, statements: Sequence[ast.stmt], before: list[int]) -> list[int]:
        """Add statements; takes and gives the points from which control runs on."""
        for stmt in statements:
            first = len(self.points)
            before = self._statement(stmt, before)
            self.ranges[stmt] = (first, len(self.points))
        return before

    def _statement(self, stmt: ast.stmt, before: list[int]) -> list[int]:
        match stmt:
            case ast.If():
                return self._if(stmt, before)
            case ast.While():
                return self._while(stmt, before)
            case ast.For() | ast.AsyncFor():
                return self._for(stmt, before)
            case ast.With() | ast.AsyncWith():
                return self._with(stmt, before)
            case ast.Match():
                return self._match(stmt, before)
            case ast.Break() | ast.Continue() | ast.Return() | ast.Raise():
                return self._jump_statement(stmt, before)
            case ast.Try() | ast.TryStar():
                return self._try(stmt, before)
            case _:
                return [self._point((stmt,), before)]

    def _if(self, stmt: ast.If, before: list[int]) -> list[int]:
        test = self._point((stmt.test,), before)
        return self._block(stmt.body, [test]) + self._block(stmt.orelse, [test])

    def _while(self, stmt: ast.While, before: list[int]) -> list[int]:
        head = self._point((stmt.test,), before)
        breaks = self._loop(stmt, head, [head])
        endless = isinstance(stmt.test, ast.Constant) and bool(stmt.test.value)
        return self._block(stmt.orelse, [] if endless else [head]) + breaks

    def _for(self, stmt: ast.For | ast.AsyncFor, before: list[int]) -> list[int]:
        iterable = self._point((stmt.iter,), before)
        # An exhausted loop leaves its target as it was, so that asking and binding are two points.
        head = self._point((), [iterable])
        target = self._point((stmt.target,), [head])
        breaks = self._loop(stmt, head, [target])
        return self._block(stmt.orelse, [head]) + breaks

    def _loop(self, stmt: ast.For | ast.AsyncFor | ast.While, head: int, before: list[int]) -> list[int]:
        loop = _Loop(head)
        self._around.append(loop)
        self._connect(self._block(stmt.body, before), head)
        self._around.pop()
        return loop.breaks

    def _with(self, stmt: ast.With | ast.AsyncWith, before: list[int]) -> list[int]:
        outer = self._catching
        # A context manager may swallow the exception, and control goes on after the statement.
        leave = self._point(())
        self._catching = (leave,)
        for item in stmt.items:
            before = [self._point((item,), before)]
        before = self._block(stmt.body, before)
        self._catching = outer
        return [*before, leave]

    def _match(self, stmt: ast.Match, before: list[int]) -> list[int]:
        before = [self._point((stmt.subject,), before)]
        ends: list[int] = []
        for case in stmt.cases:
            pattern = self._point((case.pattern, case.guard), before, conditional=True)
            ends += self._block(case.body, [pattern])
            before = [pattern]
        return ends + before

    def _jump_statement(self, stmt: ast.stmt, before: list[int]) -> list[int]:
        point = self._point((stmt,), before)
        match stmt:
            case ast.Break():
                self._jump("break", [point])
            case ast.Continue():
                self._jump("continue", [point])
            case ast.Return():
                self._jump("return", [point])
        return []

    def _jump(self, kind: str, points: list[int]) -> None:
        for around in reversed(self._around):
            if isinstance(around, _Finally):
                around.pending.add(kind)
                self._connect(points, around.entry)
                return
            if kind == "break":
                around.breaks.extend(points)
                return
            if kind == "continue":
                self._connect(points, around.head)
                return

    def _try(self, stmt: ast.Try | ast.TryStar, before: list[int]) -> list[int]:
        outer = self._catching
        last = _Finally(self._point(())) if stmt.finalbody else None
        if last is not None:
            self._around.append(last)
            self._catching = (last.entry,)
        unhandled = self._catching
        caught = self._point(())
        self._catching = (caught,)
        ends = self._block(stmt.body, before)
        self._catching = unhandled
        ends = self._block(stmt.orelse, ends)
        before = [caught]
        for handler in stmt.handlers:
            test = self._point((handler.type,), before)
            name = self._point((handler,), [test])
            ends += self._block(handler.body, [name])
            before = [test]
        # What no handler takes goes on as an exception, after `finally`.
        self.points[caught].raises = unhandled
        self._catching = outer
        if last is None:
            return ends
        self._around.pop()
        return self._finally(stmt, last, ends)

    def _finally(self, stmt: ast.Try | ast.TryStar, last: _Finally, before: list[int]) -> list[int]:
        self._connect(before, last.entry)
        ends = self._block(stmt.finalbody, [last.entry])
        for end in ends:
            self.points[end].next.extend(self._catching)
        for kind in sorted(last.pending):
            self._jump(kind, ends)
        return ends
