"""What `optimize check` prints: one JSON object, or text for the person who asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import indent, wrap

from optimizer.model import Behaviour, Counterexample, Decision, Verdict, Verification
from optimizer.report import sentences
from optimizer.report.data import (
    FORMAT,
    Json,
    counterexample_data,
    dumps,
    evidence_data,
    finite,
    reason_data,
)
from optimizer.report.names import function_of
from optimizer.report.safe import clipped
from optimizer.safe_text import safe_text

_NOT_JUDGED = "not judged"
_MOST_UNCHECKED = 6


def check_json(decision: Decision) -> str:
    """The verdict as one JSON object, for programs."""
    return dumps(check_data(decision))


def check_data(decision: Decision) -> Json:
    """The short answer first, then the evidence as in the JSON of a run."""
    verification = decision.verification
    found = verification.counterexample if verification else None
    slowest = sentences.slowest(decision.measurements)
    evidence = evidence_data(decision)
    del evidence["hotspot"]
    return {
        "format": FORMAT,
        "verdict": decision.verdict.value,
        "behaviour": behaviour_of(verification),
        "counterexample": counterexample_data(found) if found else None,
        "claim": claims(decision),
        "ratio": finite(slowest.ratio) if slowest else None,
        "low": finite(slowest.low) if slowest else None,
        "reasons": [reason.text for reason in decision.reasons],
        "function": function_of(decision.candidate),
        "path": decision.candidate.path,
        "metric": decision.candidate.metric.value,
        "reason_codes": [reason_data(reason) for reason in decision.reasons],
        "not_checked": list(sentences.unchecked(verification)),
        **evidence,
    }


def claims(decision: Decision) -> bool:
    """Whether a gain is claimed: on every interpreter that was measured."""
    return bool(decision.measurements) and all(each.claim for each in decision.measurements)


def behaviour_of(verification: Verification | None) -> str:
    """One of the three verdicts of verification, or that nobody asked for it."""
    return verification.behaviour.value if verification else _NOT_JUDGED


def check_text(decision: Decision, width: int = 0) -> str:
    """The verdict for a person: what it is, why, what was tried and what could not be.

    Lines are broken between words to fit into `width` columns, 0 for as they are; code stays as it is.
    """
    return "".join(f"{line}\n" for text in _lines(decision) for line in fitted(text, width))


def fitted(text: str, width: int) -> Sequence[str]:
    """One line, or several that fit into `width` columns; text that is several lines already is code."""
    safe = safe_text(text)
    if not width or "\n" in safe or len(safe) < width:
        return (safe,)
    inner = " " * (len(safe) - len(safe.lstrip()) + 2)
    return wrap(safe, width - 1, subsequent_indent=inner, break_on_hyphens=False) or (safe,)


def _lines(decision: Decision) -> Iterator[str]:
    accepted = decision.verdict is Verdict.ACCEPT
    yield f"{'ACCEPTED' if accepted else 'REFUSED'}  {function_of(decision.candidate)}"
    yield from (f"  {reason.text}" for reason in decision.reasons)
    yield ""
    yield from _behaviour(decision.verification, decision.candidate.path)
    yield from _speed(decision)
    yield from _readability(decision)


def _behaviour(verification: Verification | None, path: str) -> Iterator[str]:
    yield f"Behaviour: {behaviour_of(verification)}"
    if verification is None:
        return
    if verification.inputs_tried:
        yield f"  Tried: {sentences.inputs_phrase(verification)}."
    enough = sentences.adequacy(verification)
    if enough and verification.behaviour is Behaviour.SAME:
        yield f"  {enough}"
    if verification.counterexample:
        yield from _counterexample(verification.counterexample, path)
    unchecked = list(sentences.unchecked(verification))
    yield from (f"  Not checked: {what}." for what in unchecked[:_MOST_UNCHECKED])
    if len(unchecked) > _MOST_UNCHECKED:
        yield f"  Not checked: {len(unchecked) - _MOST_UNCHECKED} more, which --json lists."


def _counterexample(found: Counterexample, path: str) -> Iterator[str]:
    yield f"  Counterexample (found by: {found.found_by}): {clipped(found.arguments)}"
    yield f"    before: {clipped(found.before)}"
    yield f"    after:  {clipped(found.after)}"
    if found.snippet:
        yield f"  To see it, run this with each version of {path}:"
        yield indent(found.snippet.rstrip("\n"), "    ")


def _speed(decision: Decision) -> Iterator[str]:
    if not decision.measurements:
        yield f"{_title(decision)}: not measured"
        return
    yield f"{_title(decision)}: {'a gain is claimed' if claims(decision) else 'no gain is claimed'}"
    for measurement in decision.measurements:
        yield f"  {sentences.measured(measurement)}."
        yield from (f"    {sentences.stratum(row)}" for row in measurement.strata)
        yield from (f"  {note}" for note in measurement.notes)


def _title(decision: Decision) -> str:
    return {"time": "Speed", "memory": "Memory", "resources": "Resources"}[decision.candidate.metric.value]


def _readability(decision: Decision) -> Iterator[str]:
    if decision.readability is None:
        yield "Readability: not read"
        return
    yield f"Readability: {'not worse' if decision.readability.not_worse else 'worse'}"
    if not decision.readability.not_worse:
        yield from (f"  {sentences.rule_moved(row)}" for row in decision.readability.moved)
