"""Compare what two versions were seen to do: pure, on the JSON that `optimizer/worker/observe.py` sends.

Everything must be equal, type by type and in order, with a few leniencies, each for what nobody can rely on:
an incidental error (one that no `raise` statement made) on an input that was not recorded may carry other
words; on an input outside the domain an error must only stay an error; a subclass of a builtin type that was made
up for the input may be lost or kept in the result; names that only the new version has are not compared
as such (what they hold is compared where a caller can reach it).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Node: TypeAlias = Any
Path: TypeAlias = tuple[str | int, ...]

NOT_COMPARED = frozenset({"kinds", "not observable", "seen"})
_STORIES = frozenset(
    {
        *("use", "use after a change", "use of items", "use of items after a change"),
        *("functions", "functions after a change", "sequence", "generator", "late", "other calls"),
        "another world",
    }
)
_LESS_IS_FINE = frozenset({"held open", "unclosed"})
"""Counts of what is left open: a version that leaves less open is no worse."""
_EVENTS = frozenset({"events", "events after reading on", "next moves"})
_OF_MODULES = frozenset({"globals", "globals after next moves"})
_STATE = ("arguments", "inputs at the end", "globals")
"""What an exception leaves behind."""
_STOPPED = "generator raised StopIteration"
_OF_A_DOUBLE = re.compile(r"call \d+ of .*", re.DOTALL)
_MADE_UP = re.compile(r"tenpercent_worker\.doubles\.(\w+)Subclass")
_MISSING = "(nothing)"


class Domain(StrEnum):
    """How an input stands to what the function's callers do."""

    RECORDED = "recorded"
    GENERATED = "generated"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where two outcomes part, and what stands there on either side."""

    path: Path
    before: Node
    after: Node

    @property
    def part(self) -> str:
        """The part of the outcome: `result`, `arguments`, `events`..."""
        return str(self.path[0]) if self.path else ""


def compare(
    before: Mapping[str, Node],
    after: Mapping[str, Node],
    *,
    domain: Domain,
    masks: Collection[Path] = (),
    new_names: Collection[str] = (),
) -> Difference | None:
    """The first difference between two outcomes, in the order in which they were told; None when there is none."""
    before, after = _without_new(before, new_names), _without_new(after, new_names)
    walk = _Walk(domain=domain, masks=frozenset(masks))
    for key in _parts(before, after, domain):
        if key not in NOT_COMPARED:
            found = walk.first(before.get(key, _MISSING), after.get(key, _MISSING), (key,))
            if found is not None:
                return found
    return None


def differences(one: Node, other: Node, path: Path = ()) -> Iterator[Path]:
    """Every place where two nodes differ, as deep as possible: what is noise when both come from one version."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            if path or key not in NOT_COMPARED:
                yield from differences(one.get(key, _MISSING), other.get(key, _MISSING), (*path, key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, (*path, number))
    elif not _equal(one, other):
        yield path


def _parts(before: Mapping[str, Node], after: Mapping[str, Node], domain: Domain) -> Collection[str]:
    """What is compared. An incidental error outside the domain must only stay an error and leave the same behind."""
    both_raise = "error" in before and "error" in after
    if domain is Domain.OUTSIDE and both_raise and not _explicit(before["error"]):
        return _STATE
    return dict.fromkeys((*before, *after))


def _without_new(outcome: Mapping[str, Node], new_names: Collection[str]) -> Mapping[str, Node]:
    if not new_names:
        return outcome
    kept = dict(outcome)
    for part in _OF_MODULES.intersection(kept):
        kept[part] = [entry for entry in kept[part] if entry[0] not in new_names]
    if isinstance(kept.get("again"), dict):
        kept["again"] = _without_new(kept["again"], new_names)
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """Goes through two nodes at once."""

    domain: Domain
    masks: frozenset[Path]

    def first(self, before: Node, after: Node, path: Path) -> Difference | None:
        if self.domain is not Domain.RECORDED:
            before, after = _without_made_up(before), _without_made_up(after)
        if path in self.masks or _equal(before, after) or _is_forgiven(before, after, path):
            return None
        if _is_attempt(before) and _is_attempt(after) and path[0] in _STORIES:
            return self._attempts(before, after, path)
        if _is_error(before) and _is_error(after):
            return self._errors(before, after, path)
        if path[-1] in _EVENTS:
            before, after = _compared_events(before), _compared_events(after)
        if isinstance(before, dict) and isinstance(after, dict):
            return self._children(before, after, list(dict.fromkeys((*before, *after))), path)
        if isinstance(before, list) and isinstance(after, list):
            return self._lists(before, after, path)
        return Difference(path=path, before=before, after=after)

    def _children(
        self, before: Mapping[str, Node], after: Mapping[str, Node], keys: Sequence[str], path: Path
    ) -> Difference | None:
        for key in keys:
            found = self.first(before.get(key, _MISSING), after.get(key, _MISSING), (*path, key))
            if found is not None:
                return found
        return None

    def _lists(self, before: list[Node], after: list[Node], path: Path) -> Difference | None:
        for number, (left, right) in enumerate(zip(before, after, strict=False)):
            found = self.first(left, right, (*path, number))
            if found is not None:
                return found
        if len(before) == len(after):
            return None
        shorter = min(len(before), len(after))
        left, right = (side[shorter] if len(side) > shorter else _MISSING for side in (before, after))
        return Difference(path=(*path, shorter), before=left, after=right)

    def _attempts(self, before: Node, after: Node, path: Path) -> Difference | None:
        """What was done with a result is made up: an error must only stay one."""
        if "error" in before and "error" in after and not _explicit(before["error"], after["error"]):
            return None
        return self._children(before, after, list(dict.fromkeys((*before, *after))), path)

    def _errors(self, before: Node, after: Node, path: Path) -> Difference | None:
        if self.domain is not Domain.RECORDED and _stopped_inside(before, after):
            return None
        keys = ["type", "attributes", "chain"]
        if self.domain is Domain.RECORDED or _explicit(before, after) or _carries_data(before):
            keys += ["args", "text"]
        return self._children(before, after, keys, path)


def _equal(one: Node, other: Node) -> bool:
    """Equality that tells 1 from True and from 1.0, at any depth: results may be trees."""
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, list):
            if len(left) != len(right):
                return False
            pairs.extend(zip(left, right, strict=True))
        elif isinstance(left, dict):
            if left.keys() != right.keys():
                return False
            pairs.extend((value, right[key]) for key, value in left.items())
        elif left != right:
            return False
    return True


