"""Pythons on which a project cannot be measured, and rules that are not for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.errors import ProjectError
from optimizer.model import (
    Candidate,
    Declined,
    Interpreter,
    Kind,
    Metric,
    Recording,
    Sample,
    SuiteResult,
    Target,
    Workload,
)
from optimizer.pipeline import _held_everywhere
from optimizer.workload.identify import identify
from optimizer.workload.importable import with_importing
from optimizer.workload.project import find_project

SUITE = SuiteResult(passed=(), failed=(), skipped=(), seconds=0.0, ended="ok")


def workload(*modules: str) -> Workload:
    recordings = tuple(
        Recording(target=target(module), calls_seen=1, samples=(Sample(call="", stratum="", weight=1.0),))
        for module in modules
    )
    return Workload(
        kind="unittest", argv=(), sys_path=(), seconds=1.0, overhead=1.0, baseline=SUITE, hotspots=(), recordings=recordings
    )  # fmt: skip


def target(module: str) -> Target:
    return Target(
        path=f"{module}.py", module=module, qualname="f", kind=Kind.FUNCTION, first_line=1, last_line=2, source="", digest=""
    )  # fmt: skip


@pytest.fixture
def found(tmp_path, runner, python_exe):
    """A project on Python 3.12 and 3.9, of which only the newer one has tomllib."""
    (tmp_path / "new.py").write_text("import tomllib\n\n\ndef f():\n    return tomllib\n")
    (tmp_path / "old.py").write_text("def f():\n    return 1\n")
    return find_project(tmp_path, runner, pythons=[python_exe("3.12"), python_exe("3.9")])


def test_a_python_that_was_asked_for_and_imports_nothing_is_an_error(found, tmp_path, runner):
    with pytest.raises(
        ProjectError, match=r"Python 3\.9.* cannot be measured on, because it does not import new"
    ):
        with_importing(found, tmp_path, workload("new"), runner)


def test_a_python_that_nobody_asked_for_is_left_out_with_a_note(found, tmp_path, runner):
    unasked = replace(found, unasked=found.interpreters[1:])
    left = with_importing(unasked, tmp_path, workload("new", "old"), runner)
    assert left.interpreters == found.interpreters[:1]
    assert "No module named 'tomllib'" in left.notes[-1]


@pytest.mark.parametrize("modules", [("old",), ("new", "old"), ()])
def test_a_python_that_imports_something_stays(found, tmp_path, runner, modules):
    left = with_importing(found, tmp_path, workload(*modules), runner)
    assert left.interpreters == found.interpreters


@pytest.mark.parametrize(
    ("pythons", "because"),
    [
        ("", None),
        (">=3.9", None),
        (">=3.12", "the rule is for Python >=3.12, and the change must hold on 3.9.18 too"),
        ("<3.11", "the rule is for Python <3.11, and the change must hold on 3.13.0 too"),
    ],
)
def test_a_rule_for_some_pythons_only_is_declined_on_others(found, runner, pythons, because):
    both = tuple(Interpreter(executable="python", version=version) for version in ("3.13.0", "3.9.18"))
    candidate = Candidate(
        id="1", transform="x", transform_version=1, metric=Metric.TIME, targets=(target("a"),), path="a.py", before="", after="", patch="", pythons=pythons
    )  # fmt: skip
    held = _held_everywhere(candidate, replace(found, interpreters=both))
    assert (held.because if isinstance(held, Declined) else None) == because


def test_a_shim_is_asked_for_the_python_that_it_starts(tmp_path, runner, python_exe):
    shim = tmp_path / "python3.12"
    shim.write_text(f'#!/bin/sh\nexec {python_exe("3.12")} "$@"\n')
    shim.chmod(0o755)
    assert identify(str(shim), runner).executable == str(shim)
    assert identify(str(shim), runner, resolve=True).executable == python_exe("3.12")
