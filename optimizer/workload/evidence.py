"""Turn what the recorder sent into hotspots, recordings, and which tests reach what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from optimizer.errors import WorkerError
from optimizer.model import Hotspot, Kind, Recording, Sample, SourceFile, Target

Message: TypeAlias = Mapping[str, Any]
_Key: TypeAlias = tuple[str, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that one recorded run has shown."""

    hotspots: tuple[Hotspot, ...] = ()
    recordings: tuple[Recording, ...] = ()
    reaching: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()


def read_evidence(
    messages: Iterable[Message], files: Sequence[SourceFile], wanted: Sequence[Target]
) -> Evidence:
    """`messages` are what `worker/record.py` sends, `wanted` the targets in the order it was given them.

    Raises WorkerError when they are not.
    """
    try:
        return _read(messages, files, wanted)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = (
            f"What the process of the tests said of the calls cannot be read ({error!r}); "
            "see whether something that they run writes into descriptors that are not its own."
        )
        raise WorkerError(message) from error


def _read(messages: Iterable[Message], files: Sequence[SourceFile], wanted: Sequence[Target]) -> Evidence:
    calls: Message = {"calls": (), "tests": ()}
    profile: Message = {"places": (), "stacks": ()}
    notes: list[str] = []
    recorded: list[Message] = []
    for message in messages:
        match message:
            case {"calls": _, "tests": _, "target": _}:
                recorded.append(message)
            case {"calls": _, "tests": _}:
                calls = message
            case {"profile": found, "faults": faults}:
                profile = found
                notes += [f"The recorder itself failed {count} times ({name})." for name, count in faults]
    return Evidence(
        hotspots=_hotspots(calls, profile, files),
        recordings=tuple(_recording(message, wanted[message["target"]]) for message in recorded),
        reaching=_reaching(calls, recorded, files, wanted),
        notes=tuple(notes),
    )


def _functions(files: Iterable[SourceFile]) -> dict[_Key, Target]:
    return {
        (target.path, target.first_line, target.qualname.rpartition(".")[2]): target
        for file in files
        for target in file.targets
        if target.kind in {Kind.FUNCTION, Kind.METHOD}
    }


def _hotspots(calls: Message, profile: Message, files: Sequence[SourceFile]) -> tuple[Hotspot, ...]:
    """Of every function that was called or seen on the stack, the biggest share first."""
    functions = _functions(files)
    counts = {functions[key]: row[3] for row in calls["calls"] if (key := tuple(row[:3])) in functions}
    own, cumulative, total = _seconds(profile, functions)
    spots = [
        Hotspot(
            target=target,
            calls=counts.get(target, 0),
            self_seconds=own.get(target, 0.0),
            cumulative_seconds=cumulative.get(target, 0.0),
            share=cumulative.get(target, 0.0) / total if total else 0.0,
        )
        for target in {*counts, *cumulative}
    ]
    return tuple(sorted(spots, key=lambda spot: (-spot.share, -spot.calls, spot.target.name)))


def _seconds(
    profile: Message, functions: Mapping[_Key, Target]
) -> tuple[dict[Target, float], dict[Target, float], float]:
    """Self and cumulative seconds by target, and the seconds of the whole run.

    What has no target of its own (a lambda, a nested function) counts for the target around it.
    """
    own: dict[Target, float] = defaultdict(float)
    cumulative: dict[Target, float] = defaultdict(float)
    total = 0.0
    for seen, on_top, seconds in _stacks(profile, functions):
        total += seconds
        for target in {one for one in seen if one is not None}:
            cumulative[target] += seconds
        if on_top and (last := seen[-1]) is not None:
            own[last] += seconds
    return own, cumulative, total


def stacks_of(
    messages: Iterable[Message], files: Sequence[SourceFile]
) -> Iterator[tuple[tuple[Target, ...], bool, float]]:
    """The profile's stacks as targets, outermost first, whether the last one itself ran, and seconds.

    A target that is around several places in a row (nested functions, recursion) stands there once.
    """
    functions = _functions(files)
    for message in messages:
        if "profile" in message:
            for seen, on_top, seconds in _stacks(message["profile"], functions):
                targets = (target for target, _ in groupby(one for one in seen if one is not None))
                yield tuple(targets), on_top and seen[-1] is not None, seconds


def _stacks(
    profile: Message, functions: Mapping[_Key, Target]
) -> Iterator[tuple[list[Target | None], bool, float]]:
    around = _Around(functions.values())
    targets = [around.of(path, line) for path, line, _ in profile["places"]]
    for stack, on_top, seconds in profile["stacks"]:
        yield [targets[number] for number in stack], bool(on_top), float(seconds)


class _Around:
    """Finds the innermost target around a line."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._by_path: dict[str, list[Target]] = defaultdict(list)
        for target in targets:
            self._by_path[target.path].append(target)

    def of(self, path: str, line: int) -> Target | None:
        inside = [one for one in self._by_path.get(path, ()) if one.first_line <= line <= one.last_line]
        return min(inside, key=lambda one: one.last_line - one.first_line, default=None)


def _recording(message: Message, target: Target) -> Recording:
    types: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for parameter, kind, count in message["types"]:
        types[parameter].append((kind, count))
    return Recording(
        target=target,
        calls_seen=message["calls"],
        samples=tuple(_sample(one) for one in message["samples"]),
        lost=tuple((reason, count) for reason, count in message["lost"]),
        types=tuple((name, tuple(sorted(seen, key=lambda one: -one[1]))) for name, seen in types.items()),
    )


def _sample(message: Message) -> Sample:
    return Sample(
        call=message["call"],
        stratum=message["stratum"],
        weight=message["weight"],
        taken=message["taken"],
        types=tuple((name, kind) for name, kind in message["types"]),
    )


def _reaching(
    calls: Message, recorded: Iterable[Message], files: Sequence[SourceFile], wanted: Sequence[Target]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Which tests called which target; those that were called outside of any test have none."""
    functions, names = _functions(files), calls["tests"]
    tests: dict[str, set[str]] = defaultdict(set)
    for row in calls["calls"]:
        target = functions.get(tuple(row[:3]))
        if target is not None:
            tests[target.name] |= {names[number] for number in row[4]}
    for message in recorded:
        tests[wanted[message["target"]].name] |= {names[number] for number in message["tests"]}
    return tuple((name, tuple(sorted(reached))) for name, reached in sorted(tests.items()))
