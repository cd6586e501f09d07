"""The import names of files: packages, `src/` layouts, namespace packages, modules at the top.

Where the folders alone do not tell, the imports in the repository do: `ns/pkg/a.py` is `ns.pkg.a` when
some file imports `ns.pkg`, and `pkg.a` when none does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath

_IMPORT = re.compile(
    rb"^[ \t]*(?:import[ \t]+(?P<modules>[^#\r\n]+)"
    rb"|from[ \t]+(?P<base>[\w.]+)[ \t]+import[ \t]+\(?[ \t]*(?P<names>[^#\r\n)]*))",
    re.MULTILINE,
)


def imported_names(sources: Iterable[bytes]) -> frozenset[str]:
    """Every absolute dotted name that these sources import, with the packages that it lies in."""
    found: set[str] = set()
    for source in sources:
        for match in _IMPORT.finditer(source):
            for dotted in _dotted(match):
                found.update(_prefixes(dotted))
    return frozenset(found)


def _dotted(match: re.Match[bytes]) -> Iterable[str]:
    if match["modules"] is not None:
        return (_first_word(part) for part in match["modules"].split(b","))
    base = match["base"].decode(errors="replace")
    return (
        []
        if base.startswith(".")
        else [base, *(f"{base}.{_first_word(n)}" for n in match["names"].split(b","))]
    )


def _first_word(part: bytes) -> str:
    return next(iter(part.decode(errors="replace").split()), "")


def _prefixes(dotted: str) -> Iterable[str]:
    parts = dotted.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


class ModuleNames:
    """Names the modules of one repository, whose Python files are `paths`."""

    def __init__(self, paths: Iterable[str], imported: frozenset[str]) -> None:
        self._packages = {
            PurePosixPath(path).parent for path in paths if PurePosixPath(path).name == "__init__.py"
        }
        self._imported = imported
        self._root_of = cache(self._find_root)

    def name(self, path: str) -> str:
        """The dotted name under which the file at `path` is imported."""
        file = PurePosixPath(path)
        parts = file.with_suffix("").relative_to(self._root_of(self._top(file))).parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)

    def _top(self, file: PurePosixPath) -> PurePosixPath:
        """The outermost package around `file`, or the file itself; the repository's own folder is none."""
        packages = [folder for folder in file.parents[:-1] if folder in self._packages]
        return packages[-1] if packages else file.with_suffix("")

    def _find_root(self, top: PurePosixPath) -> PurePosixPath:
        """The folder on `sys.path` when `top` is imported: the outermost one that some import agrees with."""
        for folder in reversed(top.parents):
            names = top.relative_to(folder).parts
            if ".".join(names) in self._imported and names[0] not in sys.stdlib_module_names:
                return folder
        return self._usual_root(top)

    def _usual_root(self, top: PurePosixPath) -> PurePosixPath:
        for folder in top.parents:
            if folder.name == "src" and folder not in self._packages:
                return folder
        return top.parent
