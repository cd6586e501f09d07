"""Evidence -> Decision. The only place that says yes.

A change is accepted when nothing here objects. Missing evidence objects: a stage that did not run is
a reason to refuse, never a reason to pass.
"""

from __future__ import annotations

import re
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
    Metric,
    Readability,
    Reason,
    Stage,
    Verdict,
    Verification,
    Witness,
)

DIFFERS_FROM_ITSELF = "the same code differs from itself"
_LEAST = 1.10
_LEAST_ELSEWHERE = 1.05
_SLOWEST_STRATUM = 0.98
_ONLY_TOO_SMALL = re.compile(r"is not \d+\.\d+x for certain|is not shown|did not hold on fresh processes")
"""What measuring says of a gain that is merely too small; any other reason means that the figures say little."""


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
    reason = Reason(stage=Stage.MEASURE, code=DIFFERS_FROM_ITSELF, text=because)
    return replace(decision, verdict=Verdict.REFUSE, reasons=(reason,), workload_saved=0.0)


def combine(decision: Decision, witnesses: Sequence[Witness], *, cpu: str) -> Decision:
    """The decision once other machines and Pythons have spoken, by the rule of one that is made on `cpu` alone.

    The figures are judged, not the verdict that came with them. On the same processor every Python is one
    that the change must hold on: at least 1.10x for certain. Another processor must agree: at least 1.05x
    for certain, and 1.10x as far as can be seen. Nobody may see a kind of input slower by more than 2%, or another
    behaviour. What was refused stays refused.
    """
    if decision.verdict is Verdict.REFUSE:
        return decision
    alone = judge(
        decision.candidate,
        readability=decision.readability,
        verification=decision.verification,
        measurements=decision.measurements,
        hotspot=decision.hotspot,
    )
    reasons = (*alone.reasons, *(reason for one in witnesses for reason in _disagreements(one, cpu=cpu)))
    everywhere = (*decision.measurements, *(each for one in witnesses for each in one.measurements))
    return replace(
        alone,
        verdict=Verdict.REFUSE if reasons else Verdict.ACCEPT,
        reasons=reasons,
        workload_saved=0.0 if reasons else workload_saved(decision.hotspot, everywhere),
    )


def examined(witness: Witness, *, cpu: str) -> Witness:
    """The witness with what it has against a change that was accepted on `cpu`."""
    return replace(witness, disagrees=tuple(_disagreements(witness, cpu=cpu)))


def _disagreements(witness: Witness, *, cpu: str) -> Iterator[Reason]:
    where = f"On {witness.machine.cpu or 'an unnamed processor'}"
    for objection in witness.objections:
        yield replace(objection, text=f"{where}: {objection.text}")
    for measurement in witness.measurements:
        code = f"no proved gain in {measurement.metric.value}"
        elsewhere = witness.machine.cpu != cpu
        for text in _against(measurement, elsewhere=elsewhere):
            place = f"{where}, Python {measurement.python}" if measurement.python else where
            yield Reason(stage=Stage.MEASURE, code=code, text=f"{place}: {text}")


def _against(measurement: Measurement, *, elsewhere: bool) -> Iterator[str]:
    figures = f"{measurement.ratio:.2f}x (at least {measurement.low:.2f}x)"
    unfit = [text for text in measurement.reasons if not _ONLY_TOO_SMALL.search(text)]
    if unfit or not measurement.processes:
        yield from unfit or measurement.reasons or ("It was not measured.",)
    elif elsewhere and (measurement.low < _LEAST_ELSEWHERE or measurement.ratio < _LEAST):
        yield f"{figures} does not agree, which takes 1.10x, and 1.05x for certain."
    elif not elsewhere and not (measurement.claim and measurement.low >= _LEAST):
        yield f"{figures} is not 1.10x for certain."
    slow = [row for row in measurement.strata if row.high < _SLOWEST_STRATUM]
    if not unfit:
        yield from (f"Calls with {row.name or 'no arguments'} get slower: {row.ratio:.2f}x." for row in slow)


def workload_saved(hotspot: Hotspot | None, measurements: Sequence[Measurement]) -> float:
    """The share of the whole workload's time that a change saves (Amdahl): share * (1 - 1 / ratio).

    The smallest confirmed ratio over the interpreters is used; 0 when the share is unknown, and for what is
    gained in another metric than time.
    """
    ratios = [measurement.ratio for measurement in measurements if measurement.metric is Metric.TIME]
    if hotspot is None or not ratios:
        return 0.0
    ratio = min(ratios)
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
            code = DIFFERS_FROM_ITSELF if measurement.withheld else code
            where = f"Python {measurement.python}: " if measurement.python else ""
            yield Reason(stage=Stage.MEASURE, code=code, text=where + text)


def _missing(
    readability: Readability | None, verification: Verification | None, measurements: Sequence[Measurement]
) -> Iterator[Reason]:
    absent = {
        Stage.READABILITY: (readability is None, "The stage 'readability' gave no evidence."),
        Stage.VERIFY: (
            verification is None,
            "Behaviour was not judged, so the change is not accepted; a gain alone never is.",
        ),
        Stage.MEASURE: (not measurements, "The stage 'measure' gave no evidence."),
    }
    for stage, (missing, text) in absent.items():
        if missing:
            yield Reason(stage=stage, code="stage did not run", text=text)
