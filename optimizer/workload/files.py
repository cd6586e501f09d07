"""Walk over a project's files as they lie there, without what is not the project's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_NOT_THEIRS = {"node_modules", "site-packages", "venv", "env", "build", "dist", "__pycache__"}


def walk(root: Path) -> Iterator[str]:
    """All regular files as POSIX paths relative to `root`, sorted; links are not followed."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if _is_theirs(Path(folder) / name))
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(root).as_posix()


def python_files(root: Path) -> Iterator[str]:
    """The Python files among them."""
    return (path for path in walk(root) if path.endswith(".py"))


def _is_theirs(folder: Path) -> bool:
    name = folder.name
    if name.startswith(".") or name in _NOT_THEIRS or name.endswith(".egg-info"):
        return False
    return not (folder / "pyvenv.cfg").exists()


def is_test_file(path: str) -> bool:
    """Whether pytest looks for tests in it, going by its name alone."""
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


def is_case_file(path: str) -> bool:
    """Whether unittest would look for tests in it."""
    return path.rpartition("/")[2].startswith("test") or is_test_file(path)
