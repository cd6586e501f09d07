"""`--base`: which functions a pull request touches, from real diffs of real commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from optimizer.adapters.git import GitRepository
from optimizer.config import Config
from optimizer.discover import discover
from optimizer.errors import UsageError
from tests.conftest import git

Make = Callable[[Mapping[str, str | bytes]], Path]

SOURCE = """\
import re

LIMIT = 3


def first():
    return 1


class Shop:
    size = 2

    def open(self):
        a = 1
        return a

    def close(self):
        return 2


def last():
    return 3
"""


def touched(root: Path, base: str = "main") -> dict[str, list[str]]:
    """Names of the targets that are left, by file; with "" for the module level."""
    repository = GitRepository(root)
    found = discover(repository, Config(), changes=repository.changes_since(base))
    return {file.path: [target.qualname for target in file.targets] for file in found.files}


@pytest.fixture
def root(make_project: Make) -> Path:
    made = make_project({"shop.py": SOURCE, "other.py": "def other():\n    return 1\n"})
    git(made, "branch", "--move", "--force", "main")
    git(made, "switch", "--quiet", "--create", "change")
    return made


def rewrite(root: Path, old: str, new: str) -> None:
    text = (root / "shop.py").read_text()
    assert old in text
    (root / "shop.py").write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("return 1", "return 10", ["first"]),
        ("        a = 1\n", "        a = 1\n        b = 2\n", ["Shop", "Shop.open"]),
        ("        a = 1\n", "", ["Shop", "Shop.open"]),
        ("    size = 2\n", "    size = 4\n", ["Shop"]),
        ("LIMIT = 3", "LIMIT = 4", [""]),
        ("def last():\n    return 3\n", "", [""]),
        ("def first():\n    return 1\n\n\n", "", [""]),
        ("def last", "def extra():\n    return 4\n\n\ndef last", ["", "extra"]),
        ("    return 3\n", "    return 3\n# The end.\n", [""]),
    ],
)
def test_what_a_change_touches(root: Path, old: str, new: str, names: list[str]) -> None:
    rewrite(root, old, new)
    assert touched(root) == {"shop.py": names}


def test_nothing_touched_is_nothing_to_look_at(root: Path) -> None:
    (root / "notes.txt").write_text("x")
    git(root, "add", "--all")
    assert touched(root) == {}


def test_what_the_base_has_got_meanwhile_is_not_touched_here(root: Path) -> None:
    rewrite(root, "return 1", "return 10")
    git(root, "commit", "--quiet", "--all", "--message", "Mine")
    git(root, "switch", "--quiet", "main")
    (root / "other.py").write_text("def other():\n    return 2\n")
    git(root, "commit", "--quiet", "--all", "--message", "Theirs")
    git(root, "switch", "--quiet", "change")
    assert touched(root) == {"shop.py": ["first"]}


def test_a_checkout_without_the_common_history_is_compared_as_it_is(root: Path) -> None:
    git(root, "switch", "--quiet", "--orphan", "alone")
    git(root, "checkout", "main", "--", ".")
    rewrite(root, "return 3", "return 30")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Alone")
    assert touched(root) == {"shop.py": ["last"]}


def test_odd_file_names_and_attributes_hide_nothing(root: Path) -> None:
    odd = root / "odd *é [x].py"
    odd.write_text("def one():\n    return 1\n\n\ndef two():\n    return 2\n")
    (root / ".gitattributes").write_text("*.py binary\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Odd")
    odd.write_text(odd.read_text().replace("return 2", "return 3"))
    assert touched(root, "HEAD") == {odd.name: ["two"]}


def test_paths_are_those_of_a_folder_inside(make_project: Make) -> None:
    whole = make_project({"part/a.py": "def a():\n    return 1\n", "b.py": "def b():\n    return 1\n"})
    for name in ("part/a.py", "b.py"):
        (whole / name).write_text((whole / name).read_text().replace("1", "2"))
    assert touched(whole / "part", "HEAD") == {"a.py": ["a"]}


def test_no_such_commit(root: Path) -> None:
    with pytest.raises(UsageError, match="nowhere is no commit of"):
        touched(root, "nowhere")


def test_a_reference_is_never_an_option(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "written"
    with pytest.raises(UsageError):
        touched(root, f"--output={target}")
    assert not target.exists()
