"""Bring into a copy of the project what git ignores and its packages import all the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from optimizer.workload.files import is_test_file, python_files

_IMPORTED = {".py", ".so", ".pyd"}


def bring_generated(root: Path, tree: Path) -> tuple[str, ...]:
    """Copy modules that lie in the packages of `root` and not in the copy.

    Such as a `_version.py` that a build wrote, or a compiled extension. Returns their relative paths.
    """
    brought = tuple(sorted(_missing(root, tree)))
    for path in brought:
        shutil.copy2(root / path, tree / path)
    return brought


def _missing(root: Path, tree: Path) -> Iterator[str]:
    packages = {Path(path).parent for path in python_files(tree) if path.endswith("__init__.py")}
    for package in packages:
        if not (root / package).is_dir() or (root / package).resolve() == (tree / package).resolve():
            continue
        for file in (root / package).iterdir():
            path = package / file.name
            wanted = file.suffix in _IMPORTED and not is_test_file(file.name)
            if wanted and file.is_file() and not file.is_symlink() and not (tree / path).exists():
                yield path.as_posix()
