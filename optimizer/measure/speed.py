"""Speed: whether a change is faster by enough, or at least not slower by too much."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean, median

from optimizer.measure.control import Control
from optimizer.measure.environment import cpu_model, unsteady
from optimizer.measure.evidence import interval, objections, slower_strata, strata, worst_call
from optimizer.measure.gate import bounds
from optimizer.measure.processes import Unmeasurable
from optimizer.measure.pyperf_files import pyperf_texts
from optimizer.measure.trial import Gated, Trial
from optimizer.model import Measurement, Metric, Subject

_CROSS_CHECKS = 3
_UNDISTURBED_SHARE = 0.8


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
    proved = not reasons
    if proved:
        control, reasons = _controlled(trial, first, control)
    measurement = as_measurement(trial.subject, final, reasons=reasons, control=control)
    return replace(measurement, withheld=proved and bool(reasons), seconds=time.monotonic() - started)


def not_slower(trial: Trial) -> tuple[Gated | None, tuple[str, ...]]:
    """For a change that is not about time: why it may cost more time than `trial.threshold` allows.

    The same gate, with the limit in place of the 10%: that it is not slower has to be shown, not assumed.
    """
    try:
        gated = trial.gate(trial.sampler(), "measuring time")
    except Unmeasurable as reason:
        return None, (str(reason),)
    if gated.accepted:
        return gated, tuple(slower_strata(gated.processes, slowest=math.log(trial.threshold)))
    look = gated.look
    verdict = "It costs time" if look.high < 0 else "It may cost time"
    limit = f"{1 - trial.threshold:.0%} slower is the most that is allowed"
    return gated, (f"{verdict}: {interval(look)} over {look.count} processes, and {limit}.",)


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
        python=processes[0].python_version,
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


def _confirmed(trial: Trial, first: Gated) -> tuple[Gated, tuple[str, ...]]:
    """The same again on fresh processes, whose figures are published; and a look at it from another side."""
    try:
        second = trial.gate(trial.sampler(like=first.sampler), "confirming")
        reasons = tuple(objections(second, trial))
        if reasons:
            return second, (f"It did not hold on fresh processes (after {interval(first.look)}).", *reasons)
        return second, () if second.sampler.apart else tuple(_contradiction(trial))
    except Unmeasurable as reason:
        return first, (str(reason),)


def _contradiction(trial: Trial) -> Iterator[str]:
    """A process that holds both versions shares classes and helpers between them; two processes share nothing.

    A few pairs of those cannot claim, but they can contradict.
    """
    trial.on_progress("cross-checking")
    sampler = replace(trial.sampler(), apart=True)
    values = [sampler.draw().x for _ in range(_CROSS_CHECKS)]
    _, _, high = bounds(values)
    if high < math.log(trial.threshold):
        found = f"{math.exp(fmean(values)):.2f}x, at most {math.exp(high):.2f}x"
        yield f"Two processes that each hold one version contradict it: {found}."


def _controlled(
    trial: Trial, first: Gated, control: Control | None
) -> tuple[Control | None, tuple[str, ...]]:
    if control is None:
        trial.on_progress("measuring the same code against itself")
        try:
            control = trial.controls.measure(trial.subject, trial.runner, apart=first.sampler.apart)
        except Unmeasurable as reason:
            return None, (f"The same code could not be measured against itself: {reason}",)
    if control.blocks:
        found = f"The same code measured against itself came out {control.ratio:.3f}x ({control.subject})"
        return control, (f"{found}, so nothing is claimed here; measure on a quieter machine.",)
    objection = trial.controls.objection()
    return control, (objection,) if objection else ()


def _notes(gated: Gated) -> Iterator[str]:
    first = gated.processes[0]
    if gated.sampler.apart_because:
        yield f"Each version was measured in a process of its own, because {gated.sampler.apart_because}."
    if first.lost_share:
        yield f"{first.lost_share:.0%} of the recorded calls could not be rebuilt: {'; '.join(first.lost_reasons)}."
    if first.resets:
        yield f"State that only the new version keeps was emptied before each pass: {', '.join(first.resets)}."
    kept = median(process.kept_share for process in gated.processes)
    if kept < _UNDISTURBED_SHARE and not any(process.waits for process in gated.processes):
        yield (
            f"This machine was busy: other work had the processor for {1 - kept:.0%} of the time, which is not"
            " counted, but makes measuring take longer."
        )
    yield from unsteady()
    faster = median(min(process.before_seconds, process.after_seconds) for process in gated.processes)
    empty = median(process.empty_seconds for process in gated.processes)
    if empty > faster / 4:
        yield (
            f"A call takes {faster * 1e9:.0f} ns, of which calling an empty function takes {empty * 1e9:.0f} ns."
        )
