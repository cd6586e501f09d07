"""Data -> sentences. Everything that a person reads about a run is worded here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.model import (
    Assumption,
    Decision,
    Declined,
    Evidence,
    Measurement,
    Metric,
    Readability,
    RuleMoved,
    Run,
    SameCode,
    Skipped,
    Stage,
    Stratum,
    Verdict,
    Verification,
    Workload,
)
from optimizer.report.names import function_of

_SECONDS_IN_A_MINUTE = 60
_GAINS = {Metric.TIME: "faster", Metric.MEMORY: "less memory", Metric.RESOURCES: "fewer resources held"}
_EVIDENCE = {
    Evidence.PROVED: "proved from the code",
    Evidence.ANNOTATED: "annotated",
    Evidence.UNKNOWN: "not known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalCount:
    """How many candidates one stage refused for one reason."""

    stage: Stage
    code: str
    count: int


def refusal_counts(decisions: Iterable[Decision]) -> tuple[RefusalCount, ...]:
    """Refused candidates by their first reason, in the order of the stages, the most frequent first."""
    firsts = (
        decision.reasons[0]
        for decision in decisions
        if decision.verdict is Verdict.REFUSE and decision.reasons
    )
    counts = Counter((reason.stage, reason.code) for reason in firsts)
    stages = list(Stage)
    found = [RefusalCount(stage=stage, code=code, count=count) for (stage, code), count in counts.items()]
    return tuple(sorted(found, key=lambda row: (stages.index(row.stage), -row.count, row.code)))


def headline(run: Run) -> str:
    """The first line of every report: sandbox, interpreter, workload."""
    pythons = ", ".join(dict.fromkeys(f"{each.implementation} {each.version}" for each in run.interpreters))
    return f"Sandbox {run.sandbox} | {pythons or 'no interpreter'} | {workload_phrase(run.workload)}"


def workload_phrase(workload: Workload | None) -> str:
    """What was run to learn what the project does: `pytest, 27 tests in 3.2 s`."""
    if workload is None:
        return "no workload was run"
    tests = len(workload.baseline.passed) + len(workload.baseline.failed)
    what = f", {count_of(tests, 'test')}" if tests else ""
    return f"{workload.kind}{what} in {duration(workload.seconds)}"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`."""
    if seconds < _SECONDS_IN_A_MINUTE:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"  # noqa: PLR2004 - two digits
    minutes, rest = divmod(round(seconds), _SECONDS_IN_A_MINUTE)
    return f"{minutes} min {rest} s"


def per_call(seconds: float) -> str:
    """A time of one call: `412 ns`, `3.1 us`, `2.0 ms`, `1.4 s`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            value = seconds / size
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"  # noqa: PLR2004 - three digits
    return f"{seconds / 1e-9:.0f} ns"


def count_of(number: int, noun: str, plural: str = "") -> str:
    """`1 test`, `2 tests`, `1,204 calls`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def share(part: float) -> str:
    """`4.1%`, `<0.1%`, `-` when nothing is known."""
    if part <= 0:
        return "-"
    return "<0.1%" if part < 0.0005 else f"{part:.1%}"  # noqa: PLR2004 - what would be shown as 0.0%


def ratio(value: float) -> str:
    """`1.42x`; a gain that leaves nothing has no finite ratio."""
    return f"{value:.2f}x" if math.isfinite(value) else "all"


def slowest(measurements: Sequence[Measurement]) -> Measurement | None:
    """The measurement that counts: the least ratio over the interpreters."""
    return min(measurements, key=lambda measurement: measurement.low, default=None)


def gain(measurement: Measurement) -> str:
    """`1.42x (at least 1.38x)`, with what is gained when that is not time."""
    bound = f"{ratio(measurement.ratio)} (at least {ratio(measurement.low)})"
    return bound if measurement.metric is Metric.TIME else f"{bound} {_GAINS[measurement.metric]}"


def gain_of(decision: Decision) -> str:
    """The gain of a decision, `-` when nothing was measured."""
    measurement = slowest(decision.measurements)
    return gain(measurement) if measurement else "-"


def gains_heading(run: Run) -> str:
    """What stands over the gains of a run's accepted changes."""
    return "Faster" if all(one.candidate.metric is Metric.TIME for one in run.accepted) else "Gain"


def measured(measurement: Measurement) -> str:
    """One line about a measurement: ratio, bounds, interpreter, processes, control."""
    parts = [f"{gain(measurement)} on Python {measurement.python}"]
    if measurement.seconds_per_call_before:
        times = (measurement.seconds_per_call_before, measurement.seconds_per_call_after)
        parts.append(" -> ".join(map(per_call, times)) + " a call")
    parts.append(count_of(measurement.processes, "process", "processes"))
    if measurement.same_code_ratio:
        parts.append(f"same code against itself {measurement.same_code_ratio:.3f}x")
    if measurement.synthetic:
        parts.append("synthetic inputs")
    return ", ".join(parts)


def stratum(row: Stratum) -> str:
    """One class of inputs: `list of 10: 1.20x (1.15x to 1.26x), 40% of the calls`."""
    bounds = f"{ratio(row.low)} to {ratio(row.high)}"
    share = f", {row.weight:.0%} of the calls" if row.is_recorded else ""
    return f"{row.name}: {ratio(row.ratio)} ({bounds}){share}"


def inputs_phrase(verification: Verification) -> str:
    """`212 inputs (150 neighbour, 50 strategy, 12 recorded)`."""
    parts = ", ".join(f"{count:,} {source}" for source, count in verification.tried if count)
    return count_of(verification.inputs_tried, "input") + (f" ({parts})" if parts else "")