def _is_forgiven(before: Node, after: Node, path: Path) -> bool:
    """Whether less is left open, or a generator was sent to that passes on to an iterator."""
    if path[0] in _LESS_IS_FINE and isinstance(before, int) and isinstance(after, int):
        return after < before
    return path[0] == "generator" and _cannot_be_sent_to(before, after)


def _is_attempt(node: Node) -> bool:
    return isinstance(node, dict) and len(node) == 1 and ("value" in node or "error" in node)


def _is_error(node: Node) -> bool:
    return isinstance(node, dict) and "explicit" in node


def _explicit(*errors: Node) -> bool:
    return any(error["explicit"] for error in errors)


def _without_made_up(node: Node) -> Node:
    """The builtin value for an instance of a plain subclass that only our own inputs have."""
    if not isinstance(node, list) or not node or not isinstance(node[0], str):
        return node
    match = _MADE_UP.fullmatch(node[0])
    if match is None:
        return node
    content = node[1]
    return content if isinstance(content, str) else [match[1].lower(), *content]


def _stopped_inside(before: Node, after: Node) -> bool:
    """Whether a made-up callback's StopIteration came out of a generator on one side.

    Callers do not signal by it, so it says nothing where only our own stand-in raised it. From real code (a
    recorded function that calls `next`) it is an error that may well happen, and its type is behaviour.
    """
    types = {before["type"]: before, after["type"]: after}
    if types.keys() != {"builtins.StopIteration", "builtins.RuntimeError"}:
        return False
    wrapped, bare = types["builtins.RuntimeError"], types["builtins.StopIteration"]
    return wrapped["text"] == _STOPPED and _OF_A_DOUBLE.fullmatch(bare["text"]) is not None


def _cannot_be_sent_to(*stories: Node) -> bool:
    """Whether sending was tried on a generator that passes on to an iterator: nobody sends to such a one."""
    return any(
        isinstance(story, list)
        and story[:1] == ["send"]
        and any(
            _is_attempt(step) and "has no attribute 'send'" in step.get("error", {}).get("text", "")
            for step in story[1]
        )
        for story in stories
    )


def _carries_data(error: Node) -> bool:
    """Whether the argument of an error is the value that was looked for, or returned, rather than words."""
    return error["type"] in {"builtins.KeyError", "builtins.StopIteration"}


def _compared_events(events: Node) -> Node:
    """Reads of attributes may move: reading has no effect unless something else tells so."""
    return [event for event in events if event[0] != "read"] if isinstance(events, list) else events
