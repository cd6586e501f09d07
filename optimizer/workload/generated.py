"""Bring into a copy of the project what git does not have and its packages import all the same.

Builds leave it in the checkout, beside the sources, or in the environment that the project was installed into.
The copy's own packages hide the installed ones, so what was compiled has to lie in them. Its names say for which
Python it is, so that what several environments hold lies side by side.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from optimizer.model import Interpreter
from optimizer.workload.files import is_test_file, python_files
from optimizer.workload.installed_roots import installed_files

_IMPORTED = {".py", ".so", ".pyd"}


def bring_generated(root: Path, tree: Path) -> tuple[str, ...]:
    """Copy modules that lie in the packages of `root` and not in the copy.

    Such as a `_version.py` that a build wrote, or a compiled extension. Returns their relative paths.
    """
    brought = tuple(sorted(_missing(root, tree)))
    for path in brought:
        shutil.copy2(root / path, tree / path)
    return brought


def bring_built(interpreters: Sequence[Interpreter], tree: Path, roots: Sequence[str]) -> tuple[str, ...]:
    """Copy what environments hold of the project's own packages and the copy, at `roots`, does not.

    Returns their paths relative to the copy.
    """
    brought = []
    for interpreter in interpreters:
        environment = Path(interpreter.executable).parent.parent
        for packages, path in installed_files(environment):
            target = _place(tree, roots, path) if path.suffix in _IMPORTED else None
            if target is not None and not target.exists():
                shutil.copy2(packages / path, target)
                brought.append(target.relative_to(tree).as_posix())
    return tuple(brought)


def _place(tree: Path, roots: Sequence[str], path: PurePosixPath) -> Path | None:
    """Where an installed file belongs in the copy; None when none of the copy's packages is its own."""
    folders = (tree / root / path.parent for root in roots) if len(path.parts) > 1 else ()
    return next((folder / path.name for folder in folders if (folder / "__init__.py").exists()), None)


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
