"""Search for inputs that would show a difference between two versions, in the project's interpreter.

The worker's `explore` does the searching. Here it is started, started again without the input that took
it down, and what it kept is put in order: what looked different first, then the recorded calls, then
what reached new branches, then one input of each kind.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from optimizer.model import Subject
from optimizer.ports import Job, Limits, Ran, Runner
from optimizer.verify.toolbox import Toolbox, toolbox

Recipe: TypeAlias = Mapping[str, Any]

MOST_RECIPES = 400
_MOST_RECORDED = 150
_MOST_SUSPECTS = 40
_RUN_SECONDS = 2.5
_MOST_STARTS = 6
_IMPORT_SECONDS = 40.0
_LEAST_SECONDS = 0.5
_MEMORY_BYTES = 2 << 30
_MORE_MEMORY_BYTES = 16 << 30
_SUSPECT, _RECORDED, _FRESH = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """What a search found. Iterating over it gives the recipes, most telling first.

    `notes` are sentences for the reader. `domain` has a line for each parameter (`items: list[int]
    (recorded)`); it is empty when nothing says what the function is called with.
    """

    recipes: tuple[Recipe, ...]
    notes: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Recipe]:
        return iter(self.recipes)


def search(
    subject: Subject,
    runner: Runner,
    *,
    seconds: float = 6.0,
    seed: int = 0,
    limit: int = MOST_RECIPES,
    with_hypothesis: bool = True,
) -> SearchResult:
    """Find at most `limit` inputs within about `seconds` (importing the module comes on top)."""
    box = toolbox(subject.python, runner) if with_hypothesis else Toolbox(path=None)
    hunt = _Hunt(payload=_payload(subject, seed, box))
    deadline = time.monotonic() + seconds
    for _ in range(_MOST_STARTS):
        left = max(deadline - time.monotonic(), _LEAST_SECONDS)
        if not hunt.again(subject, runner, left):
            break
    notes = (*hunt.notes, *([box.note] if box.note else []))
    return SearchResult(
        recipes=_chosen(hunt.kept, limit), notes=tuple(dict.fromkeys(notes)), domain=hunt.domain_lines()
    )


def _payload(subject: Subject, seed: int, box: Toolbox) -> dict[str, Any]:
    restricted = {a.parameter: list(a.types) for a in subject.assumptions if a.parameter and a.types}
    return {
        "file": subject.file,
        "module": subject.module,
        "aliases": list(subject.aliases),
        "before": subject.before,
        "after": subject.after,
        "qualnames": list(subject.qualnames),
        "samples": [sample.call for sample in subject.samples],
        "sample_of": list(subject.sample_of),
        "inputs_file": subject.inputs_file,
        "restricted": restricted,
        "seed": seed,
        "toolbox": str(box.path) if box.path else "",
    }


@dataclass(slots=True, kw_only=True)
class _Hunt:
    """What the worker has sent so far, over all its starts."""

    payload: dict[str, Any]
    kept: list[Mapping[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    domain: Mapping[str, Any] = field(default_factory=dict)
    skip: list[int] = field(default_factory=list)
    fatal: list[int] = field(default_factory=list)
    memory_bytes: int = _MEMORY_BYTES

    def again(self, subject: Subject, runner: Runner, seconds: float) -> bool:
        """Start the worker; whether it has to be started once more, without the input that ended it."""
        at: list[Mapping[str, Any]] = []

        def take(message: Mapping[str, Any]) -> None:
            if "at" in message:
                at[:] = [message]
            else:
                self._take(message)

        payload = {**self.payload, "seconds": seconds, "skip": self.skip, "fatal": self.fatal}
        ran = runner.work(_job(subject, payload, seconds, self.memory_bytes), take)
        if ran.ended == "ok":
            return False
        return self._skip_what_ended_it(ran, at)

    def _take(self, message: Mapping[str, Any]) -> None:
        if "kept" in message:
            self.kept.append(message)
        elif "note" in message:
            self.notes.append(str(message["note"]))
        elif "domain" in message:
            self.domain = message["domain"]

    def _skip_what_ended_it(self, ran: Ran, at: list[Mapping[str, Any]]) -> bool:
        if not at and self.memory_bytes < _MORE_MEMORY_BYTES:
            # Some packages reserve that much address space when they are imported.
            self.memory_bytes = _MORE_MEMORY_BYTES
            return True
        if not at:
            self.notes.append(f"The search for inputs ended at its start: {ran.ended}.")
            return False
        key = int(at[0]["at"])
        if key in self.skip or key in self.fatal:
            return False
        (self.fatal if at[0]["side"] == "after" else self.skip).append(key)
        self.notes.append(
            f"An input ended the process ({ran.ended}) in the version {at[0]['side']}; it was set aside."
        )
        return True

    def domain_lines(self) -> tuple[str, ...]:
        """A line for each parameter; nothing when the domain of some target is not known."""
        if not self.domain or not all(known for known, _ in self.domain.values()):
            return ()
        lines = [line for _, found in self.domain.values() for line in found]
        return tuple(dict.fromkeys(lines)) or ("it takes no arguments",)


def _job(subject: Subject, payload: Mapping[str, Any], seconds: float, memory_bytes: int) -> Job:
    return Job(
        task="explore",
        payload=payload,
        python=subject.python,
        cwd=Path(subject.cwd),
        sys_path=subject.sys_path,
        hash_seed=0,
        limits=Limits(wall_seconds=seconds + _IMPORT_SECONDS, memory_bytes=memory_bytes),
    )


def _chosen(kept: list[Mapping[str, Any]], limit: int) -> tuple[Recipe, ...]:
    """The most telling recipes: by rank, within a rank one of each label first, and not too slow together."""
    found: dict[str, Recipe] = {}
    spent = 0.0
    for message in _in_order(kept):
        if len(found) >= limit:
            break
        key = json.dumps({n: v for n, v in message["kept"].items() if n != "found_by"}, sort_keys=True)
        cheap = spent + message["seconds"] <= _RUN_SECONDS or message["rank"] <= _RECORDED
        if key not in found and cheap:
            found[key] = message["kept"]
            spent += message["seconds"]
    return tuple(found.values())


def _in_order(kept: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    by_rank: dict[int, list[Mapping[str, Any]]] = {}
    for message in kept:
        by_rank.setdefault(message["rank"], []).append(message)
    suspects = sorted(by_rank.pop(_SUSPECT, []), key=_plainness)
    yield from suspects[:_MOST_SUSPECTS]
    recorded = by_rank.pop(_RECORDED, [])
    yield from sorted(recorded, key=lambda message: "fresh" not in message)[:_MOST_RECORDED]
    yield from by_rank.pop(_FRESH, [])
    for rank in sorted(by_rank):
        yield from _by_turns(by_rank[rank])


def _plainness(message: Mapping[str, Any]) -> tuple[bool, bool, int]:
    """Inputs of the domain come before others, shrunk and short ones first."""
    recipe = message["kept"]
    return bool(recipe.get("outside")), "shrunk" not in message, len(json.dumps(recipe))


def _by_turns(messages: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """One of each label, then the next of each."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for message in messages:
        groups.setdefault(message["label"], []).append(message)
    longest = max((len(group) for group in groups.values()), default=0)
    for turn in range(longest):
        for group in groups.values():
            if turn < len(group):
                yield group[turn]
