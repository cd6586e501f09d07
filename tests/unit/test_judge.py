"""The judge refuses on any objection, and on any evidence that is missing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from optimizer.judge import combine, examined, judge, workload_saved
from optimizer.measure.evidence import _not_enough
from optimizer.measure.gate import Answer, Look
from optimizer.model import (
    Assumption,
    Behaviour,
    Candidate,
    Evidence,
    Hotspot,
    Kind,
    Machine,
    Measurement,
    Metric,
    Readability,
    Reason,
    RuleMoved,
    Stage,
    Stratum,
    Target,
    Verdict,
    Verification,
    Witness,
)

TARGET = Target(
    path="a.py", module="a", qualname="f", kind=Kind.FUNCTION, first_line=1, last_line=2, source="", digest=""
)
CANDIDATE = Candidate(
    id="c1",
    transform="loop-to-sum",
    transform_version=1,
    metric=Metric.TIME,
    targets=(TARGET,),
    path="a.py",
    before="",
    after="",
    patch="",
)
SAME = Verification(behaviour=Behaviour.SAME, tried=(("recorded", 5),))
FASTER = Measurement(
    metric=Metric.TIME,
    claim=True,
    ratio=1.25,
    low=1.2,
    high=1.3,
    processes=6,
    same_code_ratio=1.0,
    python="3.13.0",
    cpu="",
)
SLOWER = replace(FASTER, claim=False, ratio=1.04, low=1.01)
READS_WELL = Readability(moved=(RuleMoved(rule="tokens", before=9, after=8, limit=54),))
READS_WORSE = Readability(objections=("It adds a walrus inside a comprehension.",))


def test_full_evidence_is_accepted() -> None:
    decision = judge(CANDIDATE, readability=READS_WELL, verification=SAME, measurements=[FASTER])
    assert (decision.verdict, decision.reasons) == (Verdict.ACCEPT, ())


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({"readability": READS_WORSE}, Stage.READABILITY),
        ({"readability": None}, Stage.READABILITY),
        ({"verification": replace(SAME, behaviour=Behaviour.DIFFERENT)}, Stage.VERIFY),
        ({"verification": replace(SAME, behaviour=Behaviour.NOT_ENOUGH_EVIDENCE)}, Stage.VERIFY),
        ({"verification": None}, Stage.VERIFY),
        ({"measurements": [SLOWER]}, Stage.MEASURE),
        ({"measurements": [FASTER, SLOWER]}, Stage.MEASURE),
        ({"measurements": []}, Stage.MEASURE),
    ],
)
def test_one_objection_or_gap_refuses(changes: dict[str, object], stage: Stage) -> None:
    evidence: dict[str, object] = {"readability": READS_WELL, "verification": SAME, "measurements": [FASTER]}
    decision = judge(CANDIDATE, **(evidence | changes))  # type: ignore[arg-type]
    assert decision.verdict is Verdict.REFUSE
    assert {reason.stage for reason in decision.reasons} == {stage}
    assert all(reason.text for reason in decision.reasons)


def test_an_assumption_without_evidence_refuses() -> None:
    assumption = Assumption(text="items is exactly list", evidence=Evidence.UNKNOWN)
    candidate = replace(CANDIDATE, assumptions=(assumption,))
    decision = judge(candidate, readability=READS_WELL, verification=SAME, measurements=[FASTER])
    assert decision.verdict is Verdict.REFUSE
    assert "items is exactly list" in decision.reasons[0].text


def test_an_early_objection_is_not_drowned_by_stages_that_did_not_run() -> None:
    decision = judge(CANDIDATE, readability=READS_WORSE, verification=None, measurements=[])
    assert [reason.stage for reason in decision.reasons] == [Stage.READABILITY]


def test_the_share_saved_follows_the_smallest_ratio() -> None:
    hotspot = Hotspot(target=TARGET, calls=10, self_seconds=1, cumulative_seconds=2, share=0.5)
    measurements = [replace(FASTER, ratio=2.0), replace(FASTER, ratio=1.25)]
    assert workload_saved(hotspot, measurements) == pytest.approx(0.5 * 0.2)
    assert workload_saved(None, measurements) == 0.0
    assert workload_saved(hotspot, [replace(FASTER, ratio=0.9)]) == 0.0
    assert workload_saved(hotspot, [replace(FASTER, metric=Metric.MEMORY)]) == 0.0


HERE = Machine(cpu="A", cores=2, processors=2, system="", builds=())
THERE = replace(HERE, cpu="B")
SURE = replace(FASTER, claim=False, ratio=1.13, low=1.06, reasons=("1.13x (between 1.06x and 1.17x) over 28 processes is not 1.10x for certain.",))  # fmt: skip
LOSES = Stratum(name="list of 1", weight=0.1, ratio=0.9, low=0.88, high=0.92)
ACCEPTED = judge(CANDIDATE, readability=READS_WELL, verification=SAME, measurements=[FASTER])


@pytest.mark.parametrize(
    ("machine", "measurement", "against"),
    [
        (HERE, FASTER, ""),
        (THERE, FASTER, ""),
        (THERE, SURE, ""),
        (HERE, SURE, "1.13x (at least 1.06x) is not 1.10x for certain."),
        (THERE, replace(SURE, low=1.049), "1.13x (at least 1.05x) does not agree"),
        (THERE, replace(SURE, ratio=1.09), "1.09x (at least 1.06x) does not agree"),
        (HERE, replace(FASTER, strata=(LOSES,)), "Calls with list of 1 get slower: 0.90x."),
        (THERE, replace(FASTER, strata=(LOSES,)), "Calls with list of 1 get slower: 0.90x."),
        (THERE, replace(SURE, reasons=("It mostly waits.", *SURE.reasons)), "It mostly waits."),
        (THERE, replace(FASTER, claim=False, ratio=0, low=0, processes=0, reasons=("No.",)), "No."),
        (THERE, replace(FASTER, claim=False, ratio=0, low=0, processes=0), "It was not measured."),
    ],
)
def test_other_machines_must_agree(machine: Machine, measurement: Measurement, against: str) -> None:
    witness = examined(Witness(machine=machine, measurements=(measurement,)), cpu="A")
    decision = combine(ACCEPTED, [witness], cpu="A")
    assert decision.verdict is (Verdict.REFUSE if against else Verdict.ACCEPT)
    assert decision.reasons == witness.disagrees
    assert [reason.text.partition("3.13.0: ")[2][: len(against)] for reason in decision.reasons] == [against] * bool(against)  # fmt: skip


def test_a_gain_that_is_merely_too_small_is_what_the_gate_says_of_one() -> None:
    look = Look(answer=Answer.REFUSE, mean=0.12, low=0.06, high=0.16, count=28)
    trial = SimpleNamespace(threshold=1.10, seconds=60.0)
    undecided = replace(look, answer=Answer.UNDECIDED)
    for one in (look, undecided):
        small = replace(SURE, reasons=(_not_enough(one, trial),))
        assert not examined(Witness(machine=THERE, measurements=(small,)), cpu="A").disagrees


def test_a_verdict_that_its_own_evidence_does_not_back_does_not_stand() -> None:
    forged = replace(ACCEPTED, verification=None)
    assert combine(forged, [], cpu="A").verdict is Verdict.REFUSE


def test_what_was_refused_stays_refused_and_objections_of_others_count() -> None:
    refused = judge(CANDIDATE, readability=READS_WORSE, verification=SAME, measurements=[FASTER])
    assert combine(refused, [Witness(machine=THERE, measurements=(FASTER,))], cpu="A") == refused
    other = Reason(stage=Stage.VERIFY, code="behaves differently", text="Python 3.9.18: It raises.")
    decision = combine(ACCEPTED, [Witness(machine=THERE, objections=(other,))], cpu="A")
    assert [reason.text for reason in decision.reasons] == ["On B: Python 3.9.18: It raises."]


def test_the_share_saved_follows_the_slowest_machine() -> None:
    hotspot = Hotspot(target=TARGET, calls=10, self_seconds=1, cumulative_seconds=2, share=0.5)
    slower = Witness(machine=THERE, measurements=(replace(FASTER, ratio=1.2, low=1.15),))
    decision = combine(replace(ACCEPTED, hotspot=hotspot), [slower], cpu="A")
    assert decision.workload_saved == pytest.approx(0.5 * (1 - 1 / 1.2))
