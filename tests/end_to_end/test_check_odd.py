"""`optimize check` on odd projects: submodules, other Pythons, suites that hang or fail now and then."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from optimizer import review
from optimizer.cli import main
from optimizer.ports import Limits
from optimizer.workload.workload import learn
from tests.end_to_end.projects import MODULE, TESTS, make_project, optimize, run_git

pytestmark = pytest.mark.end_to_end

FASTER = MODULE.replace("join(word.upper() for word in words)", "join([word.upper() for word in words])")
UNITTEST = """\
import unittest

from logs import levels, shout


class Logs(unittest.TestCase):
    def test_shout(self):
        self.assertEqual(shout(["a", "bc"] * 10), "\\n".join(["A", "BC"] * 10))

    def test_nothing(self):
        self.assertEqual(shout([]), "")
        self.assertEqual(levels(["[INFO] x"]), {"INFO": 1})
"""


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return optimize("check", *arguments, cwd=project, cache=project.parent / "cache")


def verdict(project: Path, *arguments: str) -> dict[str, Any]:
    done = run(project, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def changed(folder: Path, tests: str = TESTS, **files: str) -> Path:
    """A project whose `shout` has been changed since its last commit."""
    project = make_project(folder, {"logs.py": MODULE, "test_logs.py": tests, **files})
    (project / "logs.py").write_text(FASTER)
    return project


@pytest.fixture
def with_submodule(tmp_path: Path) -> Path:
    """A project with another one, `lib`, as its submodule."""
    lib = make_project(tmp_path / "lib")
    tests = "import app\n\n\ndef test_app():\n    assert app.x == 1\n"
    project = make_project(tmp_path / "project", {"app.py": "x = 1\n", "test_app.py": tests})
    run_git(project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(lib), "lib")
    run_git(project, "commit", "--quiet", "--message", "Add lib")
    return project


@pytest.mark.slow
def test_inside_a_submodule_as_anywhere(with_submodule: Path) -> None:
    (with_submodule / "lib" / "logs.py").write_text(FASTER)
    found = verdict(with_submodule / "lib", "--base", "HEAD", "--python", sys.executable)
    assert (found["behaviour"], found["function"]) == ("same", "logs:shout")


@pytest.mark.parametrize("kind", ["--submodule=diff", "--submodule=short"])
def test_a_patch_to_a_submodule_is_named_as_not_judged(with_submodule: Path, kind: str) -> None:
    lib = with_submodule / "lib"
    (lib / "logs.py").write_text(FASTER)
    run_git(lib, "commit", "--quiet", "--all", "--message", "Faster")
    patch = with_submodule.parent / "change.patch"
    patch.write_text(run_git(with_submodule, "diff", kind))
    found = verdict(with_submodule, "--base", "HEAD")
    assert found["not_judged"] == ["lib is a submodule; it is left out."]
    run_git(lib, "checkout", "--quiet", "HEAD~1")
    found = verdict(with_submodule, "--patch", str(patch))
    assert (found["verdict"], found["not_judged"]) == ("not judged", ["lib is a submodule; it is left out."])


def test_the_rest_of_a_patch_is_judged(with_submodule: Path) -> None:
    (with_submodule / "lib" / "logs.py").write_text(FASTER)
    (with_submodule / "app.py").write_text("x = 2\n")
    patch = with_submodule.parent / "change.patch"
    patch.write_text(run_git(with_submodule, "diff", "--submodule=diff"))
    run_git(with_submodule, "checkout", "--quiet", "app.py")
    run_git(with_submodule / "lib", "checkout", "--quiet", "logs.py")
    found = verdict(with_submodule, "--patch", str(patch))
    assert "lib is a submodule; it is left out." in found["not_judged"]
    assert "app.py" in found["not_judged"][-1] or found["path"] == "app.py"


PRETENDS = """\
import platform, runpy, sys

