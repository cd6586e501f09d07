"""The judge refuses on any objection, and on any evidence that is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.judge import judge, workload_saved
from optimizer.model import (
    Assumption,
    Behaviour,
    Candidate,
    Evidence,
    Hotspot,
    Kind,
    Measurement,
    Metric,
    Readability,
    RuleMoved,
    Stage,
    Target,
    Verdict,
    Verification,
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
