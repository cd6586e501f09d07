"""`--annotations`: the accepted changes as commands that GitHub shows beside the lines of the code.

The format is that of GitHub's workflow commands: in the text `%`, carriage return and line feed are
escaped, in the values of properties also `:` and `,`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from optimizer.model import Decision, Run
from optimizer.report.names import function_of, line_of
from optimizer.report.safe import clipped, one_line
from optimizer.report.sentences import gain_of, share

MOST = 10
"""GitHub shows ten notices of one step."""
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+")
_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = _IN_TEXT | {":": "%3A", ",": "%2C"}


def notices(run: Run, *, folder: PurePosixPath = PurePosixPath()) -> Iterator[str]:  # noqa: B008
    """A line for each accepted change, at most ten, the biggest saving of the workload first.

    `folder` is where the project lies in its repository: GitHub wants paths from the top of that.
    """
    return (_notice(decision, folder) for decision in run.accepted[:MOST])


def first_changed_line(decision: Decision) -> int:
    """The first line in the old text that the change replaces inside its function; else the function's first."""
    candidate = decision.candidate
    first = line_of(candidate)
    last = candidate.targets[0].last_line if candidate.targets else first
    return next((line for line in _replaced(candidate.patch) if first <= line <= last), first)


def _replaced(patch: str) -> Iterator[int]:
    """The numbers of the old lines that a patch takes out."""
    number = 0
    for line in patch.split("\n"):
        if start := _HUNK.match(line):
            number = int(start[1])
        elif number and line.startswith(("-", " ")):
            if line.startswith("-"):
                yield number
            number += 1


def _notice(decision: Decision, folder: PurePosixPath) -> str:
    candidate = decision.candidate
    place = f"file={_escaped(one_line(str(folder / candidate.path)), _IN_PROPERTY)},line={first_changed_line(decision)}"
    title = _escaped(clipped(f"{gain_of(decision)}: {candidate.transform}"), _IN_PROPERTY)
    saved = f", {share(decision.workload_saved)} of the workload" if decision.workload_saved > 0 else ""
    text = f"{function_of(candidate)}: {gain_of(decision)}{saved}, by the rule {candidate.transform}."
    return f"::notice {place},title={title}::{_escaped(clipped(text), _IN_TEXT)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
