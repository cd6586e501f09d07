"""Real bundles from two Pythons under two CPU affinities: measured, combined, and at odds where they must be."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.projects import make_project, optimize
from tests.unit.report.test_files import validate

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow, pytest.mark.interpreters]

# The first gain is there on every Python, the second (1.3x on 3.9) is gone on 3.11.
MODULE = '''\
"""Tell which lines of a log matter."""

import re


def levels(lines):
    """How often each level occurs."""
    found = {}
    for line in lines:
        match = re.match(r"\\[(?P<level>[A-Z]+)\\] (?P<text>.*)", line)
        if match:
            found[match["level"]] = found.get(match["level"], 0) + 1
    return found


def shout(words):
    """The words in capitals."""
    found = []
    for word in words:
        found.append(word.upper())
    return found
'''
TESTS = """\
import unittest

from logs import levels, shout


class Logs(unittest.TestCase):
    def test_levels(self):
        lines = ["[INFO] up", "[WARN] low on space", "noise", "[INFO] down"] * 20
        self.assertEqual(levels(lines), {"INFO": 40, "WARN": 20})

    def test_shout(self):
        self.assertEqual(shout(["a", "bc", "d"] * 10), ["A", "BC", "D"] * 10)
"""


@contextmanager
def processor(number: int) -> Iterator[None]:
    """Everything that is started meanwhile keeps to one of the processors that this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {allowed[number % len(allowed)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("machines")
    make_project(folder / "project", {"logs.py": MODULE, "test_logs.py": TESTS})
    return folder


@pytest.fixture(scope="module")
def bundles(place: Path, python_exe) -> tuple[Path, Path]:
    found = []
    for number, minor in enumerate(("3.9", "3.11")):
        bundle = place / f"on-{minor}"
        with processor(number):
            done = optimize(
                "--dry-run", "--python", python_exe(minor), "--output", str(bundle), cwd=place / "project", cache=place / "cache"
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(bundle)
    return found[0], found[1]


def verdicts(bundle: Path) -> dict[str, str]:
    names = {row["id"]: row["function"] for row in rows(bundle / "candidates.jsonl")}
    return {names[row["id"]]: row["verdict"] for row in rows(bundle / "decisions.jsonl")}


def rows(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_two_runs_combine_and_disagree_where_the_pythons_do(bundles, place):
    first, second = bundles
    assert verdicts(first) == {"logs:levels": "accept", "logs:shout": "accept"}
    assert verdicts(second) == {"logs:levels": "accept", "logs:shout": "refuse"}
    both = place / "both"
    done = optimize("judge", str(first), str(second), "--output", str(both), cwd=place, cache=place / "cache")
    assert done.returncode == 0, done.stderr
    assert verdicts(both) == {"logs:levels": "accept", "logs:shout": "refuse"}
    assert "1 change accepted, 1 refused because not all agree." in done.stdout
    assert "REFUSED  logs:shout (loop-to-list-comprehension)" in done.stdout
    assert done.stdout.count("disagrees") == 1
    validate(json.loads((both / "run.json").read_text()), "bundle-run.schema.json")
    for row in rows(both / "decisions.jsonl"):
        validate(row, "bundle-decision.schema.json")
    again = optimize("judge", str(both), cwd=place, cache=place / "cache")
    assert again.stdout == done.stdout


def test_measuring_a_bundle_on_another_python_adds_to_it(bundles, place, python_exe):
    with processor(1):
        done = optimize(
            "measure", str(bundles[0]), "--python", python_exe("3.11"), cwd=place / "project", cache=place / "cache"
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (session,) = (bundles[0] / "machines").iterdir()
    measured = json.loads(session.read_text())
    validate(measured, "bundle-machine.schema.json")
    assert measured["machine"]["cores"] == 1
    assert [build["version"][:4] for build in measured["machine"]["builds"]] == ["3.11"]
    assert len(measured["results"]) == 2
    assert len(list((bundles[0] / "pyperf").glob(f"*{session.stem}*"))) == 4
    judged = optimize("judge", str(bundles[0]), cwd=place, cache=place / "cache")
    assert verdicts(bundles[0]) == {"logs:levels": "accept", "logs:shout": "refuse"}
    assert "because On " in judged.stdout


GIVEN = """\
import unittest

from logs import levels


def louder_than(least):
    return lambda line: len(line) > least


class Given(unittest.TestCase):
    def test_it(self):
        lines = ["[INFO] up", "[WARN] low on space", "noise", "[INFO] down"] * 20
        for least in range(8):
            self.assertEqual(levels(lines, louder_than(least)), {"INFO": 40, "WARN": 20})
"""


def test_calls_with_local_functions_hold_on_another_python(place, python_exe):
    """They are recorded with byte code, which the other Python does not have."""
    module = MODULE.partition("\n\n\ndef shout")[0] + "\n"
    module = module.replace("levels(lines)", "levels(lines, wanted)").replace(
        "if match:", "if match and wanted(line):"
    )
    project = make_project(place / "given", {"logs.py": module, "test_given.py": GIVEN})
    bundle = place / "given-bundle"
    pythons = ("--python", python_exe("3.9"), "--python", python_exe("3.12"))
    done = optimize("--dry-run", *pythons, "--output", str(bundle), cwd=project, cache=place / "cache")
    assert done.returncode == 0, done.stderr
    assert verdicts(bundle) == {"logs:levels": "accept"}
    (file,) = (bundle / "evidence").iterdir()
    measured = json.loads(file.read_text())["measurements"]
    assert [one["python"].rpartition(".")[0] for one in measured] == ["3.9", "3.12"]
    assert not any("could not be rebuilt" in note for one in measured for note in one["notes"])
