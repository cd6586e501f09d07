"""Ask an interpreter what it is."""

from __future__ import annotations

import tempfile
from pathlib import Path

from optimizer.errors import ProjectError, SandboxError
from optimizer.model import Interpreter
from optimizer.ports import Job, Limits, Ran, Runner

OLDEST = (3, 9)
_LIMITS = Limits(wall_seconds=30.0)
_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


def identify(executable: str, runner: Runner, *, resolve: bool = False) -> Interpreter:
    """What the interpreter says of itself. ProjectError when it is too old or does not run.

    With `resolve` its `executable` is the file that it names itself: a shim starts another one.
    """
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
    itself = str(answer.get("executable") or executable) if resolve else executable
    return Interpreter(executable=itself, version=version, implementation=str(answer["implementation"]))


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
