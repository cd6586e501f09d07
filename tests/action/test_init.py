"""`optimize init` in real repositories: what it writes, what it leaves alone, and that the workflow is sound."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.commands.init_facts import wanted_pythons
from tests.action.runner import load
from tests.end_to_end.projects import make_project, run_git

ACTION = f"someone/tenpercent@{'0123456789' * 4}"
WORKFLOW = Path(".github/workflows/tenpercent.yml")
PUBLISH = WORKFLOW.with_name("tenpercent-publish.yml")
PYPROJECT = '[project]\nname = "x"\nrequires-python = ">=3.10.2"\n\n[tool.ruff]\nline-length = 99'


@pytest.fixture
def init(tmp_path, capsys):
    """Run `optimize init` in a repository with these files; gives its root, exit code and output."""

    def run(files: dict[str, str | bytes] | None = None, *arguments: str, folder: str = ""):
        root = tmp_path / "repo"
        if files is not None:
            make_project(root, files)
        status = main(["init", str(root / folder), "--action", ACTION, *arguments])
        said = capsys.readouterr()
        return root, status, said.out + said.err

    return run


def test_the_workflows_are_sound(init):
    root, status, said = init({"pyproject.toml": PYPROJECT})
    assert status == 0
    assert said.startswith(f"Wrote {WORKFLOW.as_posix()}: ")
    assert "Allow GitHub Actions to create and approve pull requests" in said
    for file in (WORKFLOW, PUBLISH):
        commands = (
            ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(root / file)),
            ("zizmor", "--offline", "--no-progress", "--persona=auditor", str(root / file)),
        )
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr


def test_what_can_write_runs_nothing_of_the_project(init):
    root, _, _ = init({"part/pyproject.toml": PYPROJECT}, folder="part")
    workflow = load(root / PUBLISH)
    assert workflow["permissions"] == {}
    assert workflow["on"] == {
        "workflow_run": {"workflows": [load(root / WORKFLOW)["name"]], "types": ["completed"]}
    }
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {
        "actions": "read",
        "contents": "write",
        "issues": "write",
        "pull-requests": "write",
    }
    fetched, action = job["steps"]
    assert fetched["uses"].startswith("actions/download-artifact@")
    assert (action["uses"], action["with"]["publish"]) == (ACTION, fetched["with"]["path"])
    assert action["with"]["folder"] == "part"
    # What is published is what the machines have agreed on.
    judge = load(root / WORKFLOW)["jobs"]["judge"]["steps"][-1]
    assert judge["with"]["artifact-name"] == fetched["with"]["name"]


def test_nothing_in_the_workflow_can_write(init):
    root, _, _ = init({"pyproject.toml": PYPROJECT})
    workflow = load(root / WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    assert set(workflow["on"]) == {"pull_request", "schedule", "workflow_dispatch"}
    text = (root / WORKFLOW).read_text()
    assert "secrets." not in text
    assert "token" not in text.replace("tenpercent", "")
    assert "run:" not in text
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        for step in job["steps"]:
            if step["uses"].startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_the_workflow_names_the_project_s_pythons_and_branch(init, tmp_path):
    make_project(tmp_path / "repo", {"pyproject.toml": PYPROJECT})
    run_git(tmp_path / "repo", "branch", "--move", "trunk")
    root, _, _ = init()
    workflow = load(root / WORKFLOW)
    _, python, action = workflow["jobs"]["measure"]["steps"]
    assert python["with"]["python-version"].split() == ["3.10", "3.13"]
    assert (action["uses"], action["with"]["python-versions"]) == (ACTION, "3.10 3.13")
    assert workflow["on"]["pull_request"]["branches"] == ["trunk"]
    assert action["with"]["paths"] == ""


def test_a_second_time_changes_nothing(init):
    root, _, _ = init({"pyproject.toml": PYPROJECT})
    before = {path: path.read_bytes() for path in (root / WORKFLOW, root / PUBLISH, root / "pyproject.toml")}
    _, status, said = init()
    assert status == 0
    assert "as it would be written now" in said
    assert "Next:" not in said
    assert "has [tool.optimizer] already" in said
    assert {path: path.read_bytes() for path in before} == before


def test_a_workflow_that_is_there_is_left_alone(init):
    root, status, said = init({WORKFLOW.as_posix(): "name: mine\n"})
    assert status == 0
    assert (root / WORKFLOW).read_text() == "name: mine\n"
    assert "was left alone; to get a new one, delete it" in said


@pytest.mark.parametrize("text", [PYPROJECT, PYPROJECT + "\n", "", PYPROJECT.replace("\n", "\r\n") + "\r\n"])
def test_settings_are_added_and_the_rest_stays(init, text):
    root, status, _ = init({"pyproject.toml": text.encode()})
    assert status == 0
    data = (root / "pyproject.toml").read_bytes()
    assert data.startswith(text.encode())
    assert b"[tool.optimizer]" in data
    assert (b"\r\n" in data) == ("\r\n" in text)
    assert data.count(b"\n") == data.count(b"\r\n") or "\r\n" not in text
    (root / "a.py").write_text("x = 1\n")
    run_git(root, "add", "--all")
    assert main(["--dry-run", str(root)]) == 0


def test_without_a_pyproject_none_is_made(init):
    root, status, said = init({"a.py": ""})
    assert status == 0
    assert "none was made, because" in said
    assert not (root / "pyproject.toml").exists()
    assert (root / WORKFLOW).is_file()


def test_a_project_in_a_folder_of_its_repository(init):
    root, status, _ = init({"part/pyproject.toml": PYPROJECT}, folder="part")
    assert status == 0
    assert load(root / WORKFLOW)["jobs"]["measure"]["steps"][2]["with"]["paths"] == "part"
    assert "[tool.optimizer]" in (root / "part/pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [("[project", "is not valid TOML"), ("tool = {}\n", "in a form that cannot be added to")],
)
def test_settings_that_cannot_be_added_are_left_alone(init, text, words):
    root, status, said = init({"pyproject.toml": text})
    assert status == 2
    assert words in said
    assert (root / "pyproject.toml").read_text() == text


@pytest.mark.parametrize(
    "action", ["someone/tenpercent", "someone/tenpercent@v1", "x\n  - run: evil@" + "0" * 40]
)
def test_an_action_has_to_be_a_commit(init, action):
    root, status, said = init({"a.py": ""}, "--action", action)
    assert status == 2
    assert "with all 40 digits" in said
    assert not (root / WORKFLOW).exists()


@pytest.mark.parametrize(
    ("text", "pythons"),
    [
        ('requires-python = ">=3.9"', ("3.9", "3.13")),
        ('requires-python = "~=3.11"', ("3.11", "3.13")),
        ('requires-python = "==3.12.*"', ("3.12",)),
        ('requires-python = "nonsense"', ("3.13",)),
        ('classifiers = ["Programming Language :: Python :: 3.10", "Programming Language :: Python :: 3.12"]', ("3.10", "3.12")),
        ('requires-python = ">=3.11"\nclassifiers = ["Programming Language :: Python :: 3.9", "Programming Language :: Python :: 3.11"]', ("3.11",)),
        ("", ("3.13",)),
    ],
)  # fmt: skip
def test_pythons_of_a_project(tmp_path, text, pythons):
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{text}\n")
    assert wanted_pythons(tmp_path) == pythons
