"""Protocols for side effects. Stages take these; `cli` hands in the real ones from `adapters` and `sandbox`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process that runs the project's code may use. 0 means no limit."""

    wall_seconds: float = 60.0
    cpu_seconds: int = 0
    memory_bytes: int = 4 << 30
    file_bytes: int = 256 << 20
    open_files: int = 1024
    output_bytes: int = 4 << 20
    result_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request to a worker inside the project's interpreter.

    `task` names a module of `optimizer/worker/` (its `run(payload, send)` is called); `payload` and
    all messages are plain JSON. `cwd` is where it runs: a scratch folder or a copy of the tree.
    `sys_path` goes in front of the interpreter's own. `hash_seed` None means random.
    """

    task: str
    payload: Mapping[str, Any]
    python: str
    cwd: Path
    sys_path: tuple[str, ...] = ()
    hash_seed: int | None = None
    env: Mapping[str, str] | None = None
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a process ended. `ended` is ok, failed, timeout, memory, flooded or crashed.

    `messages` holds everything the worker sent before the end (empty for a plain command);
    `stdout` and `stderr` are tails, already made safe for a log that a workflow parses.
    """

    ended: str
    status: int
    messages: tuple[Mapping[str, Any], ...]
    stdout: str
    stderr: str
    seconds: float
    peak_bytes: int = 0


class Runner(Protocol):
    """Runs the project's code, confined. Any failure of the confinement itself raises SandboxError."""

    @property
    def level(self) -> str:
        """The isolation level in force: L0 to L3."""

    def work(self, job: Job, on_message: Callable[[Mapping[str, Any]], None] | None = None) -> Ran:
        """Run one worker to its end and return what it sent."""

    def command(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> Ran:
        """Run a command line (the project's tests, a workload) to its end."""


class Repository(Protocol):
    """A working tree under git."""

    @property
    def root(self) -> Path:
        """The top of the working tree."""

    @property
    def head(self) -> str:
        """The commit that is checked out, in hex; "" before the first commit."""

    def tracked(self) -> Sequence[str]:
        """Tracked files as POSIX paths relative to `root`, sorted."""

    def copy_to(self, folder: Path) -> None:
        """Copy tracked and untracked (not ignored) files into an empty folder: links stay links, no `.git`."""

    def write(self, path: str, data: bytes) -> None:
        """Replace one tracked file atomically, keeping its mode."""


class Ledger(Protocol):
    """Remembers verdicts by content, so that a second run is fast and a killed one goes on."""

    def recall(self, key: str) -> Mapping[str, Any] | None:
        """What was stored under `key`, or None."""

    def remember(self, key: str, value: Mapping[str, Any]) -> None:
        """Store durably; returns after the commit."""

    def log_same_code(self, cpu: str, python: str, values: Sequence[float]) -> None:
        """Keep what processes that measured the same code against itself said: logs of ratios."""

    def same_code(self, cpu: str) -> Sequence[float]:
        """What was logged for this CPU model, the latest first, as far back as is of use."""

    def close(self) -> None:
        """Release the file."""
