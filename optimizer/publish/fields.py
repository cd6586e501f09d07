"""Reading JSON that anybody may have written: each value has its type and its range, or `UnfitError` says where not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_TEXT = 2_000
MOST_ITEMS = 10_000
_DEEPEST = 12


class UnfitError(Exception):
    """What is wrong with which field, as a phrase."""


def parse(data: bytes, name: str) -> Fields:
    """One JSON object in UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{name} is not valid UTF-8"
        raise UnfitError(message) from error
    return _parsed(text, name)


def parse_lines(data: bytes, name: str) -> Iterator[Fields]:
    """One JSON object a line."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield parse(line, f"{name} line {number}")


def _parsed(text: str, name: str) -> Fields:
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repetition)
    except (ValueError, RecursionError) as error:
        message = f"{name} is not strict JSON"
        raise UnfitError(message) from error
    if not isinstance(value, dict) or _depth(value) > _DEEPEST:
        message = f"{name} is not a plain JSON object"
        raise UnfitError(message)
    return Fields(value, name)


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may choose differently among values of one key."""
    found = dict(pairs)
    if len(found) < len(pairs):
        message = "a key stands there twice"
        raise ValueError(message)
    return found


def _depth(value: object) -> int:
    level: list[object] = [value]
    depth = 0
    while level:
        depth += 1
        holders = [one for one in level if isinstance(one, dict | list)]
        level = [inner for one in holders for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object, and what to call it in a reason."""

    data: Mapping[str, Any]
    name: str

    def text(self, key: str, *, pattern: str = "", longest: int = LONGEST_TEXT) -> str:
        """A string of at most `longest` characters that matches `pattern` as a whole."""
        value = self.data.get(key)
        if not isinstance(value, str) or len(value) > longest:
            raise self._unfit(key, f"a text of at most {longest:,} characters")
        if pattern and not re.fullmatch(pattern, value):
            raise self._unfit(key, f"of the form {pattern}")
        return value

    def texts(self, key: str, *, pattern: str = "", longest: int = LONGEST_TEXT) -> tuple[str, ...]:
        """A list of such strings."""
        value = self.data.get(key)
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise self._unfit(key, "a list of texts")
        return tuple(
            Fields({key: one}, self.name).text(key, pattern=pattern, longest=longest) for one in value
        )

    def count(self, key: str, *, most: int = 10**12) -> int:
        """A whole number from 0 to `most`."""
        value = self.data.get(key)
        if type(value) is not int or not 0 <= value <= most:
            raise self._unfit(key, f"a whole number from 0 to {most:,}")
        return value

    def number(self, key: str, *, least: float = 0.0, most: float = 1e9, null: float | None = None) -> float:
        """A finite number in the range; JSON's null stands for `null` where that is given."""
        value = self.data.get(key)
        if value is None and null is not None and key in self.data:
            return null
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
            return float(value)
        raise self._unfit(key, f"a number from {least:g} to {most:g}")

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.data.get(key)
        if type(value) is not bool:
            raise self._unfit(key, "true or false")
        return value

    def one(self, key: str) -> Fields:
        """An object."""
        value = self.data.get(key)
        if not isinstance(value, dict):
            raise self._unfit(key, "an object")
        return Fields(value, f"{self.name} {key}")

    def maybe(self, key: str) -> Fields | None:
        """An object, or null."""
        return None if self.data.get(key) is None else self.one(key)

    def many(self, key: str, *, most: int = MOST_ITEMS) -> tuple[Fields, ...]:
        """A list of at most `most` objects."""
        value = self.data.get(key)
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(one, dict) for one in value)
        ):
            raise self._unfit(key, f"a list of at most {most:,} objects")
        return tuple(Fields(one, f"{self.name} {key}") for one in value)

    def counts(self, key: str, *, pattern: str, most: int = 10**12) -> tuple[tuple[str, int], ...]:
        """An object of whole numbers whose keys match `pattern`, in its order."""
        inner = self.one(key)
        if len(inner.data) > MOST_ITEMS or not all(re.fullmatch(pattern, name) for name in inner.data):
            raise self._unfit(key, f"an object with keys of the form {pattern}")
        return tuple((name, inner.count(name, most=most)) for name in inner.data)

    def _unfit(self, key: str, wanted: str) -> UnfitError:
        return UnfitError(f"{self.name}: {key} is not {wanted}")
