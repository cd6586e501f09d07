"""Read JSON that others may have written: every value is asked for by its type, and anything else is refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

E = TypeVar("E", bound=StrEnum)

_LARGEST_BYTES = 64 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Unreadable(Exception):
    """A file of a bundle is not what this program writes; the message says what is wrong with it."""


class Row:
    """One JSON object; `where` is how a message names it."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            message = f"{where} is not an object"
            raise Unreadable(message)
        self._data: dict[str, Any] = data
        self._where = where

    def has(self, key: str) -> bool:
        """Whether there is such a key."""
        return key in self._data

    def text(self, key: str) -> str:
        """A string."""
        return str(self._of(key, str))

    def flag(self, key: str) -> bool:
        """True or false."""
        return bool(self._of(key, bool))

    def count(self, key: str) -> int:
        """A whole number from 0 up."""
        value = self._of(key, int)
        if isinstance(value, bool) or value < 0:
            raise self._odd(key)
        return int(value)

    def number(self, key: str) -> float:
        """A number from 0 up; null is what has no finite value."""
        value = self._data.get(key, "")
        if value is None:
            return math.inf
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise self._odd(key)
        return float(value)

    def one_of(self, key: str, kinds: type[E]) -> E:
        """A member of an enumeration."""
        try:
            return kinds(self.text(key))
        except ValueError as error:
            raise self._odd(key) from error

    def digest(self, key: str) -> str:
        """A SHA-256 in hex."""
        if not _SHA256.fullmatch(self.text(key)):
            raise self._odd(key)
        return self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        values = self._of(key, list)
        if not all(isinstance(value, str) for value in values):
            raise self._odd(key)
        return tuple(values)

    def rows(self, key: str) -> Iterator[Row]:
        """A list of objects."""
        return (Row(value, f"{self._where}, {key}") for value in self._of(key, list))

    def row(self, key: str) -> Row | None:
        """An object, None for null."""
        value = self._of(key, object)
        return None if value is None else Row(value, f"{self._where}, {key}")

    def _of(self, key: str, kind: type) -> Any:
        value = self._data.get(key, self)
        if value is self or not isinstance(value, kind):
            raise self._odd(key)
        return value

    def _odd(self, key: str) -> Unreadable:
        return Unreadable(f"{self._where} has no proper `{key}`")


def read_text(folder: Path, name: str) -> str:
    """The text of one file inside `folder`; links and very big files are not followed."""
    file = folder / name
    try:
        if any(part.is_symlink() for part in (file, file.parent)) or not file.is_file():
            message = f"{name} is missing or not a file"
            raise Unreadable(message)
        if file.stat().st_size > _LARGEST_BYTES:
            message = f"{name} is bigger than {_LARGEST_BYTES >> 20} MiB"
            raise Unreadable(message)
        return file.read_bytes().decode("utf-8", "surrogatepass")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name} cannot be read ({error})"
        raise Unreadable(message) from error


def read_row(folder: Path, name: str) -> Row:
    """The one object of a JSON file."""
    return _parsed(read_text(folder, name), name)


def read_rows(folder: Path, name: str) -> Iterator[Row]:
    """The objects of a file with one on each line."""
    for number, line in enumerate(read_text(folder, name).split("\n"), 1):
        if line.strip():
            yield _parsed(line, f"{name}, line {number}")


def _parsed(text: str, where: str) -> Row:
    try:
        return Row(json.loads(text), where)
    except (ValueError, RecursionError) as error:
        message = f"{where} is not JSON"
        raise Unreadable(message) from error
