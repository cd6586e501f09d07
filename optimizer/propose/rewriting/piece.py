"""Change one opened piece of a file."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from optimizer.propose.rewriting.container import Container, replaced_statements, statement_around
from optimizer.propose.rewriting.expected import dump, expected_statements
from optimizer.propose.rewriting.lines import margin
from optimizer.propose.rewriting.new_code import new_expression, new_statements
from optimizer.propose.rewriting.opened import Opened, open_piece
from optimizer.propose.rewriting.parse import parse_quietly
from optimizer.propose.rewriting.plan import NewStatements, Plan, Statement, in_place_of
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.propose.rewriting.style import Style
from optimizer.propose.rewriting.swap import Swap
from optimizer.transform import Replace


def changed_piece(container: Container, lines: Sequence[str], style: Style, carried: Counter[str]) -> str:
    """The container's lines after its changes. `carried` are comments that the edit keeps elsewhere."""
    own = lines[container.first_line - 1 : container.last_line]
    piece = _Piece(
        opened=open_piece(own, first_line=container.first_line, unit=style.unit, newline=style.newline),
        container=container,
        lines=own,
        style=style,
        carried=carried,
        expected=dump(expected_statements(container.statements, container.changes)),
    )
    text = piece.attempt(frozenset()) or piece.with_fewest_parentheses()
    if text is None:
        message = "the new code would be read differently at this place"
        raise RewriteError(message)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    opened: Opened
    container: Container
    lines: Sequence[str]
    style: Style
    carried: Counter[str]
    expected: str

    def with_fewest_parentheses(self) -> str | None:
        """Parentheses around all new expressions, less those that are not needed."""
        changes = enumerate(self.container.changes)
        needed = frozenset(index for index, change in changes if isinstance(change.first, ast.expr))
        best = self.attempt(needed)
        for index in sorted(needed):
            if best and (fewer := self.attempt(needed - {index})):
                best, needed = fewer, needed - {index}
        return best

    def attempt(self, parenthesised: frozenset[int]) -> str | None:
        """The text with these new expressions in parentheses; None when that says something else."""
        try:
            changed = self.opened.module.visit(Swap(self._plan(parenthesised)))
            text = self.opened.code(changed)
            body = parse_quietly(f"if 1:\n{text}" if self.opened.wrapped else text).body
        except (SyntaxError, cst.CSTValidationError):
            return None
        if self.opened.wrapped:
            body = getattr(body[0], "body", [])
        return text if dump(body) == self.expected else None

    def _plan(self, parenthesised: frozenset[int]) -> Plan:
        plan = Plan(
            style=self.style,
            expressions={},
            ranges={},
            touched={},
            above=defaultdict(Counter),
            carried=Counter(self.carried),
        )
        for index, change in enumerate(self.container.changes):
            if isinstance(change.first, ast.expr):
                self._plan_expression(plan, change, change.first, parenthesised=index in parenthesised)
            else:
                self._plan_statements(plan, change)
        return plan

    def _plan_expression(self, plan: Plan, change: Replace, first: ast.expr, *, parenthesised: bool) -> None:
        around = statement_around(self.container, change)
        statement = self.opened.statement(around)
        old = self.opened.expression(first)
        new = new_expression(change.code, self.style, "".join(self.lines))
        plan.expressions[old] = in_place_of(old, new, parenthesised=parenthesised)
        plan.touched[statement] = self._indent(around)
        plan.above[statement].update(plan.lost([old], [plan.expressions[old]]))

    def _plan_statements(self, plan: Plan, change: Replace) -> None:
        replaced = replaced_statements(self.container, change)
        indent = self._indent(replaced[0])
        code = new_statements(
            change.code,
            originals={} if change.above else self._originals(replaced),
            style=self.style,
            indent=indent,
            seen="".join(self.lines),
        )
        last = self.opened.statement(replaced[-1])
        plan.ranges[self.opened.statement(replaced[0])] = NewStatements(
            last=last, code=code, indent=indent, above=change.above
        )

    def _originals(self, replaced: Sequence[ast.stmt]) -> dict[str, list[Statement]]:
        """The old statements by what they parse to."""
        found: dict[str, list[Statement]] = {}
        for outer in replaced:
            for node in ast.walk(outer):
                whole = self.opened.whole_statement(node) if isinstance(node, ast.stmt) else None
                if whole is not None and isinstance(node, ast.stmt):
                    found.setdefault(dump([node]), []).append(whole)
        return found

    def _indent(self, statement: ast.stmt) -> str:
        return margin(self.lines[statement.lineno - self.container.first_line])
