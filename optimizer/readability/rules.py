"""The ratchet and the budgets: numbers that may not rise, or not above a limit."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.model import RuleMoved
from optimizer.readability.layout import FormatCode, laid_out
from optimizer.readability.metrics import Unit, block_nesting, cognitive_complexity, token_count, units
from optimizer.readability.regions import Region

DEFAULT_LINE_LENGTH = 88
_COGNITIVE_CEILING = 15
_NESTING_CEILING = 3
_WIDEST, _WIDEST_RISE = 22, 6
_DEEPEST = 7
_CLAUSES = 3
_LINES_RISE = 5
_TOKENS_FACTOR, _TOKENS_RISE = 1.35, 45
_DOUBLE = 2.0
_TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to measure: the project's own layout, and the lower bound of the speed-up."""

    line_length: int | None = None
    speedup_low: float = 1.0
    format_code: FormatCode | None = None

    @property
    def width(self) -> int:
        """The project's line length."""
        return self.line_length or DEFAULT_LINE_LENGTH

    @property
    def cognitive_rise(self) -> int:
        """How much cognitive complexity may rise: a doubled speed buys one more."""
        return 2 if self.speedup_low >= _DOUBLE else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's values, and what it objects to ("" when it does not)."""

    moved: RuleMoved
    objection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """One region's ratcheted numbers."""

    cognitive: int
    nesting: int
    lines: int
    tokens: int


def findings(regions: Sequence[Region], options: Options) -> Iterator[Finding]:
    """One finding for each rule, whether it moved or not; imports are not counted."""
    if not regions:
        return
    sizes = [(region, _size(region.before, options), _size(region.after, options)) for region in regions]
    paired = [entry for entry in sizes if entry[0].before and entry[0].after]
    allowances = max(1, len(paired))
    before, after = _total([size for _, size, _ in sizes]), _total([size for _, _, size in sizes])
    yield _cognitive(sizes, before, after, options, allowances)
    yield _nesting(sizes, before, after)
    yield _ratchet(
        "code lines", before.lines, after.lines, before.lines + _LINES_RISE * allowances,
        "It takes {after} lines of code instead of {before}; the limit is {limit}.",
    )  # fmt: skip
    yield _ratchet(
        "tokens", before.tokens, after.tokens, _token_limit(before.tokens, allowances),
        "It takes {after} tokens instead of {before}; the limit is {limit}.",
    )  # fmt: skip
    yield from _budgets(regions, options)


def _size(statements: Sequence[ast.stmt], options: Options) -> _Size:
    code = _without_imports(statements)
    return _Size(
        cognitive=cognitive_complexity(code),
        nesting=block_nesting(code),
        lines=len(_lines(code, options)),
        tokens=token_count(code),
    )


