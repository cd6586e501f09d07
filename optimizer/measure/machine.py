"""This machine and the interpreters that are measured on it, as a value that travels with the figures."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterable
from pathlib import Path

from optimizer.measure.environment import cpu_count, cpu_model
from optimizer.model import Build, Interpreter, Machine
from optimizer.ports import Job, Limits, Runner

_LIMITS = Limits(wall_seconds=30.0)


def this_machine(interpreters: Iterable[Interpreter], runner: Runner) -> Machine:
    """The processor, how many of its cores may be used, the system, and how each interpreter was built."""
    return Machine(
        cpu=cpu_model(),
        cores=cpu_count(),
        processors=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        builds=tuple(_build(interpreter, runner) for interpreter in interpreters),
    )


def _build(interpreter: Interpreter, runner: Runner) -> Build:
    """What the interpreter says of itself; only its version when it does not answer."""
    job = Job(
        task="build",
        payload={},
        python=interpreter.executable,
        cwd=Path(tempfile.gettempdir()),
        writes=False,
        limits=_LIMITS,
    )
    ran = runner.work(job)
    if ran.ended != "ok" or not ran.messages:
        return Build(version=interpreter.version, implementation=interpreter.implementation)
    said = ran.messages[-1]
    return Build(
        version=str(said["version"]),
        implementation=str(said["implementation"]),
        compiler=str(said["compiler"]),
        options=tuple(map(str, said["options"])),
        free_threaded=bool(said["free_threaded"]),
        debug=bool(said["debug"]),
    )
