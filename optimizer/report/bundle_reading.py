"""A bundle -> the values that it was made of, as far as judging and measuring again need them.

Nothing in it is believed that its own figures do not show: what does not fit together is refused, and what
the verdicts rest on is judged again by whoever asks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from optimizer.errors import UsageError
from optimizer.model import (
    Assumption,
    Behaviour,
    Build,
    Candidate,
    Decision,
    Evidence,
    Hotspot,
    Kind,
    Machine,
    Measurement,
    Metric,
    Readability,
    Reason,
    Stage,
    Stratum,
    Target,
    Verdict,
    Verification,
    Witness,
)
from optimizer.report.bundle import KIND, MEASUREMENTS, safe_name
from optimizer.report.data import FORMAT
from optimizer.report.rows import Row, Unreadable, read_row, read_rows, read_text

_LEAST_CLAIM = 1.10
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One candidate of a bundle with its decision; the digests are of the whole file before and after it.

    `decision` is what the bundle's own run made of it, also when others have been heard since; `stands` is whether
    the change is accepted now. `decision.candidate` has no texts but its patch.
    """

    decision: Decision
    before_sha256: str
    after_sha256: str
    stands: bool

    @property
    def id(self) -> str:
        """The candidate's id."""
        return self.decision.candidate.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What was measured for a bundle later on, or elsewhere. `witnesses` come by the candidate's id."""

    name: str
    machine: Machine
    witnesses: Mapping[str, Witness]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle as it lies in `folder`. `argv` is what ran, behind the interpreter, when `kind` is command."""

    folder: Path
    project: str
    commit: str
    machine: Machine
    kind: str
    argv: tuple[str, ...]
    entries: tuple[Entry, ...]
    sessions: tuple[Session, ...]

    @property
    def accepted(self) -> tuple[Entry, ...]:
        """The entries that this bundle's own run accepts."""
        return tuple(entry for entry in self.entries if entry.decision.verdict is Verdict.ACCEPT)