def _without_imports(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    return [statement for statement in statements if not isinstance(statement, ast.Import | ast.ImportFrom)]


def _lines(code: Sequence[ast.stmt], options: Options) -> list[str]:
    return laid_out(code, line_length=options.width, format_code=options.format_code)


def _total(sizes: Sequence[_Size]) -> _Size:
    return _Size(
        cognitive=sum(size.cognitive for size in sizes),
        nesting=max((size.nesting for size in sizes), default=0),
        lines=sum(size.lines for size in sizes),
        tokens=sum(size.tokens for size in sizes),
    )


def _ratchet(rule: str, before: int, after: int, limit: int, sentence: str) -> Finding:
    objection = sentence.format(before=before, after=after, limit=limit) if after > limit else ""
    return Finding(moved=RuleMoved(rule=rule, before=before, after=after, limit=limit), objection=objection)


def _token_limit(before: int, allowances: int) -> int:
    return math.floor(max(_TOKENS_FACTOR * before, before + _TOKENS_RISE * allowances))


def _cognitive(
    sizes: Sequence[tuple[Region, _Size, _Size]],
    before: _Size,
    after: _Size,
    options: Options,
    allowances: int,
) -> Finding:
    """Each function has its own limit; all together may rise as often as there are functions."""
    limit = before.cognitive + options.cognitive_rise * allowances
    objection = ""
    for region, old, new in sizes:
        if not (region.before and region.after):
            continue
        own = _cognitive_limit(old.cognitive, options)
        if len(sizes) == 1:
            limit = own
        if new.cognitive > own and not objection:
            where = f" of `{region.name}`" if region.name and len(sizes) > 1 else ""
            objection = _RISES.format(where=where, before=old.cognitive, after=new.cognitive, limit=own)
    if after.cognitive > limit and not objection:
        objection = _RISES.format(where="", before=before.cognitive, after=after.cognitive, limit=limit)
    moved = RuleMoved(
        rule="cognitive complexity", before=before.cognitive, after=after.cognitive, limit=limit
    )
    return Finding(moved=moved, objection=objection)


def _cognitive_limit(before: int, options: Options) -> int:
    """What a function may rise to; from 15 and below not to more than 15."""
    limit = before + options.cognitive_rise
    return limit if before > _COGNITIVE_CEILING else min(limit, _COGNITIVE_CEILING)


_RISES = "The cognitive complexity{where} rises from {before} to {after}; the limit is {limit}."


def _nesting(sizes: Sequence[tuple[Region, _Size, _Size]], before: _Size, after: _Size) -> Finding:
    """A function is compared with itself, and what is new with the deepest that there was."""
    objection = ""
    for region, old, new in sizes:
        known = old.nesting if region.before and region.after else before.nesting
        if new.nesting > max(known, _NESTING_CEILING):
            objection = (
                f"Its blocks are nested {new.nesting} deep instead of {known}; "
                f"a rise may not end above {_NESTING_CEILING}."
            )
    limit = max(before.nesting, _NESTING_CEILING)
    moved = RuleMoved(rule="block nesting", before=before.nesting, after=after.nesting, limit=limit)
    return Finding(moved=moved, objection=objection)


def _budgets(regions: Sequence[Region], options: Options) -> Iterator[Finding]:
    """What is new against what it replaces: a dense neighbour that did not change excuses nothing."""
    old, new = _replaced(
        [unit for region in regions for unit in units(_without_imports(region.before))],
        [unit for region in regions for unit in units(_without_imports(region.after))],
    )
    yield _longest_line(regions, options)
    widest = max((unit.nodes for unit in old), default=0)
    yield _budget("widest statement", "nodes", old, new, max(_WIDEST, widest + _WIDEST_RISE))
    deepest = max((unit.depth for unit in old), default=0)
    yield _budget("expression depth", "depth", old, new, max(_DEEPEST, deepest))
    most = max((unit.clauses for unit in old), default=0)
    yield _budget("clauses in one statement", "clauses", old, new, max(_CLAUSES, most))


def _replaced(before: Sequence[Unit], after: Sequence[Unit]) -> tuple[list[Unit], list[Unit]]:
    old, new = Counter(unit.key for unit in before), Counter(unit.key for unit in after)
    gone, come = old - new, new - old
    return [unit for unit in before if gone[unit.key]], [unit for unit in after if come[unit.key]]


_SENTENCES = {
    "nodes": "One statement is too wide, {after} nodes with a limit of {limit}: `{text}`.",
    "depth": "One expression is nested too deep, {after} levels with a limit of {limit}: `{text}`.",
    "clauses": "One statement holds {after} clauses (for, if, and, or...) with a limit of {limit}: `{text}`.",
}


def _budget(rule: str, measure: str, old: Sequence[Unit], new: Sequence[Unit], limit: int) -> Finding:
    before = max((int(getattr(unit, measure)) for unit in old), default=0)
    worst = max(new, key=lambda unit: int(getattr(unit, measure)), default=None)
    after = int(getattr(worst, measure)) if worst else 0
    objection = ""
    if worst and after > limit:
        objection = _SENTENCES[measure].format(after=after, limit=limit, text=shortened(worst.text))
    return Finding(moved=RuleMoved(rule=rule, before=before, after=after, limit=limit), objection=objection)


def shortened(text: str, limit: int = 60) -> str:
    """`text` for the end of a sentence."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _width(line: str, limit: int) -> int:
    """The length of a line; one that is only too long because of a text fills the line."""
    longest_text = max(map(len, _TEXTS.findall(line)), default=0)
    return min(len(line), limit) if len(line) - longest_text <= limit else len(line)


def _longest_line(regions: Sequence[Region], options: Options) -> Finding:
    old, new = (
        Counter(line for statements in side for line in _lines(_without_imports(statements), options))
        for side in ([region.before for region in regions], [region.after for region in regions])
    )
    before = max(map(len, old - new), default=0)
    limit = max(options.width, before)
    after = max((_width(line, limit) for line in new - old), default=0)
    objection = f"A line is {after} characters long; the limit is {limit}." if after > limit else ""
    return Finding(
        moved=RuleMoved(rule="longest line", before=before, after=after, limit=limit), objection=objection
    )
