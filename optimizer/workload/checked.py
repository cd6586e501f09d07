"""Keep only the recorded calls that can be made again in another process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from optimizer.model import Kind, Recording
from optimizer.ports import Job, Limits, Runner
from optimizer.scratch import scratch_folder
from optimizer.workload.project import Project

_BATCH_BYTES = 16 << 20
_LIMITS = Limits(wall_seconds=120.0, result_bytes=16 << 20)
_RESTARTS = 5


def checked(
    recordings: Sequence[Recording], project: Project, runner: Runner, *, tree: Path, sys_path: Sequence[str]
) -> tuple[Recording, ...]:
    """The recordings without the samples that a fresh process cannot load, or not twice in the same way.

    What goes is counted in `lost` as the calls that it stood for; the weights of the rest sum to 1 again.
    """
    samples = [_Call(one.call, _is_newborn(each)) for each in recordings for one in each.samples]
    reasons: dict[int, str] = {}
    for first, batch in _batches(samples):
        found = _check(batch, project, runner, tree=tree, sys_path=sys_path)
        reasons.update((first + number, why) for number, why in found.items())
    return tuple(_without(recordings, reasons))


class _Call(NamedTuple):
    """A recorded call; `newborn` is whether its receiver is an object whose `__init__` has not run."""

    call: str
    newborn: bool


def _is_newborn(recording: Recording) -> bool:
    target = recording.target
    return target.kind is Kind.METHOD and target.qualname.endswith((".__init__", ".__setstate__"))


def _batches(samples: Sequence[_Call]) -> Iterator[tuple[int, list[_Call]]]:
    first, batch, size = 0, list[_Call](), 0
    for number, sample in enumerate(samples):
        batch.append(sample)
        size += len(sample.call)
        if size > _BATCH_BYTES or number == len(samples) - 1:
            yield first, batch
            first, batch, size = number + 1, [], 0


def _check(
    samples: Sequence[_Call], project: Project, runner: Runner, *, tree: Path, sys_path: Sequence[str]
) -> dict[int, str]:
    """Reasons by number of sample. Where one ends the process, the next process goes on behind it."""
    reasons: dict[int, str] = {}
    first = 0
    for _ in range(_RESTARTS):
        job = Job(
            task="record_check",
            payload={
                "samples": [sample.call for sample in samples],
                "newborn": [sample.newborn for sample in samples],
                "first": first,
            },
            python=project.interpreter.executable,
            cwd=tree,
            sys_path=tuple(sys_path),
            env=project.environment(tree),
            limits=_LIMITS,
        )
        with scratch_folder("tenpercent-check-") as folder:
            ran = runner.work(replace(job, cwd=folder))
        at = _heard(ran.messages, reasons)
        if ran.ended == "ok":
            return reasons
        reasons[at] = f"loading it ends the process ({ran.ended})"
        first = at + 1
    reasons.update(dict.fromkeys(range(first, len(samples)), "not checked: too many others end the process"))
    return reasons


def _heard(messages: Sequence[Mapping[str, Any]], reasons: dict[int, str]) -> int:
    """Note the losses; the number of the sample that was looked at last."""
    at = 0
    for message in messages:
        match message:
            case {"at": int(number)}:
                at = number
            case {"lost": int(number), "why": str(why)}:
                reasons[number] = why
    return at


def _without(recordings: Sequence[Recording], reasons: Mapping[int, str]) -> Iterator[Recording]:
    number = 0
    for recording in recordings:
        numbers = range(number, number + len(recording.samples))
        number += len(recording.samples)
        kept = [one for at, one in zip(numbers, recording.samples, strict=True) if at not in reasons]
        lost = Counter(dict(recording.lost))
        for at, sample in zip(numbers, recording.samples, strict=True):
            if at in reasons:
                lost[reasons[at]] += max(1, round(sample.weight * recording.calls_seen))
        total = sum(sample.weight for sample in kept)
        yield replace(
            recording,
            samples=tuple(replace(sample, weight=sample.weight / total) for sample in kept),
            lost=tuple(sorted(lost.items())),
        )
