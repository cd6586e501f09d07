"""What a person sees while a run is under way: one live block on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from optimizer.model import Decision, Progress, Stage, Verdict
from optimizer.report.names import fitted, function_of
from optimizer.report.safe import one_line
from optimizer.report.sentences import count_of, duration, gain_of

_DOING = {
    Stage.DISCOVER: "reading the code",
    Stage.WORKLOAD: "running the workload",
    Stage.PROPOSE: "looking for rewrites",
    Stage.VERIFY: "comparing behaviour",
    Stage.MEASURE: "measuring",
    Stage.READABILITY: "reading the change",
    Stage.JUDGE: "deciding",
}
_PREPARING = frozenset({Stage.DISCOVER, Stage.WORKLOAD, Stage.PROPOSE})
_REFRESHES_PER_SECOND = 4
_SHOWN = 5


def is_plain(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Whether `stream` gets plain lines: no terminal, a dumb one, or NO_COLOR is set."""
    env = os.environ if environment is None else environment
    return not stream.isatty() or bool(env.get("NO_COLOR")) or env.get("TERM") in {"dumb", "unknown"}


class Display:
    """Shows progress on `stream` between `with` and its end. `clock` gives seconds."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._started = clock()
        self._now: Progress | None = None
        self._said = ""
        self._tried = 0
        self._accepted: list[Decision] = []
        self._live: Live | None = None

    def __enter__(self) -> Self:
        self._started = self._clock()
        if not is_plain(self._stream):
            self._live = Live(
                console=Console(file=self._stream, highlight=False),
                get_renderable=self._block,
                refresh_per_second=_REFRESHES_PER_SECOND,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def say(self, note: str) -> None:
        """A line that stays."""
        self._line(one_line(note))

    def progress(self, progress: Progress) -> None:
        """What is being done now; plain output gets a line for each step before the candidates."""
        self._now = progress
        if self._live is None and progress.stage in _PREPARING:
            self._line_once(_step(progress))

    def decided(self, decision: Decision) -> None:
        """A candidate is done."""
        self._tried += 1
        if decision.verdict is Verdict.ACCEPT:
            self._accepted.append(decision)
        if self._live is None:
            self._line(f"[{self._tried}] {_verdict(decision)}")

    def _line_once(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._line(text)

    def _line(self, text: str) -> None:
        if self._live:
            self._live.console.print(Text(text))
        else:
            self._stream.write(f"{self._elapsed():>9}  {text}\n")
            self._stream.flush()

    def _elapsed(self) -> str:
        return duration(self._clock() - self._started)

    def _block(self) -> RenderableType:
        """The live block: the step with its elapsed time, then what was accepted so far."""
        width = self._live.console.width if self._live else 80
        return Group(self._step_row(width), self._count_row(), *self._accepted_rows(width))

    def _step_row(self, width: int) -> RenderableType:
        row = Table.grid(padding=(0, 1), expand=False)
        row.add_column(no_wrap=True)
        row.add_column(no_wrap=True)
        if self._now is None:
            row.add_row(Spinner("dots"), Text("starting"))
            return row
        doing = _DOING[self._now.stage]
        room = max(20, width - len(doing) - 4)
        detail = fitted(one_line(self._now.detail) + _of_total(self._now), room)
        row.add_row(Spinner("dots"), Text.assemble((doing, "bold"), " ", (detail, "cyan")))
        return row

    def _count_row(self) -> Text:
        tried = count_of(self._tried, "candidate") + " done"
        return Text(f"  {self._elapsed()}, {tried}, {len(self._accepted)} accepted", style="dim")

    def _accepted_rows(self, width: int) -> list[Text]:
        rows = []
        for decision in self._accepted[-_SHOWN:]:
            gained = gain_of(decision)
            name = fitted(one_line(function_of(decision.candidate)), max(20, width - len(gained) - 7))
            rows.append(Text.assemble(("  + ", "green"), name, "  ", (gained, "green")))
        return rows


def _step(progress: Progress) -> str:
    detail = one_line(progress.detail)
    return f"{_DOING[progress.stage]}: {detail}" if detail else _DOING[progress.stage]


def _of_total(progress: Progress) -> str:
    return f" ({progress.done} of {progress.total})" if progress.total else ""


def _verdict(decision: Decision) -> str:
    """`accepted module:name (rule) 1.42x (at least 1.38x)`, or the first reason against."""
    candidate = decision.candidate
    what = f"{function_of(candidate)} ({candidate.transform})"
    if decision.verdict is Verdict.ACCEPT:
        return one_line(f"accepted {what}: {gain_of(decision)}")
    why = decision.reasons[0].text if decision.reasons else "no reason was given"
    return one_line(f"refused {what}: {why}")
