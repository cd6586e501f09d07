"""Protocols for side effects. Stages take these; `cli` hands in the real ones from `adapters` and `sandbox`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process that runs the project's code may use. 0 means no limit.

    `file_bytes` is for one file; `disk_bytes` and `disk_files` are for all that are there at one time.
    """

    wall_seconds: float = 60.0
    cpu_seconds: int = 0
    memory_bytes: int = 4 << 30
    file_bytes: int = 256 << 20
    disk_bytes: int = 4 << 30
    disk_files: int = 1 << 18
    open_files: int = 1024
    output_bytes: int = 4 << 20
    result_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request to a worker inside the project's interpreter.

    `task` names a module of `optimizer/worker/` (its `run(payload, send)` is called); `payload` and
    all messages are plain JSON. `cwd` is where it runs: a scratch folder or a copy of the tree, or with
    `writes` False any other, in which nothing may be changed. `sys_path` goes in front of the interpreter's own.
    `hash_seed` None means random.
    """

    task: str
    payload: Mapping[str, Any]
    python: str
    cwd: Path
    writes: bool = True
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of a commit on a forge: git's mode (`100644`, ...), kind (`blob`, ...) and object name."""

    path: str
    mode: str
    kind: str
    sha: str
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit on a forge; `sha` and `tree` are git's object names."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A pull request, whoever opened it. `head` is the commit at the tip of its `branch` as the forge shows it.

    `home` is whether the branch lies in the repository itself; `created` is seconds since the epoch.
    """

    number: int
    open: bool
    merged: bool
    title: str
    body: str
    branch: str
    head: str
    head_owner: str
    home: bool
    base: str
    base_sha: str
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue that was opened with our own token, or by an app of the repository."""

    number: int
    open: bool
    title: str
    body: str
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A file of a pull request; `patch` is the forge's unified diff without a header, "" for a big or binary one."""

    path: str
    patch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment on lines `first` to `last` (1-based, of the new version) of a file in a pull request."""

    path: str
    first: int
    last: int
    body: str


class Forge(Protocol):
    """Where pull requests live: one repository on GitHub.

    Everything raises ForgeError when the forge says no for good; what passes by is tried again inside.
    What creates something never creates it twice by itself: a caller looks before and after.
    """

    def default_branch(self) -> str:
        """The name of the branch that pull requests go to."""

    def tip(self, branch: str) -> str:
        """The commit at the tip of a branch, "" when there is none."""

    def commit(self, sha: str) -> Commit:
        """One commit."""

    def files(self, commit: str) -> Mapping[str, Entry]:
        """Every entry of a commit's tree, by path."""

    def blob(self, sha: str) -> bytes:
        """A file's bytes."""

    def write_tree(self, parent: Commit, path: str, mode: str, data: bytes) -> str:
        """A new tree: that of `parent` in which one file is `data`."""

    def write_commit(self, parent: Commit, tree: str, message: str) -> str:
        """A new commit of that tree on `parent`; nothing points at it yet."""

    def branches(self, prefix: str) -> Mapping[str, str]:
        """The tips of all branches whose names begin so, by name."""

    def create_branch(self, branch: str, commit: str) -> None:
        """A new branch; ForgeConflict when there is one of that name."""

    def move_branch(self, branch: str, commit: str) -> None:
        """Let a branch point elsewhere, whatever it pointed at."""

    def delete_branch(self, branch: str) -> None:
        """Remove a branch; nothing happens when there is none."""

    def pulls_of(self, branch: str, owner: str = "") -> Sequence[Pull]:
        """Pull requests from a branch, in every state; `owner` "" means the repository's own."""

    def pulls_since(self, created: float) -> Sequence[Pull]:
        """Pull requests in every state that were opened at or after `created`, the newest first."""

    def pull(self, number: int) -> Pull:
        """One pull request."""

    def open_pull(self, *, branch: str, base: str, title: str, body: str) -> Pull:
        """A new pull request; ForgeConflict when the branch has an open one."""

    def edit_pull(self, number: int, *, title: str, body: str, close: bool = False) -> None:
        """Replace title and body, and close it in the same step if asked to."""

    def issues(self, marker: str) -> Sequence[Issue]:
        """Our own issues, in every state, whose text holds `marker`, the oldest first."""

    def open_issue(self, *, title: str, body: str) -> Issue:
        """A new issue."""

    def edit_issue(self, number: int, *, body: str) -> None:
        """Replace the text of an issue."""

    def changed_files(self, number: int) -> Sequence[ChangedFile]:
        """What a pull request changes."""

    def remarks(self, number: int) -> Sequence[str]:
        """The texts of our own comments on lines of a pull request."""

    def review(self, number: int, commit: str, remarks: Sequence[Remark]) -> None:
        """Comment on lines of a pull request as of `commit`, all in one review."""


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
