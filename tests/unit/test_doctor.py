"""The doctor looks at the real machine, and says what stops a trustworthy answer."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer import doctor as doctor_module
from optimizer.cli import main
from optimizer.doctor import Doctor
from optimizer.errors import ProjectError
from optimizer.ports import Job, Ran
from optimizer.report.data import dumps
from optimizer.report.diagnosis import Diagnosis, Finding, Grade, diagnosis_data, diagnosis_text
from optimizer.sandbox.launch import Launcher
from tests.unit.report.test_files import validate


@pytest.fixture(scope="module")
def found() -> Diagnosis:
    return Doctor(runner=Launcher(), python=sys.executable, project=lambda: None).look()


def topics(found: Diagnosis, grade: Grade) -> set[str]:
    return {finding.topic for finding in found.findings if finding.grade is grade}


def test_this_machine_as_it_is(found: Diagnosis) -> None:
    assert all(holds for _, holds in found.probes)
    assert len(found.probes) == 6
    assert found.noise is not None
    assert found.noise.processes == 6
    assert not found.noise.blocks
    assert found.fine
    versions = [version for version, _, _ in found.pythons]
    assert ".".join(map(str, sys.version_info[:3])) in versions
    assert found.project == ""


def test_what_is_printed_names_everything(found: Diagnosis) -> None:
    validate(json.loads(dumps(diagnosis_data(found))), "doctor.schema.json")
    text = diagnosis_text(found)
    assert "6 of 6 probes hold" in text
    assert "the same code against itself" in text
    assert text.endswith("Fine: this machine can measure.\n")


def test_what_stops_is_said_with_what_mends_it(found: Diagnosis) -> None:
    finding = Finding(topic="git", grade=Grade.STOPS, text="No git.", mend="install git")
    stopped = replace(found, findings=(finding, *found.findings), noise=None)
    text = diagnosis_text(stopped)
    assert "STOPS: No git. To mend it: install git.\n" in text
    assert text.endswith("No trustworthy answer can be given here, until what stops it is mended.\n")
    validate(diagnosis_data(stopped), "doctor.schema.json")
    assert diagnosis_data(stopped)["fine"] is False


class Leaky(Launcher):
    """Starts workers that keep what they should not: the probes must notice."""

    def work(self, job: Job, on_message=None) -> Ran:
        if job.task != "confinement":
            return super().work(job, on_message)
        limits = replace(job.limits, memory_bytes=0)
        leaking = {job.payload["canary"]: "sings", "HOME": job.payload["home"]}
        return super().work(replace(job, limits=limits, env=leaking), on_message)


def test_a_sandbox_that_leaks_is_noticed(found: Diagnosis) -> None:
    held = dict(Doctor(runner=Leaky(), python=sys.executable, project=lambda: None)._probes())
    assert {name for name, holds in held.items() if not holds} == {"environment", "home", "limits"}


def quick(monkeypatch: pytest.MonkeyPatch, **attributes: object) -> Doctor:
    """A doctor that does not measure noise again."""
    monkeypatch.setattr(Doctor, "_noise", lambda _self: "It was not tried.")
    return Doctor(runner=Launcher(), python=sys.executable, **{"project": lambda: None, **attributes})


def test_without_git_and_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module.shutil, "which", lambda _name: None)
    monkeypatch.setattr(doctor_module, "find_uv", lambda: "")
    found = quick(monkeypatch).look()
    assert topics(found, Grade.STOPS) == {"git", "noise"}
    assert "uv" in topics(found, Grade.NOTE)
    assert not found.fine


def test_a_project_that_cannot_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        message = "The environment is broken; mend it."
        raise ProjectError(message)

    found = quick(monkeypatch, project=broken).look()
    assert "The environment is broken; mend it." in {finding.text for finding in found.findings}
    assert "project" in topics(found, Grade.STOPS)


def test_the_command_says_by_its_exit_code_whether_to_measure(
    make_project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Doctor, "_noise", lambda _self: doctor_module.Noise(ratio=1.0, spread=0.0, processes=6, seconds=1.0, blocks=False))  # fmt: skip
    root: Path = make_project({"a.py": "x = 1\n"})
    assert main(["doctor", str(root), "--python", sys.executable, "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert [one["text"] for one in said["findings"] if one["grade"] == "stops"] == [
        f"No tests and no doctests were found in {root}; add some, or name a command that exercises the code with --workload."
    ]
    (root / "test_a.py").write_text("def test_x():\n    assert True\n")
    assert main(["doctor", str(root), "--python", sys.executable]) == 0
    assert f"Project  {root}: pytest on CPython" in capsys.readouterr().out
