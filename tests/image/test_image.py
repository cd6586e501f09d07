"""The image for hosting it yourself: its Dockerfile, its pins, and, where that is possible, the image itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
MISSING = 77
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def lint(dockerfile: str) -> str:
    """What hadolint finds."""
    command = [str(Path(sys.executable).with_name("hadolint")), "--no-color", "--config", "/dev/null", "-"]
    return subprocess.run(command, input=dockerfile, capture_output=True, text=True, check=False).stdout


def pins(name: str) -> dict[str, str]:
    """Versions by normalised name; a package that has several has one entry with all of them."""
    found: dict[str, str] = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if pin := re.match(r"([\w.-]+)==(\S+)", line):
            key = canonicalize_name(pin[1])
            found[key] = " ".join(filter(None, [found.get(key), pin[2]]))
    return found


def test_the_dockerfile_has_nothing_to_complain_about():
    assert lint(DOCKERFILE) == ""


@pytest.mark.parametrize(
    ("line", "rule"),
    [("RUN apt-get install thing", "DL3008"), ("RUN sudo ls", "DL3004"), ("RUN cd /tmp && ls", "DL3003")],
)
def test_a_complaint_would_be_heard(line: str, rule: str):
    assert rule in lint(f"{DOCKERFILE}{line}\n")


def test_the_base_is_one_release():
    assert re.findall(r"^(?:ARG BASE=|FROM )(.*)$", DOCKERFILE, re.MULTILINE) == [
        "python:3.13.11-slim-bookworm",
        "${BASE}",
    ]


def test_what_the_image_holds_is_what_the_context_lets_through():
    copied = {
        source
        for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE)
        for source in line.split()
        if not source.startswith("--")
    }
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")
    }
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_the_versions_that_the_tests_ran_with():
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_the_image_has_all_that_is_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    assert {canonicalize_name(Requirement(text).name) for text in asked} <= set(pins("requirements.txt"))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pins_name_no_host(name: str):
    assert "://" not in (ROOT / name).read_text("utf-8")


@pytest.mark.slow
def test_the_image_builds_and_finds_something():
    done = subprocess.run(
        [str(Path(__file__).with_name("build_and_run"))],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode == MISSING:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("tenpercent ")
    assert "1 change accepted" in done.stdout
