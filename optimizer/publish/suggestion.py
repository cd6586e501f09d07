"""A change -> one suggestion of a review, or why it is none. Pure.

What is accepted with a click must be what was proved, to the byte, and all of it must be seen before. So whatever
GitHub or a browser may read differently is no suggestion: other line ends, encodings and marks, characters that
are not seen, the end of a file without a last line end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.ports import Remark
from optimizer.publish.body import effect_of
from optimizer.publish.bundle import Claims
from optimizer.publish.marker import remark_mark
from optimizer.publish.rerun import Offer
from optimizer.report.safe import fenced, for_markdown, is_fenceable
from optimizer.safe_text import is_seen

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_MOST_LINES = 40


def suggestion(offer: Offer, patch: str, claims: Claims) -> Remark | str:
    """The change as one suggestion inside one hunk of the diff `patch`; else why not, as a phrase."""
    before, after = offer.candidate.before, offer.candidate.after
    if "\r" in before + after or offer.data != after.encode("utf-8", "replace"):
        return "its file has other line ends or another encoding than a suggestion can keep"
    if not before.endswith("\n") or not after.endswith("\n"):
        return "its file does not end with a line end"
    piece = _piece(before.split("\n"), after.split("\n"))
    if piece is None:
        return "there is no line that a suggestion could replace"
    if max(piece.last - piece.first + 1, len(piece.code)) > _MOST_LINES:
        return f"it takes in more than {_MOST_LINES} lines"
    if not any(low <= piece.first and piece.last <= high for low, high in _hunks(patch)):
        return "it lies outside of the diff"
    if not is_seen("\n".join(piece.code)):
        return "its lines have characters that cannot be seen"
    if not is_fenceable("\n".join(piece.code)):
        return "its lines hold what would end the suggestion"
    return Remark(path=offer.path, first=piece.first, last=piece.last, body=_body(offer, piece.code, claims))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """The lines `first` to `last` of the old text, counted from 1, and what stands there afterwards."""

    first: int
    last: int
    code: Sequence[str]


def _piece(old: Sequence[str], new: Sequence[str]) -> _Piece | None:
    """The smallest piece that changes, with a line above where else nothing, or only blank lines, would be shown."""
    start, stop = _unchanged(old, new)
    while start > 0 and (start + stop >= len(old) or not "".join(new[start : len(new) - stop]).strip()):
        start -= 1
    code = new[start : len(new) - stop]
    if start + stop >= len(old) or not "".join(code).strip():
        return None
    return _Piece(first=start + 1, last=len(old) - stop, code=code)


def _unchanged(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the start and at the end."""
    most = min(len(old), len(new))
    start = next((index for index in range(most) if old[index] != new[index]), most)
    left = most - start
    stop = next((index for index in range(left) if old[-1 - index] != new[-1 - index]), left)
    return start, stop


def _hunks(patch: str) -> Iterator[tuple[int, int]]:
    """First and last line, in the new version, of every hunk."""
    for found in _HUNK.finditer(patch):
        first, count = int(found[1]), int(found[2] or 1)
        yield first, first + count - 1


def _body(offer: Offer, code: Sequence[str], claims: Claims) -> str:
    said = f"{for_markdown(effect_of(offer, claims))}. A deterministic codemod; no AI-generated code."
    block = "\n".join(fenced("\n".join(code), "suggestion"))
    return f"{said}\n\n{block}\n\n{remark_mark(offer.fingerprint)}\n"
