"""Is what was tried enough? Branches of the changed lines that were reached, and planted mistakes that were noticed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from optimizer.verify.compare import NOT_COMPARED, Path
from optimizer.verify.outcomes import OK, Observer, Order, Outcome, Recipe
from optimizer.verify.probes import probed

NEEDED_SHARE = 0.9
_PROCESSES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """Branches of the changed lines on both sides; `useful` are the recipes that were first to reach one."""

    total: int
    missed: tuple[str, ...]
    useful: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Planted mistakes: how many there were time for, how many were noticed, and the others (name, text).

    `gone` are the texts of those that were noticed.
    """

    made: int
    noticed: int
    survivors: tuple[tuple[str, str], ...] = ()
    gone: frozenset[str] = frozenset()

    @property
    def enough(self) -> bool:
        """Whether at least nine of ten were noticed."""
        return self.noticed >= NEEDED_SHARE * self.made

    @property
    def names(self) -> tuple[str, ...]:
        """The mistakes that were not noticed, for people."""
        return tuple(name for name, _ in self.survivors)

    def after(self, second: Planted) -> Planted:
        """The same once `second`, a run of the survivors on more inputs, has noticed some of them.

        What there was no time for in that run has survived.
        """
        left = tuple(survivor for survivor in self.survivors if survivor[1] not in second.gone)
        return Planted(
            made=self.made,
            noticed=self.made - len(left),
            survivors=left,
            gone=self.gone | second.gone,
        )


def branches(
    observer: Observer,
    sides: Sequence[tuple[str, str, Collection[int]]],
    recipes: Sequence[Recipe],
    plans: Mapping[str, Any],
) -> Branches:
    """Which branches the recipes reach; a side is (its name, its text, its changed lines)."""
    with ThreadPoolExecutor(max_workers=_PROCESSES) as pool:
        found = list(pool.map(lambda side: _reached(observer, side, recipes, plans), sides))
    return Branches(
        total=sum(one.total for one in found),
        missed=tuple(sentence for one in found for sentence in one.missed),
        useful=tuple(sorted({index for one in found for index in one.useful})),
    )


def _reached(
    observer: Observer,
    side: tuple[str, str, Collection[int]],
    recipes: Sequence[Recipe],
    plans: Mapping[str, Any],
) -> Branches:
    name, text, lines = side
    probes = probed(text, lines)
    if not probes.sentences:
        return Branches(total=0, missed=())
    extra = {"points": [number for number, _ in probes.sentences]}
    order = Order(text=probes.text, recipes=recipes, plans=plans, extra=extra)
    ran = observer.runner.work(observer.job("observe_branches", order))
    reached = {number for message in ran.messages for number in message.get("reached", ())}
    return Branches(
        total=len(probes.sentences),
        missed=tuple(f"{name}, {sentence}" for number, sentence in probes.sentences if number not in reached),
        useful=tuple(message["index"] for message in ran.messages if "index" in message),
    )


def planted(
    observer: Observer,
    mutants: Sequence[tuple[str, str]],
    recipes: Sequence[Recipe],
    expected: Sequence[Outcome],
    masked: Sequence[Collection[Path]],
    counts: Callable[[int, Outcome], bool],
    *,
    plans: Mapping[str, Any],
    limits: Sequence[float],
    seconds: float,
) -> Planted:
    """Run the recipes on every mutant; `counts` says whether an unexpected outcome of a recipe is a difference."""
    chunks = [mutants[start::_PROCESSES] for start in range(_PROCESSES) if mutants[start::_PROCESSES]]
    order = Order(
        text=observer.subject.after,
        recipes=recipes,
        plans=plans,
        limits=limits,
        extra={"expected": [_digests(*pair) for pair in zip(expected, masked, strict=True)]},
    )
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(max_workers=_PROCESSES) as pool:
        parts = list(pool.map(lambda chunk: _run(observer, order, chunk, counts, deadline), chunks))
    survivors = [mutant for part in parts for mutant, noticed in part if not noticed]
    made = sum(len(part) for part in parts)
    return Planted(
        made=made,
        noticed=made - len(survivors),
        survivors=tuple(survivors),
        gone=frozenset(mutant[1] for part in parts for mutant, noticed in part if noticed),
    )


def _run(
    observer: Observer,
    order: Order,
    mutants: Sequence[tuple[str, str]],
    counts: Callable[[int, Outcome], bool],
    deadline: float,
) -> list[tuple[tuple[str, str], bool]]:
    """(mutant, noticed) for those that there was time for."""
    seconds = max(deadline - time.monotonic(), 0.1)
    job = observer.job("observe_mutants", order)
    payload = {**job.payload, "texts": [text for _, text in mutants], "seconds": seconds}
    ran = observer.runner.work(replace(job, payload=payload))
    return [
        (mutants[message["mutant"]], _noticed(message, counts))
        for message in ran.messages
        if "mutant" in message and not _unfinished(message)
    ]


def _unfinished(message: Mapping[str, Any]) -> bool:
    return any(how == "unfinished" for _, how, _ in message["noticed"])


def _noticed(message: Mapping[str, Any], counts: Callable[[int, Outcome], bool]) -> bool:
    return any(
        index < 0 or counts(index, Outcome(how=how, seen=seen)) for index, how, seen in message["noticed"]
    )


def _digests(outcome: Outcome, masked: Collection[Path]) -> dict[str, str] | None:
    if outcome.how != OK or outcome.unusable:
        return None
    left_out = {path[0] for path in masked} | NOT_COMPARED
    return {key: _digest(value) for key, value in outcome.seen.items() if key not in left_out}


def _digest(node: Any) -> str:
    """The same as `digest` of `optimizer/worker/canon.py`."""
    return hashlib.sha256(json.dumps(node, separators=(",", ":")).encode()).hexdigest()[:32]
