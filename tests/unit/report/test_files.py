"""What programs read: the JSON file, the bundle, the schemas that describe them."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from optimizer.errors import UsageError
from optimizer.model import Metric, Run
from optimizer.report import bundle
from optimizer.report.bundle import check_place, write_bundle
from optimizer.report.changes import changes_json
from optimizer.report.check import check_data
from optimizer.report.data import dumps, run_data
from optimizer.report.jsonfile import write_json

SCHEMAS = {
    file.name: json.loads(file.read_text("utf-8"))
    for file in (files("optimizer.report") / "schema").iterdir()
    if file.name.endswith(".json")
}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()]
)


def validate(data: object, name: str) -> None:
    Draft202012Validator(SCHEMAS[name], registry=REGISTRY).validate(data)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == name


def test_the_json_of_a_run_fits_its_schema(run: Run, nothing: Run) -> None:
    validate(json.loads(dumps(run_data(run))), "run.schema.json")
    validate(json.loads(dumps(run_data(nothing))), "run.schema.json")


@pytest.mark.parametrize("spoil", ["verdict", "reasons", "candidate"])
def test_the_schema_notices_what_is_missing(run: Run, spoil: str) -> None:
    data = run_data(run)
    del data["decisions"][0][spoil]
    assert not Draft202012Validator(SCHEMAS["run.schema.json"], registry=REGISTRY).is_valid(data)


def test_there_is_one_decision_for_every_candidate_with_all_its_evidence(run: Run) -> None:
    data = run_data(run)
    assert [each["candidate"]["id"] for each in data["decisions"]] == [
        each.candidate.id for each in run.decisions
    ]
    first, refused = data["decisions"][0], data["decisions"][3]
    assert (first["verdict"], first["reasons"], first["workload_saved"]) == ("accept", [], 0.041)
    assert first["candidate"]["function"] == "shop.contacts.addresses:phone_numbers"
    assert (first["candidate"]["path"], first["candidate"]["line"]) == ("shop/contacts/addresses.py", 6)
    assert first["measurements"][0]["low"] == 1.384
    assert first["readability"]["not_worse"] is True
    assert first["verification"]["inputs_tried"] == 212
    assert refused["reasons"] == [
        {
            "stage": "verify",
            "code": "behaves differently",
            "text": "On ([],) it raises IndexError before and returns None after.",
        }
    ]
    assert refused["verification"]["counterexample"]["found_by"] == "neighbour"
    assert data["sandbox"] == "L0"
    assert data["workload"]["tests"] == {"passed": 27, "failed": 0, "skipped": 1}
    assert data["workload"]["recorded"]["lost"] == {"an open file cannot be pickled": 3}
    assert [place["because"] for place in data["declined"]] == ["the elements may be floats"]


def test_numbers_that_json_has_not_are_null(run: Run) -> None:
    measurement = replace(run.decisions[0].measurements[0], ratio=math.inf, low=math.nan)
    data = run_data(replace(run, decisions=(replace(run.decisions[0], measurements=(measurement,)),)))
    found = json.loads(dumps(data))["decisions"][0]["measurements"][0]
    assert (found["ratio"], found["low"]) == (None, None)
    validate(data, "run.schema.json")


def test_odd_texts_survive_the_way_through_a_file(run: Run, tmp_path: Path) -> None:
    odd = replace(run, notes=("\ud800 \u2028 \x1b é",))
    write_json(odd, tmp_path / "run.json")
    assert json.loads((tmp_path / "run.json").read_bytes())["notes"] == ["\ud800 \u2028 \x1b é"]


def test_a_json_file_is_replaced_whole_and_nothing_else_is_left(
    run: Run, nothing: Run, tmp_path: Path
) -> None:
    write_json(run, tmp_path / "run.json")
    write_json(nothing, tmp_path / "run.json")
    assert json.loads((tmp_path / "run.json").read_text())["decisions"] == []
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_a_json_file_that_cannot_be_written_is_a_sentence(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Cannot write .*; give another --json FILE"):
        write_json(run, tmp_path / "missing" / "run.json")
    with pytest.raises(UsageError, match="Cannot write"):
        write_json(run, tmp_path)


def test_a_device_can_be_written(run: Run) -> None:
    write_json(run, Path(os.devnull))
    assert Path(os.devnull).exists()


def names(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_bundle_holds_everything_and_fits_the_schemas(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_bundle(run, folder)
    ids = [decision.candidate.id for decision in run.decisions]
    assert [name for name in names(folder) if "/" not in name] == [
        "candidates.jsonl",
        "decisions.jsonl",
        "report.html",
        "run.json",
    ]
    validate(json.loads((folder / "run.json").read_text()), "bundle-run.schema.json")
    for kind, key in (("candidate", "patch_file"), ("decision", "evidence_file")):
        lines = (folder / f"{kind}s.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        assert [row["id"] for row in rows] == ids
        for row in rows:
            validate(row, f"bundle-{kind}.schema.json")
            assert (folder / row[key]).is_file()
    for file in (folder / "evidence").iterdir():
        validate(json.loads(file.read_text()), "bundle-evidence.schema.json")
    assert (folder / "patches" / f"{ids[0]}.patch").read_text() == run.decisions[0].candidate.patch
    assert (folder / "pyperf" / f"{ids[0]}-3.13.before.json").is_file()
    assert (folder / "pyperf" / f"{ids[0]}-3.13.after.json").is_file()


def test_a_patch_can_be_applied_also_with_odd_line_ends(run: Run, tmp_path: Path) -> None:
    candidate = replace(run.decisions[0].candidate, patch="--- a/x\r\n+++ b/x\r\n-\ud800\n")
    write_bundle(replace(run, decisions=(replace(run.decisions[0], candidate=candidate),)), tmp_path / "out")
    (patch,) = (tmp_path / "out" / "patches").iterdir()
    assert patch.read_bytes() == b"--- a/x\r\n+++ b/x\r\n-\xed\xa0\x80\n"


def test_an_id_cannot_leave_the_folder(run: Run, tmp_path: Path) -> None:
    candidate = replace(run.decisions[0].candidate, id="../../evil")
    write_bundle(replace(run, decisions=(replace(run.decisions[0], candidate=candidate),)), tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "patches" / "_.._evil.patch").is_file()


def test_memory_and_time_of_one_interpreter_have_files_of_their_own(run: Run, tmp_path: Path) -> None:
    time = run.decisions[0].measurements[0]
    both = (time, replace(time, metric=Metric.MEMORY), replace(time, python="3.9.18", pyperf_after=""))
    write_bundle(replace(run, decisions=(replace(run.decisions[0], measurements=both),)), tmp_path / "out")
    assert [name.split("-", 1)[1] for name in names(tmp_path / "out" / "pyperf")] == [
        "3.13-memory.after.json",
        "3.13-memory.before.json",
        "3.13.after.json",
        "3.13.before.json",
    ]


def test_a_bundle_is_replaced_whole(run: Run, nothing: Run, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_bundle(run, folder)
    write_bundle(nothing, folder)
    assert names(folder) == ["candidates.jsonl", "decisions.jsonl", "report.html", "run.json"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_may_be_filled(nothing: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_bundle(nothing, tmp_path / "out")
    assert (tmp_path / "out" / "run.json").is_file()


@pytest.mark.parametrize("content", ["{}", "not json", '{"kind": "other"}', "[]"])
def test_a_folder_that_is_no_bundle_is_left_alone(nothing: Run, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "run.json").write_text(content)
    with pytest.raises(UsageError, match="holds something else than a bundle"):
        write_bundle(nothing, folder)
    assert names(folder) == ["run.json"]
    assert (folder / "run.json").read_text() == content


def test_places_that_cannot_be_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file; give another --output DIR"):
        check_place(tmp_path / "file")
    with pytest.raises(UsageError, match="lies in a folder that does not exist"):
        check_place(tmp_path / "missing" / "out")
    check_place(tmp_path / "new")


def test_a_failure_half_way_leaves_the_old_bundle(
    run: Run, nothing: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_bundle(run, folder)
    before = names(folder)

    def full(_run: Run) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle, "html", full)
    with pytest.raises(UsageError, match="No space left on device; give another --output DIR"):
        write_bundle(nothing, folder)
    assert names(folder) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_failed_swap_brings_the_old_bundle_back(
    run: Run, nothing: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_bundle(run, folder)
    before = names(folder)
    real = Path.replace

    def stubborn(self: Path, target: Path) -> Path:
        if Path(target) == folder.resolve() and not self.name.endswith(".old"):
            raise OSError(16, "Device or resource busy")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", stubborn)
    with pytest.raises(UsageError, match="busy"):
        write_bundle(nothing, folder)
    assert names(folder) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_the_json_of_check_fits_its_schema(run: Run) -> None:
    for decision in run.decisions:
        validate(json.loads(dumps(check_data(decision))), "check.schema.json")
        validate(json.loads(changes_json([decision], ["a.png is not Python code."])), "check.schema.json")
    for count in (0, 2):
        validate(json.loads(changes_json(run.decisions[:count], [])), "check-changes.schema.json")


def test_the_schemas_and_the_style_are_part_of_the_package() -> None:
    code = (
        "from importlib.resources import files as f; print((f('optimizer.report') / 'style.css').is_file())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "True\n"
