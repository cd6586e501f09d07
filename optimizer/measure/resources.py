"""Resources: whether calls that are cut short by an error leave at least 10% less open behind."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optimizer.measure.memory import ask, time_note, with_neutral_samples
from optimizer.measure.processes import Unmeasurable
from optimizer.measure.speed import as_measurement, no_measurement, not_slower
from optimizer.measure.trial import Gated, Trial
from optimizer.model import Measurement, Metric, Subject

SLOWEST = 0.95
_PROCESSES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """How much the calls of one version left open, and over how many calls."""

    left: int
    calls: int
    points: int


def measure_resources(trial: Trial) -> Measurement:
    """Claim fewer resources left open, or say why not."""
    started = time.monotonic()
    try:
        subject = with_neutral_samples(trial)
        before = _leaks(trial, subject, "before")
        after = _leaks(trial, subject, "after")
    except Unmeasurable as reason:
        return no_measurement(trial.subject, str(reason), seconds=time.monotonic() - started)
    # Every doubt goes against the change.
    old, new = min(before, key=_left), max(after, key=_left)
    reasons = _objections(old, new, trial)
    gated = None
    if not reasons:
        trial.on_progress("measuring time")
        gated, slower = not_slower(replace(trial, threshold=SLOWEST))
        reasons += slower
    return _measurement(trial.subject, old, new, gated, reasons, seconds=time.monotonic() - started)


def _leaks(trial: Trial, subject: Subject, version: str) -> tuple[Leaks, ...]:
    trial.on_progress(f"counting what is left open ({version})")
    results: list[Mapping[str, int]] = [
        ask(trial, subject, "resources", version=version) for _ in range(_PROCESSES)
    ]
    return tuple(
        Leaks(left=max(each["held"], each["warned"]), calls=each["calls"], points=each["points"])
        for each in results
    )


def _left(leaks: Leaks) -> int:
    return leaks.left


def _objections(old: Leaks, new: Leaks, trial: Trial) -> list[str]:
    if not old.points or not new.points:
        return ["No recorded call has a place where an error could leave something open."]
    wanted = trial.threshold - 1
    if not old.left:
        return [
            f"Over {old.calls} calls that were made to raise, nothing was left open before the change either."
        ]
    if 1 - new.left / old.left < wanted:
        return [f"{_sentence(old, new)[:-1]}: {wanted:.0%} fewer are needed."]
    return []


def _measurement(
    subject: Subject, old: Leaks, new: Leaks, gated: Gated | None, reasons: Sequence[str], *, seconds: float
) -> Measurement:
    if gated is None:
        base = no_measurement(subject, "", seconds=seconds)
    else:
        base = as_measurement(subject, gated, reasons=reasons, control=None)
    # None left open would be infinitely better; as a figure, it counts as one.
    ratio = old.left / max(new.left, 1)
    return replace(
        base,
        metric=Metric.RESOURCES,
        claim=not reasons,
        ratio=ratio,
        low=ratio,
        high=ratio,
        processes=2 * _PROCESSES + base.processes,
        worst=ratio,
        reasons=tuple(reasons),
        notes=(_sentence(old, new), *time_note(gated), *base.notes),
        seconds=seconds,
    )


def _sentence(old: Leaks, new: Leaks) -> str:
    made = f"Over {old.calls} calls that were made to raise"
    return f"{made}, {old.left} resources were left open before and {new.left} after."
