"""Have versions of a module observed in the project's interpreter, and keep what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from optimizer.model import Subject
from optimizer.ports import Job, Limits, Ran, Runner

Recipe: TypeAlias = Mapping[str, Any]

OK = "ok"
MOST_STOPPED = 3
_TIMES_LONGER = 8
_LEAST_SECONDS = 1.0
MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one recipe was seen to do. `how` is ok, timeout, memory, flooded, died or missing.

    `seen` is the JSON that `compare` understands when `how` is ok, else a text about the end. `seconds` is
    the CPU time that it took.
    """

    how: str
    seen: Any = None
    seconds: float = 0.0

    @property
    def unusable(self) -> str:
        """Why the recipe gave no input at all, or ""."""
        return str(self.seen.get("unusable", "")) if self.how == OK else ""

    @property
    def raised(self) -> bool:
        """Whether the call raised."""
        return self.how == OK and "error" in self.seen


def limit_for(before: Outcome) -> float:
    """CPU seconds that the new version may take where the original took as long as it did."""
    return max(_LEAST_SECONDS, _TIMES_LONGER * before.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One process: what importing the version showed, and one outcome for each recipe."""

    imported: Mapping[str, Any]
    outcomes: tuple[Outcome, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the module could be imported and what changed was found in it."""
        return bool(self.imported.get("ok"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One request: a version's text, what to try, under which hash seed; `plans` as the first run made them.

    `cpu_seconds` is the limit of each recipe, unless `limits` gives one to each. After `most_stopped` recipes that
    did not end in time the others are not tried.
    """

    text: str
    recipes: Sequence[Recipe] | None
    hash_seed: int = 0
    plans: Mapping[str, Any] | None = None
    cpu_seconds: float = 2.0
    limits: Sequence[float] | None = None
    most_stopped: int = 1_000
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Runs orders for one subject. `classes` are the names of the classes that the change touches."""

    subject: Subject
    runner: Runner
    classes: tuple[str, ...] = ()
    wall_seconds: float = 120.0

    def observe(self, order: Order) -> Observed:
        """One version in one process of its own."""
        ran = self.runner.work(self.job("observe", order))
        return _observed(ran, expected=None if order.recipes is None else len(order.recipes))

    def observe_all(self, orders: Sequence[Order]) -> list[Observed]:
        """Several, two at a time; in the order of `orders`."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(self.observe, orders))

    def job(self, task: str, order: Order) -> Job:
        """The request to the worker."""
        return Job(
            task=task,
            payload={**self.payload(order), **order.extra},
            python=self.subject.python,
            cwd=Path(self.subject.cwd),
            sys_path=self.subject.sys_path,
            hash_seed=order.hash_seed,
            limits=Limits(wall_seconds=self.wall_seconds),
        )

    def payload(self, order: Order) -> dict[str, Any]:
        """What `optimizer/worker/observe.py` reads."""
        subject = self.subject
        return {
            "file": subject.file,
            "module": subject.module,
            "aliases": list(subject.aliases),
            "text": order.text,
            "roots": [*subject.sys_path, subject.cwd, str(Path(subject.file).parent)],
            "qualnames": list(subject.qualnames),
            "sample_of": list(subject.sample_of),
            "samples": [sample.call for sample in subject.samples],
            "inputs_file": subject.inputs_file,
            "classes": list(self.classes),
            "plans": order.plans,
            "recipes": None if order.recipes is None else list(order.recipes),
            "cpu_seconds": order.cpu_seconds,
            "limits": None if order.limits is None else list(order.limits),
            "most_stopped": order.most_stopped,
        }


def _observed(ran: Ran, *, expected: int | None) -> Observed:
    """Sort the messages of a run; what was not sent is missing, and says how the process ended."""
    if not ran.messages:
        return Observed(imported=_ended_in_import(ran))
    try:
        imported, outcomes = _sorted(ran, expected)
    except (AttributeError, LookupError, TypeError, ValueError):
        return Observed(imported=_spoken_for())
    return Observed(imported=imported, outcomes=tuple(outcomes) if imported.get("ok") else ())


def _sorted(ran: Ran, expected: int | None) -> tuple[dict[str, Any], list[Outcome]]:
    """Raises when it is not what a worker says, as code of the module may speak in its place."""
    imported = dict(ran.messages[0]["imported"])
    count = int(imported.get("count", 0)) if expected is None else expected
    outcomes = [Outcome(how=MISSING, seen=f"the process ended first: {ran.ended}")] * count
    told: set[int] = set()
    for one in ran.messages[1:]:
        index = one["index"]
        if index in told or index not in range(count):
            raise IndexError(index)
        told.add(index)
        outcomes[index] = Outcome(how=str(one["how"]), seen=one["outcome"], seconds=float(one["seconds"]))
    return imported, outcomes


def _spoken_for() -> dict[str, Any]:
    text = "what its process said is not what it says by itself"
    return {"ok": False, "error": {"type": "ended", "text": text, "explicit": True}}


def _ended_in_import(ran: Ran) -> dict[str, Any]:
    last = ran.stderr.strip().splitlines()[-1:] or [f"it ended with status {ran.status}"]
    text = f"{ran.ended}: {last[0]}"
    return {"ok": False, "error": {"type": "ended", "text": text, "explicit": True}}
