"""Find the Pythons that a change must hold on."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from packaging.specifiers import SpecifierSet

from optimizer.errors import ProjectError
from optimizer.model import Interpreter
from optimizer.ports import Runner
from optimizer.workload.identify import OLDEST, identify
from optimizer.workload.installed import Installed, find_installed, matches


class Origin(StrEnum):
    """Where an interpreter comes from, which decides whether it may need an environment first.

    `OWN` is an environment of the project, `GIVEN` a path or a command: both are used as they are. `ASKED` was
    asked for by its version, `USUAL` is where nothing else is known, `PROMISED` is one of the versions that
    the project says it works on.
    """

    OWN = "own"
    GIVEN = "given"
    ASKED = "asked"
    USUAL = "usual"
    PROMISED = "promised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One interpreter that a change must hold on."""

    interpreter: Interpreter
    origin: Origin


def find_interpreters(
    root: Path,
    runner: Runner,
    *,
    python: str = "",
    pythons: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> tuple[Interpreter, ...]:
    """The interpreters that `choose` finds, without where they come from."""
    choices = choose(root, runner, python=python, pythons=pythons, environment=environment)
    return tuple(choice.interpreter for choice in choices)


def choose(
    root: Path,
    runner: Runner,
    *,
    python: str = "",
    pythons: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
    promised: SpecifierSet | None = None,
) -> tuple[Choice, ...]:
    """The interpreters that a change must hold on; the first one runs the project's tests.

    `python` (a path, a command or a version) wins over `pythons`, these over an active virtual
    environment, `.venv` or `venv` in the root, and the Python that runs this tool. With `promised` (its
    `requires-python`) the oldest and the newest final release on this machine that it allows join the
    last three. Raises ProjectError.
    """
    asked = [python] if python else list(pythons)
    if asked:
        found = [_asked(text, root, runner, environment) for text in asked]
        return tuple({choice.interpreter.executable: choice for choice in reversed(found)}.values())[::-1]
    first = _usual(root, runner, environment)
    if promised is None:
        return (first,)
    return (first, *_ends(promised, first.interpreter, runner, environment))


def _asked(text: str, root: Path, runner: Runner, environment: Mapping[str, str]) -> Choice:
    """A path (relative to where we are, or to the root), a version such as 3.12, or a command on PATH."""
    if os.sep in text:
        return Choice(interpreter=identify(_file(text, root), runner), origin=Origin.GIVEN)
    if text[:1].isdigit():
        return _of_version(text, root, runner, environment)
    found = shutil.which(text)
    if found is None:
        message = f"There is no {text} on PATH; install it, or give the path of an interpreter with --python."
        raise ProjectError(message)
    return Choice(interpreter=identify(found, runner), origin=Origin.GIVEN)


def _file(text: str, root: Path) -> str:
    path = Path(text).expanduser().absolute()
    if not path.exists():
        path = root / Path(text).expanduser()
    if path.is_dir():
        path = _inside(path)
    if path.exists():
        return str(path)
    message = f"There is no Python interpreter at {path}; give the path of one with --python."
    raise ProjectError(message)


def _of_version(text: str, root: Path, runner: Runner, environment: Mapping[str, str]) -> Choice:
    """The project's own environment of that version, else the first such Python on this machine."""
    for path in _own(root, environment):
        interpreter = identify(path, runner)
        if matches(text, interpreter.version):
            return Choice(interpreter=interpreter, origin=Origin.OWN)
    found = next(find_installed(runner, version=text, environment=environment), None)
    if found is None:
        message = (
            f"There is no Python {text} on PATH, under pyenv or among those of uv; install it "
            f"(`uv python install {text}`), or give the path of an interpreter with --python."
        )
        raise ProjectError(message)
    return Choice(interpreter=found.interpreter, origin=Origin.ASKED)


def _usual(root: Path, runner: Runner, environment: Mapping[str, str]) -> Choice:
    own = next(_own(root, environment), None)
    if own is None:
        return Choice(interpreter=identify(sys.executable, runner), origin=Origin.USUAL)
    return Choice(interpreter=identify(own, runner), origin=Origin.OWN)


def _own(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The interpreters of the project's own environments: the active one, `.venv`, `venv`."""
    active = environment.get("VIRTUAL_ENV", "")
    for folder in (Path(active) if active else None, root / ".venv", root / "venv"):
        if folder is not None and _inside(folder).exists():
            yield str(_inside(folder))


def _inside(environment: Path) -> Path:
    return environment / "bin" / "python"


def _ends(
    promised: SpecifierSet, first: Interpreter, runner: Runner, environment: Mapping[str, str]
) -> Iterator[Choice]:
    """The oldest and the newest minor version that the project promises and this machine has, but for `first`'s."""
    known: dict[tuple[int, ...], Installed] = {}
    for found in find_installed(runner, environment=environment):
        numbers = tuple(int(part) for part in found.interpreter.minor.split("."))
        good = found.is_final and found.interpreter.implementation == first.implementation
        if good and numbers >= OLDEST and promised.contains(found.interpreter.version):
            known.setdefault(numbers, found)
    for numbers in dict.fromkeys((min(known), max(known)) if known else ()):
        if known[numbers].interpreter.minor != first.minor:
            yield Choice(interpreter=known[numbers].interpreter, origin=Origin.PROMISED)
