"""A suite whose environment has the usual plugins: none of them changes what is recorded, or what a test finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from optimizer.adapters.git import GitRepository
from optimizer.config import Config
from optimizer.discover import discover
from optimizer.model import Workload
from optimizer.sandbox.launch import Launcher
from optimizer.workload.project import find_project
from optimizer.workload.workload import learn
from tests.end_to_end.projects import MODULE, TESTS, make_project

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow]

PLUGINS = ("pytest", "pytest-xdist", "pytest-randomly", "pytest-timeout", "pytest-cov")
OPTIONS = "-n auto --dist loadfile --cov=logs --cov-report=xml --cov-fail-under=99 --timeout=60"
MORE = """

import random


class TestInOrder:
    seen = []

    def test_first(self):
        self.seen.append(random.random())

    def test_second(self):
        assert len(self.seen) == 1


def test_has_a_worker(worker_id):
    assert worker_id
"""


def test_all_of_them_at_once(tmp_path: Path) -> None:
    python = environment(tmp_path / "environment")
    options = f"[pytest]\naddopts = {OPTIONS}\n"
    files = {"logs.py": MODULE, "test_logs.py": TESTS + MORE, "pytest.ini": options}
    workload, left = learned(make_project(tmp_path / "project", files), python)
    assert workload.baseline.failed == ()
    assert len(workload.baseline.passed) == 6
    assert (workload.unstable, workload.notes) == ((), ())
    reaching = dict(workload.reaching)
    assert reaching["logs:shout"] == ("test_logs.py::test_shout",)
    assert {one.target.name: one.calls_seen for one in workload.recordings} == {
        "logs:levels": 3,
        "logs:shout": 2,
    }
    assert left == ["logs.py", "pytest.ini", "test_logs.py"]


def learned(project: Path, python: str) -> tuple[Workload, list[str]]:
    """What a run shows, and which files lie in the copy afterwards."""
    repository, runner = GitRepository.open(project), Launcher()
    with TemporaryDirectory() as folder:
        tree = Path(folder) / project.name
        tree.mkdir()
        repository.copy_to(tree)
        files = discover(repository, Config()).files
        targets = [target for file in files for target in file.targets]
        found = find_project(project, runner, pythons=[python])
        workload = learn(found, tree, files, targets, runner)
        return workload, sorted(path.name for path in tree.iterdir())


def environment(folder: Path) -> str:
    """A Python of its own with the plugins."""
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PLUGINS], check=True)
    return str(python)
