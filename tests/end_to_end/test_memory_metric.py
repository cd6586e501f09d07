"""Memory is a metric of its own: accepted by its own 10%, never bought with time, and named in the verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.projects import make_project, optimize

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow]

MODULE = '''\
"""Read lines of a table."""


def keys(lines):
    """The first column."""
    rows = [line.split(";") for line in lines]
    return [row[0] for row in rows]
'''
LEANER = MODULE.replace(
    '    rows = [line.split(";") for line in lines]\n    return [row[0] for row in rows]\n',
    '    return [line.split(";")[0] for line in lines]\n',
)
LEANER_AND_SLOWER = LEANER.replace(
    'line.split(";")[0]', 'line[:len(line.split(";")) * len(line)].split(";")[0]'
)
TESTS = """\
from tables import keys


def test_many():
    found = keys([f"k{number};{number};x;y" for number in range(4000)])
    assert found[:3] == ["k0", "k1", "k2"]
    assert len(found) == 4000


def test_another():
    assert keys(["a;b", "c", ";d", "ee;f;"] * 900)[:4] == ["a", "c", "", "ee"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", {"tables.py": MODULE, "test_tables.py": TESTS})


def checked(project: Path, *arguments: str) -> dict[str, Any]:
    argv = ["check", "--base", "HEAD", "--json", *arguments]
    done = optimize(*argv, cwd=project, cache=project.parent / "cache")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_smaller_peak_is_accepted_as_that(project: Path) -> None:
    (project / "tables.py").write_text(LEANER)
    said = checked(project, "--metric", "memory")
    assert (said["verdict"], said["metric"], said["reasons"]) == ("accept", "memory", [])
    assert said["ratio"] > 1.5
    (measured,) = said["measurements"]
    assert (measured["metric"], measured["claim"]) == ("memory", True)
    assert measured["notes"][0].startswith("The peak of the largest call goes from ")
    told = optimize(
        "check", "--base", "HEAD", "--metric", "memory", cwd=project, cache=project.parent / "cache"
    )
    assert told.stdout.startswith("ACCEPTED  tables:keys\n")
    assert "less memory" in told.stdout
    assert "faster" not in told.stdout


def test_memory_that_costs_time_is_refused(project: Path) -> None:
    (project / "tables.py").write_text(LEANER_AND_SLOWER)
    said = checked(project, "--metric", "memory")
    assert (said["verdict"], said["metric"], said["behaviour"]) == ("refuse", "memory", "same")
    assert "2% slower is the most that is allowed" in json.dumps(said["reasons"])


SUMMING = '''\
"""Count."""


def total(numbers):
    """The sum of the squares."""
    squares = [number * number for number in numbers]
    return sum(list(squares))
'''
SUMMING_TESTS = """\
from counts import total


def test_total():
    assert total(range(60000)) == 71998200010000
    assert total(list(range(50000))) == 41665416675000
"""


def test_a_run_asks_its_rules_for_memory(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", {"counts.py": SUMMING, "test_counts.py": SUMMING_TESTS})
    file = tmp_path / "run.json"
    argv = ["--dry-run", "--metric", "memory", "--json", str(file)]
    done = optimize(*argv, cwd=project, cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    (decision,) = json.loads(file.read_text())["decisions"]
    assert (decision["verdict"], decision["reasons"]) == ("accept", [])
    assert {one["metric"] for one in decision["measurements"]} == {"memory"}
    assert decision["workload_saved"] == 0
    assert "redundant-conversion" in done.stdout
    assert "less memory" in done.stdout
    assert "Faster" not in done.stdout
