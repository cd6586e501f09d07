"""This machine: what figures depend on, and what hinders measuring on it, as sentences."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_COARSE_SECONDS = 1e-6
_BUSY_SHARE = 0.5
_ROOT = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a reader needs to know to compare figures. `hints` say what hinders, and what mends it."""

    cpu: str
    cores: int
    system: str
    clock: str
    clock_seconds: float
    hints: tuple[str, ...]


def describe(root: Path = _ROOT) -> Machine:
    """This machine as it is now. `root` is where /proc and /sys are found."""
    clock = time.get_clock_info("perf_counter")
    return Machine(
        cpu=cpu_model(root),
        cores=cpu_count(),
        system=platform.platform(aliased=True),
        clock=clock.implementation,
        clock_seconds=clock.resolution,
        hints=tuple(_hints(root, clock.resolution)),
    )


@lru_cache(maxsize=8)
def cpu_model(root: Path = _ROOT) -> str:
    """The processor's name; "" where the system does not say."""
    for line in _read(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Hardware", "cpu model"):
            return value.strip()
    return platform.processor() or platform.machine()


def cpu_count() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def unsteady(root: Path = _ROOT) -> tuple[str, ...]:
    """Why the processor may not keep its speed, as sentences; asked beside every measurement."""
    return (*_governor_hint(root), *_battery_hint(root))


def throttle_count(root: Path = _ROOT) -> int:
    """How often the processors have slowed themselves down because of heat since the machine was started."""
    names = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/thermal_throttle/core_throttle_count")
    return sum(int(text) for name in names if (text := _read(name).strip()).isdigit())


def _hints(root: Path, clock_seconds: float) -> Iterator[str]:
    yield from unsteady(root)
    yield from _load_hint(root)
    yield from _throttle_hint(root)
    if cpu_count() == 1:
        yield "There is one processor only, so everything else that runs delays what is measured."
    if clock_seconds > _COARSE_SECONDS:
        yield f"The clock counts in steps of {clock_seconds * 1e6:.0f} µs, which is coarse for short functions."


def _governor_hint(root: Path) -> Iterator[str]:
    folders = sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq"))
    governors = {_read(folder / "scaling_governor").strip() for folder in folders} - {"", "performance"}
    if governors:
        yield (
            f"The frequency governor is {', '.join(sorted(governors))}, so the clock rate moves while measuring;"
            " `sudo cpupower frequency-set -g performance` holds it."
        )


def _battery_hint(root: Path) -> Iterator[str]:
    for supply in sorted((root / "sys/class/power_supply").glob("*")):
        if _read(supply / "type").strip() == "Battery" and _read(supply / "status").strip() == "Discharging":
            yield "This machine runs on battery, so it may slow itself down; connect it to power."
            return


def _load_hint(root: Path) -> Iterator[str]:
    first = _read(root / "proc/loadavg").partition(" ")[0]
    try:
        load = float(first) if first else os.getloadavg()[0]
    except (OSError, ValueError):
        return
    if load > _BUSY_SHARE * cpu_count():
        yield (
            f"Other work keeps this machine busy (load {load:.1f} on {cpu_count()} processors):"
            " measuring takes more processes, and small gains may stay unproved."
        )


def _throttle_hint(root: Path) -> Iterator[str]:
    if throttle_count(root):
        yield "The processor has slowed itself down because of heat since it was started."


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
