"""Run the steps of an action or a job as GitHub's runner does, with its environment files and conditions.

Actions of others are stood in for: checkout clones a local repository, setup-python gives this Python, cache and
artifacts are folders. Nothing is asked of a network: what pip would fetch is taken from the environment of the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.action.expressions import as_text, filled, holds

CHECKOUT = Path(__file__).parent.parent.parent
_OF_ACTION = (
    "action.yml",
    "scripts",
    "optimizer",
    "transforms",
    "pyproject.toml",
    "requirements.txt",
    "README.md",
    "LICENSE",
)
_COMPILED = shutil.ignore_patterns("__pycache__")
_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")


def load(file: Path) -> Any:
    return YAML(typ="safe").load(file)


@dataclass(kw_only=True)
class Machine:
    """A runner: a workspace, temporary folders, caches and artifacts that outlive a job, and an event."""

    root: Path
    event: Mapping[str, Any]
    origin: Path
    token: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    env: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    posts: list[tuple[Path, Path]] = field(default_factory=list)
    runs: int = 0

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    @property
    def action(self) -> Path:
        """A copy of what a user of the action gets, so that building it leaves nothing in the checkout."""
        place = self.root / "action"
        if not place.exists():
            place.mkdir(parents=True)
            for name in _OF_ACTION:
                if (CHECKOUT / name).is_file():
                    shutil.copy2(CHECKOUT / name, place / name)
                else:
                    shutil.copytree(CHECKOUT / name, place / name, ignore=_COMPILED)
        return place

    def job(self, steps: list[dict[str, Any]], **context: Any) -> bool:
        """Run a job's steps in a fresh workspace; whether it succeeded."""
        self.runs += 1
        self.env, self.path, self.posts = {}, [], []
        for folder in (self.workspace, self.temp):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        done = Steps(machine=self, inputs={}, extra=context)
        done.run(steps)
        for place, kept in self.posts:
            if place.exists():
                shutil.copytree(place, kept, dirs_exist_ok=True)
        return done.succeeded

    @property
    def temp(self) -> Path:
        return self.root / "temp"

    def artifact(self, name: str) -> Path:
        return self.root / "artifacts" / name


