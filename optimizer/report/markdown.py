"""The summary of a run as GitHub-flavoured Markdown, for the summary of a workflow's job.

Names and texts come from code that nobody has read, so nothing in them may mention a person, link,
close a table or a fence, or become HTML.
"""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.model import Decision, Run
from optimizer.report import sentences
from optimizer.report.names import fitted, function_of
from optimizer.report.patches import HOW, LIMIT, bullets, folded_change, within
from optimizer.report.safe import clipped, for_markdown, markdown_code

_MOST_ROWS = 200
_LONGEST = 1_000
_LONGEST_NAME = 60
"""In the table; the whole name is above the diff."""


def markdown(run: Run, *, artifact: str = "", limit: int = LIMIT) -> str:
    """The summary; changes that no longer fit into `limit` bytes are left out, with a line that says so.

    `artifact` is what the bundle is called where it can be fetched, "" when that is not known.
    """
    changes = (folded_change(decision, artifact=artifact) for decision in run.accepted)
    head, tail = "\n".join(_head(run)), "\n".join(_tail(run))
    return within(limit, head, changes, tail, count=len(run.accepted), artifact=artifact)


def _head(run: Run) -> Iterator[str]:
    yield f"## {for_markdown(sentences.outcome(run))}"
    yield ""
    yield for_markdown(clipped(sentences.headline(run), _LONGEST))
    for line in filter(None, (sentences.control(run), sentences.stopped_early(run))):
        yield ""
        yield for_markdown(clipped(line, _LONGEST))
    if run.accepted:
        yield ""
        yield from _table(run)
        yield ""
        yield HOW
    yield ""


def _table(run: Run) -> Iterator[str]:
    yield f"| Function | Rule | {sentences.gains_heading(run)} | Workload saved | Inputs |"
    yield "| --- | --- | ---: | ---: | ---: |"
    yield from map(_row, run.accepted[:_MOST_ROWS])
    if len(run.accepted) > _MOST_ROWS:
        yield ""
        yield f"And {sentences.count_of(len(run.accepted) - _MOST_ROWS, 'more change')}."


def _row(decision: Decision) -> str:
    inputs = f"{decision.verification.inputs_tried:,}" if decision.verification else "-"
    cells = (
        markdown_code(fitted(function_of(decision.candidate), _LONGEST_NAME)),
        markdown_code(fitted(decision.candidate.transform, _LONGEST_NAME)),
        for_markdown(sentences.gain_of(decision)),
        for_markdown(sentences.share(decision.workload_saved)),
        inputs,
    )
    return f"| {' | '.join(cells)} |"


def _tail(run: Run) -> Iterator[str]:
    counts = sentences.refusal_counts(run.decisions)
    if counts:
        yield f"### Refused: {sentences.count_of(sum(row.count for row in counts), 'candidate')}"
        yield ""
        yield "| Candidates | Stage | Why |"
        yield "| ---: | --- | --- |"
        shown = counts[:_MOST_ROWS]
        yield from (
            f"| {row.count:,} | {row.stage.value} | {for_markdown(clipped(row.code))} |" for row in shown
        )
        yield ""
    unchecked = sentences.unchecked_in(run)
    if unchecked:
        yield "### Could not be checked"
        yield ""
        yield from bullets(unchecked)
        yield ""
    if run.skipped:
        yield for_markdown(clipped(sentences.left_alone(run.skipped), _LONGEST))
