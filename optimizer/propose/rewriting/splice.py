"""Lines to put into a file in place of others."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.propose.rewriting.lines import first_line_of, margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Splice:
    """`text` instead of the lines `first` to `last` (1-based); `last` is `first - 1` to insert only.

    Of several at one line, the one with the lower `rank` comes first.
    """

    first: int
    last: int
    text: str
    rank: int = 0


def spliced(lines: Sequence[str], splices: Iterable[Splice]) -> str:
    """The file's text with all splices done."""
    found: list[str] = []
    line = 1
    for each in sorted(splices, key=lambda splice: (splice.first, splice.rank)):
        found += lines[line - 1 : each.first - 1]
        found.append(each.text)
        line = max(line, each.last + 1)
    return "".join([*found, *lines[line - 1 :]])


def top_line(node: ast.stmt, lines: Sequence[str]) -> int:
    """The first line that belongs to a top-level statement: its decorators, and the comments right above."""
    line = first_line_of(node)
    while line > 1 and lines[line - 2].startswith("#"):
        line -= 1
    return line if line > 1 or not _is_header(lines[0]) else first_line_of(node)


def blank_lines_above(line: int, lines: Sequence[str]) -> int:
    """How many blank lines stand right above a line."""
    count = 0
    while line - count > 1 and not lines[line - count - 2].strip():
        count += 1
    return count


def _is_header(line: str) -> bool:
    """Whether the file starts with a comment, which is then about the whole file."""
    return margin(line) == "" and line.startswith("#")
