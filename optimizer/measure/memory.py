"""Memory: whether the peak of a call is at least 10% and 64 KiB smaller, without costing time."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optimizer.measure.processes import Unmeasurable, base_payload, disorder, work
from optimizer.measure.speed import as_measurement, no_measurement, not_slower
from optimizer.measure.trial import Gated, Trial
from optimizer.model import Measurement, Metric, Subject

LEAST_BYTES = 64 << 10
CONFIRMED_ABOVE = 4 << 20
SLOWEST = 0.98
_PROCESSES = 3
_GROWTH = 1.02
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """Peak bytes of one call of each version, one number for each process."""

    index: int
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def ratio(self) -> float:
        """Before / after, of the least of each; noise only ever adds."""
        return min(self.before) / max(min(self.after), 1)

    @property
    def low(self) -> float:
        """The ratio if every doubt goes against the change."""
        return min(self.before) / max(*self.after, 1)

    @property
    def high(self) -> float:
        """The ratio if every doubt goes for it."""
        return max(self.before) / max(min(self.after), 1)

    @property
    def saved(self) -> int:
        """Bytes saved."""
        return min(self.before) - min(self.after)


def measure_memory(trial: Trial) -> Measurement:
    """Claim a smaller peak, or say why not. Memory and time are never measured together."""
    started = time.monotonic()
    try:
        peaks = _peaks(trial)
        reasons = list(_objections(peaks, trial))
        if not reasons:
            reasons += _residence_objections(trial, _largest(peaks))
    except Unmeasurable as reason:
        return no_measurement(trial.subject, str(reason), seconds=time.monotonic() - started)
    gated = None
    if not reasons:
        trial.on_progress("measuring time")
        gated, slower = not_slower(replace(trial, threshold=SLOWEST))
        reasons += slower
    return _measurement(trial.subject, peaks, gated, reasons, seconds=time.monotonic() - started)


def _peaks(trial: Trial) -> tuple[Peaks, ...]:
    """The peaks of each recorded call that both versions can make."""
    subject = with_neutral_samples(trial)
    found: dict[str, list[Mapping[int, int]]] = {"before": [], "after": []}
    for count in range(_PROCESSES):
        trial.on_progress(f"measuring memory: process {count + 1} of {_PROCESSES}")
        for version, tables in found.items():
            rows: Sequence[tuple[int, int]] = ask(trial, subject, "memory", role="trace", version=version)
            tables.append(dict(rows))
    common = set.intersection(*(set(table) for tables in found.values() for table in tables))
    if not common:
        message = "No recorded call can be rebuilt for both versions, so give calls with --inputs."
        raise Unmeasurable(message)
    return tuple(
        Peaks(
            index=index,
            before=tuple(table[index] for table in found["before"]),
            after=tuple(table[index] for table in found["after"]),
        )
        for index in sorted(common)
    )


def with_neutral_samples(trial: Trial) -> Subject:
    """The subject with recorded arguments that either version's classes can rebuild."""
    subject = trial.subject
    if not subject.samples:
        return subject
    rows = ask(trial, subject, "memory", role="neutral", version="before")
    samples = tuple(replace(old, call=row[0]) for old, row in zip(subject.samples, rows, strict=True))
    return replace(subject, samples=samples)


def ask(trial: Trial, subject: Subject, task: str, **more: Any) -> Any:
    """One worker's result. Raises Unmeasurable."""
    rng = random.SystemRandom()
    wanted = base_payload(subject) | disorder(rng) | more
    return work(trial.runner, subject, task, wanted, rng=rng, wall_seconds=trial.process_seconds)


def _largest(peaks: Sequence[Peaks]) -> Peaks:
    """The call that decides how much memory the workload needs."""
    return max(peaks, key=lambda each: min(each.before))


def _objections(peaks: Sequence[Peaks], trial: Trial) -> list[str]:
    largest = _largest(peaks)
    reasons = []
    gain, wanted = 1 - 1 / largest.low if largest.low else 0.0, trial.threshold - 1
    if gain < wanted or largest.saved < LEAST_BYTES:
        reasons.append(
            f"The peak of the largest call goes from {_bytes(min(largest.before))} to {_bytes(min(largest.after))}:"
            f" {wanted:.0%} and {_bytes(LEAST_BYTES)} less are needed."
        )
    reasons += [
        f"The peak of recorded call {each.index} grows from {_bytes(min(each.before))} to {_bytes(min(each.after))}."
        for each in peaks
        if min(each.after) > _GROWTH * min(each.before) and -each.saved > LEAST_BYTES
    ]
    return reasons


def _residence_objections(trial: Trial, largest: Peaks) -> list[str]:
    """Large savings have to show in what the system counts, too."""
    if min(largest.before) < CONFIRMED_ABOVE:
        return []
    subject = with_neutral_samples(trial)
    before, after = (
        min(
            ask(trial, subject, "memory", role="resident", version=version, index=largest.index)
            for _ in range(_PROCESSES)
        )
        for version in ("before", "after")
    )
    if before - after >= LEAST_BYTES and after <= before * (2 - trial.threshold):
        return []
    return [
        f"The process itself grows from {_bytes(before)} to {_bytes(after)} by the call, which does not confirm it."
    ]


def _measurement(
    subject: Subject, peaks: Sequence[Peaks], gated: Gated | None, reasons: Sequence[str], *, seconds: float
) -> Measurement:
    largest = _largest(peaks)
    if gated is None:
        base = no_measurement(subject, "", seconds=seconds)
    else:
        base = as_measurement(subject, gated, reasons=reasons, control=None)
    return replace(
        base,
        metric=Metric.MEMORY,
        claim=not reasons,
        ratio=largest.ratio,
        low=largest.low,
        high=largest.high,
        processes=2 * _PROCESSES + base.processes,
        worst=min(each.ratio for each in peaks),
        reasons=tuple(reasons),
        notes=(
            f"The peak of the largest call goes from {_bytes(min(largest.before))} to {_bytes(min(largest.after))}.",
            *time_note(gated),
            *base.notes,
        ),
        seconds=seconds,
    )


def time_note(gated: Gated | None) -> tuple[str, ...]:
    """What the change costs in time, as a sentence."""
    if gated is None:
        return ()
    return (f"Time: {gated.look.ratio:.2f}x over {gated.look.count} processes.",)


def _bytes(count: int) -> str:
    return f"{count / _KIB:,.0f} KiB" if count < 10 << 20 else f"{count / _KIB**2:,.1f} MiB"
