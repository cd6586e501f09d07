"""`optimize check` on a patch and on everything since a commit, in a real repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.projects import MODULE, make_project, optimize, run_git

pytestmark = pytest.mark.end_to_end

FASTER = MODULE.replace("join(word.upper() for word in words)", "join([word.upper() for word in words])")
WRONG = MODULE.replace("found.get(match", "found.get(text").replace(
    "if match:", "text = line[1:5]\n        if match:"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def checked(project: Path, *arguments: str) -> dict[str, object]:
    done = optimize("check", *arguments, "--json", cwd=project, cache=project.parent / "cache")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_change_in_the_working_tree_that_holds(project: Path) -> None:
    (project / "logs.py").write_text(FASTER)
    verdict = checked(project, "--base", "HEAD")
    assert (verdict["behaviour"], verdict["function"]) == ("same", "logs:shout")
    assert run_git(project, "status", "--porcelain") == " M logs.py\n"


def test_a_patch_that_changes_what_is_counted(project: Path) -> None:
    (project / "logs.py").write_text(WRONG)
    patch = project.parent / "change.patch"
    patch.write_text(run_git(project, "diff"))
    run_git(project, "checkout", "--quiet", ".")
    verdict = checked(project, "--patch", str(patch))
    assert (verdict["verdict"], verdict["behaviour"]) == ("refuse", "different")
    assert verdict["counterexample"] or "tests" in str(verdict["reasons"])
    assert run_git(project, "status", "--porcelain") == ""


def test_measuring_alone_judges_no_behaviour(project: Path) -> None:
    (project / "logs.py").write_text(WRONG)
    verdict = checked(project, "--base", "HEAD", "--measure-only")
    assert (verdict["verdict"], verdict["behaviour"]) == ("refuse", "not judged")
    assert verdict["measurements"]


def test_new_files_are_named_as_not_judged(project: Path) -> None:
    (project / "logs.py").write_text(FASTER)
    (project / "extra.py").write_text("WORDS = []\n")
    run_git(project, "add", "extra.py")
    verdict = checked(project, "--base", "HEAD")
    assert verdict["not_judged"] == ["extra.py is new: only the project's tests look at that."]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--base", "no-such-branch"), "no-such-branch is no commit"),
        (("--base", "HEAD"), "touches no function"),
        (("--patch", "logs.py"), "does not apply"),
        ((), "Give BEFORE.py and AFTER.py"),
        (("logs.py", "logs.py"), "--function"),
    ],
)
def test_wrong_usage_is_one_sentence(project: Path, arguments: tuple[str, ...], words: str) -> None:
    done = optimize("check", *arguments, cwd=project, cache=project.parent / "cache")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
