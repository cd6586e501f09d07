"""The action from checkout to summary on a real project, by its own steps and environment files."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.action.runner import CHECKOUT, Machine, load
from tests.end_to_end.projects import MODULE, make_project, run_git

ACTION = CHECKOUT / "action.yml"
STEPS: list[dict[str, Any]] = [
    {"uses": "actions/checkout@x", "with": {"fetch-depth": 0, "persist-credentials": False}},
    {"uses": "actions/setup-python@x", "with": {"python-version": "3.13"}},
]
TESTS = """\
from logs import levels


def test_levels(capfd):
    lines = ["[INFO] up", "[WARN] low on space", "noise", "[INFO] down"] * 20
    assert levels(lines) == {"INFO": 40, "WARN": 20}
"""
# Refused before a test runs, with what it raised in the message.
HOSTILE = """\
import os
import sys

for stream in (sys.stdout, sys.stderr):
    print("::set-output name=accepted::999", file=stream)
    print("::add-path::/tmp/evil", file=stream)
    print("passed ##[add-path]/tmp/evil", file=stream, flush=True)
names = [name for name in os.environ if name.startswith(("GITHUB_", "RUNNER_", "ACTIONS_"))]
raise RuntimeError("::error::\\r::add-path::/tmp/evil\\n::add-path::/tmp/evil ##[add-path]/tmp/evil", names)
"""


def machine(folder: Path, files: dict[str, str], event: dict[str, Any] | None = None) -> Machine:
    origin = make_project(folder / "origin", files)
    return Machine(root=folder, event=event or {}, origin=origin)


def using(**inputs: str) -> list[dict[str, Any]]:
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return [*STEPS, {"id": "it", "uses": "tenpercent@x", "with": given}]


def obeyed(log: str) -> list[str]:
    """The lines of a log that GitHub's runner would take for a command."""
    return [line for line in log.splitlines() if line.strip().startswith("::") or "##[" in line]


def test_the_schema_and_zizmor_find_nothing():
    for command in (
        ("check-jsonschema", "--builtin-schema", "vendor.github-actions"),
        ("zizmor", "--offline", "--no-progress", "--persona=auditor"),
    ):
        done = subprocess.run([*command, str(ACTION)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_inputs_never_become_part_of_a_script():
    for step in load(ACTION)["runs"]["steps"]:
        if "run" in step:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]
        else:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
    pinned = re.findall(r"uses: (\S+)(.*)", ACTION.read_text())
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", comment) for _, comment in pinned)


def test_every_input_and_output_is_described_and_used():
    action = load(ACTION)
    text = ACTION.read_text()
    manual = (CHECKOUT / "docs" / "github-action.md").read_text()
    for name, each in action["inputs"].items():
        assert f"| `{name}` |" in manual
        assert each["description"]
        assert f"inputs.{name} " in text
    assert all(each["description"] for each in action["outputs"].values())


@pytest.mark.end_to_end
def test_hostile_words_stay_words(tmp_path):
    run = machine(tmp_path, {"logs.py": MODULE, "test_logs.py": TESTS})
    hostile = using(
        paths='"; touch pwned; #\n$(touch pwned)',
        base_ref="x$(touch${IFS}pwned)`touch pwned`",
        python_versions="$(touch,pwned) *",
        config="--help\n; touch pwned",
        fail_on="never' ; touch pwned '",
        artifact_name="$(touch pwned)",
    )
    assert not run.job(hostile)
    assert not list(tmp_path.rglob("pwned"))
    assert "invalid choice: \"never' ; touch pwned '\"" in run.log
    assert run.summary.startswith("## No trustworthy answer\n\n    ")
    assert not obeyed(run.log)


@pytest.mark.slow
@pytest.mark.end_to_end
def test_a_pull_request_that_touches_nothing_is_quick_and_green(tmp_path):
    run = machine(tmp_path, {"logs.py": MODULE, "test_logs.py": TESTS})
    base = run_git(run.origin, "rev-parse", "HEAD").strip()
    (run.origin / "README").write_text("x")
    run_git(run.origin, "add", "--all")
    run_git(run.origin, "commit", "--quiet", "--message", "Say x")
    run.event = {"pull_request": {"base": {"sha": base}}}
    said = [{"run": 'echo "$GIVEN"', "shell": "bash", "env": {"GIVEN": "${{ toJSON(steps.it.outputs) }}"}}]
    assert run.job([*using(fail_on="accepted"), *said]), run.log
    assert f"touched since {base}" in run.log
    given = json.loads(run.log.strip().splitlines()[-1])
    assert (given["candidates"], given["accepted"], given["sandbox-level"]) == ("0", "0", "L0")
    assert Path(given["summary"]).read_text() == run.summary
    assert run.summary.startswith("## Nothing to change")
    assert (run.artifact("tenpercent") / "run.json").is_file()


@pytest.mark.slow
@pytest.mark.end_to_end
def test_what_a_project_prints_is_no_command(tmp_path):
    run = machine(tmp_path, {"logs.py": MODULE, "test_logs.py": TESTS, "conftest.py": HOSTILE})
    assert not run.job(using())
    assert "The tests cannot be imported" in run.log
    assert "add-path" in run.log
    assert ", [])" in run.log
    assert not obeyed(run.log)
    assert run.env.keys() == {"pythonLocation"}
    assert not run.path
    assert run.summary.startswith("## No trustworthy answer\n\n    ")
    assert all(line.startswith("    ") for line in run.summary.splitlines()[2:])


@pytest.mark.slow
@pytest.mark.end_to_end
def test_from_checkout_to_summary_and_combined(tmp_path):
    run = machine(tmp_path, {"logs.py": MODULE, "test_logs.py": TESTS})
    assert not run.job(using(fail_on="accepted", artifact_name="one")), run.log
    assert "1 change accepted" in run.log
    assert [line.split(",")[0] for line in obeyed(run.log)] == ["::notice file=logs.py"]
    assert "`logs:levels`" in run.summary
    before = run.log
    assert run.job(using(artifact_name="two")), run.log
    assert list((run.root / "caches").iterdir())
    assert "1 change accepted" in run.log.removeprefix(before)
    steps = [
        {"uses": "actions/download-artifact@x", "with": {"pattern": "*", "path": "bundles"}},
        {"id": "it", "uses": "tenpercent@x", "with": {"bundles": "bundles", "artifact-name": "both"}},
    ]
    assert run.job(steps), run.log
    assert "## 1 change accepted, 0 refused because not all agree." in run.summary
    assert "| accepted | `logs:levels`<br>" in run.summary
    assert "All together" in run.summary
    assert (run.artifact("both") / "decisions.jsonl").is_file()
