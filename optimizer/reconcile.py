"""Several bundles of the same commit -> one decision for each candidate of the first, with all who were heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.errors import UsageError
from optimizer.judge import DIFFERS_FROM_ITSELF, combine, examined
from optimizer.model import Decision, Machine, Stage, Witness
from optimizer.report.bundle_reading import Bundle, Entry


def reconcile(first: Bundle, others: Sequence[Bundle]) -> tuple[tuple[Decision, tuple[Witness, ...]], ...]:
    """The decisions in the order of `first.entries`. Raises UsageError for bundles that are about something else."""
    for other in others:
        _check_fits(first, other)
    return tuple(_heard(first, others, entry) for entry in first.entries)


def _check_fits(first: Bundle, other: Bundle) -> None:
    if other.commit != first.commit or other.project != first.project:
        message = (
            f"{other.folder} is about {_subject(other)}, and {first.folder} about {_subject(first)}; "
            "give bundles of the same commit."
        )
        raise UsageError(message)
    if first.entries and not {entry.id for entry in other.entries} & {entry.id for entry in first.entries}:
        message = (
            f"{other.folder} and {first.folder} have no change in common; give bundles of the same rules."
        )
        raise UsageError(message)


def _subject(bundle: Bundle) -> str:
    return f"{bundle.project} at commit {bundle.commit[:12] or '(none)'}"


def _heard(first: Bundle, others: Sequence[Bundle], entry: Entry) -> tuple[Decision, tuple[Witness, ...]]:
    found = {_who(witness): witness for witness in _witnesses(first, others, entry)}
    cpu = first.machine.cpu
    witnesses = tuple(examined(witness, cpu=cpu) for witness in found.values())
    return combine(entry.decision, witnesses, cpu=cpu), witnesses


def _who(witness: Witness) -> Machine:
    """The last word of one machine with the same interpreters counts."""
    return witness.machine


def _witnesses(first: Bundle, others: Sequence[Bundle], entry: Entry) -> Iterator[Witness]:
    for session in first.sessions:
        if entry.id in session.witnesses:
            yield session.witnesses[entry.id]
    for other in others:
        same = next((one for one in other.entries if _is_same(one, entry)), None)
        if same is None:
            continue
        own = _own_word(other, same)
        if own.measurements or own.objections:
            yield own
        yield from (one.witnesses[same.id] for one in other.sessions if same.id in one.witnesses)


def _is_same(one: Entry, other: Entry) -> bool:
    return (one.id, one.before_sha256, one.after_sha256) == (
        other.id,
        other.before_sha256,
        other.after_sha256,
    )


def _own_word(bundle: Bundle, entry: Entry) -> Witness:
    """What a bundle's own run says.

    Its figures speak for themselves, unless it could not be believed; that its time ran out is no objection.
    """
    objections = (
        reason
        for reason in entry.decision.reasons
        if reason.stage not in {Stage.MEASURE, Stage.JUDGE} or reason.code == DIFFERS_FROM_ITSELF
    )
    return Witness(
        machine=bundle.machine, measurements=entry.decision.measurements, objections=tuple(objections)
    )
