"""Real runs of tiny suites: outcomes, their comparison, and what is done about odd projects."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from optimizer.errors import ProjectError
from optimizer.model import SuiteResult
from optimizer.ports import Limits
from optimizer.workload.baseline import run_baseline
from optimizer.workload.project import Project, find_project
from optimizer.workload.suite import SUITE_LIMITS, run_plan, run_suite, same_outcome

TESTS = """
    import unittest, pytest

    def test_passes(): pass

    def test_fails(): raise ValueError("at 0x7f%s" % id(object()))

    @pytest.mark.skip
    def test_skipped(): pass

    @pytest.mark.xfail
    def test_expected(): assert False

    @pytest.mark.parametrize("value", [object()], ids=lambda value: f"<object at {hex(id(value))}>")
    def test_address(value): pass

    class TestCase(unittest.TestCase):
        def test_parts(self):
            for number in range(3):
                with self.subTest(number=number):
                    assert number != 1

    @pytest.fixture
    def broken():
        yield
        raise RuntimeError

    def test_teardown(broken): pass
"""


@pytest.fixture
def project_of(make_project, runner):
    def make(files, **options) -> Project:
        root = make_project({name: dedent(text) for name, text in files.items()})
        return find_project(root, runner, python=sys.executable, **options)

    return make


def result(**changes) -> SuiteResult:
    base = SuiteResult(
        passed=("a", "b"),
        failed=("c",),
        skipped=("d",),
        seconds=1.0,
        ended="ok",
        why=(("c", "ValueError: 1"),),
    )
    return replace(base, **changes)


def test_pytest(project_of, runner):
    project = project_of({"test_it.py": TESTS})
    found = run_suite(project, project.root, runner)
    assert found.ended == "ok"
    assert found.passed == ("test_it.py::test_address[<object at 0x>]", "test_it.py::test_passes")
    assert found.failed == (
        "test_it.py::TestCase::test_parts",
        "test_it.py::test_fails",
        "test_it.py::test_teardown",
    )
    assert found.skipped == ("test_it.py::test_expected", "test_it.py::test_skipped")
    assert same_outcome(found, run_suite(project, project.root, runner)) == []


def test_nothing_is_written_into_the_tree(project_of, runner):
    tests = """
        from hypothesis import given, strategies

        @given(strategies.integers())
        def test(number):
            assert number < 100
    """
    project = project_of({"test_it.py": tests, "pytest.ini": "[pytest]\naddopts = --ff"})
    before = sorted(path.name for path in project.root.iterdir())
    assert run_suite(project, project.root, runner).failed == ("test_it.py::test",)
    assert sorted(path.name for path in project.root.iterdir()) == before


def test_some_tests(project_of, runner):
    project = project_of({"test_it.py": TESTS, "test_more.py": "def test_one(): pass"})
    passes, fails = "test_it.py::test_address[<object at 0x>]", "test_it.py::test_fails"
    found = run_suite(project, project.root, runner, tests=[passes, fails])
    assert (found.passed, found.failed, found.skipped) == ((passes,), (fails,), ())


def test_options_that_would_change_a_run_are_set_right(project_of, runner):
    files = {
        "test_it.py": "def test_a(): assert False\ndef test_b(): pass",
        "pytest.ini": "[pytest]\naddopts = -x --lf --cache-clear -p no:doctest",
    }
    found = run_suite(project_of(files), project_of(files).root, runner)
    assert (found.passed, found.failed) == (("test_it.py::test_b",), ("test_it.py::test_a",))


def test_options_of_plugins_that_are_not_there(project_of, runner):
    files = {
        "test_it.py": "def test(): pass",
        "setup.cfg": "[tool:pytest]\naddopts = -ra --no-such-option=3\n",
    }
    project = project_of(files)
    assert run_suite(project, project.root, runner).ended == "usage error"
    baseline = run_baseline(project, project.plan, project.root, runner)
    assert baseline.run.result.passed == ("test_it.py::test",)
    assert baseline.notes == ("pytest ran without --no-such-option=3: the plugin for it is not installed.",)
    assert baseline.plan.argv == ("-m", "pytest", "-o", "addopts=-ra")


def test_an_option_with_a_value_is_left_out_with_its_value(project_of, runner):
    options = "-ra --no-such auto --other=1 --third folder"
    project = project_of({"test_it.py": "def test(): pass", "pytest.ini": f"[pytest]\naddopts = {options}"})
    baseline = run_baseline(project, project.plan, project.root, runner)
    assert baseline.run.result.passed == ("test_it.py::test",)
    assert baseline.plan.argv == ("-m", "pytest", "-o", "addopts=-ra")
    assert "without --no-such auto --other=1 --third folder:" in baseline.notes[0]


def test_the_copy_is_imported(project_of, runner, tmp_path):
    """Also when the interpreter would find the user's own checkout, and by processes that tests start."""
    files = {
        "src/pkg/__init__.py": "WHERE = __file__",
        "tests/test_it.py": """
            import subprocess, sys, pkg
            def test_here(): assert "copy" in pkg.WHERE
            def test_child():
                out = subprocess.run([sys.executable, "-c", "import pkg; print(pkg.WHERE)"], capture_output=True)
                assert b"copy" in out.stdout
        """,
    }
    project = project_of(files)
    copy = tmp_path / "copy"
    copy_tree(project.root, copy)
    found = run_suite(project, copy, runner, env={"PYTHONPATH": f"{copy}/src:{project.root}/src"})
    assert found.failed == ()
    assert len(found.passed) == 2


