"""A change's patch inside a Markdown summary: a block that can be copied out and applied, or why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from optimizer.model import Decision
from optimizer.report import sentences
from optimizer.report.bundle import safe_name
from optimizer.report.names import function_of, place_of
from optimizer.report.safe import clipped, fenced, for_markdown, is_fenceable, markdown_code
from optimizer.safe_text import is_seen, safe_text

LIMIT = 1_000_000
"""Bytes; GitHub refuses a step's summary of more than a mebibyte."""
HOW = (
    "To apply a diff, copy it into a file, then `git apply FILE` in the project's folder; "
    "one that cannot be applied from here says so."
)
_LONGEST = 20_000
_LONGEST_NAME = 200


def within(limit: int, head: str, changes: Iterator[str], tail: str, *, count: int, artifact: str) -> str:
    """`head`, as many of the `count` changes as fit, and `tail`, in at most `limit` bytes if only changes are long."""
    room = limit - size(head) - size(tail) - 500
    kept: list[str] = []
    for change in changes:
        room -= size(change) + 1
        if room < 0:
            left = sentences.count_of(count - len(kept), "more change")
            kept.append(f"{left} did not fit into GitHub's limit for summaries; see {_where(artifact)}.\n")
            break
        kept.append(change)
    return "\n".join(filter(None, [head, *kept, tail])) + "\n"


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def folded_change(decision: Decision, *, artifact: str) -> str:
    """One change behind a summary that opens with a click: its diff and its evidence."""
    candidate = decision.candidate
    names = (function_of(candidate), candidate.transform, place_of(decision))
    # Inside this element nothing is Markdown, and inside code nothing is linked.
    summary = ", ".join(f"<code>{escape(clipped(name, _LONGEST_NAME))}</code>" for name in names)
    lines = [f"<details><summary>{summary}</summary>", "", *_diff(decision, artifact), ""]
    return "\n".join([*lines, *bullets(sentences.evidence(decision)), "", "</details>", ""])


def bullets(items: Iterator[str] | tuple[str, ...], most: int = 50) -> Iterator[str]:
    """A list of short texts, and how many more there are."""
    found = [item for item in items if item]
    yield from (f"- {for_markdown(clipped(item))}" for item in found[:most])
    if len(found) > most:
        yield f"- and {len(found) - most:,} more."


def _diff(decision: Decision, artifact: str) -> Iterator[str]:
    patch = decision.candidate.patch
    file = f"the patch is {markdown_code(f'patches/{safe_name(decision.candidate.id)}.patch')} in {_where(artifact)}"
    if len(patch) > _LONGEST:
        yield f"The diff has {len(patch):,} characters; {file}."
    elif not is_fenceable(patch):
        yield f"The diff holds what would end a block of code; {file}."
    elif is_seen(patch) and "\r" not in patch:
        yield from fenced(patch.removesuffix("\n"), "diff")
    else:
        yield f"Not to be applied from here, as it has characters that cannot be shown; {file}."
        yield ""
        yield from fenced(safe_text(patch).rstrip("\n"), "diff")


def _where(artifact: str) -> str:
    return f"the artifact {markdown_code(clipped(artifact, _LONGEST_NAME))}" if artifact else "the bundle"
