"""Worker processes, one at a time, each with its own random disorder, as `Process` values."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optimizer.model import Subject
from optimizer.ports import Job, Limits, Ran, Runner

_QUADS = 60
_FLIPS = 64
_MOST_JUNK = 400
_LARGEST_JUNK = 2000
_LARGEST_PADDING = 4095
_TAIL = 300


class Unmeasurable(Exception):
    """These two versions cannot be timed here; the message is a sentence for the maintainer."""


class _Alternate(Exception):
    """One process cannot hold both versions; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What one process has to say.

    `x` is log(time before / time after) over the weighted mix; `strata` are (name, weight, x), `calls`
    are (index, x). `cpu_share` is the processor's share of the best block's time, `kept_share` of all blocks' time.
    """

    x: float
    before_seconds: float
    after_seconds: float
    strata: tuple[tuple[str, float, float], ...] = ()
    calls: tuple[tuple[int, float], ...] = ()
    cpu_share: float = 1.0
    kept_share: float = 1.0
    waits: int = 0
    blocks: int = 80
    other_threads_share: float = 0.0
    lost_share: float = 0.0
    lost_reasons: tuple[str, ...] = ()
    empty_seconds: float = 0.0
    resets: tuple[str, ...] = ()
    seconds: float = 0.0
    loops: int = 1
    hash_seed: str = "random"
    started: float = 0.0
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def python_version(self) -> str:
        """The interpreter, `3.12.1`; only a sampler's first process says it."""
        return self.metadata.get("python_version", "").partition(" ")[0]


@dataclass(slots=True, kw_only=True)
class Sampler:
    """Draws processes. With `control`, both versions are the earlier one.

    Usually one process holds both versions. Where it cannot, it forks one process for each, which take turns
    (`apart`); that is found out by the first draw.
    """

    subject: Subject
    runner: Runner
    control: bool = False
    rng: random.Random = field(default_factory=random.SystemRandom)
    apart: bool = False
    apart_because: str = ""
    wall_seconds: float = 120.0
    drawn: list[Process] = field(default_factory=list)

    def draw(self) -> Process:
        """Run one process. Raises Unmeasurable."""
        started = time.monotonic()
        try:
            result = self._work()
        except _Alternate as reason:
            self.apart, self.apart_because = True, str(reason)
            result = self._work()
        process = _process(result, seconds=time.monotonic() - started)
        self.drawn.append(process)
        return process

    def _work(self) -> Mapping[str, Any]:
        wanted = base_payload(self.subject) | disorder(self.rng)
        wanted |= {"turn": len(self.drawn), "control": self.control, "metadata": not self.drawn}
        if self.apart and self.control:
            wanted["after"] = self.subject.before
        task = "duet_apart" if self.apart else "duet"
        return work(self.runner, self.subject, task, wanted, rng=self.rng, wall_seconds=self.wall_seconds)


def base_payload(subject: Subject) -> dict[str, Any]:
    """What every measuring worker is told about the subject."""
    return {
        "file": subject.file,
        "module": subject.module,
        "aliases": list(subject.aliases),
        "qualnames": list(subject.qualnames),
        "before": subject.before,
        "after": subject.after,
        "samples": [[sample.call, sample.stratum, sample.weight, sample.taken] for sample in subject.samples],
        "sample_of": list(subject.sample_of),
        "inputs_file": subject.inputs_file,
    }


def disorder(rng: random.Random) -> dict[str, Any]:
    """Everything random of one process, drawn here so that the worker needs no generator."""
    order = ["before", "after"]
    rng.shuffle(order)
    return {
        "junk": [rng.randrange(1, _LARGEST_JUNK) for _ in range(rng.randrange(_MOST_JUNK + 1))],
        "order": order,
        "processor": rng.randrange(1 << 16),
        "flips": [rng.randrange(2) for _ in range(_FLIPS)],
        "schedule": [rng.choice(("ABBA", "BAAB")) for _ in range(_QUADS)],
    }


def work(
    runner: Runner,
    subject: Subject,
    task: str,
    wanted: Mapping[str, Any],
    *,
    rng: random.Random,
    wall_seconds: float,
) -> Mapping[str, Any]:
    """One worker's result; what it could not do comes as an exception."""
    job = Job(
        task=task,
        payload=wanted,
        python=subject.python,
        cwd=Path(subject.cwd),
        sys_path=subject.sys_path,
        env={"TENPERCENT_PADDING": "x" * rng.randrange(_LARGEST_PADDING + 1)},
        limits=Limits(wall_seconds=wall_seconds),
    )
    ran = runner.work(job)
    answer = ran.messages[-1] if ran.messages else {}
    if "alternate" in answer:
        raise _Alternate(str(answer["alternate"]))
    if "error" in answer:
        message = f"It could not be timed: {answer['error']}."
        raise Unmeasurable(message)
    if ran.ended != "ok" or "result" not in answer:
        raise Unmeasurable(_how_it_ended(ran))
    result: Mapping[str, Any] = answer["result"]
    return result


def _how_it_ended(ran: Ran) -> str:
    last = ran.stderr.strip().splitlines()[-1:] or [""]
    tail = f" ({last[0][-_TAIL:]})" if last[0] else ""
    how = {
        "timeout": "it did not end within its time limit",
        "memory": "it ran out of memory",
        "flooded": "it wrote without end",
    }.get(ran.ended, "the process ended early")
    return f"It could not be timed: {how}{tail}."


def _process(result: Mapping[str, Any], *, seconds: float) -> Process:
    """Raises Unmeasurable for what is no result: code of the module can speak in its worker's place."""
    try:
        return _as_process(result, seconds)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"It could not be timed: what its process said cannot be read ({error!r})."
        raise Unmeasurable(message) from error


def _as_process(result: Mapping[str, Any], seconds: float) -> Process:
    return Process(
        x=_finite(result["x"]),
        before_seconds=result["before_seconds"],
        after_seconds=result["after_seconds"],
        strata=tuple((name, weight, x) for name, weight, x in result["strata"]),
        calls=tuple((index, x) for index, x in result["calls"]),
        cpu_share=result["cpu_share"],
        kept_share=result["kept_share"],
        waits=result["waits"],
        blocks=4 * result["quads"],
        other_threads_share=result["other_threads_share"],
        lost_share=result["lost_share"],
        lost_reasons=tuple(result["lost_reasons"]),
        empty_seconds=result["empty_seconds"],
        resets=tuple(name for name in result["resets"]["after"] if name not in result["resets"]["before"]),
        seconds=seconds,
        loops=max(result["counts"]["segments"]) * result["counts"]["passes"],
        started=time.time() - seconds,
        metadata=result.get("metadata", {}),
    )


def _finite(value: float) -> float:
    if not math.isfinite(value):
        message = "It could not be timed: a call took no measurable time."
        raise Unmeasurable(message)
    return value
