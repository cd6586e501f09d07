"""Speed: whether a change is faster by enough, or at least not slower by too much."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from optimizer.measure.control import Control, measure_control
from optimizer.measure.environment import cpu_model
from optimizer.measure.gate import Answer, Look, bounds, run_gate
from optimizer.measure.processes import Process, Sampler, Unmeasurable
from optimizer.measure.pyperf_files import pyperf_texts
from optimizer.model import Measurement, Metric, Stratum, Subject
from optimizer.ports import Runner

SLOWEST_STRATUM = math.log(0.98)
_FEWEST_FOR_STRATUM = 3
_WAITING_SHARE = 0.8
_THREADS_SHARE = 0.1
_MOST_LOST = 0.5
_CROSS_CHECKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """A gate that has run: its last look, and the processes that it saw."""

    look: Look
    processes: tuple[Process, ...]
    sampler: Sampler

    @property
    def accepted(self) -> bool:
        """Whether the ratio is above the threshold for certain."""
        return self.look.answer is Answer.ACCEPT


@dataclass(slots=True, kw_only=True)
class Trial:
    """One subject with what measuring it needs."""

    subject: Subject
    runner: Runner
    threshold: float
    seconds: float
    on_progress: Callable[[str], None]
    process_seconds: float = 120.0

    def gate(self, sampler: Sampler, stage: str) -> Gated:
        """Run the gate on fresh processes of `sampler`. Raises Unmeasurable."""
        started = time.monotonic()

        def draw() -> float:
            x = sampler.draw().x
            self.on_progress(f"{stage}: process {len(sampler.drawn)}, {math.exp(x):.2f}x")
            return x

        def enough_time(more: int) -> bool:
            spent = time.monotonic() - started
            return spent * (1 + more / len(sampler.drawn)) <= self.seconds

        look = run_gate(draw, threshold=math.log(self.threshold), enough_time=enough_time)
        return Gated(look=look, processes=tuple(sampler.drawn), sampler=sampler)

    def sampler(self, *, apart: bool = False) -> Sampler:
        """A sampler of this subject."""
        return Sampler(
            subject=self.subject, runner=self.runner, apart=apart, wall_seconds=self.process_seconds
        )


def measure_speed(trial: Trial, *, control: Control | None, confirm: bool) -> Measurement:
    """Claim a gain in time, or say why not."""
    started = time.monotonic()
    try:
        first = trial.gate(trial.sampler(), "measuring")
    except Unmeasurable as reason:
        return no_measurement(trial.subject, str(reason), seconds=time.monotonic() - started)
    final, reasons = first, tuple(objections(first, trial))
    if not reasons and confirm:
        final, reasons = _confirmed(trial, first)
    if not reasons:
        control, reasons = _controlled(trial, first, control)
    measurement = as_measurement(trial.subject, final, reasons=reasons, control=control)
    return replace(measurement, seconds=time.monotonic() - started)


def not_slower(trial: Trial) -> tuple[Gated | None, tuple[str, ...]]:
    """For a change that is not about time: why it may cost more time than `trial.threshold` allows.

    The same gate, with the limit in place of the 10%: that it is not slower has to be shown, not assumed.
    """
    try:
        gated = trial.gate(trial.sampler(), "measuring time")
    except Unmeasurable as reason:
        return None, (str(reason),)
    if gated.accepted:
        return gated, ()
    look = gated.look
    verdict = "It costs time" if look.high < 0 else "It may cost time"
    limit = f"{1 - trial.threshold:.0%} slower is the most that is allowed"
    return gated, (f"{verdict}: {_interval(look)} over {look.count} processes, and {limit}.",)


def objections(gated: Gated, trial: Trial) -> Iterator[str]:
    """Why these processes do not make a claim, as sentences."""
    yield from _unfit(gated.processes)
    if not gated.accepted:
        yield _not_enough(gated.look, trial)
    yield from _slower_strata(gated.processes)


def no_measurement(subject: Subject, reason: str, *, seconds: float = 0.0) -> Measurement:
    """No claim, because nothing could be measured."""
    return Measurement(
        metric=subject.metric,
        claim=False,
        ratio=0.0,
        low=0.0,
        high=0.0,
        processes=0,
        same_code_ratio=0.0,
        python="",
        cpu=cpu_model(),
        reasons=(reason,),
        seconds=seconds,
    )


def as_measurement(
    subject: Subject, gated: Gated, *, reasons: Sequence[str], control: Control | None
) -> Measurement:
    """The gate's processes as the value that reports show."""
    look, processes = gated.look, gated.processes
    before, after = pyperf_texts(subject, processes)
    return Measurement(
        metric=Metric.TIME,
        claim=not reasons,
        ratio=math.exp(look.mean),
        low=math.exp(look.low),
        high=math.exp(look.high),
        processes=len(processes),
        same_code_ratio=control.ratio if control else 0.0,
        python=python_version(processes),
        cpu=cpu_model(),
        seconds_per_call_before=median(process.before_seconds for process in processes),
        seconds_per_call_after=median(process.after_seconds for process in processes),
        strata=tuple(strata(processes)),
        worst=worst_call(processes),
        reasons=tuple(reasons),
        notes=tuple(_notes(gated)),
        pyperf_before=before,
        pyperf_after=after,
    )


def python_version(processes: Sequence[Process]) -> str:
    """The interpreter that was measured: `3.12.1`."""
    return processes[0].metadata.get("python_version", "").partition(" ")[0]


