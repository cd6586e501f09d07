"""Fixtures that all tests share: the Pythons of this machine, and a real launcher."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from optimizer.sandbox.launch import Launcher

collect_ignore = ["corpora"]

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# A busy machine is not a failure; and what CI tries is the same every time.
settings.register_profile("tests", deadline=None, derandomize=IN_CI)
settings.load_profile("tests")

MINORS = ("3.9", "3.10", "3.11", "3.12", "3.13")


@pytest.fixture
def runner() -> Launcher:
    """The real thing: runs workers and commands at level L0."""
    return Launcher()


@pytest.fixture(scope="session")
def python_exe() -> Callable[[str], str]:
    """`python_exe("3.9")` is the path of a Python 3.9; without one the test is skipped, or fails in CI."""

    def find(minor: str) -> str:
        return _interpreter(minor) or _missing(f"no Python {minor} on PATH or under pyenv")

    return find


@pytest.fixture(scope="session")
def interpreters(python_exe: Callable[[str], str]) -> Mapping[str, str]:
    """Paths of Python 3.9 to 3.13 by version; without one of them the test is skipped, or fails in CI."""
    return {minor: python_exe(minor) for minor in MINORS}


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """`make_project({"a.py": "x = 1"})` is a fresh git repository that holds these files, committed."""
    folder = tmp_path / "project"

    def make(files: Mapping[str, str | bytes]) -> Path:
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        folder.mkdir(exist_ok=True)
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", "Begin")
        return folder

    return make


def git(folder: Path, *arguments: str) -> None:
    """Run git in `folder`, as somebody, whatever the machine's own configuration says."""
    settings = [
        "user.name=A",
        "user.email=a@example.org",
        "core.autocrlf=false",
        "commit.gpgsign=false",
        "protocol.file.allow=always",
    ]
    argv = ["git", *(word for setting in settings for word in ("-c", setting)), *arguments]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def need_module() -> Callable[[str], None]:
    """`need_module("pandas")` lets the test go on where it is installed; else it is skipped, or fails in CI."""

    def need(name: str) -> None:
        if importlib.util.find_spec(name) is None:
            _missing(f"{name} is not installed")

    return need


def _missing(what: str) -> NoReturn:
    if IN_CI:
        pytest.fail(f"{what}; CI must have it", pytrace=False)
    pytest.skip(what)


@functools.cache
def _interpreter(minor: str) -> str | None:
    """What a Python of that version calls itself: a shim of pyenv stands for other versions elsewhere."""
    on_path = shutil.which(f"python{minor}")
    under_pyenv = _pyenv_versions().glob(f"{minor}.*/bin/python")
    candidates = [Path(on_path)] if on_path else []
    for path in candidates + sorted(under_pyenv, reverse=True):
        version, _, executable = _ask(path).partition(" ")
        if version == minor:
            return executable
    return None


@functools.cache
def _pyenv_versions() -> Path:
    if shutil.which("pyenv") is None:
        return Path(os.devnull)
    return Path(_output("pyenv", "root")) / "versions"


def _ask(python: Path) -> str:
    return _output(str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)")


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
