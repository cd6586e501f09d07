"""What several machines say about the changes of a bundle, for the summary of a workflow's job.

A row for each change and a column for each machine, so that a machine that disagrees is seen at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.model import Candidate, Machine, Measurement, Verdict
from optimizer.report import sentences
from optimizer.report.bundle_reading import Bundle
from optimizer.report.combined import (
    Heard,
    build_phrase,
    count_phrases,
    heard_of,
    machine_phrase,
    machines_of,
)
from optimizer.report.names import fitted, function_of
from optimizer.report.patches import HOW, LIMIT, bullets, folded_change, within
from optimizer.report.safe import clipped, for_markdown, markdown_code

_MOST_MACHINES = 8
_MOST_ROWS = 100
_MOST_PYTHONS = 6
_LONGEST_NAME = 40


def combined_markdown(
    bundle: Bundle, decided: Sequence[Heard], *, artifact: str = "", limit: int = LIMIT
) -> str:
    """The machines, the table, why changes were refused, and the diffs of those that stand, in `limit` bytes."""
    first = heard_of(bundle, decided)
    standing = [decision for decision, _ in first if decision.verdict is Verdict.ACCEPT]
    changes = (folded_change(decision, artifact=artifact) for decision in standing)
    head = "\n".join(_head(bundle, decided, first, how=bool(standing)))
    return within(limit, head, changes, "", count=len(standing), artifact=artifact)


def _head(bundle: Bundle, decided: Sequence[Heard], first: Sequence[Heard], *, how: bool) -> Iterator[str]:
    machines = machines_of(bundle, decided)
    title, *more = count_phrases(first)
    yield f"## {for_markdown(title)}"
    for line in more:
        yield ""
        yield for_markdown(line)
    yield ""
    commit = bundle.commit[:12] or "no commit"
    yield f"{for_markdown(clipped(bundle.project))} at {for_markdown(commit)}, measured on:"
    yield ""
    for number, machine in enumerate(machines[:_MOST_MACHINES], 1):
        yield f"{number}. {_machine(machine)}"
    if len(machines) > _MOST_MACHINES:
        yield f"\nand {sentences.count_of(len(machines) - _MOST_MACHINES, 'more machine')}, in report.html."
    yield ""
    if first:
        yield from _table(bundle, first, machines[:_MOST_MACHINES])
    yield from _refused(first)
    if how:
        yield HOW
        yield ""


def _machine(machine: Machine) -> str:
    builds = "; ".join(build_phrase(build) for build in machine.builds)
    where = ", ".join(filter(None, [machine_phrase(machine), machine.system]))
    return for_markdown(clipped(": ".join(filter(None, [where, builds]))))


def _table(bundle: Bundle, first: Sequence[Heard], machines: Sequence[Machine]) -> Iterator[str]:
    numbers = [f"Machine {number}" for number in range(1, len(machines) + 1)]
    yield f"| All together | Change | {' | '.join(numbers)} |"
    yield f"| --- | --- |{' --- |' * len(machines)}"
    for heard in first[:_MOST_ROWS]:
        yield _row(bundle, heard, machines)
    yield ""
    if len(first) > _MOST_ROWS:
        yield f"And {sentences.count_of(len(first) - _MOST_ROWS, 'more change')}, in report.html."
        yield ""


def _row(bundle: Bundle, heard: Heard, machines: Sequence[Machine]) -> str:
    decision, witnesses = heard
    says = {bundle.machine: _figures(decision.measurements)}
    for witness in witnesses:
        said = [*_figures(witness.measurements), *(["**disagrees**"] if witness.disagrees else [])]
        says[witness.machine] = [*says.get(witness.machine, []), *said]
    cells = (
        "accepted" if decision.verdict is Verdict.ACCEPT else "**refused**",
        "<br>".join(map(markdown_code, _names(decision.candidate))),
        *("<br>".join(says.get(machine, [])) or "not measured" for machine in machines),
    )
    return f"| {' | '.join(cells)} |"


def _names(candidate: Candidate) -> tuple[str, str]:
    """Function and rule, so short that the machines are in sight beside them; the whole names are below."""
    return fitted(function_of(candidate), _LONGEST_NAME), fitted(candidate.transform, _LONGEST_NAME)


def _figures(measurements: Sequence[Measurement]) -> list[str]:
    """`3.13.0: 1.42x (at least 1.38x)` for each Python."""
    return [
        for_markdown(
            clipped(f"{one.python or '?'}: {sentences.gain(one) if one.processes else 'not measured'}", 80)
        )
        for one in measurements[:_MOST_PYTHONS]
    ]


def _refused(first: Sequence[Heard]) -> Iterator[str]:
    why = tuple(
        f"`{clipped(function_of(decision.candidate), 100)}`: {reason.text}"
        for decision, _ in first
        if decision.verdict is Verdict.REFUSE
        for reason in decision.reasons
    )
    if why:
        yield "### Why not all agree"
        yield ""
        yield from bullets(why)
        yield ""
