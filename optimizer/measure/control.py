"""The A/A control: the earlier version against a copy of itself, measured like any change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from optimizer.measure.processes import Process, Sampler
from optimizer.model import Subject
from optimizer.ports import Runner

LARGEST_BIAS = 0.015
LARGEST_T = 5.0
_PROCESSES = 6
_SMALLEST_ERROR = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What the same code measured against itself. `mean` is a log; `t` is it in its own standard errors."""

    subject: str
    mean: float
    t: float
    processes: int

    @property
    def ratio(self) -> float:
        """The control as a ratio; 1.0 is what it should be."""
        return math.exp(self.mean)

    @property
    def blocks(self) -> bool:
        """Whether this machine, or this harness on this code, sees differences that are not there."""
        return abs(self.mean) > LARGEST_BIAS and self.t > LARGEST_T


def measure_control(
    subject: Subject, runner: Runner, *, processes: int = _PROCESSES, apart: bool = False
) -> Control:
    """Measure the subject's earlier version against itself. Raises Unmeasurable where that cannot be done."""
    drawn = control_processes(subject, runner, processes=processes, apart=apart)
    return control_of(
        [process.x for process in drawn], subject=f"{subject.module}:{', '.join(subject.qualnames)}"
    )


def control_processes(
    subject: Subject, runner: Runner, *, processes: int = _PROCESSES, apart: bool = False
) -> tuple[Process, ...]:
    """Processes that measure the earlier version against itself. Raises Unmeasurable."""
    sampler = Sampler(subject=subject, runner=runner, control=True, apart=apart)
    return tuple(sampler.draw() for _ in range(processes))


def control_of(values: Sequence[float], *, subject: str) -> Control:
    """The control that these numbers of processes make. The spread is the plain one: a prior would hide a bias."""
    mean = fmean(values)
    error = stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return Control(
        subject=subject, mean=mean, t=abs(mean) / max(error, _SMALLEST_ERROR), processes=len(values)
    )
