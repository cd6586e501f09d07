"""Bundles are read back as they were written, and what is no bundle, or a forged one, is refused with a sentence."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.errors import UsageError
from optimizer.model import Build, Machine, Measurement, Reason, Run, Stage, Verdict, Witness
from optimizer.report import bundle_sessions
from optimizer.report.bundle import write_bundle
from optimizer.report.bundle_reading import Bundle, read_bundle
from optimizer.report.bundle_sessions import add_session, session_name, write_combined
from tests.unit.report.test_files import validate

HERE = Machine(
    cpu="Example CPU 3000",
    cores=2,
    processors=4,
    system="Linux x86_64",
    builds=(Build(version="3.13.0", implementation="CPython", compiler="GCC 12", options=("--with-lto",)),),
)
ELSEWHERE = replace(HERE, cpu="Other CPU", builds=(Build(version="3.12.1", implementation="CPython"),))


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    write_bundle(replace(run, machine=HERE), tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    return read_bundle(folder)


def heard(bundle: Bundle, *, low: float = 1.2) -> Witness:
    first = bundle.accepted[0].decision.measurements[0]
    slower = replace(first, ratio=1.3, low=low, high=1.4, python="3.12.1", cpu="Other CPU")
    return Witness(machine=ELSEWHERE, measurements=(slower,))


def test_what_was_written_is_read(run: Run, bundle: Bundle) -> None:
    assert (bundle.project, bundle.commit, bundle.machine) == (run.project, run.commit, HERE)
    assert [entry.id for entry in bundle.entries] == [decision.candidate.id for decision in run.decisions]
    assert [entry.id for entry in bundle.accepted] == [one.candidate.id for one in run.decisions[:3]]
    assert (bundle.kind, bundle.argv, bundle.sessions) == ("pytest", ("-m", "pytest", "-q"), ())
    first, written = bundle.entries[0].decision, run.decisions[0]
    assert first.candidate.patch == written.candidate.patch
    assert first.candidate.assumptions == written.candidate.assumptions
    assert first.measurements == tuple(
        replace(one, pyperf_before="", pyperf_after="") for one in written.measurements
    )
    assert [entry.decision.reasons for entry in bundle.entries] == [one.reasons for one in run.decisions]
    assert [entry.decision.workload_saved for entry in bundle.entries] == [
        one.workload_saved for one in run.decisions
    ]


def test_what_was_measured_later_stands_in_the_bundle(bundle: Bundle, folder: Path) -> None:
    entry, witness = bundle.accepted[0], heard(bundle)
    file = add_session(bundle, ELSEWHERE, [(entry, witness)])
    validate(json.loads(file.read_text()), "bundle-machine.schema.json")
    (session,) = read_bundle(folder).sessions
    assert (session.machine, session.name) == (ELSEWHERE, file.stem)
    assert session.witnesses[entry.id].measurements[0].low == 1.2


def test_the_same_machine_is_heard_once_with_its_last_word(bundle: Bundle, folder: Path) -> None:
    entry = bundle.accepted[0]
    add_session(bundle, ELSEWHERE, [(entry, heard(bundle))])
    add_session(read_bundle(folder), ELSEWHERE, [(entry, heard(bundle, low=1.21))])
    (session,) = read_bundle(folder).sessions
    assert session.witnesses[entry.id].measurements[0].low == 1.21
    more = replace(ELSEWHERE, builds=(*ELSEWHERE.builds, *HERE.builds))
    assert session_name(more) != session_name(ELSEWHERE)


def combined(bundle: Bundle, output: Path) -> None:
    decisions = [entry.decision for entry in bundle.entries]
    text = Reason(
        stage=Stage.MEASURE, code="no proved gain in time", text="On Other CPU: 1.01x is too little."
    )
    decisions[0] = replace(decisions[0], verdict=Verdict.REFUSE, reasons=(text,), workload_saved=0.0)
    witnesses = [(heard(bundle),), *[()] * (len(decisions) - 1)]
    write_combined(bundle, decisions, witnesses, output)


def test_combined_decisions_fit_the_schemas_and_keep_those_of_the_run(bundle: Bundle, folder: Path) -> None:
    combined(bundle, folder)
    rows = [json.loads(line) for line in (folder / "decisions.jsonl").read_text().splitlines()]
    for row in rows:
        validate(row, "bundle-decision.schema.json")
    validate(json.loads((folder / "run.json").read_text()), "bundle-run.schema.json")
    assert (rows[0]["verdict"], rows[0]["alone"]["verdict"], rows[0]["machines"]) == ("refuse", "accept", 2)
    again = read_bundle(folder)
    assert not again.entries[0].stands
    assert again.entries[0].decision.verdict is Verdict.ACCEPT
    assert len(again.sessions) == 1
    page = (folder / "report.html").read_text()
    assert "REFUSED  shop.contacts.addresses:phone_numbers" in page
    assert "1.01x is too little" in page


def test_combined_decisions_may_go_elsewhere(bundle: Bundle, folder: Path, tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    combined(bundle, tmp_path / "both")
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    assert not read_bundle(tmp_path / "both").entries[0].stands
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "mine.txt").touch()
    with pytest.raises(UsageError, match="holds something else than a bundle"):
        combined(bundle, tmp_path / "else")


def test_a_failing_write_leaves_the_bundle_as_it_was(
    bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle_sessions, "_write", full)
    with pytest.raises(UsageError, match=r"Cannot write .*No space left on device"):
        add_session(bundle, ELSEWHERE, [(bundle.accepted[0], heard(bundle))])
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    assert [one.name for one in folder.parent.iterdir()] == ["bundle"]


def edit(file: Path, **changes: object) -> None:
    first, *rest = (
        file.read_text().splitlines(keepends=True) if file.suffix == ".jsonl" else [file.read_text()]
    )
    file.write_text(json.dumps(json.loads(first) | changes) + "\n" + "".join(rest))


def forge(folder: Path, **changes: object) -> None:
    file = next(
        file for file in sorted((folder / "evidence").iterdir()) if '"claim": true' in file.read_text()
    )
    evidence = json.loads(file.read_text())
    evidence["measurements"][0] |= changes
    file.write_text(json.dumps(evidence))


def _link(folder: Path) -> None:
    patch = next((folder / "patches").iterdir())
    patch.unlink()
    patch.symlink_to(os.devnull)


def _no_machine_of_ours(folder: Path) -> None:
    (folder / "machines").mkdir()
    (folder / "machines" / "x.json").write_text(json.dumps({"kind": "tenpercent measurements", "format": 1, "commit": "1" * 40}))  # fmt: skip


ODD = [
    ("not a bundle", lambda folder: edit(folder / "run.json", kind="a cake"), "run.json says that it is something else"),
    ("newer", lambda folder: edit(folder / "run.json", format=99), "is of format 99, and this version reads format 1"),
    ("no run.json", lambda folder: (folder / "run.json").unlink(), "run.json is missing or not a file"),
    ("cut off", lambda folder: (folder / "run.json").write_text("{"), "run.json is not JSON"),
    ("a list", lambda folder: (folder / "run.json").write_text("[]"), "run.json is not an object"),
    ("deep", lambda folder: (folder / "run.json").write_text("[" * 100_000), "run.json is not JSON"),
    ("a number for a text", lambda folder: edit(folder / "run.json", commit=7), "run.json has no proper `commit`"),
    ("a verdict of its own", lambda folder: edit(folder / "decisions.jsonl", verdict="perhaps"), "decisions.jsonl, line 1 has no proper `verdict`"),
    ("accepted without a decision", lambda folder: edit(folder / "run.json", accepted=["x"]), "do not name the same accepted changes"),
    ("a run that is not to be believed", lambda folder: edit(folder / "run.json", controls=[{"blocks": True}]), "accepts changes although the same code differed from itself"),
    ("no patch", lambda folder: shutil.rmtree(folder / "patches"), "patches/.*.patch is missing or not a file"),
    ("a link", _link, "patch is missing or not a file"),
    ("a path for an id", lambda folder: edit(folder / "candidates.jsonl", id="../../x"), "stands there twice, or without a decision"),
    ("a claim without a gain", lambda folder: forge(folder, low=1.01), "claims what its own figures do not show"),
    ("a claim without processes", lambda folder: forge(folder, processes=0), "claims what its own figures do not show"),
    ("bounds that do not hold the point", lambda folder: forge(folder, high=1.2), "claims what its own figures do not show"),
    ("an endless gain in time", lambda folder: forge(folder, ratio=None, high=None), "claims what its own figures do not show"),
    ("true for a number", lambda folder: forge(folder, ratio=True), "has no proper `ratio`"),
    ("a word for a flag", lambda folder: forge(folder, claim="false"), "has no proper `claim`"),
    ("another commit", _no_machine_of_ours, "machines/x.json was measured on another commit"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "why"), [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_what_is_no_bundle_is_refused_with_one_sentence(folder: Path, spoil, why: str) -> None:
    spoil(folder)
    with pytest.raises(UsageError, match=why) as caught:
        read_bundle(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_measurements_of_another_change_are_refused(bundle: Bundle, folder: Path) -> None:
    file = add_session(bundle, ELSEWHERE, [(bundle.accepted[0], heard(bundle))])
    session = json.loads(file.read_text())
    session["results"][0]["after_sha256"] = "0" * 64
    file.write_text(json.dumps(session))
    with pytest.raises(UsageError, match="measured a change that this bundle does not hold"):
        read_bundle(folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder; give a bundle"):
        read_bundle(tmp_path / "gone")


def test_gains_without_a_finite_ratio_come_back(run: Run, tmp_path: Path) -> None:
    endless: Measurement = run.decisions[0].measurements[0]
    endless = replace(
        endless, metric=type(endless.metric)("resources"), ratio=float("inf"), high=float("inf")
    )
    decision = replace(run.decisions[0], measurements=(endless,))
    write_bundle(replace(run, decisions=(decision,)), tmp_path / "bundle")
    (entry,) = read_bundle(tmp_path / "bundle").entries
    assert entry.decision.measurements[0].ratio == float("inf")
