"""Unified diffs that `git apply` accepts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

_CONTEXT = 3
_HUNK = re.compile(r"@@ -(\d+)((?:,\d+)?) \+(\d+)((?:,\d+)?) @@")
_PLAIN_PATH = re.compile(r"[^\x00-\x1f\"\\\x7f]*")


def unified_diff(path: str, before: str, after: str) -> str:
    r"""The difference with `a/` and `b/` paths. For git only \n ends a line; a \r before it is content."""
    old, new = _lines(before), _lines(after)
    start, stop = _unchanged(old, new)
    first = max(0, start - _CONTEXT)
    tail = max(0, stop - _CONTEXT)
    hunks = difflib.unified_diff(old[first : len(old) - tail], new[first : len(new) - tail], n=_CONTEXT)
    body = "".join(_shifted(line, first) for line in list(hunks)[2:])
    if not body:
        return ""
    return f"--- {_named('a', path)}\n+++ {_named('b', path)}\n{body}"


def _lines(text: str) -> list[str]:
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _unchanged(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are equal at the start and at the end."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    most = min(len(old), len(new)) - start
    stop = 0
    while stop < most and old[-1 - stop] == new[-1 - stop]:
        stop += 1
    return start, stop


def _shifted(line: str, lines: int) -> str:
    """A line of the diff of a part, as it stands in the diff of the whole."""
    if found := _HUNK.match(line):
        old, old_count, new, new_count = found.groups()
        return f"@@ -{int(old) + lines}{old_count} +{int(new) + lines}{new_count} @@\n"
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _named(side: str, path: str) -> str:
    """The path as git writes it: quoted if it holds odd characters, a tab after it if it holds a blank."""
    name = f"{side}/{path}"
    if not _PLAIN_PATH.fullmatch(name):
        return '"' + "".join(_escaped(name)) + '"'
    return f"{name}\t" if " " in name else name


def _escaped(name: str) -> Iterator[str]:
    for char in name:
        if char in '"\\':
            yield f"\\{char}"
        elif char < " " or char == "\x7f":
            yield f"\\{ord(char):03o}"
        else:
            yield char
