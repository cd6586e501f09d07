"""`--output DIR`: a run as a folder of plain data, so that stages can go on on another machine.

run.json              what was run, where, and how it ended
candidates.jsonl      one candidate a line
decisions.jsonl       one decision a line: verdict and reasons
evidence/ID.json      verification, measurements, readability of one candidate
patches/ID.patch      what it changes
pyperf/ID-PYTHON.before.json, .after.json     for `pyperf compare_to`
machines/NAME.json    what another machine, or another Python, measured of it later (`bundle_sessions`)
report.html           the same for people
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from optimizer.errors import UsageError
from optimizer.model import Decision, Measurement, Metric, Run
from optimizer.report.data import (
    FORMAT,
    Json,
    candidate_data,
    dumps,
    evidence_data,
    reason_data,
    recording_data,
    run_head,
)
from optimizer.report.html import html

KIND = "tenpercent bundle"
MEASUREMENTS = "tenpercent measurements"
_ODD = re.compile(r"[^A-Za-z0-9._-]")


def write_bundle(run: Run, folder: Path) -> None:
    """Write `run` into `folder`, whole or not at all; a bundle that is there already is replaced.

    Raises UsageError when `folder` is something else or cannot be written.
    """
    check_place(folder)
    place = folder.resolve()
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        for name, text in _files(run):
            file = draft / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
        swap(draft, place)
    except OSError as error:
        message = f"Cannot write {folder}: {error.strerror}; give another --output DIR."
        raise UsageError(message) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def check_place(folder: Path) -> None:
    """Raise UsageError unless `folder` is new, empty or a bundle, in a folder that exists."""
    if not folder.absolute().parent.is_dir():
        message = (
            f"{folder} lies in a folder that does not exist; make it first, or give another --output DIR."
        )
        raise UsageError(message)
    if not folder.exists():
        return
    if not folder.is_dir():
        message = f"{folder} is a file; give another --output DIR."
        raise UsageError(message)
    if any(folder.iterdir()) and not _is_bundle(folder):
        message = f"{folder} holds something else than a bundle; give a new or empty --output DIR."
        raise UsageError(message)


def _is_bundle(folder: Path) -> bool:
    try:
        head = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(head, dict) and head.get("kind") == KIND


def swap(draft: Path, place: Path) -> None:
    """Put `draft` at `place`; what was there comes back when that fails."""
    old = place.with_name(f".{place.name}.{secrets.token_hex(4)}.old")
    if place.exists():
        place.replace(old)
    try:
        draft.replace(place)
    except OSError:
        if old.exists():
            old.replace(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _files(run: Run) -> Iterator[tuple[str, str]]:
    """Every file of the bundle: its path and its text."""
    yield "run.json", dumps({"kind": KIND, **run_head(run)})
    yield "candidates.jsonl", lines(_candidate(decision, run) for decision in run.decisions)
    yield "decisions.jsonl", lines(decision_row(decision) for decision in run.decisions)
    for decision in run.decisions:
        name = _file_name(decision)
        yield f"patches/{name}.patch", decision.candidate.patch
        yield (
            f"evidence/{name}.json",
            dumps({"format": FORMAT, "id": decision.candidate.id, **evidence_data(decision)}),
        )
        for measurement in decision.measurements:
            yield from pyperf_files(name, measurement)
    yield "report.html", html(run)


def _candidate(decision: Decision, run: Run) -> Json:
    data = candidate_data(decision.candidate)
    del data["patch"]
    return {
        "format": FORMAT,
        **data,
        "patch_file": f"patches/{_file_name(decision)}.patch",
        "observed": _observed(decision, run),
    }


def _observed(decision: Decision, run: Run) -> list[Json]:
    """The types that the recorder saw in the functions of the changed file: what the rule may have asked for."""
    recordings = run.workload.recordings if run.workload else ()
    return [
        recording_data(recording)
        for recording in recordings
        if recording.target.path == decision.candidate.path and recording.types
    ]


def decision_row(decision: Decision) -> Json:
    """One line of decisions.jsonl."""
    return {
        "format": FORMAT,
        "id": decision.candidate.id,
        "verdict": decision.verdict.value,
        "reasons": [reason_data(reason) for reason in decision.reasons],
        "workload_saved": decision.workload_saved,
        "evidence_file": f"evidence/{_file_name(decision)}.json",
    }


def pyperf_files(name: str, measurement: Measurement) -> Iterator[tuple[str, str]]:
    """The files that pyperf reads: their paths and their texts."""
    minor = ".".join(measurement.python.split(".")[:2])
    metric = "" if measurement.metric is Metric.TIME else f"-{measurement.metric.value}"
    stem = f"pyperf/{name}-{_ODD.sub('_', minor)}{metric}"
    if measurement.pyperf_before and measurement.pyperf_after:
        yield f"{stem}.before.json", measurement.pyperf_before
        yield f"{stem}.after.json", measurement.pyperf_after


def _file_name(decision: Decision) -> str:
    return safe_name(decision.candidate.id)


def safe_name(name: str) -> str:
    """A candidate's id for a file, which may hold nothing that means something in a path."""
    return _ODD.sub("_", name).lstrip(".") or "_"


def lines(rows: Iterable[Json]) -> str:
    """JSON, one value a line."""
    return "".join(dumps(row, indent=None) for row in rows)