def read_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`. Raises UsageError, with what is wrong, for anything else."""
    if not folder.is_dir():
        message = f"{folder} is not a folder; give a bundle that `optimize --output DIR` has written."
        raise UsageError(message)
    try:
        return _bundle(folder)
    except Unreadable as error:
        message = (
            f"{folder} is not a bundle that can be used: {error}; make it again with `optimize --output DIR`."
        )
        raise UsageError(message) from error


def _bundle(folder: Path) -> Bundle:
    head = read_row(folder, "run.json")
    _check_kind(head, KIND, "run.json")
    workload = head.row("workload")
    entries = tuple(_entries(folder))
    machine = head.row("machine")
    if sorted(head.texts("accepted")) != sorted(one.id for one in entries if one.stands):
        message = "run.json and decisions.jsonl do not name the same accepted changes"
        raise Unreadable(message)
    if any(row.flag("blocks") for row in head.rows("controls")) and head.texts("accepted"):
        message = "run.json accepts changes although the same code differed from itself"
        raise Unreadable(message)
    return Bundle(
        folder=folder,
        project=head.text("project"),
        commit=head.text("commit"),
        machine=_machine(machine) if machine else _bare_machine(head),
        kind=workload.text("kind") if workload else "",
        argv=workload.texts("argv") if workload else (),
        entries=entries,
        sessions=tuple(_sessions(folder, head.text("commit"), {one.id: one for one in entries})),
    )


def _check_kind(row: Row, kind: str, name: str) -> None:
    if row.text("kind") != kind:
        message = f"{name} says that it is something else"
        raise Unreadable(message)
    if row.count("format") != FORMAT:
        message = f"{name} is of format {row.count('format')}, and this version reads format {FORMAT}"
        raise Unreadable(message)


def _entries(folder: Path) -> Iterator[Entry]:
    decisions = {row.text("id"): row for row in read_rows(folder, "decisions.jsonl")}
    seen: set[str] = set()
    for row in read_rows(folder, "candidates.jsonl"):
        name = safe_name(row.text("id"))
        if name in seen or row.text("id") not in decisions:
            message = f"candidate {name} stands there twice, or without a decision"
            raise Unreadable(message)
        seen.add(name)
        yield _entry(folder, row, decisions[row.text("id")])


def _entry(folder: Path, row: Row, said: Row) -> Entry:
    """File names are made of the id, never taken from the bundle."""
    name = safe_name(row.text("id"))
    evidence = read_row(folder, f"evidence/{name}.json")
    verification, readability = evidence.row("verification"), evidence.row("readability")
    hotspot = evidence.row("hotspot")
    candidate = _candidate(row, read_text(folder, f"patches/{name}.patch"))
    saved = said.number("workload_saved")
    alone = (said.row("alone") if said.has("alone") else None) or said
    decision = Decision(
        candidate=candidate,
        verdict=alone.one_of("verdict", Verdict),
        reasons=tuple(map(_reason, alone.rows("reasons"))),
        verification=_verification(verification) if verification else None,
        measurements=tuple(map(_measurement, evidence.rows("measurements"))),
        readability=Readability(objections=readability.texts("objections")) if readability else None,
        hotspot=_hotspot(hotspot, candidate.targets) if hotspot and candidate.targets else None,
        workload_saved=saved if math.isfinite(saved) else 0.0,
    )
    return Entry(
        decision=decision,
        before_sha256=row.digest("before_sha256"),
        after_sha256=row.digest("after_sha256"),
        stands=said.one_of("verdict", Verdict) is Verdict.ACCEPT,
    )


def _candidate(row: Row, patch: str) -> Candidate:
    return Candidate(
        id=row.text("id"),
        transform=row.text("transform"),
        transform_version=row.count("transform_version"),
        metric=row.one_of("metric", Metric),
        targets=tuple(_target(each, row.text("path")) for each in row.rows("targets")),
        path=row.text("path"),
        before="",
        after="",
        patch=patch,
        assumptions=tuple(
            Assumption(
                text=each.text("text"),
                evidence=each.one_of("evidence", Evidence),
                observed=each.count("observed"),
                parameter=each.text("parameter"),
                types=each.texts("types"),
            )
            for each in row.rows("assumptions")
        ),
        pythons=row.text("pythons"),
        title=row.text("title"),
    )


def _target(row: Row, path: str) -> Target:
    return Target(
        path=path,
        module=row.text("module"),
        qualname=row.text("qualname"),
        kind=row.one_of("kind", Kind),
        first_line=row.count("first_line"),
        last_line=row.count("last_line"),
        source="",
        digest="",
    )


def _reason(row: Row) -> Reason:
    return Reason(stage=row.one_of("stage", Stage), code=row.text("code"), text=row.text("text"))


def _verification(row: Row) -> Verification:
    return Verification(behaviour=row.one_of("behaviour", Behaviour), reasons=row.texts("reasons"))


def _hotspot(row: Row, targets: tuple[Target, ...]) -> Hotspot:
    return Hotspot(
        target=targets[0],
        calls=row.count("calls"),
        self_seconds=row.number("self_seconds"),
        cumulative_seconds=row.number("cumulative_seconds"),
        share=row.number("share"),
    )


def _measurement(row: Row) -> Measurement:
    measurement = Measurement(
        metric=row.one_of("metric", Metric),
        claim=row.flag("claim"),
        ratio=row.number("ratio"),
        low=row.number("low"),
        high=row.number("high"),
        processes=row.count("processes"),
        same_code_ratio=row.number("same_code_ratio"),
        python=row.text("python"),
        cpu=row.text("cpu"),
        seconds_per_call_before=row.number("seconds_per_call_before"),
        seconds_per_call_after=row.number("seconds_per_call_after"),
        strata=tuple(map(_stratum, row.rows("strata"))),
        worst=row.number("worst"),
        synthetic=row.flag("synthetic"),
        reasons=row.texts("reasons"),
        notes=row.texts("notes"),
        seconds=row.number("seconds"),
    )
    if _is_forged(measurement):
        message = f"a measurement on Python {measurement.python} claims what its own figures do not show"
        raise Unreadable(message)
    return measurement


def _is_forged(measurement: Measurement) -> bool:
    ordered = (
        measurement.low <= measurement.ratio + _ROUNDING and measurement.ratio <= measurement.high + _ROUNDING
    )
    endless = measurement.metric is Metric.TIME and math.isinf(measurement.ratio)
    shown = (
        measurement.low >= _LEAST_CLAIM - _ROUNDING and measurement.processes > 0 and not measurement.reasons
    )
    return not ordered or endless or (measurement.claim and measurement.metric is Metric.TIME and not shown)


def _stratum(row: Row) -> Stratum:
    return Stratum(
        name=row.text("name"),
        weight=row.number("weight"),
        ratio=row.number("ratio"),
        low=row.number("low"),
        high=row.number("high"),
    )


def _machine(row: Row) -> Machine:
    return Machine(
        cpu=row.text("cpu"),
        cores=row.count("cores"),
        processors=row.count("processors"),
        system=row.text("system"),
        builds=tuple(
            Build(
                version=each.text("version"),
                implementation=each.text("implementation"),
                compiler=each.text("compiler"),
                options=each.texts("options"),
                free_threaded=each.flag("free_threaded"),
                debug=each.flag("debug"),
            )
            for each in row.rows("builds")
        ),
    )


def _bare_machine(head: Row) -> Machine:
    """What a run that did not look at its machine says all the same."""
    builds = tuple(
        Build(version=each.text("version"), implementation=each.text("implementation"))
        for each in head.rows("interpreters")
    )
    return Machine(cpu=head.text("cpu"), cores=1, processors=1, system="", builds=builds)


def _sessions(folder: Path, commit: str, entries: Mapping[str, Entry]) -> Iterator[Session]:
    for file in sorted((folder / "machines").glob("*.json")):
        name = f"machines/{file.name}"
        row = read_row(folder, name)
        _check_kind(row, MEASUREMENTS, name)
        if row.text("commit") != commit:
            message = f"{name} was measured on another commit"
            raise Unreadable(message)
        machine_row = row.row("machine")
        if machine_row is None:
            message = f"{name} does not say which machine it is of"
            raise Unreadable(message)
        machine = _machine(machine_row)
        witnesses = dict(_witnesses(row, machine, entries, name))
        yield Session(name=file.stem, machine=machine, witnesses=witnesses)


def _witnesses(
    row: Row, machine: Machine, entries: Mapping[str, Entry], name: str
) -> Iterator[tuple[str, Witness]]:
    for result in row.rows("results"):
        entry = entries.get(result.text("id"))
        if entry is None or entry.after_sha256 != result.digest("after_sha256"):
            message = f"{name} measured a change that this bundle does not hold"
            raise Unreadable(message)
        measurements = tuple(map(_measurement, result.rows("measurements")))
        objections = tuple(map(_reason, result.rows("objections")))
        yield entry.id, Witness(machine=machine, measurements=measurements, objections=objections)