{pretence}
sys.argv = sys.argv[1:]
if sys.argv[0] == "-c":
    exec(sys.argv[1])
else:
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


def pretending(folder: Path, pretence: str) -> str:
    """An interpreter that says of itself what it is not."""
    (folder / "pretend.py").write_text(PRETENDS.format(pretence=pretence))
    shim = folder / "python-other"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder / "pretend.py"}" "$@"\n')
    shim.chmod(0o755)
    return str(shim)


@pytest.mark.parametrize(
    "arguments", [("--base", "HEAD"), ("logs.py", "test_logs.py", "--function", "test_shout")]
)
def test_a_python_that_is_too_old_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    pretence = "sys.version_info = (3, 8, 2, 'final', 0)\nplatform.python_version = lambda: '3.8.2'"
    old = pretending(tmp_path, pretence)
    done = run(changed(tmp_path / "project"), *arguments, "--python", old)
    words = "is Python 3.8.2, which is too old; give Python 3.9 or newer with --python."
    assert (done.returncode, done.stderr) == (3, f"optimize: {old} {words}\n")


def test_an_environment_without_pytest_is_one_sentence(tmp_path: Path) -> None:
    python = environment(tmp_path / "environment")
    done = run(changed(tmp_path / "project"), "--base", "HEAD", "--python", python)
    words = f"The tests need pytest, which {python} does not have; install it there, or give"
    assert done.returncode == 3
    assert done.stderr.startswith(f"optimize: {words}")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_suite_of_unittest_in_the_projects_own_environment(tmp_path: Path) -> None:
    project = changed(tmp_path / "project", UNITTEST, **{".gitignore": ".venv\n"})
    environment(project / ".venv")
    found = verdict(project, "--base", "HEAD")
    assert (found["behaviour"], found["workload"]["unstable"]) == ("same", [])
    assert "2 tests pass" in found["verification"]["suite"] or "passes" in found["verification"]["suite"]


def test_a_suite_that_hangs_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hanging = f"{TESTS}\n\ndef test_waits():\n    import time\n\n    time.sleep(100_000)\n"
    monkeypatch.chdir(changed(tmp_path / "project", hanging))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(review, "learn", functools.partial(learn, limits=Limits(wall_seconds=6.0)))
    assert main(["check", "--base", "HEAD", "--python", sys.executable]) == 3
    told = capsys.readouterr().err
    assert (
        "did not end in 6 seconds (the last to start was test_logs.py::test_waits); make them faster" in told
    )


@pytest.mark.slow
def test_a_test_that_fails_now_and_then_is_set_aside_by_name(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    flaky = f"""

def test_now_and_then():
    import pathlib

    counter = pathlib.Path({str(counter)!r})
    times = len(counter.read_text()) if counter.exists() else 0
    counter.write_text("x" * (times + 1))
    assert times % 4 in {{0, 3}}
"""
    project = changed(tmp_path / "project", TESTS + flaky)
    found = verdict(project, "--base", "HEAD", "--python", sys.executable)
    assert found["behaviour"] == "same"
    assert found["workload"]["unstable"] == ["test_logs.py::test_now_and_then"]
    counter.unlink()
    told = run(project, "--base", "HEAD", "--python", sys.executable).stdout
    assert "test_logs.py::test_now_and_then is set aside: it does not end the same way each time." in told


@pytest.mark.slow
def test_a_suite_that_is_spread_over_processes(tmp_path: Path) -> None:
    python = environment(tmp_path / "environment", "pytest", "pytest-xdist")
    project = changed(tmp_path / "project", **{"pytest.ini": "[pytest]\naddopts = -n 2\n"})
    found = verdict(project, "--base", "HEAD", "--python", python)
    assert found["behaviour"] == "same"
    assert found["verification"]["tried"]["recorded"] == 2


def environment(folder: Path, *packages: str) -> str:
    pip = [] if packages else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *pip, str(folder)], check=True)
    python = str(folder / "bin" / "python")
    if packages:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python
