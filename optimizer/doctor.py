"""Whether this machine can measure: what is there, what hinders, what is missing, and what mends it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import stdev

from optimizer.errors import OptimizerError
from optimizer.measure.control import Control, control_of
from optimizer.measure.environment import Machine, describe
from optimizer.measure.processes import Sampler, Unmeasurable
from optimizer.model import Subject
from optimizer.ports import Job, Limits, Runner
from optimizer.report.diagnosis import Diagnosis, Finding, Grade, Noise
from optimizer.sandbox.launch import LEVELS, Launcher
from optimizer.sandbox.levels import trouble_of
from optimizer.workload.environments import find_uv
from optimizer.workload.installed import Installed, find_installed
from optimizer.workload.project import Project

_CANARY = "TENPERCENT_CANARY"
_COARSEST_SECONDS = 1e-4
_LARGEST_SPREAD = 0.03
_PROCESSES = 6
_HIGH_DESCRIPTOR = 200
_CODE = """
def spread(numbers):
    total = 0
    for number in numbers:
        total += number * number % 7
    return total
"""
_INPUTS = """
def inputs():
    return [(list(range(size)),) for size in (10, 100, 1000)]
"""
_HOLDS = {
    "environment": "variables of this shell are not inherited",
    "home": "the home folder is another one",
    "stdin": "there is no standard input",
    "descriptors": "open files are not inherited",
    "session": "it runs in a session of its own, which is ended whole",
    "limits": "memory, file size and open files are limited",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """`project` finds the project in the current folder; what it raises is a finding.

    `fence` says why the project's code cannot be shut in here, "" when it can.
    """

    runner: Runner
    python: str
    project: Callable[[], Project | None]
    uses_git: bool = True
    fence: Callable[[], str] = lambda: trouble_of(Launcher(level=LEVELS[1]))

    def look(self) -> Diagnosis:
        """Everything that there is to say; takes some seconds, most of them for the noise."""
        machine = describe()
        installed = tuple(find_installed(self.runner))
        probes = self._probes()
        noise = self._noise()
        project, trouble = self._project()
        findings = [
            *_of_machine(machine),
            *self._of_tools(),
            *_of_sandbox(self.runner.level, probes, self.fence),
            *_of_noise(noise),
            *_of_pythons(installed),
            *trouble,
            *_of_project(project),
        ]
        return Diagnosis(
            machine=machine,
            level=self.runner.level,
            probes=tuple((_HOLDS[name], holds) for name, holds in probes),
            noise=noise if isinstance(noise, Noise) else None,
            pythons=tuple(
                (one.interpreter.version, one.interpreter.executable, one.source) for one in installed
            ),
            project=_phrase(project) if project else "",
            findings=tuple(findings),
        )

    def _of_tools(self) -> Iterator[Finding]:
        if self.uses_git and not shutil.which("git"):
            text = "The program git was not found, and a project is read through it."
            yield Finding(topic="git", grade=Grade.STOPS, text=text, mend="install git, or put it on PATH")
        if not find_uv():
            text = (
                "uv was not found, so no environment can be made for a Python that the project has none for."
            )
            yield Finding(topic="uv", grade=Grade.NOTE, text=text, mend="pip install uv")

    def _project(self) -> tuple[Project | None, tuple[Finding, ...]]:
        try:
            return self.project(), ()
        except OptimizerError as error:
            return None, (Finding(topic="project", grade=Grade.STOPS, text=str(error)),)

    def _probes(self) -> tuple[tuple[str, bool], ...]:
        """What really keeps a worker apart, as it sees it; all False when it does not answer."""
        limits = Limits(wall_seconds=30.0)
        reading, writing = os.pipe()
        os.environ[_CANARY] = "sings"
        high = fcntl.fcntl(writing, fcntl.F_DUPFD, _HIGH_DESCRIPTOR)
        os.set_inheritable(high, True)  # noqa: FBT003 - the call of the standard library
        payload = {
            "canary": _CANARY,
            "home": str(Path.home()),
            "descriptor": high,
            "session": os.getsid(0),
            "limits": asdict(limits),
        }
        try:
            with tempfile.TemporaryDirectory(prefix="tenpercent-doctor-") as folder:
                job = Job(
                    task="confinement", payload=payload, python=self.python, cwd=Path(folder), limits=limits
                )
                ran = self.runner.work(job)
        finally:
            del os.environ[_CANARY]
            for descriptor in (reading, writing, high):
                os.close(descriptor)
        said = ran.messages[-1] if ran.ended == "ok" and ran.messages else {}
        return tuple((name, bool(said.get(name))) for name in _HOLDS)

    def _noise(self) -> Noise | str:
        """The same small code against itself, by the very gate that decides; a sentence when that fails."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="tenpercent-doctor-") as folder:
            code, inputs = Path(folder) / "doctored.py", Path(folder) / "doctored_inputs.py"
            code.write_text(_CODE, encoding="utf-8")
            inputs.write_text(_INPUTS, encoding="utf-8")
            subject = Subject(
                file=str(code),
                module="doctored",
                qualnames=("spread",),
                before=_CODE,
                after=_CODE,
                python=self.python,
                cwd=folder,
                sys_path=(folder,),
                inputs_file=str(inputs),
            )
            sampler = Sampler(subject=subject, runner=self.runner, control=True)
            try:
                values = [sampler.draw().x for _ in range(_PROCESSES)]
            except Unmeasurable as error:
                return str(error)
        control = control_of(values, subject="spread")
        return _as_noise(control, stdev(values), time.monotonic() - started)


