"""Sentences, names and safe texts."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from optimizer.model import (
    Assumption,
    Behaviour,
    Decision,
    Evidence,
    Measurement,
    Metric,
    Readability,
    RuleMoved,
    Run,
    Stage,
    Verification,
)
from optimizer.report import sentences
from optimizer.report.names import fitted, function_of
from optimizer.report.safe import clipped, for_markdown, markdown_code, one_line
from optimizer.safe_text import safe_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (3.24, "3.2 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (372.4, "6 min 12 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert sentences.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.12e-7, "412 ns"), (3.1e-6, "3.10 us"), (4.56e-5, "45.6 us"), (1.23e-1, "123 ms"), (1.4, "1.40 s")],
)
def test_times_of_a_call(seconds: float, text: str) -> None:
    assert sentences.per_call(seconds) == text


@pytest.mark.parametrize(("part", "text"), [(0.0412, "4.1%"), (0.0004, "<0.1%"), (0.0, "-"), (0.5, "50.0%")])
def test_shares(part: float, text: str) -> None:
    assert sentences.share(part) == text


def test_a_gain_states_its_bound_and_what_is_gained(run: Run) -> None:
    measurement = run.decisions[0].measurements[0]
    assert sentences.gain(measurement) == "1.42x (at least 1.38x)"
    memory = replace(measurement, metric=Metric.MEMORY)
    assert sentences.gain(memory) == "1.42x (at least 1.38x) less memory"
    none_left = replace(measurement, metric=Metric.RESOURCES, ratio=math.inf, low=math.inf)
    assert sentences.gain(none_left) == "all (at least all) fewer resources held"


def test_the_least_gain_of_all_interpreters_is_shown(run: Run) -> None:
    first = run.decisions[0]
    slower = replace(first.measurements[0], python="3.9.18", ratio=1.2, low=1.15)
    assert (
        sentences.gain_of(replace(first, measurements=(*first.measurements, slower)))
        == "1.20x (at least 1.15x)"
    )
    assert sentences.gain_of(replace(first, measurements=())) == "-"


def test_a_measurement_in_one_line(run: Run) -> None:
    assert sentences.measured(run.decisions[0].measurements[0]) == (
        "1.42x (at least 1.38x) on Python 3.13.0, 3.10 us -> 2.19 us a call, 6 processes, "
        "same code against itself 1.001x"
    )
    synthetic = replace(run.decisions[0].measurements[0], synthetic=True)
    assert sentences.measured(synthetic).endswith("synthetic inputs")


def test_refusals_are_counted_once_each_in_the_order_of_the_stages(run: Run) -> None:
    counts = [(row.stage, row.code, row.count) for row in sentences.refusal_counts(run.decisions)]
    assert counts == [
        (Stage.VERIFY, "behaves differently", 1),
        (Stage.MEASURE, "no proved gain in time", 2),
        (Stage.READABILITY, "reads worse", 1),
    ]
    twice = replace(run.decisions[3], reasons=run.decisions[3].reasons * 2)
    assert sum(row.count for row in sentences.refusal_counts([twice])) == 1


def test_the_first_line_names_sandbox_interpreter_and_workload(run: Run, nothing: Run) -> None:
    assert sentences.headline(run) == "Sandbox L0 | CPython 3.13.0 | pytest, 27 tests in 3.2 s"
    assert sentences.headline(nothing) == "Sandbox L0 | CPython 3.13.0 | no workload was run"


def test_the_outcome_is_one_calm_sentence(run: Run, nothing: Run) -> None:
    assert sentences.outcome(run) == (
        "3 changes accepted; 312 functions in 41 files looked at, 7 candidates tried in 6 min 12 s."
    )
    assert sentences.outcome(replace(run, dry_run=False, written=("a.py",))).startswith(
        "3 changes accepted and written"
    )
    assert sentences.outcome(nothing) == (
        "Nothing to change: 312 functions in 41 files looked at, 0 candidates tried in 6 min 12 s; "
        "no place was found where a rule applies."
    )
    all_refused = replace(nothing, decisions=run.decisions[3:])
    assert sentences.outcome(all_refused).endswith(
        "none of them was proved safe, clearly faster and no harder to read."
    )


def test_what_could_not_be_checked_is_named(run: Run) -> None:
    verification = Verification(
        behaviour=Behaviour.SAME,
        not_observable=("sockets",),
        masked=("the time", "the time"),
        branches_missed=("line 3",),
        survivors=("`<`",),
    )
    assert sentences.unchecked(verification) == (
        "sockets (not observable)",
        "the time (differs from run to run, so not compared)",
        "line 3 (branch never reached)",
        "`<` (planted mistake not noticed)",
    )
    assert sentences.unchecked(None) == ()
    assert sentences.unchecked_in(run) == (
        "3 calls could not be kept: an open file cannot be pickled",
        "set aside because it fails now and then: tests/test_shop.py::test_clock",
        "2 transforms could not be loaded.",
    )


@pytest.mark.parametrize(
    ("evidence", "observed", "text"),
    [
        (Evidence.OBSERVED, 1204, "x is int (observed in 1,204 calls)"),
        (Evidence.PROVED, 0, "x is int (proved from the code)"),
        (Evidence.ANNOTATED, 0, "x is int (annotated)"),
        (Evidence.UNKNOWN, 0, "x is int (not known)"),
    ],
)
def test_an_assumption_says_how_it_is_known(evidence: Evidence, observed: int, text: str) -> None:
    assert sentences.assumption(Assumption(text="x is int", evidence=evidence, observed=observed)) == text


def test_readability_never_says_better() -> None:
    row = RuleMoved(rule="cognitive complexity", before=5, after=2, limit=6)
    assert sentences.rule_moved(row) == "cognitive complexity 5 -> 2 (limit 6)"
    assert sentences.readability(Readability(moved=(row,))) == "Readability: not worse."
    assert (
        sentences.readability(Readability(objections=("It adds a reduce.",)))
        == "Readability: It adds a reduce."
    )


def test_evidence_leaves_out_what_did_not_run(run: Run) -> None:
    bare = Decision(candidate=run.decisions[1].candidate, verdict=run.decisions[1].verdict, reasons=())
    assert sentences.evidence(bare) == ()


def test_files_left_alone_are_one_line(run: Run) -> None:
    assert sentences.left_alone(run.skipped) == (
        "Left alone: 3 files (vendored: 2; it cannot be parsed by Python 3.13 (line 3): 1)."
    )
    assert sentences.left_alone(()) == ""


def test_every_metric_has_its_words() -> None:
    for metric in Metric:
        measurement = Measurement(
            metric=metric,
            claim=True,
            ratio=2,
            low=2,
            high=2,
            processes=1,
            same_code_ratio=0,
            python="3",
            cpu="",
        )
        assert sentences.gain(measurement).startswith("2.00x")


NAME = "shop.warehouse.replenishment_planning:ReplenishmentPlanner.expected_deliveries"


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (100, NAME),
        (70, "…replenishment_planning:ReplenishmentPlanner.expected_deliveries"),
        (45, "ReplenishmentPlanner.expected_deliveries"),
        (30, "…expected_deliveries"),
        (12, "Reple…veries"),
    ],
)
def test_names_are_shortened_from_the_outside(width: int, text: str) -> None:
    assert fitted(NAME, width) == text
    assert len(fitted(NAME, width)) <= width


def test_several_functions_are_counted(run: Run) -> None:
    candidate = run.decisions[0].candidate
    assert function_of(replace(candidate, targets=candidate.targets * 3)).endswith("phone_numbers (+2)")
    assert function_of(replace(candidate, targets=())) == "shop/contacts/addresses.py"


@pytest.mark.parametrize(
    "evil",
    [
        "::set-output name=x::y",
        "  ::add-path::/tmp",
        "##[command]rm",
        "a ##[group]b",
        "\x1b[2J",
        "\r::stop",
        "\u202egnp.exe",
        "\ud800",
    ],
)
def test_no_control_character_and_no_workflow_command_is_left(evil: str) -> None:
    for line in safe_text(f"fine\n{evil}").split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert line.isprintable() or "\u200b" in line
        line.encode("utf-8")


def test_ordinary_text_is_left_as_it_is() -> None:
    text = "def f(x):\n\treturn x[::2]  # é 漢字 ✓\n"
    assert safe_text(text) == text


def test_one_line_and_clipped() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert clipped("x" * 1000, 100) == "x" * 47 + " ... " + "x" * 47
    assert clipped("short") == "short"


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("@octocat", "@octocat"),
        ("see #12 and GH-12", "#12"),
        ("see GH-12", "GH-"),
        ("<img src=x onerror=alert(1)>", "<"),
        ("[a](https://evil.example)", "]("),
        ("https://evil.example", "://"),
        ("a | b", "|"),
        ("a ` b", "`"),
        ("`a|b` c", "a|b"),
        ("- item", "- "),
        ("+ item", "+"),
        ("line\n# heading", "\n"),
        ("*bold* _soft_ ~~gone~~", "*"),
    ],
)
def test_markdown_text_is_only_text(text: str, forbidden: str) -> None:
    assert forbidden not in for_markdown(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("plain", "`plain`"),
        ("a`b", "`` a`b ``"),
        ("a``b`", "``` a``b` ```"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a\\b", "<code>a&#92;b</code>"),
        ("a\nb", "`a b`"),
        ("", "`  `"),
    ],
)
def test_markdown_code_cannot_be_left(text: str, code: str) -> None:
    assert markdown_code(text) == code
