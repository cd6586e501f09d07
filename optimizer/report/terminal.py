"""The final report for a person at a terminal, or for the log of a workflow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from optimizer.model import Decision, Run
from optimizer.report import sentences
from optimizer.report.live import Display, is_plain
from optimizer.report.names import fitted, function_of, place_of
from optimizer.report.safe import one_line
from optimizer.safe_text import safe_text

_PLAIN_WIDTH = 100
_LEAST_NAME = 24
_GAP = 2
_CAPTION = "Saves: share of the workload's time. Inputs: calls compared before and after."
_DIFF_STYLES = {"+++": "bold", "---": "bold", "@@": "cyan", "+": "green", "-": "red"}


def show(run: Run, stream: TextIO, *, explain_refusals: bool = False) -> None:
    """Write the whole report of `run` to `stream`: coloured on a terminal, plain elsewhere."""
    plain = is_plain(stream)
    console = _console(stream, plain=plain)
    with console.capture() as captured:
        for part in _report(run, console.width, explain_refusals=explain_refusals):
            console.print(part, soft_wrap=isinstance(part, Text) and part.no_wrap is True)
    # What is in the middle of a text may stand at the start of a line by now.
    text = safe_text(captured.get()) if plain else captured.get()
    stream.writelines(f"{line.rstrip()}\n" for line in text.rstrip("\n").split("\n"))


def _console(stream: TextIO, *, plain: bool) -> Console:
    # Without a terminal there is no width to ask for; COLUMNS may say one.
    width = int(os.environ.get("COLUMNS") or _PLAIN_WIDTH) if not stream.isatty() else None
    return Console(file=stream, highlight=False, no_color=plain, force_terminal=not plain, width=width)


def _report(run: Run, width: int, *, explain_refusals: bool) -> Iterator[RenderableType]:
    yield Text(one_line(sentences.headline(run)), style="dim")
    yield Text(one_line(sentences.outcome(run)), style="bold")
    for line in (sentences.stopped_early(run), sentences.control(run)):
        if line:
            yield Text(line)
    if run.accepted:
        yield Text()
        yield _accepted_table(run, width)
        yield Text(_CAPTION, style="dim")
        for decision in run.accepted:
            yield from _change(decision)
    yield from _refusals(run)
    yield from _items("Could not be checked", sentences.unchecked_in(run))
    if explain_refusals:
        yield from _items("Refused, one by one", sentences.refusals(run.decisions))
        yield from _items("Declined before anything was tried", sentences.declined_places(run.declined))
    yield from _ending(run)


def _accepted_table(run: Run, width: int) -> Table:
    gains = [sentences.gain_of(decision) for decision in run.accepted]
    room = width - max(map(len, gains)) - len("Saves") - len("Inputs") - 3 * _GAP
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    table.add_column("Function", no_wrap=True)
    table.add_column(sentences.gains_heading(run), no_wrap=True)
    table.add_column("Saves", no_wrap=True, justify="right")
    table.add_column("Inputs", no_wrap=True, justify="right")
    for decision, gained in zip(run.accepted, gains, strict=True):
        name = fitted(one_line(function_of(decision.candidate)), max(_LEAST_NAME, room))
        cell = Text.assemble(name, "\n", (f"  {one_line(decision.candidate.transform)}", "dim"))
        saved = sentences.share(decision.workload_saved)
        table.add_row(cell, Text(gained, style="green"), saved, _inputs(decision))
    return table


def _inputs(decision: Decision) -> str:
    return f"{decision.verification.inputs_tried:,}" if decision.verification else "-"


def _change(decision: Decision) -> Iterator[RenderableType]:
    """One accepted change: where, what backs it, what could not be checked, and the diff."""
    candidate = decision.candidate
    yield Text()
    name = candidate.targets[0].qualname if candidate.targets else candidate.path
    yield Text(one_line(name or "module level"), style="bold", overflow="fold")
    yield Text(one_line(f"{candidate.transform}, {place_of(decision)}"), style="dim", overflow="fold")
    for line in sentences.evidence(decision):
        yield Padding(Text(one_line(line)), (0, 0, 0, 2))
    yield _diff(candidate.patch)


def _diff(patch: str) -> Text:
    text = Text(no_wrap=True)
    for line in safe_text(patch).rstrip("\n").split("\n"):
        style = next((style for mark, style in _DIFF_STYLES.items() if line.startswith(mark)), "")
        text.append(f"  {line}\n", style=style)
    text.rstrip()
    return text


def _refusals(run: Run) -> Iterator[RenderableType]:
    counts = sentences.refusal_counts(run.decisions)
    if not counts:
        return
    yield Text()
    total = sum(row.count for row in counts)
    yield Text(f"Refused: {sentences.count_of(total, 'candidate')}", style="bold")
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    table.add_column()
    table.add_column()
    for row in counts:
        table.add_row(f"  {row.count:,}", Text(row.stage.value, style="dim"), Text(one_line(row.code)))
    yield table


def _items(title: str, items: tuple[str, ...]) -> Iterator[RenderableType]:
    if not items:
        return
    yield Text()
    yield Text(title, style="bold")
    for item in items:
        yield Padding(Text(f"- {one_line(item)}"), (0, 0, 0, 2))


def _ending(run: Run) -> Iterator[RenderableType]:
    yield Text()
    if run.skipped:
        yield Text(one_line(sentences.left_alone(run.skipped)))
    if run.written:
        yield Text(one_line(f"Written: {', '.join(run.written)}."))
    else:
        yield Text(sentences.nothing_written(run))


__all__ = ["Display", "show"]
