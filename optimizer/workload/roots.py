"""From which folders a copy of the project must be imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from optimizer.workload.settings import PytestSettings


def import_roots(root: Path, settings: PytestSettings, *, installed: Sequence[str]) -> tuple[str, ...]:
    """Folders relative to `root`, "." for the root itself, in the order in which they must be searched.

    `installed` are those inside the root from which its interpreter imports already (an editable
    install): the same folders of the copy go in front of them.
    """
    wanted = [*installed, *settings.pythonpath]
    if _is_source_folder(root / "src"):
        wanted.append("src")
    wanted.append(".")
    inside = (Path(path).as_posix() for path in wanted if (root / path).is_dir())
    return tuple(dict.fromkeys(inside))


def _is_source_folder(folder: Path) -> bool:
    """Whether it holds packages or modules, and is none itself.

    One with a package called like a module of the standard library is none: Python itself would import that.
    """
    if not folder.is_dir() or (folder / "__init__.py").exists():
        return False
    names = [
        part.stem for part in folder.iterdir() if part.suffix == ".py" or (part / "__init__.py").exists()
    ]
    return bool(names) and sys.stdlib_module_names.isdisjoint(names)


def absolute(roots: Sequence[str], tree: Path) -> tuple[str, ...]:
    """The roots in one copy of the project."""
    return tuple(str(tree / root) if not Path(root).is_absolute() else root for root in roots)


def relative(paths: Sequence[str], tree: Path) -> tuple[str, ...]:
    """Paths as a run in `tree` saw them: relative where they lie inside it."""
    base = tree.resolve()
    found = []
    for path in paths:
        resolved = Path(path).resolve()
        inside = resolved.is_relative_to(base)
        found.append(resolved.relative_to(base).as_posix() if inside else path)
    return tuple(dict.fromkeys(found))
