"""The report at the end and the display before it, on a terminal and elsewhere."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from optimizer.model import Progress, Run, Stage
from optimizer.report.live import is_plain
from optimizer.report.terminal import Display, show
from tests.golden.agreed import agreed

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def shown(run: Run, width: int, monkeypatch: pytest.MonkeyPatch, *, explain: bool = False) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = io.StringIO()
    show(run, stream, explain_refusals=explain)
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_the_report_reads_as_agreed(run: Run, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert agreed(shown(run, width, monkeypatch, explain=True), f"report-{width}.txt")


def test_nothing_found_is_a_short_report(nothing: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(nothing, 200, monkeypatch) == (
        "Sandbox L0 | CPython 3.13.0 | no workload was run\n"
        "Nothing to change: 312 functions in 41 files looked at, 0 candidates tried in 6 min 12 s; "
        "no place was found where a rule applies.\n"
        "\n"
        "Dry run: nothing was written.\n"
    )


def test_no_line_but_of_a_diff_is_wider_than_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(run, 80, monkeypatch, explain=True)
    assert max(len(line) for line in text.split("\n") if not line.startswith("  ")) <= 80


def test_declined_places_are_listed_only_when_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Declined" not in shown(run, 80, monkeypatch)
    explained = shown(run, 200, monkeypatch, explain=True)
    assert "shop/orders.py:40 Order.total (loop-to-sum): the elements may be floats" in explained
    assert "shop.odd:evil_name (generator-to-list): It adds the one-letter name `x`." in explained


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        ({"dry_run": True}, "without --dry-run the 3 accepted changes would be."),
        ({"dry_run": True, "decisions": ()}, "Dry run: nothing was written."),
        ({"dry_run": False}, "Nothing was written."),
        ({"dry_run": False, "written": ("a.py", "b.py")}, "Written: a.py, b.py."),
    ],
)
def test_the_last_line_says_what_was_written(
    run: Run, changes: dict[str, object], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(replace(run, **changes), 80, monkeypatch).rstrip().endswith(ending)  # type: ignore[arg-type]


def test_a_run_that_ended_early_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "The time budget ran out" in shown(replace(run, budget_exhausted=True), 80, monkeypatch)


def test_what_unread_code_says_is_made_safe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run.decisions[0]
    evil = replace(first.candidate, patch=first.candidate.patch + "\n+\x1b[2J\n ::add-path::/tmp\n")
    text = shown(replace(run, decisions=(replace(first, candidate=evil),)), 80, monkeypatch)
    assert "\x1b" not in text
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))


def test_markup_of_the_terminal_library_in_names_means_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = replace(run, notes=("[bold red]loud[/bold red] [link=x]y[/link]",))
    assert "[bold red]loud[/bold red] [link=x]y[/link]" in shown(noted, 80, monkeypatch)


def test_a_terminal_gets_colours_and_the_same_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    show(run, stream)
    text = stream.getvalue()
    assert "\x1b[32m" in text
    plain = [line.rstrip() for line in ANSI.sub("", text).split("\n")]
    assert plain == shown(run, 80, monkeypatch).split("\n")


@pytest.mark.parametrize(
    ("stream", "environment", "plain"),
    [
        (Terminal(), {"TERM": "xterm"}, False),
        (Terminal(), {}, False),
        (Terminal(), {"TERM": "dumb"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, False),
        (io.StringIO(), {"TERM": "xterm"}, True),
    ],
)
def test_who_gets_plain_lines(stream: io.StringIO, environment: dict[str, str], plain: bool) -> None:
    assert is_plain(stream, environment) is plain


def ticking() -> object:
    times = iter(range(0, 1000, 3))
    return lambda: float(next(times))


def test_plain_progress_is_a_line_for_each_thing_that_happened(run: Run) -> None:
    stream = io.StringIO()
    with Display(stream, clock=ticking()) as display:  # type: ignore[arg-type]
        display.say("one plugin could not be loaded")
        display.progress(Progress(stage=Stage.WORKLOAD, detail="pytest", done=1, total=3))
        display.progress(Progress(stage=Stage.WORKLOAD, detail="pytest", done=2, total=3))
        display.progress(Progress(stage=Stage.MEASURE, detail="shop:f"))
        display.decided(run.decisions[0])
        display.decided(run.decisions[4])
    assert stream.getvalue().split("\n") == [
        "    3.0 s  one plugin could not be loaded",
        "    6.0 s  running the workload: pytest",
        "    9.0 s  [1] accepted shop.contacts.addresses:phone_numbers (hoist-regex): 1.42x (at least 1.38x)",
        "     12 s  [2] refused shop.orders:second (generator-to-list): Python 3.13.0: 1.04x (at least 1.01x) is not 1.10x for certain.",
        "",
    ]


def test_the_live_block_shows_stage_function_time_and_what_was_accepted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    with Display(stream) as display:
        display.progress(Progress(stage=Stage.VERIFY, detail="shop.util:slug (literal-before-regex)"))
        for decision in run.decisions:
            display.decided(decision)
        display.say("a note that stays")
    text = ANSI.sub("", stream.getvalue())
    assert "comparing behaviour shop.util:slug (literal-before-regex)" in text
    assert "7 candidates done, 3 accepted" in text
    assert "…expected_deliveries_by_supplier" in text or "ReplenishmentPlanner.expected_deliveries" in text
    assert "11.94x (at least 11.91x)" in text
    assert "a note that stays" in text


def test_the_display_ends_with_the_error_that_ended_the_run() -> None:
    stream = Terminal()
    with pytest.raises(KeyboardInterrupt), Display(stream):
        raise KeyboardInterrupt
    assert stream.getvalue().endswith("\x1b[?25h") or "\x1b[?25h" in stream.getvalue()
