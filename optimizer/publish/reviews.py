"""On a pull request: which changes are suggested in place, which need a stacked pull request. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.ports import ChangedFile, Remark
from optimizer.publish.body import title_of
from optimizer.publish.bundle import Claims
from optimizer.publish.marker import remark_mark, remark_of
from optimizer.publish.rerun import Offer
from optimizer.report.safe import for_markdown, longest_run

MOST_SUGGESTIONS = 5
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_MOST_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What becomes of the offers: `suggested` new remarks, and the offers that do not fit into the diff."""

    suggested: tuple[Remark, ...]
    elsewhere: tuple[Offer, ...]


def review(
    offers: Sequence[Offer], files: Sequence[ChangedFile], remarks: Sequence[str], claims: Claims
) -> Reviewed:
    """Sort the offers for a pull request that changes `files` and has `remarks` of ours already.

    What has been suggested once is not suggested again, and there are never more than five in all.
    """
    known = {remark_of(body) for body in remarks}
    patches = {file.path: file.patch for file in files}
    suggested: list[Remark] = []
    elsewhere: list[Offer] = []
    for offer in sorted(offers, key=lambda one: (-one.saved, one.fingerprint)):
        remark = suggestion(offer, patches.get(offer.path, ""), claims)
        if remark is None:
            elsewhere.append(offer)
        elif offer.fingerprint not in known and len(remarks) + len(suggested) < MOST_SUGGESTIONS:
            suggested.append(remark)
    return Reviewed(suggested=tuple(suggested), elsewhere=tuple(elsewhere))


def suggestion(offer: Offer, patch: str, claims: Claims) -> Remark | None:
    """The change as one suggestion, None when it does not lie inside one hunk of the diff."""
    old, new = offer.candidate.before.split("\n"), offer.candidate.after.split("\n")
    start, stop = _unchanged(old, new)
    if start + stop >= len(old):
        # Lines are only put in: the line above takes part.
        start -= 1
    first, last = start + 1, len(old) - stop
    if start < 0 or last - start > _MOST_LINES or "\r" in offer.candidate.before:
        return None
    if not any(low <= first and last <= high for low, high in _hunks(patch)):
        return None
    code = new[start : len(new) - stop]
    return Remark(path=offer.path, first=first, last=last, body=_body(offer, code, claims))


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
    text = "\n".join(code)
    fence = "`" * max(3, longest_run(text, "`") + 1)
    said = f"{for_markdown(title_of(offer, claims))}. A deterministic codemod; no AI-generated code."
    return f"{said}\n\n{fence}suggestion\n{text}\n{fence}\n\n{remark_mark(offer.fingerprint)}\n"
