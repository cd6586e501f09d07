"""What a tool said of each pair, kept as lines of JSON, and the tables that are made of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.equivalence_cases import Case

SAME, DIFFERENT, UNDECIDED = "same", "different", "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one tool said of one case. Seconds are wall seconds; of planted mistakes `noticed` of `made`."""

    id: str
    family: str
    equivalent: bool
    answer: str
    seconds: float
    why: str = ""
    noticed: int = 0
    made: int = 0

    @classmethod
    def of(
        cls,
        case: Case,
        answer: str,
        seconds: float,
        *,
        why: str = "",
        planted: tuple[int, int] = (0, 0),
    ) -> Result:
        """The result for a case; `planted` are (noticed, made)."""
        return cls(
            id=case.id,
            family=case.family,
            equivalent=case.equivalent,
            answer=answer,
            seconds=round(seconds, 1),
            why=why,
            noticed=planted[0],
            made=planted[1],
        )

    @property
    def broken_promise(self) -> bool:
        """A difference that was called the same."""
        return not self.equivalent and self.answer == SAME


def kept(path: Path | None) -> dict[str, list[Result]]:
    """The results of earlier runs, by the name of the tool."""
    found: dict[str, list[Result]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path and path.exists() else ():
        row = json.loads(line)
        found.setdefault(row.pop("tool"), []).append(Result(**row))
    return found


def keep(path: Path | None, tool: str, result: Result) -> None:
    """Add one result."""
    if path is not None:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"tool": tool, **asdict(result)}) + "\n")


def by_family(results: Sequence[Result]) -> Iterable[str]:
    """A Markdown table: for each family, how different and equivalent pairs were judged."""
    yield "| family | different: found | refused | called the same | equivalent: same | refused | seconds a case |"
    yield "|---|---|---|---|---|---|---|"
    families = sorted({result.family for result in results})
    for name in families:
        yield _row(name, [result for result in results if result.family == name])
    yield _row("**all**", results)


def _row(name: str, results: Sequence[Result]) -> str:
    count = Counter((result.equivalent, result.answer) for result in results)
    cells = (
        count[False, DIFFERENT],
        count[False, UNDECIDED],
        count[False, SAME],
        count[True, SAME],
        count[True, DIFFERENT] + count[True, UNDECIDED],
        f"{median(result.seconds for result in results):.1f}" if results else "",
    )
    return "| " + " | ".join(map(str, (name, *cells))) + " |"


def side_by_side(tools: Mapping[str, Sequence[Result]]) -> Iterable[str]:
    """A Markdown table: one line for each tool."""
    columns = ("tool", "different: found", "called the same", "undecided")
    columns += ("equivalent: called the same", "false alarms", "undecided", "seconds a case")
    yield "| " + " | ".join(columns) + " |"
    yield "|---" * len(columns) + "|"
    for name, results in tools.items():
        count = Counter((result.equivalent, result.answer) for result in results)
        cells = [count[False, answer] for answer in (DIFFERENT, SAME, UNDECIDED)]
        cells += [count[True, answer] for answer in (SAME, DIFFERENT, UNDECIDED)]
        seconds = f"{median(result.seconds for result in results):.1f}" if results else ""
        yield "| " + " | ".join(map(str, (name, *cells, seconds))) + " |"


def details(results: Sequence[Result]) -> Iterable[str]:
    """What went wrong, case by case, and the score of planted mistakes."""
    noticed, made = sum(result.noticed for result in results), sum(result.made for result in results)
    yield f"Planted mistakes noticed: {noticed} of {made}."
    yield ""
    for result in results:
        if result.broken_promise or (result.equivalent and result.answer != SAME):
            label = "equivalent" if result.equivalent else "different"
            yield f"- {result.id} ({result.family}, labelled {label}): {result.answer}. {result.why}"


def by_rule(examples: Sequence[Result], traps: Sequence[Result]) -> Iterable[str]:
    """A Markdown table: for each rule its examples, the mistakes planted into them, and its careless forms."""
    yield "| rule | examples | the same | planted: noticed | made | careless forms | refused |"
    yield "|---|---|---|---|---|---|---|"
    for name in sorted({result.family for result in (*examples, *traps)}):
        yield _rule_row(
            name,
            [result for result in examples if result.family == name],
            [result for result in traps if result.family == name],
        )
    yield _rule_row("**all**", examples, traps)


def _rule_row(name: str, examples: Sequence[Result], traps: Sequence[Result]) -> str:
    cells = (
        len(examples),
        sum(result.answer == SAME for result in examples),
        sum(result.noticed for result in examples),
        sum(result.made for result in examples),
        len(traps),
        sum(result.answer != SAME for result in traps),
    )
    return "| " + " | ".join(map(str, (name, *cells))) + " |"
