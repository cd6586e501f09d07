"""A trial: one subject, and gates run on it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from optimizer.measure.controls import Controls
from optimizer.measure.gate import Answer, Look, run_gate
from optimizer.measure.processes import Process, Sampler
from optimizer.model import Subject
from optimizer.ports import Runner


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
    controls: Controls = field(default_factory=Controls)

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

        look = run_gate(
            draw,
            threshold=math.log(self.threshold),
            enough_time=enough_time,
            prior_sd=self.controls.prior_sd,
        )
        return Gated(look=look, processes=tuple(sampler.drawn), sampler=sampler)

    def sampler(self, *, like: Sampler | None = None) -> Sampler:
        """A sampler of this subject with no processes yet, which goes about it as `like` does."""
        return Sampler(
            subject=self.subject,
            runner=self.runner,
            apart=like.apart if like else False,
            apart_because=like.apart_because if like else "",
            wall_seconds=self.process_seconds,
        )
