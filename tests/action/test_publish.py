"""The half that may write: the workflow of `optimize init` against our own GitHub, and no token where code is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.cli import main
from tests.action.runner import Machine, load
from tests.end_to_end.projects import make_project
from tests.forge import bundles
from tests.forge.github import BOT, REPOSITORY, TOKEN, FakeGitHub
from tests.forge.world import START, World

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow]

ACTION = f"someone/tenpercent@{'0123456789' * 4}"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    origin = make_project(tmp_path / "origin", {"a.py": ""})
    assert main(["init", str(origin), "--action", ACTION]) == 0
    return Machine(root=tmp_path / "machine", event={}, origin=origin)


def test_what_was_found_gets_to_the_dashboard(tmp_path, machine):
    folder = tmp_path / "github.git"
    folder.mkdir()
    with FakeGitHub(folder, START) as fake:
        fake.push("main", {"shop/a.py": bundles.module("a")})
        machine.artifact("tenpercent").parent.mkdir(parents=True)
        World(tmp_path, fake).bundle().rename(machine.artifact("tenpercent"))
        machine.event = {
            "workflow_run": {
                "id": 7,
                "event": "schedule",
                "head_sha": fake.tip("main"),
                "head_branch": "main",
                "conclusion": "success",
            }
        }
        machine.token = TOKEN
        machine.variables = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": fake.url}
        job = load(machine.origin / ".github/workflows/tenpercent-publish.yml")["jobs"]["publish"]
        # On the fake all tokens are those of an app.
        job["steps"][-1]["with"]["login"] = BOT
        assert machine.job(job["steps"]), machine.log
        assert fake.problems == []
        assert [issue["state"] for issue in fake.issues] == ["open"]
        assert fake.pulls == []
    assert machine.summary.startswith("## Published\n\n    ")
    assert TOKEN not in machine.log + machine.summary
    assert not (machine.temp / "tenpercent/cache").exists()


@pytest.mark.parametrize("mode", ["suggest", "pr"])
def test_where_code_is_run_nothing_is_posted(machine, mode):
    assert not machine.job([{"uses": ACTION, "with": {"mode": mode}}])
    assert f"mode: {mode} posts something, which only publish does" in machine.log


def test_where_code_is_run_there_is_no_token(machine):
    given = {"github-token": "${{ github.token }}"}
    machine.token = TOKEN
    assert not machine.job([{"uses": ACTION, "with": given}])
    assert "a job that runs the project's code gets no token" in machine.log
    assert not (machine.temp / "tenpercent").exists()
