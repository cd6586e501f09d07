"""Processes that say what they are told to, in place of a launcher."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from optimizer.model import Sample, Subject
from optimizer.ports import Job, Ran

SUBJECT = Subject(
    file="/nowhere/m.py",
    module="m",
    qualnames=("f",),
    before="def f(x): return x\n",
    after="def f(x): return x + 0\n",
    python=sys.executable,
    cwd="/",
    sys_path=(),
    samples=(Sample(call="", stratum="int", weight=1.0),),
)


def result(ratio: float, **changes: Any) -> dict[str, Any]:
    """What a worker sends for one process."""
    x = math.log(ratio)
    return {
        "x": x,
        "before_seconds": 2e-6 * ratio,
        "after_seconds": 2e-6,
        "strata": [["int", 1.0, x]],
        "calls": [[0, x]],
        "cpu_share": 1.0,
        "kept_share": 1.0,
        "waits": 0,
        "quads": 60,
        "other_threads_share": 0.0,
        "lost_share": 0.0,
        "lost_reasons": [],
        "empty_seconds": 3e-8,
        "resets": {"before": [], "after": []},
        "counts": {"passes": 1, "segments": [100]},
        "metadata": {"python_version": "3.12.1 (64-bit)", "platform": "Linux"},
        **changes,
    }


class Scripted:
    """A runner whose workers answer as `answer(job, number)` says."""

    level = "L0"

    def __init__(self, answer: Callable[[Job, int], Mapping[str, Any]]) -> None:
        self.answer = answer
        self.jobs: list[Job] = []

    def work(self, job: Job, on_message: object = None) -> Ran:  # noqa: ARG002 - as the port has it
        self.jobs.append(job)
        if job.task == "ping":
            return Ran(
                ended="ok", status=0, messages=({"version": "3.12.1"},), stdout="", stderr="", seconds=0.1
            )
        message = self.answer(job, len(self.jobs))
        if "ended" in message:
            return Ran(status=1, messages=(), stdout="", seconds=0.1, **message)
        return Ran(ended="ok", status=0, messages=(message,), stdout="", stderr="", seconds=0.1)

    def command(self, *_args: object, **_options: object) -> Ran:
        raise NotImplementedError

    def tasks(self) -> list[str]:
        return [job.task for job in self.jobs]


def always(ratio: float, **changes: Any) -> Scripted:
    return Scripted(lambda job, _n: {"result": result(1.0 if job.payload["control"] else ratio, **changes)})
