"""`optimize check` on a patch and on everything since a commit, in a real repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def checked(project: Path, *arguments: str) -> dict[str, Any]:
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


def test_a_pull_request_with_all_that_comes_with_one(tmp_path: Path) -> None:
    """Two files that need each other, a new module, a deleted one, new and changed tests, data, from a subfolder."""
    project = make_project(
        tmp_path / "pro jéct",
        {
            "logs.py": MODULE.replace("\n", "\r\n"),
            "use.py": "from logs import shout\n\n\ndef loud(words):\n    return shout(words) + '!'\n",
            "test_use.py": "from use import loud\n\n\ndef test_loud():\n    assert loud(['a', 'b']) == 'A\\nB!'\n",
            "gone.py": "X = 1\n",
            "data.json": "{}\n",
            "docs/notes.md": "\n",
        },
    )
    upper = "\r\n\r\ndef upper(words):\r\n    return [word.upper() for word in words]\r\n"
    faster = (
        MODULE.replace("(word.upper() for word in words)", "(upper(words))").replace("\n", "\r\n") + upper
    )
    (project / "logs.py").write_bytes(faster.encode())
    (project / "use.py").write_text(
        "from logs import upper\n\n\ndef loud(words):\n    return '\\n'.join(upper(words)) + '!'\n"
    )
    (project / "test_use.py").write_text("from new import Y\n\n\ndef test_new():\n    assert Y\n")
    (project / "test_more.py").write_text("from new import Y\n\n\ndef test_more():\n    assert Y\n")
    (project / "new.py").write_text("Y = 1\n")
    (project / "gone.py").unlink()
    (project / "data.json").write_bytes(b"\0\xff")
    run_git(project, "add", "new.py", "test_more.py")
    whole = checked(project / "docs", "--base", "HEAD")
    patch = tmp_path / "change.patch"
    run_git(project, "diff", "--binary", f"--output={patch}", "HEAD")
    run_git(project, "reset", "--quiet", "--hard")
    again = checked(project / "docs", "--patch", str(patch))
    for verdict in (whole, again):
        assert [row["path"] for row in verdict["decisions"]] == ["logs.py", "use.py"]
        assert [row["behaviour"] for row in verdict["decisions"]] == ["same", "same"], verdict["decisions"]
        assert verdict["behaviour"] == "same"
        assert [said.partition(" ")[0] for said in verdict["not_judged"]] == [
            "data.json",
            "gone.py",
            "logs.py:",
            "new.py",
            "test_more.py",
            "test_use.py",
        ]


@pytest.mark.parametrize("arguments", [("--base", "HEAD"), ("--patch", "../change.patch")])
def test_a_change_without_functions_is_no_error(project: Path, arguments: tuple[str, ...]) -> None:
    (project / "test_logs.py").write_text("def test():\n    pass\n")
    (project / "link.py").symlink_to("logs.py")
    run_git(project, "add", "link.py")
    (project.parent / "change.patch").write_text(run_git(project, "diff", "test_logs.py"))
    if arguments[0] == "--patch":
        run_git(project, "reset", "--quiet", "--hard")
    verdict = checked(project, *arguments)
    assert (verdict["verdict"], verdict["behaviour"], verdict["decisions"]) == (
        "not judged",
        "not judged",
        [],
    )
    assert "test_logs.py belongs to the tests" in str(verdict["not_judged"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--base", "no-such-branch"), "no-such-branch is no commit"),
        (("--base", "HEAD"), "touches no file"),
        (("--patch", "logs.py"), "does not apply"),
        (("--patch", "no-such.patch"), "no-such.patch"),
        ((), "Give BEFORE.py and AFTER.py"),
        (("logs.py", "logs.py"), "--function"),
    ],
)
def test_wrong_usage_is_one_sentence(project: Path, arguments: tuple[str, ...], words: str) -> None:
    done = optimize("check", *arguments, cwd=project, cache=project.parent / "cache")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
