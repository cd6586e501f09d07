"""Add to a bundle: measurements from another machine or Python, and decisions that all of them make together."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from optimizer import __version__
from optimizer.errors import UsageError
from optimizer.model import Decision, Machine, Verdict, Witness
from optimizer.report.bundle import (
    MEASUREMENTS,
    check_place,
    decision_row,
    lines,
    pyperf_files,
    safe_name,
    swap,
)
from optimizer.report.bundle_reading import Bundle, Entry
from optimizer.report.combined import combined_html
from optimizer.report.data import FORMAT, Json, dumps, machine_data, measurement_data, reason_data

_LONGEST_NAME = 40


def add_session(bundle: Bundle, machine: Machine, results: Iterable[tuple[Entry, Witness]]) -> Path:
    """Put what `machine` has measured into the bundle, in the place of what it measured before; the file's path.

    The bundle is replaced in one step, so that it always is whole. Raises UsageError where that cannot be done.
    """
    name = session_name(machine)
    found = list(results)

    def change(draft: Path) -> None:
        for entry, witness in found:
            for measurement in witness.measurements:
                for path, text in pyperf_files(f"{safe_name(entry.id)}-{name}", measurement):
                    _write(draft / path, text)
        _write(draft / "machines" / f"{name}.json", dumps(_session_data(bundle.commit, machine, found)))

    _replaced(bundle.folder, bundle.folder, change)
    return bundle.folder / "machines" / f"{name}.json"


def write_combined(
    bundle: Bundle, decisions: Sequence[Decision], witnesses: Sequence[Sequence[Witness]], output: Path
) -> None:
    """Write `bundle` with these decisions, and with what they rest on, to `output`, which may be where it lies.

    `witnesses` are those of each decision. Raises UsageError where that cannot be done.
    """
    if output.resolve() != bundle.folder.resolve():
        check_place(output)
    machines: dict[str, tuple[Machine, list[tuple[Entry, Witness]]]] = {}
    for entry, heard in zip(bundle.entries, witnesses, strict=True):
        for witness in heard:
            _, results = machines.setdefault(session_name(witness.machine), (witness.machine, []))
            results.append((entry, witness))

    def change(draft: Path) -> None:
        for name, (machine, results) in machines.items():
            _write(draft / "machines" / f"{name}.json", dumps(_session_data(bundle.commit, machine, results)))
        _write(draft / "decisions.jsonl", lines(map(_combined_row, bundle.entries, decisions, witnesses)))
        head = json.loads((draft / "run.json").read_text(encoding="utf-8"))
        yes = sorted(
            (one for one in decisions if one.verdict is Verdict.ACCEPT), key=lambda one: -one.workload_saved
        )
        _write(draft / "run.json", dumps(head | {"accepted": [one.candidate.id for one in yes]}))
        _write(draft / "report.html", combined_html(bundle, tuple(zip(decisions, witnesses, strict=True))))

    _replaced(bundle.folder, output, change)


def _combined_row(entry: Entry, decision: Decision, witnesses: Sequence[Witness]) -> Json:
    """The combined decision, with the bundle's own beside it: who is heard later is heard on that one."""
    own = decision_row(entry.decision)
    alone = {"verdict": own["verdict"], "reasons": own["reasons"]}
    return decision_row(decision) | {"machines": 1 + len(witnesses), "alone": alone}


def session_name(machine: Machine) -> str:
    """A file name for what one machine measures with one set of interpreters."""
    words = re.sub(r"[^a-z0-9]+", "-", machine.cpu.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    digest = hashlib.sha256(dumps(machine_data(machine)).encode()).hexdigest()[:8]
    return f"{words or 'machine'}-{digest}"


def _session_data(commit: str, machine: Machine, results: Iterable[tuple[Entry, Witness]]) -> Json:
    return {
        "kind": MEASUREMENTS,
        "format": FORMAT,
        "tool": {"name": "tenpercent", "version": __version__},
        "commit": commit,
        "machine": machine_data(machine),
        "results": [
            {
                "id": entry.id,
                "after_sha256": entry.after_sha256,
                "measurements": [measurement_data(each) for each in witness.measurements],
                "objections": [reason_data(each) for each in witness.objections],
            }
            for entry, witness in results
        ],
    }


def _replaced(source: Path, place: Path, change: Callable[[Path], None]) -> None:
    """Copy `source`, change the copy, and put it at `place` in one step."""
    place = place.resolve()
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        shutil.copytree(source, draft, symlinks=True)
        change(draft)
        swap(draft, place)
    except (OSError, shutil.Error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be copied"
        message = f"Cannot write {place}: {why}; give a bundle in a folder that can be written."
        raise UsageError(message) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(file: Path, text: str) -> None:
    """A file of the draft; a link that stands in its place is not followed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
