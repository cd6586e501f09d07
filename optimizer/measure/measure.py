"""Whether a change gains at least 10%, in the metric that it is meant to gain in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from optimizer.measure.control import Control, measure_control
from optimizer.measure.controls import Controls
from optimizer.measure.environment import throttle_count
from optimizer.measure.memory import measure_memory
from optimizer.measure.resources import measure_resources
from optimizer.measure.speed import measure_speed, no_measurement
from optimizer.measure.trial import Trial
from optimizer.model import Measurement, Metric, Subject
from optimizer.ports import Job, Runner

__all__ = ["Control", "Controls", "measure", "measure_control"]

LEAST_THRESHOLD = 1.10
_HOT = "The processor slowed itself down because of heat while this was measured."


def measure(
    subject: Subject,
    runner: Runner,
    *,
    control: Control | None = None,
    controls: Controls | None = None,
    threshold: float = LEAST_THRESHOLD,
    seconds: float = 60.0,
    confirm: bool = True,
    on_progress: Callable[[str], None] | None = None,
) -> Measurement:
    """Measure `subject` and claim a gain, or say in `reasons` why not.

    `controls` are those of the run: when there is something to claim, the same code is measured against itself,
    which counts for the run too. A `control` that was measured elsewhere takes its place. `threshold` is the least
    ratio to claim, never under 1.10. `seconds` bounds each of the measurement and its confirmation; a gate that is
    undecided then does not claim.
    """
    trial = Trial(
        subject=subject,
        runner=runner,
        threshold=max(threshold, LEAST_THRESHOLD),
        seconds=seconds,
        on_progress=on_progress or (lambda _text: None),
        controls=controls or Controls(),
    )
    throttled = throttle_count()
    measurement = _measure(trial, control=control, confirm=confirm)
    if throttle_count() > throttled:
        measurement = replace(measurement, notes=(*measurement.notes, _HOT))
    return measurement if measurement.python else replace(measurement, python=_version(subject, runner))


def _measure(trial: Trial, *, control: Control | None, confirm: bool) -> Measurement:
    subject = trial.subject
    if not subject.samples and not subject.inputs_file and subject.qualnames != ("",):
        return no_measurement(subject, "There are no recorded calls to measure with: give --inputs.")
    match subject.metric:
        case Metric.MEMORY:
            return measure_memory(trial)
        case Metric.RESOURCES:
            return measure_resources(trial)
        case _:
            return measure_speed(trial, control=control, confirm=confirm)


def _version(subject: Subject, runner: Runner) -> str:
    """Which Python this is, for a reader, where no process of a measurement has said it; "" if none can."""
    job = Job(task="ping", payload={}, python=subject.python, cwd=Path(subject.cwd))
    return next(
        (str(message["version"]) for message in runner.work(job).messages if "version" in message), ""
    )
