"""A project that gives nothing to go by gets one clear sentence, and loses nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.projects import MODULE, TESTS, make_project, optimize, run_git

pytestmark = pytest.mark.end_to_end


def no_git(folder: Path) -> None:
    make_project(folder, git=False)


def empty_repository(folder: Path) -> None:
    make_project(folder, {})


def no_tests(folder: Path) -> None:
    make_project(folder, {"logs.py": MODULE})


def import_error(folder: Path) -> None:
    make_project(folder, {"logs.py": "import surely_not_installed\n" + MODULE, "test_logs.py": TESTS})


def failing_suite(folder: Path) -> None:
    make_project(
        folder,
        {
            "logs.py": MODULE,
            "test_logs.py": "import logs\n\n\ndef test_it():\n    assert not logs.levels([])  == {}\n",
        },
    )


def broken_configuration(folder: Path) -> None:
    make_project(
        folder,
        {"logs.py": MODULE, "test_logs.py": TESTS, "pyproject.toml": "[tool.optimizer]\nexclued = ['a']\n"},
    )


def bare_repository(folder: Path) -> None:
    make_project(folder.with_name("checkout"))
    run_git(folder.parent, "clone", "--quiet", "--bare", str(folder.with_name("checkout")), str(folder))


def needs_a_variable(folder: Path) -> None:
    tests = "import os\n\nKEY = os.environ['MY_OWN_KEY']\n" + TESTS
    make_project(folder, {"logs.py": MODULE, "test_logs.py": tests})


def configuration_of_pytest(folder: Path) -> None:
    make_project(
        folder, {"logs.py": MODULE, "test_logs.py": TESTS, "pytest.ini": "[pytest]\nminversion = 99\n"}
    )


@pytest.mark.parametrize(
    ("make", "words", "code"),
    [
        (no_git, ("git",), 3),
        (empty_repository, ("no Python code",), 3),
        (no_tests, ("tests", "--workload"), 3),
        (import_error, ("surely_not_installed",), 3),
        (failing_suite, ("test",), 3),
        (broken_configuration, ("exclued", "exclude"), 2),
        (bare_repository, ("bare repository", "checkout"), 3),
        (needs_a_variable, ("test_logs.py", "MY_OWN_KEY"), 3),
        (configuration_of_pytest, ("pytest", "99"), 3),
    ],
)
def test_one_clear_sentence(
    make: Callable[[Path], None], words: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    make(folder)
    before = contents(folder)
    done = optimize("--dry-run", cwd=folder, cache=tmp_path / "cache")
    assert done.returncode == code, done.stderr
    assert done.stderr.count("optimize: ") == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert contents(folder) == before


def test_a_python_that_is_too_old_is_named(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    old = tmp_path / "python3.7"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = optimize("--dry-run", "--python", str(old), cwd=folder, cache=tmp_path / "cache")
    assert done.returncode == 3
    assert str(old) in done.stderr


def test_a_read_only_folder_is_no_trouble_for_a_dry_run(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    before = contents(folder)
    done = optimize("--dry-run", "--select", "generator-to-list", cwd=folder, cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert contents(folder) == before


def detached(folder: Path) -> None:
    make_project(folder)
    run_git(folder, "checkout", "--quiet", "--detach")


def shallow(folder: Path) -> None:
    deep = make_project(folder.with_name("deep"))
    run_git(deep, "commit", "--quiet", "--allow-empty", "--message", "More")
    run_git(folder.parent, "clone", "--quiet", "--depth", "1", f"file://{deep}", str(folder))


def one_file_does_not_parse(folder: Path) -> None:
    make_project(folder, {"logs.py": MODULE, "test_logs.py": TESTS, "bad.py": "def f(:\n"})


def a_suite_that_writes_into_the_tree(folder: Path) -> None:
    more = "\n\ndef test_writes():\n    open('made.txt', 'w').write('x')\n    open('logs.py', 'a').write('# x')\n"
    make_project(folder, {"logs.py": MODULE, "test_logs.py": TESTS + more})


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [detached, shallow, one_file_does_not_parse, a_suite_that_writes_into_the_tree]
)
def test_odd_but_sound_projects_are_no_trouble(make: Callable[[Path], None], tmp_path: Path) -> None:
    folder = tmp_path / "a pröject"
    make(folder)
    before = contents(folder)
    done = optimize("--dry-run", "--select", "generator-to-list", cwd=folder, cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert contents(folder) == before
    assert run_git(folder, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    "arguments", [("no-such-place",), ("--json", "no/such/folder/run.json"), ("--select", "loop-to-sun")]
)
def test_wrong_usage_is_found_before_any_work(arguments: tuple[str, ...], tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    done = optimize("--dry-run", *arguments, cwd=folder, cache=tmp_path / "cache")
    assert done.returncode == 2
    assert done.stderr.startswith("optimize: ")
    assert done.stdout == ""


def contents(folder: Path) -> dict[str, bytes]:
    """Every file with its bytes, git's own included."""
    return {
        os.fspath(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "index"
    }
