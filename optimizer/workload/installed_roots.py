"""What was installed of a project into an environment, and from which folders of its tree it came."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from optimizer.workload.files import python_files


def roots_in(environment: Path, tree: Path) -> tuple[str, ...]:
    """The folders of `tree`, "." for itself, that the project installed into `environment` is imported from.

    Every installed module is looked for in the tree: `pkg/a.py` that lies there as `lib/pkg/a.py` came from
    `lib`, and where most of a package's modules came from is its root. Only distributions that were installed
    from a folder count, and that is the project alone.
    """
    places = list(python_files(tree))
    found: dict[str, Counter[str]] = {}
    for path in _installed(environment):
        folders = [_prefix(place, path) for place in places if place == path or place.endswith(f"/{path}")]
        found.setdefault(path.partition("/")[0], Counter()).update(folders)
    return tuple(dict.fromkeys(_likeliest(counted) for counted in found.values() if counted))


def _likeliest(counted: Counter[str]) -> str:
    return min(counted, key=lambda folder: (-counted[folder], len(folder), folder))


def _prefix(place: str, path: str) -> str:
    return place[: -len(path)].rstrip("/") or "."


def _installed(environment: Path) -> Iterator[str]:
    """The project's Python files, relative to `site-packages`."""
    return (path.as_posix() for _, path in installed_files(environment) if path.suffix == ".py")


def installed_files(environment: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """(`site-packages`, path in it) of each file that RECORD lists of what was installed from a folder."""
    for record in sorted(environment.glob("lib/python*/site-packages/*.dist-info/RECORD")):
        origin = record.with_name("direct_url.json")
        if origin.exists() and '"dir_info"' in origin.read_text(encoding="utf-8"):
            with record.open(encoding="utf-8", newline="") as stream:
                names = [row[0] for row in csv.reader(stream) if row]
            yield from ((record.parent.parent, PurePosixPath(name)) for name in names)
