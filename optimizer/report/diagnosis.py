"""What `optimize doctor` has found, as values, for a person and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from optimizer.report.data import FORMAT, Json, finite
from optimizer.report.safe import one_line
from optimizer.safe_text import safe_text


class Grade(StrEnum):
    """How much a finding matters: no trustworthy answer, a weaker one, or worth knowing."""

    STOPS = "stops"
    HINDERS = "hinders"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be, and what mends it, where there is something."""

    topic: str
    grade: Grade
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The same code against itself. `spread` is the standard deviation of the logs of the processes' ratios."""

    ratio: float
    spread: float
    processes: int
    seconds: float
    blocks: bool


class Described(Protocol):
    """A machine as it is now."""

    @property
    def cpu(self) -> str:
        """The processor."""

    @property
    def cores(self) -> int:
        """How many processors may be used."""

    @property
    def system(self) -> str:
        """The operating system."""

    @property
    def clock_seconds(self) -> float:
        """The clock's steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything. `probes` are sentences with whether they hold; `pythons` are version, path and where from."""

    machine: Described
    level: str
    probes: tuple[tuple[str, bool], ...]
    noise: Noise | None
    pythons: tuple[tuple[str, str, str], ...]
    project: str
    findings: tuple[Finding, ...]

    @property
    def fine(self) -> bool:
        """Whether a trustworthy answer can be given here."""
        return not any(finding.grade is Grade.STOPS for finding in self.findings)


def diagnosis_data(found: Diagnosis) -> Json:
    """For programs."""
    noise = found.noise
    return {
        "format": FORMAT,
        "fine": found.fine,
        "machine": {
            "cpu": found.machine.cpu,
            "cores": found.machine.cores,
            "system": found.machine.system,
            "clock_seconds": found.machine.clock_seconds,
        },
        "sandbox": {
            "level": found.level,
            "probes": [{"what": what, "holds": holds} for what, holds in found.probes],
        },
        "noise": None
        if noise is None
        else {
            "ratio": finite(noise.ratio),
            "spread": finite(noise.spread),
            "processes": noise.processes,
            "seconds": round(noise.seconds, 3),
            "blocks": noise.blocks,
        },
        "pythons": [
            {"version": version, "executable": path, "source": source}
            for version, path, source in found.pythons
        ],
        "project": found.project,
        "findings": [
            {"topic": one.topic, "grade": one.grade.value, "text": one.text, "mend": one.mend}
            for one in found.findings
        ],
    }


def diagnosis_text(found: Diagnosis) -> str:
    """For a person: what there is, then what is wrong, then the answer."""
    return "".join(f"{safe_text(line)}\n" for line in _lines(found))


def _lines(found: Diagnosis) -> Iterator[str]:
    machine = found.machine
    yield f"Machine  {machine.cpu or 'unknown'}, {machine.cores} processors, {machine.system}"
    yield f"Clock    steps of {machine.clock_seconds * 1e9:.0f} ns"
    holding = sum(holds for _, holds in found.probes)
    yield f"Sandbox  {found.level}, {holding} of {len(found.probes)} probes hold"
    yield from (f"         {'yes' if holds else 'NO '}  {what}" for what, holds in found.probes)
    if found.noise:
        noise = found.noise
        yield (
            f"Noise    the same code against itself {noise.ratio:.3f}x, processes differ by {noise.spread:.1%} "
            f"({noise.processes} processes in {noise.seconds:.1f} s)"
        )
    width = max((len(version) for version, _, _ in found.pythons), default=0)
    for number, (version, path, source) in enumerate(found.pythons):
        yield f"{'Pythons' if number == 0 else '':<9}{version:<{width}}  {path} ({source})"
    yield f"Project  {found.project or 'none that can be run in this folder'}"
    for grade in Grade:
        for finding in (one for one in found.findings if one.grade is grade):
            mend = f" To mend it: {finding.mend}." if finding.mend else ""
            yield ""
            yield f"{grade.value.upper() if grade is not Grade.NOTE else 'note'}: {one_line(finding.text)}{mend}"
    yield ""
    yield (
        "Fine: this machine can measure."
        if found.fine
        else "No trustworthy answer can be given here, until what stops it is mended."
    )
