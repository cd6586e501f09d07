"""The project's tests on a changed tree: what is a difference, and what differs without the change as well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from optimizer.model import Workload
from optimizer.ports import Ledger
from optimizer.prove import Prover
from optimizer.sandbox.launch import Launcher
from optimizer.workload.project import find_project
from optimizer.workload.suite import run_suite

CODE = "def double(n):\n    return n + n\n"
WRONG = "def double(n):\n    return n * 3\n"
TESTS = """
from pathlib import Path
from code_of_it import double

ASKED = []

def test_double():
    assert double(2) == 4
    ASKED.append(1)

def test_needs_the_other():
    assert ASKED and double(1) == 2

def test_now_and_then():
    counter = Path({counter!r})
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    assert count in {good}
"""
NOW_AND_THEN = "test_it.py::test_now_and_then"
NEEDS_OTHER = "test_it.py::test_needs_the_other"


@pytest.fixture
def prover_of(
    make_project: Callable[[Mapping[str, str | bytes]], Path], runner: Launcher, tmp_path: Path
) -> Callable[[set[int]], Prover]:
    """A prover whose third test passes in the runs with these numbers; run 0 is the baseline."""

    def make(good: set[int]) -> Prover:
        text = TESTS.format(counter=str(tmp_path / "count"), good=good)
        root = make_project({"code_of_it.py": CODE, "test_it.py": text})
        project = find_project(root, runner, pythons=[sys.executable])
        baseline = run_suite(project, root, runner)
        workload = Workload(
            kind="pytest",
            argv=("-m", "pytest"),
            sys_path=(),
            seconds=1.0,
            overhead=1.0,
            baseline=baseline,
            hotspots=(),
            recordings=(),
        )
        return Prover(
            project=project,
            runner=runner,
            ledger=Nothing(),
            workload=workload,
            tree=root,
            scratch=tmp_path,
            cpu="",
            watch=lambda _: None,
        )

    return make


class Nothing(Ledger):
    """Remembers nothing."""


def test_what_fails_without_the_change_as_well_is_set_aside_by_name(prover_of) -> None:
    prover = prover_of({0})
    assert prover.suite_differences({"code_of_it.py": CODE + "# as it was\n"}) == ()
    assert prover.flaky == {NOW_AND_THEN}
    assert prover.set_aside() == f"; set aside because they fail now and then: {NOW_AND_THEN}"


def test_what_fails_with_the_change_alone_is_a_difference(prover_of) -> None:
    prover = prover_of({0, 2, 3})
    assert prover.suite_differences({"code_of_it.py": CODE + "# as it was\n"})
    assert prover.flaky == set()


def test_a_flaky_test_hides_no_real_difference(prover_of) -> None:
    prover = prover_of({0})
    found = prover.suite_differences({"code_of_it.py": WRONG})
    assert [sentence.partition(" ")[0] for sentence in found] == ["test_it.py::test_double", NEEDS_OTHER]


def test_a_test_that_needs_another_first_is_only_looked_at_when_all_run(prover_of) -> None:
    prover = prover_of(set(range(9)))
    assert prover.suite_differences({"code_of_it.py": CODE}, tests=[NEEDS_OTHER]) == ()
    assert prover.flaky == set()
    assert prover.suite_differences({"code_of_it.py": WRONG})


def test_a_file_may_come_and_go(prover_of) -> None:
    prover = prover_of(set(range(9)))
    assert prover.suite_differences({"code_of_it.py": None})
    assert prover.suite_differences({"deep/er/new.py": b"X = 1\n"}) == ()
    assert sorted(path.name for path in prover.tree.iterdir() if path.suffix == ".py") == [
        "code_of_it.py",
        "test_it.py",
    ]
