"""Launch processes that run the project's code, at level L0 or L1.

L0 is: an allow-list for the environment, closed descriptors, no standard input, an own process group
that is killed whole, limits on address space, file size, open files and CPU time, caps on output, a
deadline on the wall clock, and one typed pipe for results, whose lines start with a nonce. On Linux a worker
stands under a supervisor of its own (`worker/supervise.py`), which ends what has left the group, too.

L1 adds a fence that the worker puts around itself (`worker/fence.py`): no sockets, no files written outside its
own folders, no private files of the user read. Where the system has none, nothing is run at L1.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import selectors
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from optimizer.errors import SandboxError
from optimizer.ports import Job, Limits, Ran
from optimizer.safe_text import safe_text
from optimizer.scratch import scratch_folder

WORKER = Path(__file__).parent.parent / "worker"
LEVELS = ("L0", "L1", "L2", "L3")
"""Levels of isolation, the weakest first."""
_ALLOWED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_CHUNK = 1 << 16
_TAIL = 20_000
_GRACE_SECONDS = 1.0
_ENDING_SECONDS = 10.0


def allowed_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child inherits: a short list of harmless names, a home of its own, and `extra`."""
    kept = {name: os.environ[name] for name in _ALLOWED if name in os.environ}
    own = {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}
    return kept | own | dict(extra or {})