def _as_noise(control: Control, spread: float, seconds: float) -> Noise:
    return Noise(
        ratio=control.ratio,
        spread=spread,
        processes=control.processes,
        seconds=seconds,
        blocks=control.blocks,
    )


def _of_machine(machine: Machine) -> Iterator[Finding]:
    if machine.clock_seconds > _COARSEST_SECONDS:
        text = f"The clock counts in steps of {machine.clock_seconds * 1e6:.0f} µs, too coarse to time anything short."
        yield Finding(topic="clock", grade=Grade.STOPS, text=text, mend="measure on another machine")
    yield from (Finding(topic="machine", grade=Grade.HINDERS, text=hint) for hint in machine.hints)


def _of_sandbox(
    level: str, probes: tuple[tuple[str, bool], ...], fence: Callable[[], str]
) -> Iterator[Finding]:
    for name, holds in probes:
        if not holds:
            text = f"The sandbox does not hold: that {_HOLDS[name]} was tried, and it is not so."
            yield Finding(topic="sandbox", grade=Grade.STOPS, text=text, mend="report it with this output")
    if level != LEVELS[0]:
        return
    user = "root's files, as root" if os.geteuid() == 0 else "this user's files"
    text = f"At L0 the project's code can reach the network and {user}; run only code that you trust."
    if trouble := fence():
        text += f" L1, which shuts it in, is not to be had here: {trouble}."
        yield Finding(topic="sandbox", grade=Grade.NOTE, text=text)
    else:
        mend = "give --sandbox L1, which was tried here and holds"
        yield Finding(topic="sandbox", grade=Grade.NOTE, text=text, mend=mend)


def _of_noise(noise: Noise | str) -> Iterator[Finding]:
    if isinstance(noise, str):
        yield Finding(topic="noise", grade=Grade.STOPS, text=f"Nothing can be timed here: {noise}")
    elif noise.blocks:
        text = (
            f"The same code against itself came out {noise.ratio:.3f}x: a gain could not be told from that."
        )
        yield Finding(topic="noise", grade=Grade.STOPS, text=text, mend="measure on a quieter machine")
    elif noise.spread > _LARGEST_SPREAD:
        text = f"Processes differ by {noise.spread:.1%}, so small gains will stay unproved."
        yield Finding(
            topic="noise", grade=Grade.HINDERS, text=text, mend="end other work, or measure elsewhere"
        )


def _of_pythons(installed: tuple[Installed, ...]) -> Iterator[Finding]:
    if len({one.interpreter.minor for one in installed}) <= 1:
        text = "There is one version of Python only, so a change cannot be shown to hold on others."
        yield Finding(topic="pythons", grade=Grade.NOTE, text=text, mend="uv python install 3.10 3.13")


def _of_project(project: Project | None) -> Iterator[Finding]:
    if project is None:
        return
    if project.no_plan:
        yield Finding(topic="project", grade=Grade.STOPS, text=project.no_plan)
    yield from (Finding(topic="project", grade=Grade.NOTE, text=note) for note in project.notes)


def _phrase(project: Project) -> str:
    pythons = ", ".join(f"{one.implementation} {one.version}" for one in project.interpreters)
    return f"{project.root}: {project.plan.kind if project.plan else 'no tests'} on {pythons}"
