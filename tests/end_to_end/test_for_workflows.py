"""Options that a workflow gives, on a real project and in real processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.projects import MODULE, TESTS, make_project, optimize, run_git

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder of its repository; since its first commit only `shout` was touched."""
    files = {"part/pyproject.toml": "", "part/logs.py": MODULE, "part/test_logs.py": TESTS}
    root = make_project(tmp_path / "repo", files)
    (root / "part/logs.py").write_text(
        MODULE.replace("(word.upper() for", "(w.upper() for").replace("for word", "for w")
    )
    run_git(root, "commit", "--quiet", "--all", "--message", "Shorter")
    return root / "part"


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Callable[..., object]:
    return lambda *arguments: optimize("--dry-run", *arguments, cwd=project, cache=tmp_path / "cache")


def test_nothing_touched_is_quick_and_fine(project, run, tmp_path):
    summary, found = tmp_path / "summary.md", tmp_path / "found.sarif"
    options = ("--summary", str(summary), "--sarif", str(found), "--annotations", "--fail-on", "accepted")
    done = run("--base", "HEAD", *options)
    assert done.returncode == 0, done.stderr
    assert "No function that is looked at was touched since HEAD." in done.stdout
    assert "::" not in done.stdout
    assert summary.read_text().startswith("## Nothing to change")
    assert json.loads(found.read_text())["runs"][0]["results"] == []


def test_machines_that_found_nothing_agree(run, tmp_path):
    for name in ("one", "two"):
        assert run("--base", "HEAD", "--output", str(tmp_path / name)).returncode == 0
    both = [str(tmp_path / name) for name in ("one", "two")]
    summary = tmp_path / "summary.md"
    options = ("--output", str(tmp_path / "both"), "--summary", str(summary))
    judged = optimize("judge", *both, *options, cwd=tmp_path, cache=tmp_path / "cache")
    assert judged.returncode == 0, judged.stderr
    assert summary.read_text().startswith("## Nothing to combine")
    assert (tmp_path / "both" / "decisions.jsonl").read_text() == ""


@pytest.mark.slow
def test_only_what_was_touched_is_tried_and_told(run, tmp_path):
    summary, found = tmp_path / "summary.md", tmp_path / "found.sarif"
    options = ("--fail-on", "accepted", "--annotations", "--summary", str(summary), "--sarif", str(found))
    done = run("--base", "HEAD~1", *options)
    assert done.returncode == 1, done.stderr
    (notice,) = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert notice.startswith("::notice file=part/logs.py,line=18,title=")
    assert "`logs:shout`" in summary.read_text()
    assert '"uri": "part/logs.py"' in found.read_text()
    assert "levels" not in done.stdout + summary.read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--min-gain", "0.05"), 2, "give a number from 0.10 up"),
        (("--min-gain", "much"), 2, "give a number from 0.10 up"),
        (("--config", "none.toml"), 2, "none.toml is missing or has no table [tool.optimizer]"),
        (("--config", "pyproject.toml"), 2, "has no table [tool.optimizer]"),
        (("--summary", "no/folder.md"), 2, "lies in a folder that does not exist"),
        (("--sarif", "no/folder.sarif"), 2, "make it, or give another --sarif FILE"),
        (("--sandbox", "L3"), 3, "--sandbox L3 was asked for, but here"),
        (("--base", "::add-path::/x"), 2, "optimize: ::add-path::/x is no commit of"),
        (("--base", "x\n::add-path::/x"), 2, "\n\u200b::add-path::/x is no commit of"),
    ],
)
def test_what_cannot_be_is_said_at_once(run, arguments, status, words):
    done = run(*arguments)
    assert done.returncode == status
    assert words in done.stderr


def test_settings_come_from_the_file_that_was_named(project, run):
    (project.parent / "off.toml").write_text("[tool.optimizer]\nenabled = false\n")
    done = run("--config", "../off.toml")
    assert done.returncode == 0, done.stderr
    assert "enabled = false" in done.stdout