def adequacy(verification: Verification) -> str:
    """Whether what was tried was enough: branches, planted mistakes, the project's tests; "" if unknown."""
    known: list[str] = []
    if verification.branches_total:
        known.append(f"{verification.branches_reached} of {verification.branches_total} branches reached")
    if verification.mutants_made:
        noticed = f"{verification.mutants_killed} of {verification.mutants_made}"
        known.append(f"{noticed} planted mistakes noticed")
    if verification.suite and verification.suite != "not run":
        known.append(verification.suite)
    return f"Enough: {', '.join(known)}." if known else ""


def unchecked(verification: Verification | None) -> tuple[str, ...]:
    """What could not be checked about one change, each thing as a phrase."""
    if verification is None:
        return ()
    return tuple(
        dict.fromkeys(
            [
                *(f"{what} (not observable)" for what in verification.not_observable),
                *(f"{what} (differs from run to run, so not compared)" for what in verification.masked),
                *(f"{what} (branch never reached)" for what in verification.branches_missed),
                *(f"{what} (planted mistake not noticed)" for what in verification.survivors),
            ]
        )
    )


def evidence(decision: Decision) -> tuple[str, ...]:
    """What backs a decision, and what could not be checked about it, a sentence each."""
    lines = [f"Measured: {measured(each)}." for each in decision.measurements]
    if decision.verification:
        lines += [f"Tried: {inputs_phrase(decision.verification)}.", adequacy(decision.verification)]
    lines += [f"Right because {assumption(each)}." for each in decision.candidate.assumptions]
    lines += [f"Not checked: {what}." for what in unchecked(decision.verification)]
    lines += [readability(decision.readability)] if decision.readability else []
    return tuple(filter(None, lines))


def unchecked_in(run: Run) -> tuple[str, ...]:
    """What could not be checked in the whole run, beside what is said at each change."""
    found: list[str] = []
    if run.workload:
        lost: Counter[str] = Counter()
        for recording in run.workload.recordings:
            lost.update(dict(recording.lost))
        found += [f"{count_of(count, 'call')} could not be kept: {why}" for why, count in lost.most_common()]
        found += [f"set aside because it fails now and then: {test}" for test in run.workload.unstable]
        found += run.workload.notes
    return (*found, *run.notes)


def left_alone(skipped: Sequence[Skipped]) -> str:
    """`Left alone: 12 files (10 test code, 2 empty).`, "" when there are none."""
    reasons = Counter(file.because for file in skipped).most_common()
    why = "; ".join(f"{because}: {count:,}" for because, count in reasons)
    return f"Left alone: {count_of(len(skipped), 'file')} ({why})." if skipped else ""


def refusals(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """Every refused candidate with its reasons."""
    return tuple(
        f"{function_of(decision.candidate)} ({decision.candidate.transform}): "
        + " ".join(reason.text for reason in decision.reasons)
        for decision in decisions
        if decision.verdict is Verdict.REFUSE
    )


def declined_places(declined: Iterable[Declined]) -> tuple[str, ...]:
    """Every place where a rule looked and refused, in the order of the files."""
    return tuple(
        f"{place.path}:{place.line} {place.qualname or 'module level'} ({place.transform}): {place.because}"
        for place in sorted(declined, key=lambda place: (place.path, place.line))
    )


def assumption(value: Assumption) -> str:
    """`items is exactly list (observed in 1,204 calls)`."""
    if value.evidence is Evidence.OBSERVED:
        return f"{value.text} (observed in {count_of(value.observed, 'call')})"
    return f"{value.text} ({_EVIDENCE[value.evidence]})"


def rule_moved(row: RuleMoved) -> str:
    """`cognitive complexity 5 -> 2 (limit 6)`."""
    return f"{row.rule} {row.before:g} -> {row.after:g} (limit {row.limit:g})"


def readability(reading: Readability) -> str:
    """The last word on how a change reads."""
    return "Readability: not worse." if reading.not_worse else "Readability: " + " ".join(reading.objections)


def control(run: Run) -> str:
    """The A/A control of a run on each interpreter, "" when nothing was measured."""
    if not run.control:
        return ""
    found = ", ".join(_same_code(one) for one in run.controls) or f"{run.control:.3f}x"
    return f"A/A control: the same code against itself measured {found}."


def _same_code(one: SameCode) -> str:
    verdict = ", which blocks every claim" if one.blocks else ""
    processes = count_of(one.processes, "process", "processes")
    return f"{one.ratio:.3f}x on Python {one.python} ({processes}{verdict})"


def looked_at(run: Run) -> str:
    """`312 functions in 41 files were looked at, 40 candidates were tried`."""
    places = f"{count_of(run.functions, 'function')} in {count_of(run.files, 'file')}"
    return f"{places} looked at, {count_of(len(run.decisions), 'candidate')} tried"


def outcome(run: Run) -> str:
    """The run in one sentence."""
    if run.accepted:
        verb = "accepted" if run.dry_run or not run.written else "accepted and written"
        return f"{count_of(len(run.accepted), 'change')} {verb}; {looked_at(run)} in {duration(run.seconds)}."
    why = "none of them was proved safe, clearly faster and no harder to read"
    reason = why if run.decisions else "no place was found where a rule applies"
    return f"Nothing to change: {looked_at(run)} in {duration(run.seconds)}; {reason}."


def nothing_written(run: Run) -> str:
    """The last line of a run that has left the files alone, for a reader who sees nothing else."""
    if not run.dry_run:
        return "Nothing was written."
    if not run.accepted:
        return "Dry run: nothing was written."
    changes = count_of(len(run.accepted), "accepted change")
    return f"Dry run: nothing was written; without --dry-run the {changes} would be."


def stopped_early(run: Run) -> str:
    """That the time ran out, "" when it did not."""
    return "The time budget ran out: what is shown was proved before that." if run.budget_exhausted else ""
