"""Find the Python that runs the project, and ask it what it is."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from optimizer.errors import ProjectError, SandboxError
from optimizer.model import Interpreter
from optimizer.ports import Job, Limits, Ran, Runner

OLDEST = (3, 9)
_LIMITS = Limits(wall_seconds=30.0)
_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


def find_interpreters(
    root: Path,
    runner: Runner,
    *,
    python: str = "",
    pythons: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> tuple[Interpreter, ...]:
    """The interpreters that a change must hold on; the first one runs the project's tests.

    `python` (a path, a command or a version) wins over `pythons`, these over an active virtual
    environment, `.venv` or `venv` in the root, and the Python that runs this tool. Raises ProjectError.
    """
    asked = [python] if python else list(pythons)
    if asked:
        return tuple(identify(_executable(text, root), runner) for text in asked)
    return (identify(next(_usual(root, environment)), runner),)


def _executable(text: str, root: Path) -> str:
    """A path (relative to where we are, or to the root), a command on PATH, or a version such as 3.12."""
    if os.sep in text:
        path = Path(text).expanduser().absolute()
        if not path.exists():
            path = root / Path(text).expanduser()
        if path.is_dir():
            path = _inside(path)
        if path.exists():
            return str(path)
        message = f"There is no Python interpreter at {path}; give the path of one with --python."
        raise ProjectError(message)
    command = f"python{text}" if text[:1].isdigit() else text
    found = shutil.which(command)
    if found is None:
        message = (
            f"There is no {command} on PATH; install it, or give the path of an interpreter with --python."
        )
        raise ProjectError(message)
    return found


def _usual(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    active = environment.get("VIRTUAL_ENV", "")
    for folder in (Path(active) if active else None, root / ".venv", root / "venv"):
        if folder is not None and _inside(folder).exists():
            yield str(_inside(folder))
    yield sys.executable


def _inside(environment: Path) -> Path:
    return environment / "bin" / "python"


def identify(executable: str, runner: Runner) -> Interpreter:
    """What the interpreter says of itself. ProjectError when it is too old or does not run."""
    with tempfile.TemporaryDirectory(prefix="tenpercent-ping-") as folder:
        job = Job(task="ping", payload={}, python=executable, cwd=Path(folder), limits=_LIMITS)
        try:
            ran = runner.work(job)
        except SandboxError as error:
            message = (
                f"The Python interpreter {executable} cannot be started; give another one with --python."
            )
            raise ProjectError(message) from error
        if ran.ended != "ok" or not ran.messages:
            raise ProjectError(_unusable(executable, ran, runner, Path(folder)))
    answer = ran.messages[-1]
    version = str(answer["version"])
    if _numbers(version) < OLDEST:
        raise ProjectError(_too_old(executable, version))
    return Interpreter(executable=executable, version=version, implementation=str(answer["implementation"]))


def _unusable(executable: str, ran: Ran, runner: Runner, folder: Path) -> str:
    """The worker's syntax is newer than some interpreters: those still know their version."""
    plain = runner.command([executable, "-c", _VERSION], cwd=folder, limits=_LIMITS)
    version = plain.stdout.strip()
    if plain.ended == "ok" and version and _numbers(version) < OLDEST:
        return _too_old(executable, version)
    lines = (ran.stderr or plain.stderr).strip().splitlines()
    why = f" ({lines[-1]})" if lines else ""
    return f"The Python interpreter {executable} does not run{why}; give a working one with --python."


def _too_old(executable: str, version: str) -> str:
    oldest = ".".join(map(str, OLDEST))
    return f"{executable} is Python {version}, which is too old; give Python {oldest} or newer with --python."


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(int(part) if part.isdigit() else 0 for part in parts)
