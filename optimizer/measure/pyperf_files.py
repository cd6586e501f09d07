"""Measurements as pyperf's own files, so that its `compare_to`, `stats` and `hist` read them.

One run is one process; its value is the seconds of one call of the weighted mix in it. Comparing the two
files loses the pairing (a process's bias hits both versions alike), so each run also carries the paired
ratio as metadata, `duet_ratio`, and the suites name the ratio that was decided with.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import fmean

import pyperf

from optimizer.measure.environment import cpu_count, cpu_model
from optimizer.measure.processes import Process
from optimizer.model import Subject

_OF_THE_MACHINE = (
    "aslr",
    "boot_time",
    "cpu_config",
    "cpu_freq",
    "cpu_temp",
    "load_avg_1min",
    "perf_version",
    "runnable_threads",
    "uptime",
)


def pyperf_texts(subject: Subject, processes: Sequence[Process]) -> tuple[str, str]:
    """The JSON texts for before and after."""
    name = f"{subject.module}:{', '.join(subject.qualnames) or '<module>'}"
    common = _common(name, processes)
    before = [
        _run(process, process.before_seconds, common | {"duet_side": "before"}) for process in processes
    ]
    after = [_run(process, process.after_seconds, common | {"duet_side": "after"}) for process in processes]
    return _dump(before), _dump(after)


def _common(name: str, processes: Sequence[Process]) -> dict[str, str | int | float]:
    """What all runs share: the interpreter that was measured, and the machine as pyperf itself sees it.

    The host's name and paths are left out: they say who, not what.
    """
    measured = {key: value for key, value in processes[0].metadata.items() if value}
    seen = pyperf.Run([1.0]).get_metadata()
    machine: dict[str, str | int | float] = {key: seen[key] for key in _OF_THE_MACHINE if key in seen}
    machine |= {"cpu_model_name": cpu_model() or "unknown", "cpu_count": cpu_count()}
    ratio = math.exp(fmean(process.x for process in processes))
    return machine | measured | {"name": name, "unit": "second", "duet_mean_ratio": round(ratio, 4)}


def _run(process: Process, value: float, common: dict[str, str | int | float]) -> pyperf.Run:
    metadata = common | {
        "loops": process.loops,
        "date": datetime.fromtimestamp(process.started, tz=UTC).isoformat(sep=" "),
        "duration": process.seconds,
        "duet_ratio": round(math.exp(process.x), 4),
    }
    return pyperf.Run([value], metadata=metadata, collect_metadata=False)


def _dump(runs: Sequence[pyperf.Run]) -> str:
    stream = io.StringIO()
    pyperf.BenchmarkSuite([pyperf.Benchmark(runs)]).dump(stream)
    return stream.getvalue()
