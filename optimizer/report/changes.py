"""What `optimize check --patch` and `--base` print: the decision on each file, and what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.model import Behaviour, Decision, Verdict, Workload
from optimizer.report.check import behaviour_of, check_data, check_text, claims, fitted
from optimizer.report.data import FORMAT, Json, counterexample_data, dumps
from optimizer.report.safe import one_line

_NOTHING = "not judged"
_WORST_FIRST = (
    Behaviour.DIFFERENT.value,
    Behaviour.NOT_ENOUGH_EVIDENCE.value,
    _NOTHING,
    Behaviour.SAME.value,
)


def changes_json(
    decisions: Sequence[Decision], not_judged: Sequence[str], workload: Workload | None = None
) -> str:
    """One JSON object: that of the file where only one is judged, else a summary with all `decisions`."""
    more = {"not_judged": list(not_judged), "workload": _workload(workload) if workload else None}
    return dumps((check_data(decisions[0]) if len(decisions) == 1 else _summary(decisions)) | more)


def _workload(workload: Workload) -> Json:
    return {"unstable": list(workload.unstable), "notes": list(workload.notes)}


def _summary(decisions: Sequence[Decision]) -> Json:
    rows = [check_data(decision) for decision in decisions]
    found = (decision.verification.counterexample for decision in decisions if decision.verification)
    shown = next((one for one in found if one), None)
    return {
        "format": FORMAT,
        "verdict": _verdict(decisions),
        "behaviour": min(map(_behaviour, decisions), key=_WORST_FIRST.index, default=_NOTHING),
        "counterexample": counterexample_data(shown) if shown else None,
        "claim": bool(decisions) and all(claims(decision) for decision in decisions),
        "ratio": _least(row["ratio"] for row in rows),
        "low": _least(row["low"] for row in rows),
        "reasons": [f"{row['path']}: {reason}" for row in rows for reason in row["reasons"]],
        "decisions": rows,
    }


def _verdict(decisions: Sequence[Decision]) -> str:
    if not decisions:
        return _NOTHING
    accepted = all(decision.verdict is Verdict.ACCEPT for decision in decisions)
    return (Verdict.ACCEPT if accepted else Verdict.REFUSE).value


def _behaviour(decision: Decision) -> str:
    return behaviour_of(decision.verification)


def _least(numbers: Iterator[float | None]) -> float | None:
    """Null as soon as one of them is not known."""
    known = list(numbers)
    found = [number for number in known if number is not None]
    return min(found) if found and len(found) == len(known) else None


def changes_text(
    decisions: Sequence[Decision],
    not_judged: Sequence[str],
    workload: Workload | None = None,
    width: int = 0,
) -> str:
    """The same for a person, the verdicts first; `width` as for `check_text`."""
    parts = [check_text(decision, width) for decision in decisions]
    if not decisions:
        parts.append("NOT JUDGED  no function that can be compared has changed\n")
    notes = workload.notes if workload else ()
    for title, found in (("Not judged", not_judged), ("The project's tests", notes)):
        if found:
            lines = [f"{title}:", *(line for one in found for line in fitted(f"  {one_line(one)}", width))]
            parts.append("".join(f"{line}\n" for line in lines))
    return "\n".join(parts)