@dataclass(kw_only=True)
class Steps:
    """The steps of one job or of one action."""

    machine: Machine
    inputs: Mapping[str, str]
    extra: Mapping[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    succeeded: bool = True

    def run(self, steps: list[dict[str, Any]]) -> None:
        for number, step in enumerate(steps):
            if not holds(str(step.get("if", "")), self.context):
                continue
            given: dict[str, str] = {}
            fine = self._shell(step, given) if "run" in step else self._uses(step, given)
            self.outputs[step.get("id", f"step {number}")] = given
            self.succeeded = self.succeeded and fine

    @property
    def context(self) -> dict[str, Any]:
        return {
            "inputs": self.inputs,
            "steps": {name: {"outputs": given} for name, given in self.outputs.items()},
            "github": {
                "event": self.machine.event,
                "token": self.machine.token,
                "run_id": str(self.machine.runs),
                "run_attempt": "1",
                "workflow": "tests",
                "ref": "refs/heads/main",
            },
            "success": lambda: self.succeeded,
            "failure": lambda: not self.succeeded,
            "always": lambda: True,
            "cancelled": lambda: False,
            **self.extra,
        }

    def _shell(self, step: Mapping[str, Any], given: dict[str, str]) -> bool:
        assert step["shell"] == "bash"
        files = {name: self.machine.temp / f"_{name}" for name in _FILES}
        for file in files.values():
            file.write_text("")
        event = self.machine.temp / "event.json"
        event.write_text(json.dumps(self.machine.event))
        own = {name: filled(str(value), self.context) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", filled(step["run"], self.context)],
            cwd=self.machine.workspace,
            env=self._environment()
            | self.machine.env
            | own
            | {name: str(file) for name, file in files.items()}
            | {"GITHUB_EVENT_PATH": str(event)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.machine.log += done.stdout
        self.machine.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        given.update(assignments(files["GITHUB_OUTPUT"]))
        self.machine.env.update(assignments(files["GITHUB_ENV"]))
        self.machine.path += files["GITHUB_PATH"].read_text().splitlines()
        return done.returncode == 0

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "USER"}}
        kept["PATH"] = os.pathsep.join([*self.machine.path[::-1], kept["PATH"]])
        return (
            kept
            | self.machine.variables
            | {
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(self.machine.action),
                "GITHUB_WORKSPACE": str(self.machine.workspace),
                "RUNNER_TEMP": str(self.machine.temp),
                "RUNNER_OS": "Linux",
                "RUNNER_ARCH": "X64",
                # What the tests run with is what pip would have installed.
                "PYTHONPATH": sysconfig.get_path("purelib"),
                "PIP_NO_INDEX": "1",
                "UV_OFFLINE": "1",
            }
        )

    def _uses(self, step: Mapping[str, Any], given: dict[str, str]) -> bool:
        name = step["uses"].partition("@")[0]
        wanted = {key: filled(as_text(value), self.context) for key, value in step.get("with", {}).items()}
        if name.startswith("actions/"):
            getattr(self, f"_{name.removeprefix('actions/').replace('-', '_')}")(wanted, given)
            return True
        return self._action(wanted, given)

    def _action(self, wanted: Mapping[str, str], given: dict[str, str]) -> bool:
        action = load(self.machine.action / "action.yml")
        assert wanted.keys() <= action["inputs"].keys()
        inputs = {
            name: wanted.get(name, filled(str(each.get("default", "")), self.context))
            for name, each in action["inputs"].items()
        }
        inside = Steps(machine=self.machine, inputs=inputs)
        inside.run(action["runs"]["steps"])
        for name, each in action["outputs"].items():
            given[name] = filled(each["value"], inside.context)
        return inside.succeeded

    def _checkout(self, wanted: Mapping[str, str], _given: dict[str, str]) -> None:
        assert wanted["persist-credentials"] == "false"
        # A clone that git itself makes safe to use as another user's.
        subprocess.run(
            ["git", "clone", "--quiet", str(self.machine.origin), "."], cwd=self.machine.workspace, check=True
        )

    def _setup_python(self, wanted: Mapping[str, str], given: dict[str, str]) -> None:
        given["python-path"] = sys.executable
        if wanted.get("update-environment") != "false":
            self.machine.env["pythonLocation"] = sys.prefix

    def _cache(self, wanted: Mapping[str, str], _given: dict[str, str]) -> None:
        assert "," not in wanted["key"]
        caches = self.machine.root / "caches"
        found = sorted(caches.glob(f"{wanted['restore-keys'].strip()}*"), reverse=True)
        if found:
            shutil.copytree(found[0], wanted["path"], dirs_exist_ok=True)
        self.machine.posts.append((Path(wanted["path"]), caches / wanted["key"]))

    def _upload_artifact(self, wanted: Mapping[str, str], _given: dict[str, str]) -> None:
        shutil.copytree(wanted["path"], self.machine.artifact(wanted["name"]))

    def _download_artifact(self, wanted: Mapping[str, str], _given: dict[str, str]) -> None:
        if "name" in wanted:
            shutil.copytree(self.machine.artifact(wanted["name"]), self.machine.workspace / wanted["path"])
            return
        for found in (self.machine.root / "artifacts").glob(wanted["pattern"]):
            shutil.copytree(found, self.machine.workspace / wanted["path"] / found.name)


def assignments(file: Path) -> dict[str, str]:
    """What a step has written to an environment file: `name=value`, or `name<<END` and lines up to END."""
    found: dict[str, str] = {}
    lines = iter(file.read_text().splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        head, heredoc, end = line.partition("<<")
        if heredoc and (not equals or len(head) < len(name)):
            found[head] = "\n".join(iter(lambda: next(lines), end))
        else:
            assert equals, f"GitHub's runner refuses this line: {line}"
            found[name] = value
    return found
