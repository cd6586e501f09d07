"""Put new statements into a block of old ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from optimizer.propose.rewriting.new_code import head_code
from optimizer.propose.rewriting.plan import NewStatements, Plan, Statement, comment_lines
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.propose.rewriting.style import width

_FOR_TOOLS = ("# type:", "# noqa", "# pragma:", "# pylint:", "# nosec")


@dataclass(frozen=True, slots=True)
class _Unit:
    """One statement of a block; `key` is what a plan knows it by, `old` and `new` its two states."""

    key: cst.CSTNode
    old: Statement
    new: Statement


def changed_block(
    old: Sequence[cst.CSTNode], new: Sequence[cst.CSTNode], plan: Plan
) -> tuple[list[Statement], list[cst.EmptyLine]]:
    """The block's statements with the planned ones among them, and comments left over at its end."""
    units = [unit for before, after in zip(old, new, strict=True) for unit in _units(before, after, plan)]
    found: list[Statement] = []
    waiting: list[cst.EmptyLine] = []
    starts_anew = False
    while units:
        replaced, planned = _take(units, plan)
        placed = [unit.new for unit in replaced] if planned is None else _placed(planned, replaced, plan)
        if placed:
            first = _below(waiting, placed[0])
            found += [_without_blank_lines_above(first) if starts_anew else first, *placed[1:]]
            waiting, starts_anew = [], False
        else:
            starts_anew = not found
            olds = [unit.old for unit in replaced]
            above = olds[0].leading_lines
            stay = plan.lost(above, ())
            waiting += [line for line in above if not line.comment or stay[line.comment.value]]
            waiting += comment_lines(plan.lost(olds, above))
    return found, [line for line in waiting if line.comment]


def _units(old: cst.CSTNode, new: cst.CSTNode, plan: Plan) -> Iterator[_Unit]:
    """A line of several statements is cut up when the plan changes one of them."""
    if not isinstance(old, cst.SimpleStatementLine) or not isinstance(new, cst.SimpleStatementLine):
        if isinstance(old, Statement) and isinstance(new, Statement):
            yield _Unit(old, old, new)
    elif len(old.body) == 1:
        yield _Unit(old.body[0], old, new)
    elif not any(small in plan.ranges for small in old.body):
        yield _Unit(old, old, new)
    else:
        olds, news = list(_cut_up(old)), list(_cut_up(new))
        yield from map(_Unit, old.body, olds, news)


def _cut_up(line: cst.SimpleStatementLine) -> Iterator[cst.SimpleStatementLine]:
    for index, small in enumerate(line.body):
        alone = [small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]
        above = line.leading_lines if index == 0 else []
        end = line.trailing_whitespace if index == len(line.body) - 1 else cst.TrailingWhitespace()
        yield cst.SimpleStatementLine(body=alone, leading_lines=above, trailing_whitespace=end)


def _take(units: list[_Unit], plan: Plan) -> tuple[list[_Unit], NewStatements | None]:
    """Remove from `units` the next one, or all that the next change replaces."""
    planned = plan.ranges.get(units[0].key)
    if planned is None:
        return [units.pop(0)], None
    taken = [units.pop(0)]
    while taken[-1].key is not planned.last:
        if not units:
            message = "the first and the last statement of the edit are not in one block"
            raise RewriteError(message)
        taken.append(units.pop(0))
    return taken, planned


def _placed(planned: NewStatements, replaced: Sequence[_Unit], plan: Plan) -> list[Statement]:
    """The new statements with the blank lines and comments of the old ones."""
    olds = [unit.old for unit in replaced]
    new = list(planned.code)
    if planned.above:
        first = new[0].with_changes(leading_lines=olds[0].leading_lines)
        return [first, *new[1:], replaced[0].new.with_changes(leading_lines=_of_its_own(replaced[0]))]
    if not new:
        return []
    lost = plan.lost(olds, [*olds[0].leading_lines, *new])
    new[-1] = _with_end_of_line(new[-1], olds[-1], lost, plan.style.room(planned.indent))
    own = [] if new[0] in olds else [line for line in new[0].leading_lines if line.comment]
    above = [*olds[0].leading_lines, *comment_lines(lost), *own]
    new[0] = new[0].with_changes(leading_lines=above)
    return new


def _of_its_own(unit: _Unit) -> list[cst.EmptyLine]:
    """The lines above a statement that it has got from a change inside it."""
    return list(unit.new.leading_lines[len(unit.old.leading_lines) :])


def _with_end_of_line(new: Statement, old: Statement, lost: Counter[str], room: int) -> Statement:
    """Keep the comment at the end of the old line there, if there is room or a tool reads it.

    Takes it from `lost`.
    """
    if not isinstance(new, cst.SimpleStatementLine) or not isinstance(old, cst.SimpleStatementLine):
        return new
    comment = old.trailing_whitespace.comment
    if comment is None or not lost[comment.value] or new.trailing_whitespace.comment:
        return new
    last_line = (head_code(new) or "").splitlines()[-1]
    if width(f"{last_line}  {comment.value}") > room and not comment.value.startswith(_FOR_TOOLS):
        return new
    lost[comment.value] -= 1
    return new.with_changes(trailing_whitespace=old.trailing_whitespace)


def _without_blank_lines_above(statement: Statement) -> Statement:
    """The statement as the first of a block, which no blank line stands above."""
    lines = list(statement.leading_lines)
    while lines and lines[0].comment is None:
        del lines[0]
    return statement.with_changes(leading_lines=lines)


def _below(waiting: Sequence[cst.EmptyLine], statement: Statement) -> Statement:
    """The statement under the blank lines and comments of a removed one."""
    own = list(statement.leading_lines)
    if waiting and own and waiting[0].comment is None and own[0].comment is None:
        own = own[1:]
    return statement.with_changes(leading_lines=[*waiting, *own]) if waiting else statement
