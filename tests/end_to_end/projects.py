"""Make small real projects: a folder, files, git, and the program run on it as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent.parent

MODULE = '''\
"""Tell which lines of a log matter."""

import re


def levels(lines):
    """How often each level occurs."""
    found = {}
    for line in lines:
        match = re.match(r"\\[(?P<level>[A-Z]+)\\] (?P<text>.*)", line)
        if match:
            found[match["level"]] = found.get(match["level"], 0) + 1
    return found


def shout(words):
    """The words in capitals, one a line."""
    return "\\n".join(word.upper() for word in words)
'''

TESTS = """\
from logs import levels, shout


def test_levels():
    lines = ["[INFO] up", "[WARN] low on space", "noise", "[INFO] down"] * 20
    assert levels(lines) == {"INFO": 40, "WARN": 20}


def test_no_levels():
    assert levels([]) == {}
    assert levels(["", "[info] small"]) == {}


def test_shout():
    assert shout(["a", "bc", "d"] * 10) == "\\n".join(["A", "BC", "D"] * 10)
    assert shout([]) == ""
"""


def make_project(folder: Path, files: Mapping[str, str | bytes] | None = None, *, git: bool = True) -> Path:
    """A project in `folder`, by default one with two functions and their tests; everything is committed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (files if files is not None else {"logs.py": MODULE, "test_logs.py": TESTS}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    if git:
        run_git(folder, "init", "--quiet")
        run_git(folder, "add", "--all")
        run_git(folder, "commit", "--quiet", "--allow-empty", "--message", "Start")
    return folder


def run_git(folder: Path, *arguments: str) -> str:
    """What git prints; fails loudly."""
    identity = ["-c", "user.name=tests", "-c", "user.email=tests@localhost"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


def environment(cache: Path) -> dict[str, str]:
    """The environment of a user whose caches lie in `cache`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "COV_", "PYTEST"))
    }
    return kept | {
        "PYTHONPATH": str(CHECKOUT),
        "XDG_CACHE_HOME": str(cache),
        "NO_COLOR": "1",
        "COLUMNS": "100",
        # Environments for further Pythons are made from what the project itself brings along.
        "UV_OFFLINE": "1",
    }


def optimize(
    *arguments: str, cwd: Path, cache: Path, timeout: float = 600.0
) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does, in a process of its own."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(cache),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def command(*arguments: str) -> Sequence[str]:
    """The program's command line."""
    return [sys.executable, "-m", "optimizer", *arguments]
