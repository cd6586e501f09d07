"""Compare what importing either version does: errors, output, warnings, and the data that stands in the module."""

from __future__ import annotations

from optimizer.model import Counterexample, Subject
from optimizer.verify.counterexample import Found
from optimizer.verify.outcomes import Observed
from optimizer.verify.regions import Change
from optimizer.verify.tell import shown

_ABSENT = "it is not there"


def import_difference(subject: Subject, change: Change, old: Observed, new: Observed) -> Found | None:
    """The first difference, if there is one; `old` has been imported without an error."""
    if not new.ok:
        return _found(subject, "it imports", shown(new.imported["error"]))
    for what in ("output", "warnings"):
        before, after = old.imported[what], new.imported[what]
        if before != after:
            return _found(subject, f"{what}: {shown(before)}", f"{what}: {shown(after)}")
    return _data_difference(subject, change, old, new)


def _data_difference(subject: Subject, change: Change, old: Observed, new: Observed) -> Found | None:
    now = new.imported["data"]
    for name, node in old.imported["data"].items():
        if _is_compared(subject, change, name) and now.get(name) != node:
            after = f"{name} = {shown(now[name])}" if name in now else _ABSENT
            return _found(subject, f"{name} = {shown(node)}", after)
    return None


def _is_compared(subject: Subject, change: Change, name: str) -> bool:
    """A class that changed is compared by what the changed function does with it, unless it is what is judged."""
    top = name.split(".", maxsplit=1)[0]
    if top in change.imported:
        return False
    return top not in change.classes or any(_belongs(name, qualname) for qualname in subject.qualnames)


def _belongs(name: str, qualname: str) -> bool:
    return name == qualname or name.startswith(qualname + ".")


def _found(subject: Subject, before: str, after: str) -> Found:
    counterexample = Counterexample(
        arguments="(importing the module)",
        before=before,
        after=after,
        found_by="import",
        snippet=f"import {subject.module}\n",
    )
    reason = f"Importing the module is not the same: before, {before}; after, {after}."
    return Found(counterexample=counterexample, reason=reason)
