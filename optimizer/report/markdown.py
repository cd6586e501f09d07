"""The summary of a run as GitHub-flavoured Markdown, for the summary of a workflow's job.

Names and texts come from code that nobody has read, so nothing in them may mention a person, link,
close a table or a fence, or become HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from optimizer.model import Decision, Run
from optimizer.report import sentences
from optimizer.report.names import function_of, place_of
from optimizer.report.safe import for_markdown, for_terminal, longest_run, markdown_code, one_line

LIMIT = 900_000
"""Characters; GitHub refuses summaries of more than a mebibyte."""
_LONGEST_DIFF = 20_000


def markdown(run: Run, *, limit: int = LIMIT) -> str:
    """The summary; diffs that no longer fit are left out, with a line that says so."""
    head = "\n".join(_head(run))
    tail = "\n".join(_tail(run))
    room = limit - len(head) - len(tail)
    changes: list[str] = []
    for decision in run.accepted:
        change = _change(decision)
        room -= len(change)
        if room < 0:
            left = len(run.accepted) - len(changes)
            changes.append(f"{sentences.count_of(left, 'more change')} did not fit here; see the bundle.\n")
            break
        changes.append(change)
    return "\n".join(filter(None, [head, *changes, tail])) + "\n"


def _head(run: Run) -> Iterator[str]:
    yield f"## {for_markdown(sentences.outcome(run))}"
    yield ""
    yield for_markdown(sentences.headline(run))
    for line in filter(None, (sentences.control(run), sentences.stopped_early(run))):
        yield ""
        yield for_markdown(line)
    if run.accepted:
        yield ""
        yield "| Function | Rule | Faster | Workload saved | Inputs |"
        yield "| --- | --- | ---: | ---: | ---: |"
        yield from map(_row, run.accepted)
    yield ""


def _row(decision: Decision) -> str:
    inputs = f"{decision.verification.inputs_tried:,}" if decision.verification else "-"
    cells = (
        markdown_code(function_of(decision.candidate)),
        markdown_code(decision.candidate.transform),
        for_markdown(sentences.gain_of(decision)),
        for_markdown(sentences.share(decision.workload_saved)),
        inputs,
    )
    return f"| {' | '.join(cells)} |"


def _change(decision: Decision) -> str:
    candidate = decision.candidate
    names = (function_of(candidate), candidate.transform, place_of(decision))
    # Inside this element nothing is Markdown, and inside code nothing is linked.
    summary = ", ".join(f"<code>{escape(one_line(name))}</code>" for name in names)
    return "\n".join(
        [
            f"<details><summary>{summary}</summary>",
            "",
            *_fenced(candidate.patch),
            "",
            *_bullets(sentences.evidence(decision)),
            "",
            "</details>",
            "",
        ]
    )


def _fenced(patch: str) -> Iterator[str]:
    text = for_terminal(patch).rstrip("\n")
    if len(text) > _LONGEST_DIFF:
        yield f"The diff has {len(text):,} characters; see the bundle."
        return
    fence = "`" * max(3, longest_run(text, "`") + 1)
    yield f"{fence}diff"
    yield text
    yield fence


def _tail(run: Run) -> Iterator[str]:
    counts = sentences.refusal_counts(run.decisions)
    if counts:
        yield f"### Refused: {sentences.count_of(sum(row.count for row in counts), 'candidate')}"
        yield ""
        yield "| Candidates | Stage | Why |"
        yield "| ---: | --- | --- |"
        yield from (f"| {row.count:,} | {row.stage.value} | {for_markdown(row.code)} |" for row in counts)
        yield ""
    unchecked = sentences.unchecked_in(run)
    if unchecked:
        yield "### Could not be checked"
        yield ""
        yield from _bullets(unchecked)
        yield ""
    if run.skipped:
        yield for_markdown(sentences.left_alone(run.skipped))


def _bullets(items: Iterable[str]) -> Iterator[str]:
    return (f"- {for_markdown(item)}" for item in items if item)
