"""What several machines say together: plain text for a terminal, a table for the summary of a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from optimizer.model import Build, Decision, Machine, Reason, Run, Stage, Verdict, Witness
from optimizer.report.bundle_reading import Bundle, Entry
from optimizer.report.combined import Heard, combined_text
from optimizer.report.combined_markdown import combined_markdown
from optimizer.report.patches import LIMIT, size
from tests.golden.agreed import agreed
from tests.golden.hostile import HOSTILE, texts
from tests.golden.rendered import OURS, Rendered

HERE = Machine(
    cpu="Example CPU 3000",
    cores=2,
    processors=4,
    system="Linux 6.8",
    builds=(
        Build(version="3.13.0", implementation="CPython", compiler="GCC 13.2", options=("--with-lto",)),
        Build(version="3.10.14", implementation="CPython"),
    ),
)
THERE = Machine(
    cpu="Other CPU 7",
    cores=4,
    processors=4,
    system="Linux 6.8",
    builds=(Build(version="3.13.0", implementation="CPython"),),
)
SLOWER = Reason(stage=Stage.MEASURE, code="slower", text="Other CPU 7, Python 3.13.0: 0.93x is slower.")


def bundle_of(run: Run, **changes: object) -> Bundle:
    entries = tuple(
        Entry(decision=one, before_sha256="", after_sha256="", stands=one.verdict is Verdict.ACCEPT)
        for one in run.decisions
    )
    return replace(
        Bundle(
            folder=Path(),
            project=run.project,
            commit=run.commit,
            machine=HERE,
            kind="pytest",
            argv=(),
            entries=entries,
            sessions=(),
        ),
        **changes,  # type: ignore[arg-type]
    )


def heard(run: Run) -> list[Heard]:
    """The first change holds everywhere, the second is slower elsewhere, the third was measured here only."""
    first, second, third, *rest = run.decisions
    (measured,) = first.measurements
    older = replace(measured, python="3.10.14", ratio=1.21, low=1.16, high=1.3)
    good = Witness(machine=THERE, measurements=(replace(measured, cpu=THERE.cpu, ratio=1.33, low=1.29),))
    bad = Witness(
        machine=THERE,
        measurements=(replace(measured, cpu=THERE.cpu, claim=False, ratio=0.93, low=0.91, high=0.95),),
        disagrees=(SLOWER,),
    )
    return [
        (replace(first, measurements=(measured, older)), (good,)),
        (replace(second, verdict=Verdict.REFUSE, reasons=(SLOWER,)), (bad,)),
        (third, ()),
        *((one, ()) for one in rest),
    ]


def test_the_summary_of_all_machines_reads_as_agreed(run: Run) -> None:
    text = combined_markdown(bundle_of(run), heard(run), artifact="tenpercent")
    assert agreed(text, "combined.md")
    page = Rendered(text)
    assert set(page.elements) <= OURS
    assert page.live == []
    assert page.elements.count("td") == 3 * 4


def test_the_text_of_all_machines_reads_as_agreed(run: Run) -> None:
    assert agreed(combined_text(bundle_of(run), heard(run)), "combined.txt")


def test_a_machine_that_disagrees_is_seen_in_its_column(run: Run) -> None:
    (row,) = [
        line
        for line in combined_markdown(bundle_of(run), heard(run)).split("\n")
        if line.startswith("| **refused** ")
    ]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[0] == "**refused**"
    assert "disagrees" not in cells[2]
    assert cells[3].endswith("<br>**disagrees**")


def test_a_machine_of_which_little_is_known_is_named_without_gaps(run: Run) -> None:
    bare = bundle_of(run, machine=replace(HERE, system="", builds=()))
    for text in (combined_markdown(bare, heard(run)), combined_text(bare, heard(run))):
        assert "1. Example CPU 3000, 2 of 4 processors\n" in text


def test_nothing_to_combine_is_said(run: Run) -> None:
    none = replace(run, decisions=run.decisions[3:])
    bundle, nobody = bundle_of(none), [(one, ()) for one in none.decisions]
    for text in (combined_markdown(bundle, nobody), combined_text(bundle, nobody)):
        assert "Nothing to combine: the first bundle's run has accepted no change." in text
    assert "|" not in combined_markdown(bundle, nobody)


@pytest.mark.parametrize("text", HOSTILE)
def test_named_texts_stay_in_their_place(run: Run, text: str) -> None:
    check(run, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(texts())
def test_no_text_leaves_its_place(run: Run, text: str) -> None:
    check(run, text)


def check(run: Run, text: str) -> None:
    evil = replace(
        HERE, cpu=text, system=text, builds=(Build(version=text, implementation=text, compiler=text),)
    )
    reason = Reason(stage=Stage.MEASURE, code=text, text=text)
    decided: list[Heard] = [
        (spoilt(decision, text, reason), tuple(replace(one, machine=evil) for one in witnesses))
        for decision, witnesses in heard(run)
    ]
    bundle = bundle_of(run, project=text)
    summary = combined_markdown(bundle, decided)
    assert size(summary) <= LIMIT
    page = Rendered(summary)
    assert set(page.elements) <= OURS
    assert page.live == []
    assert page.elements.count("td") == 3 * 4
    assert page.elements.count("table") == 1
    for line in combined_text(bundle, decided).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def spoilt(decision: Decision, text: str, reason: Reason) -> Decision:
    target = replace(decision.candidate.targets[0], module=text, qualname=text)
    return replace(
        decision,
        candidate=replace(decision.candidate, targets=(target,), transform=text),
        reasons=(reason,) * len(decision.reasons),
        measurements=tuple(replace(one, python=text) for one in decision.measurements),
    )


def test_many_machines_and_changes_fit(run: Run) -> None:
    machines = [replace(THERE, cpu=f"CPU {number}") for number in range(40)]
    (measured,) = run.decisions[0].measurements
    witnesses = tuple(Witness(machine=machine, measurements=(measured,)) for machine in machines)
    many = replace(run, decisions=run.decisions[:1] * 900)
    text = combined_markdown(bundle_of(many), [(one, witnesses) for one in many.decisions], artifact="all")
    assert size(text) <= LIMIT
    assert "And 800 more changes, in report.html." in text
    assert "33 more machines, in report.html" in text
    assert "did not fit into GitHub's limit for summaries; see the artifact `all`." in text
