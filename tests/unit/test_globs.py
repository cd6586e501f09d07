"""Globs mean what they mean to git."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from optimizer.discover.globs import matches, names

PATTERNS = [
    "*.py",
    "src",
    "src/",
    "/src",
    "src/*.py",
    "src/**",
    "**/src",
    "**/src/*.py",
    "a/**/b.py",
    "a?c.py",
    "[ab].py",
    "[!ab].py",
    "[^ab].py",
    "[a-c]x.py",
    "src/a.py",
    "docs/",
    "a\\*b.py",
    "**",
    "a/**",
    "[]].py",
    "s*c/a.py",
    "a**b.py",
    "x/**/",
    "*",
]
PATHS = [
    "a.py",
    "src/a.py",
    "x/src/a.py",
    "src/sub/b.py",
    "a/b.py",
    "a/x/y/b.py",
    "abc.py",
    "b.py",
    "c.py",
    "bx.py",
    "docs/a.py",
    "x/docs/y/a.py",
    "a*b.py",
    "aab.py",
    "].py",
    "src",
    "notsrc/a.py",
    "a/src",
    "z.py",
    "x/y/z.py",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_what_git_matches(
    make_project: Callable[[Mapping[str, str | bytes]], Path], pattern: str
) -> None:
    root = make_project({".gitignore": f"{pattern}\n"})
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=root,
        input="\0".join(PATHS),
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\0")[:-1]
    assert [path for path in PATHS if matches([pattern], path)] == ignored


def test_an_impossible_range_matches_nothing() -> None:
    assert not matches(["[z-a].py"], "b.py")


def test_the_last_pattern_that_matches_decides() -> None:
    patterns = ["src/", "!src/keep.py", "src/keep.py"]
    assert not matches(patterns[:2], "src/keep.py")
    assert matches(patterns[:2], "src/other.py")
    assert matches(patterns, "src/keep.py")
    assert not matches([], "src/keep.py")


@pytest.mark.parametrize(
    ("pattern", "path", "part", "named"),
    [
        ("src/**", "src/examples/a.py", "examples", False),
        ("*.py", "test_a.py", "test_a.py", False),
        ("!examples/", "examples/a.py", "examples", False),
        ("examples/b.py", "examples/a.py", "examples", False),
        ("examples/", "examples/a.py", "examples", True),
        ("ex*", "examples/a.py", "examples", True),
        ("test_*.py", "pkg/test_a.py", "test_a.py", True),
        ("pkg/vendor/**/*.py", "pkg/vendor/x/a.py", "vendor", True),
    ],
)
def test_naming_is_more_than_matching(pattern: str, path: str, part: str, named: bool) -> None:
    assert names([pattern], path, part) is named
