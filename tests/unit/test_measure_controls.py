"""The A/A controls of a run: pooled for each interpreter, logged, and able to take back everything."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from optimizer.adapters.ledger import SqliteLedger
from optimizer.discover import Discovery
from optimizer.judge import withdrawn
from optimizer.measure.controls import Controls
from optimizer.measure.gate import PRIOR_SD
from optimizer.measure.measure import measure
from optimizer.model import Decision, Progress, Verdict
from optimizer.pipeline import Tools, _Story, _withdraw
from optimizer.report import sentences
from tests.unit.scripted import SUBJECT, Scripted, always, result
from tests.unit.test_judge import CANDIDATE, FASTER


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "machine.sqlite", warn=pytest.fail) as opened:
        yield opened


def off(ratio, gain=1.3):
    """A machine that sees `ratio` where there is nothing."""
    return Scripted(lambda job, _n: {"result": result(ratio if job.payload["control"] else gain)})


def test_each_claim_adds_to_the_control_of_its_interpreter(ledger):
    controls = Controls(ledger=ledger, cpu="A")
    for _ in range(2):
        assert measure(SUBJECT, always(1.3), controls=controls).claim
    (control,) = controls.of_run()
    assert (control.python, control.processes, control.blocks) == ("3.12.1", 12, False)
    assert control.ratio == pytest.approx(1.0)
    assert ledger.same_code("A") == [0.0] * 12
    assert controls.objection() == ""


def test_interpreters_have_controls_of_their_own():
    controls = Controls(cpu="A")
    other = always(1.3, metadata={"python_version": "3.9.18 (64-bit)"})
    for runner in (always(1.3), other):
        measure(SUBJECT, runner, controls=controls)
    assert [control.python for control in controls.of_run()] == ["3.12.1", "3.9.18"]


def test_nothing_is_measured_where_nothing_is_claimed():
    controls = Controls(cpu="A")
    measure(SUBJECT, always(1.02), controls=controls)
    assert controls.of_run() == ()


def test_a_run_whose_control_fails_says_so():
    controls = Controls(cpu="A")
    first = measure(SUBJECT, off(1.03), controls=controls)
    assert (first.claim, first.withheld) == (False, True)
    assert "1.030x on Python 3.12.1" in controls.objection()


def test_the_control_of_the_run_stands_against_a_claim_whose_own_is_in_order():
    controls = Controls(cpu="A")
    controls._values["3.12.1"] = [0.03, 0.031, 0.029] * 20
    found = measure(SUBJECT, always(1.3), controls=controls)
    assert (found.claim, found.withheld) == (False, True)
    assert "so the run claims nothing" in found.reasons[0]


def test_what_was_accepted_before_is_taken_back(tmp_path):
    controls = Controls(cpu="A")
    controls._values["3.12.1"] = [0.03, 0.031, 0.029]
    accepted = Decision(candidate=CANDIDATE, verdict=Verdict.ACCEPT, reasons=(), measurements=(FASTER,))
    refused = replace(accepted, verdict=Verdict.REFUSE)
    story = _Story(
        started=0.0, project=None, discovery=Discovery(files=(), skipped=()), decisions=[accepted, refused]
    )
    tools = Tools(
        repository=None,
        runner=None,
        ledger=None,
        config=None,
        project=None,
        transforms=(),
        cpu="A",
        watch=lambda _step: Progress,
        controls=controls,
    )
    _withdraw(tools, story)
    assert [decision.verdict for decision in story.decisions] == [Verdict.REFUSE] * 2
    assert story.decisions[0] == withdrawn(accepted, controls.objection())
    assert "1.030x on Python 3.12.1 over 3 processes" in story.decisions[0].reasons[0].text
    assert story.notes == [controls.objection()]


def test_a_refusal_that_only_the_control_made_is_no_verdict():
    assert not measure(SUBJECT, always(1.02), controls=Controls(cpu="A")).withheld
    assert not measure(SUBJECT, always(1.3), controls=Controls(cpu="A")).withheld


def test_a_noisy_log_asks_for_more(ledger):
    ledger.log_same_code("A", "3.12.1", [0.02, -0.02] * 30)
    noisy = Controls(ledger=ledger, cpu="A")
    assert noisy.prior_sd > 3 * PRIOR_SD
    assert Controls(ledger=ledger, cpu="B").prior_sd == PRIOR_SD
    usual = measure(SUBJECT, always(1.16))
    careful = measure(SUBJECT, always(1.16), controls=noisy)
    assert usual.claim
    assert careful.processes > usual.processes


def test_the_control_is_printed_for_each_interpreter():
    controls = Controls(cpu="A")
    controls._values = {"3.9.18": [0.0, 0.0012], "3.13.0": [0.05, 0.0501]}
    text = sentences.control(SimpleNamespace(control=math.exp(0.05), controls=controls.of_run()))
    assert "1.001x on Python 3.9.18 (2 processes)," in text
    assert "1.051x on Python 3.13.0 (2 processes, which blocks every claim)" in text
