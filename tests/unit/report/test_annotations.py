"""Notices for a workflow: where they point, and that no text of a project becomes a command of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from optimizer.model import Run
from optimizer.report.annotations import MOST, first_changed_line, notices

EVIL = "a,b:c%0A\r\n::add-path::/tmp/evil\x1b[2J ##[group]"


def commands(line: str) -> tuple[str, dict[str, str], str]:
    """A line as GitHub's runner reads it: command, properties, text."""
    _, head, text = line.split("::", 2)
    name, _, rest = head.partition(" ")
    properties = dict(each.split("=", 1) for each in rest.split(","))
    return name, {key: unescaped(value) for key, value in properties.items()}, unescaped(text)


def unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_a_notice_names_the_line_and_the_gain(run: Run) -> None:
    name, properties, text = commands(next(notices(run)))
    assert name == "notice"
    assert (properties["file"], properties["line"]) == ("shop/contacts/addresses.py", "9")
    assert properties["title"] == "1.42x (at least 1.38x): hoist-regex"
    assert text == (
        "shop.contacts.addresses:phone_numbers: 1.42x (at least 1.38x), 4.1% of the workload, "
        "by the rule hoist-regex."
    )


def test_paths_start_where_the_repository_does(run: Run) -> None:
    _, properties, _ = commands(next(notices(run, folder=PurePosixPath("services/shop"))))
    assert properties["file"] == "services/shop/shop/contacts/addresses.py"


def test_a_change_that_replaces_nothing_inside_is_shown_at_the_function(run: Run) -> None:
    decision = run.decisions[0]
    patch = "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,3 @@\n-import re\n+import os\n+import re\n \n"
    moved = replace(decision, candidate=replace(decision.candidate, patch=patch))
    assert first_changed_line(moved) == decision.candidate.targets[0].first_line
    nowhere = replace(moved, candidate=replace(moved.candidate, targets=()))
    assert first_changed_line(nowhere) == 1


def test_no_text_of_a_project_becomes_a_command(run: Run) -> None:
    first = run.accepted[0]
    target = replace(first.candidate.targets[0], qualname=EVIL)
    evil = replace(first, candidate=replace(first.candidate, path=EVIL, transform=EVIL, targets=(target,)))
    (line,) = notices(replace(run, decisions=(evil,)))
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line
    assert "##[" not in line
    name, properties, text = commands(line)
    assert (name, set(properties)) == ("notice", {"file", "line", "title"})
    assert properties["file"].startswith("a,b:c%0A ::add-path::/tmp/evil")
    assert "a,b:c%0A" in text


def test_there_are_no_more_than_github_shows(run: Run) -> None:
    many = replace(run, decisions=run.accepted[:1] * 30)
    assert len(list(notices(many))) == MOST