class Launcher:
    """A `Runner` at `level`, L0 or L1. `worker` is the folder with the tasks.

    `private` are paths that no process at L1 reads, besides what is private in every home.
    """

    def __init__(self, worker: Path = WORKER, *, level: str = "L0", private: Sequence[Path] = ()) -> None:
        self.level = level
        self._worker = worker
        self._private = tuple(map(str, private))

    def hiding(self, *private: Path) -> Launcher:
        """The same, which keeps these paths private as well."""
        return Launcher(self._worker, level=self.level, private=(*map(Path, self._private), *private))

    def work(self, job: Job, on_message: Callable[[Mapping[str, Any]], None] | None = None) -> Ran:
        """Run one worker to its end and return what it sent."""
        nonce = secrets.token_hex(16)
        limits = asdict(job.limits)
        request: dict[str, Any] = {
            "nonce": nonce,
            "task": job.task,
            "payload": job.payload,
            "sys_path": list(job.sys_path),
            "limits": limits,
        }
        with (
            tempfile.TemporaryFile() as request_file,
            scratch_folder("tenpercent-") as home,
        ):
            request["fence"] = self._fence(job, home)
            request_file.write(json.dumps(request).encode())
            request_file.seek(0)
            read_end, write_end = os.pipe()
            seed = "random" if job.hash_seed is None else str(job.hash_seed)
            env = allowed_environment(home, {"PYTHONHASHSEED": seed, **(job.env or {})})
            argv = [job.python, str(self._worker), str(request_file.fileno()), str(write_end)]
            lines = _Lines(nonce=nonce, cap=job.limits.result_bytes, on_message=on_message)
            try:
                process = _start(argv, cwd=job.cwd, env=env, pass_fds=(request_file.fileno(), write_end))
            except OSError as error:
                os.close(read_end)
                message = (
                    f"Cannot start {job.python}: {error.strerror}; give a working interpreter with --python."
                )
                raise SandboxError(message) from error
            finally:
                os.close(write_end)
            return _watch(process, job.limits, read_end, lines)

    def command(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> Ran:
        """Run a command line to its end."""
        if self.level != LEVELS[0]:
            return self._command_of_worker(argv, cwd, env, limits or Limits())
        with scratch_folder("tenpercent-") as home:
            try:
                process = _start(argv, cwd=cwd, env=allowed_environment(home, env), pass_fds=())
            except OSError as error:
                message = f"Cannot start {argv[0]}: {error.strerror}; check the command."
                raise SandboxError(message) from error
            return _watch(process, limits or Limits(), None, _Lines(nonce="", cap=0, on_message=None))

    def _command_of_worker(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None, limits: Limits
    ) -> Ran:
        """The command inside the fence, which only a worker can put up."""
        payload = {"argv": list(argv)}
        job = Job(
            task="plain_command", payload=payload, python=sys.executable, cwd=cwd, env=env, limits=limits
        )
        ran = self.work(job)
        if ran.ended != "ok":
            return ran
        answer = ran.messages[-1]
        if answer["trouble"]:
            message = f"Cannot start {argv[0]}: {answer['trouble']}; check the command."
            raise SandboxError(message)
        status = int(answer["status"])
        ended = "ok" if status == 0 else "failed" if status > 0 else "crashed"
        return replace(ran, ended=ended, status=status, messages=())

    def _fence(self, job: Job, home: Path) -> Mapping[str, Sequence[str]] | None:
        if self.level == LEVELS[0]:
            return None
        users = Path(os.environ.get("HOME", "")), Path(pwd.getpwuid(os.getuid()).pw_dir)
        return {
            "writable": [str(home), *([str(job.cwd)] if job.writes else [])],
            "needed": [str(home), str(job.cwd), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")],
            "homes": [str(user) for user in users if user.is_absolute()],
            "private": self._private,
        }


@dataclass(slots=True, kw_only=True)
class _Lines:
    """Collects the messages of one worker; anything without the nonce is not a message."""

    nonce: str
    cap: int
    on_message: Callable[[Mapping[str, Any]], None] | None
    messages: list[Mapping[str, Any]] = field(default_factory=list)
    done: bool = False
    broken: bool = False
    _size: int = 0
    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self.cap:
            self.broken = True
            return
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        self._rest = bytearray(rest)
        for line in lines:
            self._take(bytes(line))

    def _take(self, line: bytes) -> None:
        nonce, _, body = line.partition(b" ")
        if not secrets.compare_digest(nonce, self.nonce.encode()):
            return
        try:
            message = json.loads(body)
        except ValueError:
            self.broken = True
            return
        if message == {"done": True}:
            self.done = True
            return
        self.messages.append(message)
        if self.on_message:
            self.on_message(message)


@dataclass(slots=True)
class _Tail:
    """The last bytes of a stream, and whether it went over its cap."""

    cap: int
    data: bytearray = field(default_factory=bytearray)
    seen: int = 0

    def feed(self, data: bytes) -> None:
        self.seen += len(data)
        self.data += data
        if len(self.data) > 2 * _CHUNK:
            del self.data[:-_CHUNK]

    @property
    def flooded(self) -> bool:
        return self.seen > self.cap


def _start(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], pass_fds: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(argv),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=pass_fds,
        start_new_session=True,
    )


def _watch(process: subprocess.Popen[bytes], limits: Limits, result_fd: int | None, lines: _Lines) -> Ran:
    """Read everything until the end or the deadline, then kill the whole group."""
    started = time.monotonic()
    deadline = started + limits.wall_seconds
    out, err = _Tail(limits.output_bytes), _Tail(limits.output_bytes)
    ended = ""
    usage = None
    try:
        with selectors.DefaultSelector() as selector:
            _register(selector, process.stdout, out.feed)
            _register(selector, process.stderr, err.feed)
            if result_fd is not None:
                os.set_blocking(result_fd, False)
                selector.register(result_fd, selectors.EVENT_READ, lines.feed)
            while selector.get_map() and not ended:
                _drain(selector, timeout=0.05)
                if out.flooded or err.flooded or lines.broken:
                    ended = "flooded"
                elif time.monotonic() > deadline:
                    ended = "timeout"
                elif usage is None and (usage := _reap(process)) is not None:
                    # Whatever a child of it still holds open is not waited for longer than this.
                    deadline = min(deadline, time.monotonic() + _GRACE_SECONDS)
                if usage is not None and ended == "timeout":
                    ended = ""
                    break
    finally:
        usage = _end(process, supervised=result_fd is not None) if usage is None else usage
        _kill_group(process.pid)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        if result_fd is not None:
            os.close(result_fd)
    return Ran(
        ended=ended or _how(process.returncode, lines, worker=result_fd is not None, err=bytes(err.data)),
        status=process.returncode,
        messages=tuple(lines.messages),
        stdout=safe_text(bytes(out.data), limit=_TAIL),
        stderr=safe_text(bytes(err.data), limit=_TAIL),
        seconds=time.monotonic() - started,
        peak_bytes=(usage or 0) * 1024,
    )


def _register(
    selector: selectors.BaseSelector, stream: IO[bytes] | None, feed: Callable[[bytes], None]
) -> None:
    if stream is not None:
        os.set_blocking(stream.fileno(), False)
        selector.register(stream, selectors.EVENT_READ, feed)


def _drain(selector: selectors.BaseSelector, *, timeout: float) -> None:
    for key, _ in selector.select(timeout):
        data = os.read(key.fd, _CHUNK)
        if data:
            key.data(data)
        else:
            selector.unregister(key.fileobj)


def _reap(process: subprocess.Popen[bytes], *, block: bool = False) -> int | None:
    """The peak resident size in KiB once the process has ended, else None."""
    try:
        pid, status, usage = os.wait4(process.pid, 0 if block else os.WNOHANG)
    except ChildProcessError:
        return 0
    if pid == 0:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss


def _end(process: subprocess.Popen[bytes], *, supervised: bool) -> int:
    """End a process that still runs; a supervisor ends what has left the group first, as only it can."""
    usage = None
    deadline = time.monotonic() + (_ENDING_SECONDS if supervised else 0)
    if supervised:
        os.kill(process.pid, signal.SIGTERM)
    while time.monotonic() < deadline and (usage := _reap(process)) is None:
        time.sleep(0.002)
    if usage is None:
        _kill_group(process.pid)
    return usage or _reap(process, block=True) or 0


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _how(status: int, lines: _Lines, *, worker: bool, err: bytes) -> str:
    finished = lines.done if worker else True
    if finished and status == 0:
        return "ok"
    if b"MemoryError" in err[-_CHUNK:]:
        return "memory"
    if status == -signal.SIGXCPU:
        return "timeout"
    return "failed" if status > 0 and not worker else "crashed"