def test_a_run_that_takes_the_users_checkout_is_refused(project_of, runner, tmp_path):
    files = {
        "pkg/__init__.py": "X = 1",
        "test_it.py": "import sys\ndef test():\n    sys.path.insert(0, ROOT)\n    import pkg.part\n",
        "pkg/part.py": "",
    }
    project = project_of({**files, "test_it.py": "def test(): pass"})
    copy = tmp_path / "copy"
    copy_tree(project.root, copy)
    (copy / "test_it.py").write_text(files["test_it.py"].replace("ROOT", repr(str(project.root))))
    with pytest.raises(ProjectError, match=r"The tests import pkg from .* and not from the copy"):
        run_baseline(project, project.plan, copy, runner)


def copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".git"))


@pytest.mark.parametrize(
    ("files", "because"),
    [
        (
            {"test_a.py": "import no_such_module"},
            r"cannot be imported \(test_a.py: ModuleNotFoundError: No module",
        ),
        ({"test_a.py": "def test(:"}, r"cannot be imported \(test_a.py: SyntaxError"),
        (
            {"conftest.py": "import no_such_module", "test_a.py": ""},
            r"cannot be imported \(conftest.py: ModuleNotFoundError: No module",
        ),
        ({"test_a.py": "x = 1"}, r"found no tests; check pytest's configuration"),
        (
            {"test_a.py": "def test(): raise KeyError(3)"},
            r"All 1 tests fail before .*test_a.py::test: KeyError: 3",
        ),
        (
            {"test_a.py": "import pytest\npytest.skip('x', allow_module_level=True)"},
            r"found no tests|are skipped",
        ),
        (
            {"test_a.py": "import os\ndef test(): os._exit(3)"},
            r"died \(the last to start was test_a.py::test\)",
        ),
        ({"test_a.py": "import pytest\ndef test(): pytest.exit('enough')"}, r"interrupted.*deselect it"),
        ({"test_a.py": "def test(): raise KeyboardInterrupt"}, r"interrupted"),
        (
            {
                "conftest.py": "def pytest_runtest_setup(): 1 / 0\ndef pytest_collection_finish(): 1 / 0",
                "test_a.py": "def test(): 0",
            },
            r"internal error \(ZeroDivisionError",
        ),
        (
            {"pytest.ini": "[pytest]\nrequired_plugins = no-such-plugin\n", "test_a.py": "def test(): 0"},
            r"no-such-plugin",
        ),
        ({"test_a.py": "def test():\n    while True: pass"}, r"did not end in 3 seconds"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_suites_that_give_nothing_to_go_by(project_of, runner, files, because):
    project = project_of(files)
    limits = replace(SUITE_LIMITS, wall_seconds=3.0 if "while" in str(files) else 60.0)
    with pytest.raises(ProjectError, match=because) as caught:
        run_baseline(project, project.plan, project.root, runner, limits=limits)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_file_that_cannot_be_collected_is_set_aside(project_of, runner):
    project = project_of({"test_a.py": "import no_such_module", "test_b.py": "def test(): pass"})
    baseline = run_baseline(project, project.plan, project.root, runner)
    assert baseline.run.result.passed == ("test_b.py::test",)
    assert baseline.run.result.failed == ("test_a.py",)
    assert "test_a.py cannot be collected: ModuleNotFoundError" in baseline.notes[0]


def test_no_tests_at_all(project_of, runner):
    project = project_of({"a.py": "x = 1"})
    with pytest.raises(ProjectError, match=r"No tests and no doctests were found in .*--workload"):
        run_suite(project, project.root, runner)


def test_unittest(project_of, runner):
    tests = """
        import unittest
        from a import x

        class T(unittest.TestCase):
            def test_passes(self): assert x == 1
            def test_fails(self): assert x == 2
            @unittest.skip("why")
            def test_skipped(self): pass
            @unittest.expectedFailure
            def test_expected(self): assert False
            def test_parts(self):
                for number in range(2):
                    with self.subTest(number=number): assert number == 0

        class Broken(unittest.TestCase):
            @classmethod
            def setUpClass(cls): raise OSError("no")
            def test_never(self): pass
    """
    project = project_of(
        {"a.py": "x = 1", "tests/test_a.py": tests, "tests/test_b.py": "import no_such_module"}
    )
    plan = replace(project.plan, kind="unittest", payload=(("start", "tests"),))
    run = run_plan(project, plan, project.root, runner)
    found = run.result
    assert found.ended == "ok"
    assert found.passed == ("test_a.T.test_passes",)
    assert found.skipped == ("test_a.T.test_expected", "test_a.T.test_skipped")
    assert "test_a.T.test_fails" in found.failed
    assert "test_a.T.test_parts" in found.failed
    assert any("setUpClass" in name for name in found.failed)
    assert [name for name, why in run.broken if "no_such_module" in why] == [
        "unittest.loader._FailedTest.test_b"
    ]
    some = run_plan(project, plan, project.root, runner, tests=["test_a.T.test_passes"])
    assert (some.result.passed, some.result.failed) == (("test_a.T.test_passes",), ())


def test_doctests(project_of, runner):
    files = {
        "pkg/__init__.py": '"""\n>>> 1 + 1\n2\n"""\n',
        "pkg/a.py": 'def f():\n    """\n    >>> f()\n    3\n    """\n    return 4\n\ndef g(): pass\n',
        "pkg/b.py": '"""\n>>> 1\n1\n"""\nimport no_such_module\n',
    }
    project = project_of(files)
    run = run_plan(project, project.plan, project.root, runner)
    assert project.plan.kind == "doctest"
    assert run.result.passed == ("pkg",)
    assert run.result.failed == ("pkg.a.f", "pkg.b")
    assert [name for name, _ in run.broken] == ["pkg.b"]


def test_same_outcome_leaves_alone():
    assert same_outcome(result(), result(seconds=9.0, tail="else")) == []
    assert same_outcome(result(), result(passed=("a",)), ["b"]) == []
    assert same_outcome(result(), result(why=(("c", "ValueError: 2"),))) == []
    assert same_outcome(result(), result(passed=("a",), failed=(), skipped=()), tests=["a"]) == []


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"passed": ("a",), "failed": ("b", "c")}, "b passed before and failed now"),
        ({"passed": ("a",)}, "b passed before and is not there now"),
        ({"passed": ("a", "b", "e")}, "e was not there before and passed now"),
        ({"skipped": (), "passed": ("a", "b", "d")}, "d was skipped before and passed now"),
        ({"why": (("c", "KeyError: 1"),)}, "c failed (ValueError) before and failed (KeyError) now"),
        ({"ended": "timeout"}, "the test run ended with 'timeout' instead of 'ok'"),
    ],
)
def test_same_outcome_names_differences(changes, difference):
    assert same_outcome(result(), result(**changes)) == [difference]


def test_the_first_run_sets_the_deadline(project_of, runner):
    project = project_of({"test_a.py": "import time\ndef test(): time.sleep(60)"})
    found = run_suite(project, project.root, runner, limits=Limits(wall_seconds=2.0))
    assert (found.ended, found.passed) == ("timeout", ())
