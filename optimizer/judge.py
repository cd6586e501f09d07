"""Evidence -> Decision. The only place that says yes.

A change is accepted when nothing here objects. Missing evidence objects: a stage that did not run is
a reason to refuse, never a reason to pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from optimizer.model import (
    Assumption,
    Behaviour,
    Candidate,
    Decision,
    Evidence,
    Hotspot,
    Measurement,
    Readability,
    Reason,
    Stage,
    Verdict,
    Verification,
)


def judge(
    candidate: Candidate,
    *,
    readability: Readability | None,
    verification: Verification | None,
    measurements: Sequence[Measurement],
    hotspot: Hotspot | None = None,
) -> Decision:
    """Accept `candidate` if it behaves the same, gains at least 10% on every interpreter, and reads no worse.

    Stages run cheapest first and the first that objects ends the work on a candidate, so reasons name
    what is known; a stage that is missing only counts against a candidate that nothing else refuses.
    """
    objections = (
        *_assumption_reasons(candidate.assumptions),
        *_readability_reasons(readability),
        *_behaviour_reasons(verification),
        *_gain_reasons(measurements),
    )
    reasons = objections or tuple(_missing(readability, verification, measurements))
    return Decision(
        candidate=candidate,
        verdict=Verdict.REFUSE if reasons else Verdict.ACCEPT,
        reasons=reasons,
        verification=verification,
        measurements=tuple(measurements),
        readability=readability,
        hotspot=hotspot,
        workload_saved=0.0 if reasons else workload_saved(hotspot, measurements),
    )


def withdrawn(decision: Decision, because: str) -> Decision:
    """An acceptance taken back, because the run that measured it cannot be believed."""
    reason = Reason(stage=Stage.MEASURE, code="the same code differs from itself", text=because)
    return replace(decision, verdict=Verdict.REFUSE, reasons=(reason,), workload_saved=0.0)


def workload_saved(hotspot: Hotspot | None, measurements: Sequence[Measurement]) -> float:
    """The share of the whole workload's time that a change saves (Amdahl): share * (1 - 1 / ratio).

    The smallest confirmed ratio over the interpreters is used; 0 when the share is unknown.
    """
    if hotspot is None or not measurements:
        return 0.0
    ratio = min(measurement.ratio for measurement in measurements)
    return hotspot.share * (1 - 1 / ratio) if ratio > 1 else 0.0


def _assumption_reasons(assumptions: Sequence[Assumption]) -> Iterator[Reason]:
    for assumption in assumptions:
        if assumption.evidence is Evidence.UNKNOWN:
            text = f"It is right only if {assumption.text}, and nothing shows that."
            yield Reason(stage=Stage.PROPOSE, code="assumption without evidence", text=text)


def _readability_reasons(readability: Readability | None) -> Iterator[Reason]:
    for objection in readability.objections if readability else ():
        yield Reason(stage=Stage.READABILITY, code="reads worse", text=objection)


def _behaviour_reasons(verification: Verification | None) -> Iterator[Reason]:
    if verification is None or verification.behaviour is Behaviour.SAME:
        return
    texts = verification.reasons or (f"Behaviour: {verification.behaviour.value}.",)
    for text in texts:
        yield Reason(stage=Stage.VERIFY, code=_behaviour_code(verification), text=text)


def _behaviour_code(verification: Verification) -> str:
    if verification.behaviour is Behaviour.DIFFERENT:
        return "behaves differently"
    return "not enough evidence"


def _gain_reasons(measurements: Sequence[Measurement]) -> Iterator[Reason]:
    for measurement in measurements:
        if measurement.claim:
            continue
        texts = measurement.reasons or (
            f"{measurement.ratio:.2f}x (at least {measurement.low:.2f}x) is not 1.10x for certain.",
        )
        for text in texts:
            code = f"no proved gain in {measurement.metric.value}"
            code = "the same code differs from itself" if measurement.withheld else code
            where = f"Python {measurement.python}: " if measurement.python else ""
            yield Reason(stage=Stage.MEASURE, code=code, text=where + text)


def _missing(
    readability: Readability | None, verification: Verification | None, measurements: Sequence[Measurement]
) -> Iterator[Reason]:
    absent = {
        Stage.READABILITY: readability is None,
        Stage.VERIFY: verification is None,
        Stage.MEASURE: not measurements,
    }
    for stage, missing in absent.items():
        if missing:
            yield Reason(
                stage=stage, code="stage did not run", text=f"The stage '{stage.value}' gave no evidence."
            )
