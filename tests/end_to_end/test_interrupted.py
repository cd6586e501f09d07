"""Whatever stops a run, and whenever: the tree is as it was, the ledger can be read, the next run goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.end_to_end.projects import command, environment, make_project, optimize, run_git

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def seconds_of_a_run(tmp_path_factory: pytest.TempPathFactory) -> float:
    folder = make_project(tmp_path_factory.mktemp("timed") / "project")
    started = time.monotonic()
    assert optimize("--dry-run", cwd=folder, cache=folder.parent / "cache").returncode == 0
    return time.monotonic() - started


@pytest.mark.slow
def test_kill_at_ten_random_moments(tmp_path: Path, seconds_of_a_run: float) -> None:
    folder, cache = make_project(tmp_path / "project"), tmp_path / "cache"
    rng = random.Random(7)
    for _ in range(10):
        stop(folder, cache, rng.uniform(0.02, 0.95) * seconds_of_a_run, signal.SIGKILL)
        assert run_git(folder, "status", "--porcelain") == ""
        for ledger in cache.rglob("*.sqlite"):
            with closing(sqlite3.connect(ledger)) as connection:
                assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    goes_on(folder, cache, tmp_path / "run.json")


@pytest.fixture(autouse=True)
def hear_signals() -> Iterator[None]:
    """Whoever starts the tests in the background of a shell has made them, and what they start, deaf to SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_said_in_one_sentence(number: signal.Signals, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    process = subprocess.Popen(
        command(),
        cwd=folder,
        env=environment(tmp_path / "cache"),
        stderr=subprocess.PIPE,
        text=True,
    )
    said = process.stderr.readline()
    os.kill(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert "reading the code" in said
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert run_git(folder, "status", "--porcelain") == ""


def stop(folder: Path, cache: Path, after: float, number: signal.Signals) -> tuple[int, str]:
    """Start a run that writes, send it a signal after some seconds, and wait for its end."""
    process = subprocess.Popen(
        command(),
        cwd=folder,
        env=environment(cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, err = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, number)
        _, err = process.communicate(timeout=60)
    return process.returncode, err


def goes_on(folder: Path, cache: Path, report: Path) -> None:
    done = optimize("--dry-run", "--json", str(report), cwd=folder, cache=cache)
    assert done.returncode == 0, done.stderr
    assert json.loads(report.read_text())["decisions"]