def strata(processes: Sequence[Process]) -> Iterator[Stratum]:
    """Each class of inputs alone, the heaviest first."""
    found: dict[str, list[tuple[float, float]]] = {}
    for process in processes:
        for name, weight, x in process.strata:
            found.setdefault(name, []).append((weight, x))
    total = sum(fmean(weight for weight, _ in rows) for rows in found.values()) or 1.0
    for name, rows in sorted(found.items(), key=lambda item: -fmean(weight for weight, _ in item[1])):
        mean, low, high = bounds([x for _, x in rows])
        weight = fmean(weight for weight, _ in rows) / total
        yield Stratum(name=name, weight=weight, ratio=math.exp(mean), low=math.exp(low), high=math.exp(high))


def worst_call(processes: Sequence[Process]) -> float:
    """The ratio of the single recorded call that gains least (or loses most)."""
    found: dict[int, list[float]] = {}
    for process in processes:
        for index, x in process.calls:
            found.setdefault(index, []).append(x)
    return math.exp(min(fmean(values) for values in found.values()))


def _confirmed(trial: Trial, first: Gated) -> tuple[Gated, tuple[str, ...]]:
    """The same again on fresh processes, whose figures are published; and a look at it from another side."""
    try:
        second = trial.gate(trial.sampler(apart=first.sampler.apart), "confirming")
        reasons = tuple(objections(second, trial))
        if reasons:
            return second, (f"It did not hold on fresh processes (after {_interval(first.look)}).", *reasons)
        return second, () if second.sampler.apart else tuple(_contradiction(trial))
    except Unmeasurable as reason:
        return first, (str(reason),)


def _contradiction(trial: Trial) -> Iterator[str]:
    """A process that holds both versions shares classes and helpers between them; two processes share nothing.

    A few pairs of those cannot claim, but they can contradict.
    """
    sampler = trial.sampler(apart=True)
    values = [sampler.draw().x for _ in range(_CROSS_CHECKS)]
    trial.on_progress("cross-checking")
    _, _, high = bounds(values)
    if high < math.log(trial.threshold):
        yield (
            f"Two processes that each hold one version contradict it: {math.exp(fmean(values)):.2f}x,"
            f" at most {math.exp(high):.2f}x."
        )


def _controlled(
    trial: Trial, first: Gated, control: Control | None
) -> tuple[Control | None, tuple[str, ...]]:
    if control is None:
        try:
            control = measure_control(trial.subject, trial.runner, apart=first.sampler.apart)
        except Unmeasurable as reason:
            return None, (f"The same code could not be measured against itself: {reason}",)
    if control.blocks:
        return control, (
            f"The same code measured against itself came out {control.ratio:.3f}x ({control.subject}),"
            " so nothing is claimed here; measure on a quieter machine.",
        )
    return control, ()


def _unfit(processes: Sequence[Process]) -> Iterator[str]:
    share = median(process.cpu_share for process in processes)
    if share < _WAITING_SHARE and median(process.waits / process.blocks for process in processes) > 0.25:
        yield (
            f"It mostly waits (the processor works {share:.0%} of the time of a call),"
            " so a ratio of times says little about the code."
        )
    others = median(process.other_threads_share for process in processes)
    if others > _THREADS_SHARE:
        yield f"Other threads do {others:.0%} of the work, so the time of a call says little about the code."
    lost = max(process.lost_share for process in processes)
    if lost > _MOST_LOST:
        why = "; ".join(processes[0].lost_reasons)
        yield f"{lost:.0%} of the recorded calls could not be rebuilt ({why}), so the rest does not stand for them."


def _not_enough(look: Look, trial: Trial) -> str:
    wanted = f"{trial.threshold:.2f}x"
    if look.answer is Answer.UNDECIDED:
        return (
            f"{_interval(look)} after {look.count} processes, and no time for more in {trial.seconds:.0f} s:"
            f" {wanted} is not shown."
        )
    return f"{_interval(look)} over {look.count} processes is not {wanted} for certain."


def _interval(look: Look) -> str:
    return f"{math.exp(look.mean):.2f}x (between {math.exp(look.low):.2f}x and {math.exp(look.high):.2f}x)"


def _slower_strata(processes: Sequence[Process]) -> Iterator[str]:
    if len(processes) < _FEWEST_FOR_STRATUM:
        return
    for stratum in strata(processes):
        if math.log(stratum.high) < SLOWEST_STRATUM:
            yield (
                f"Calls with {stratum.name or 'no arguments'} ({stratum.weight:.0%} of the calls) get slower:"
                f" {stratum.ratio:.2f}x, at most {stratum.high:.2f}x."
            )


def _notes(gated: Gated) -> Iterator[str]:
    first = gated.processes[0]
    if gated.sampler.apart_because:
        yield f"Each version was measured in a process of its own, because {gated.sampler.apart_because}."
    if first.lost_share:
        yield f"{first.lost_share:.0%} of the recorded calls could not be rebuilt: {'; '.join(first.lost_reasons)}."
    if first.resets:
        yield f"State that only the new version keeps was emptied before each pass: {', '.join(first.resets)}."
    faster = median(min(process.before_seconds, process.after_seconds) for process in gated.processes)
    empty = median(process.empty_seconds for process in gated.processes)
    if empty > faster / 4:
        yield (
            f"A call takes {faster * 1e9:.0f} ns, of which calling an empty function takes {empty * 1e9:.0f} ns."
        )
