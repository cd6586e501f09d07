"""Which Pythons this machine has: on PATH, under pyenv, among those that uv manages, and the one that runs us."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from optimizer.errors import ProjectError
from optimizer.model import Interpreter
from optimizer.ports import Runner
from optimizer.workload.identify import OLDEST, identify

_ON_PATH = re.compile(r"python3\.\d+")
_PRERELEASE = re.compile(r"[a-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A Python that was found, and where: `PATH`, `pyenv`, `uv` or `tenpercent's own`."""

    interpreter: Interpreter
    source: str

    @property
    def is_final(self) -> bool:
        """Whether it is a release that projects promise to work on."""
        return not _PRERELEASE.search(self.interpreter.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A file that may be an interpreter; `hint` is the version that its name promises."""

    path: Path
    source: str
    hint: str


def find_installed(
    runner: Runner, *, version: str = "", environment: Mapping[str, str] = os.environ
) -> Iterator[Installed]:
    """Each Python that runs, once; with `version` ("3.12" or "3.12.1") only such ones. In the order of `_places`."""
    seen: set[str] = set()
    for place in _places(environment):
        if (
            not _may_be(version, place.hint)
            or _is_too_old(place.hint)
            or os.path.realpath(place.path) in seen
        ):
            continue
        found = _identified(place, runner)
        if found is None or not matches(version, found.interpreter.version):
            continue
        real = os.path.realpath(found.interpreter.executable)
        if real not in seen:
            seen.update((real, os.path.realpath(place.path)))
            yield found


def matches(wanted: str, version: str) -> bool:
    """Whether `3.12` or `3.12.1` means `version`; "" means any."""
    parts = wanted.split(".") if wanted else []
    return version.split(".")[: len(parts)] == parts


def _may_be(wanted: str, hint: str) -> bool:
    """Whether starting it can be worth while, by the shorter of the two."""
    return matches(wanted, hint) or matches(hint, wanted)


def _is_too_old(hint: str) -> bool:
    return tuple(int(part) for part in hint.split(".")[:2]) < OLDEST


def _identified(place: _Place, runner: Runner) -> Installed | None:
    """None for what does not run, such as a pyenv shim for a version that is not switched on."""
    try:
        interpreter = identify(str(place.path), runner, resolve=place.source == "PATH")
    except ProjectError:
        return None
    return Installed(interpreter=interpreter, source=place.source)


def _places(environment: Mapping[str, str]) -> Iterator[_Place]:
    yield from _on_path(environment)
    yield from _folders(_pyenv(environment), "pyenv", prefix="")
    yield from _folders(_managed_by_uv(environment), "uv", prefix="cpython-")
    version = ".".join(map(str, sys.version_info[:3]))
    yield _Place(path=Path(_own()), source="tenpercent's own", hint=version)


def _own() -> str:
    """The interpreter under the environment that tenpercent itself is installed in."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def _on_path(environment: Mapping[str, str]) -> Iterator[_Place]:
    # What pyenv puts on PATH only starts, slowly, what is found among its versions anyway.
    shims = _pyenv(environment).with_name("shims")
    for folder in filter(None, environment.get("PATH", "").split(os.pathsep)):
        if Path(folder) == shims and _listed(_pyenv(environment)):
            continue
        for path in _listed(Path(folder)):
            if _ON_PATH.fullmatch(path.name) and os.access(path, os.X_OK):
                yield _Place(path=path, source="PATH", hint=path.name.removeprefix("python"))


def _folders(root: Path, source: str, *, prefix: str) -> Iterator[_Place]:
    """`ROOT/3.12.1/bin/python`, or with `prefix` `ROOT/cpython-3.12.1-linux/bin/python`."""
    for folder in reversed(_listed(root)):
        name = folder.name.removeprefix(prefix)
        version = re.match(r"3\.\d+(\.\d+)?", name)
        if folder.name.startswith(prefix) and version and not folder.is_symlink():
            yield _Place(path=folder / "bin" / "python", source=source, hint=version[0])


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _pyenv(environment: Mapping[str, str]) -> Path:
    root = environment.get("PYENV_ROOT", "")
    return (Path(root) if root else _home(environment) / ".pyenv") / "versions"


def _managed_by_uv(environment: Mapping[str, str]) -> Path:
    if asked := environment.get("UV_PYTHON_INSTALL_DIR", ""):
        return Path(asked)
    data = environment.get("XDG_DATA_HOME", "")
    return (Path(data) if data else _home(environment) / ".local" / "share") / "uv" / "python"


def _home(environment: Mapping[str, str]) -> Path:
    """Without a HOME there is nothing of a user's to look into."""
    home = environment.get("HOME", "")
    return Path(home) if home else Path(os.devnull)
