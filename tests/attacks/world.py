"""A small world with something to steal and to break, and what has become of it."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from optimizer.ports import Job, Ran
from optimizer.sandbox.launch import Launcher
from optimizer.sandbox.levels import trouble_of

PROGRAMS = Path(__file__).parent / "programs"
SIBLINGS = Path(__file__).parent / "siblings"
KEYS = (
    ".ssh/id_rsa",
    ".ssh/id_ed25519",
    ".netrc",
    ".git-credentials",
    ".config/gh/hosts.yml",
    ".aws/credentials",
)
FIRST_WITH_SIGNALS = 6
_PUBLIC = {"1.1.1.1": "127.0.0.2", "169.254.169.254": "127.0.0.3"}


class Small(Launcher):
    """The real launcher, with limits that a test has time and room for."""

    def work(self, job: Job, on_message: Any = None) -> Ran:
        small = replace(
            job.limits,
            wall_seconds=min(job.limits.wall_seconds, 20.0),
            memory_bytes=1 << 30,
            file_bytes=64 << 20,
            disk_bytes=128 << 20,
            disk_files=5000,
        )
        return super().work(replace(job, limits=small), on_message)


def launcher(level: str, *, private: tuple[Path, ...] = ()) -> Small:
    """At that level."""
    return Small(level=level, private=private)


def why_not(level: str) -> str:
    """Why programs cannot be held at that level here, "" when they can."""
    if level == "L1":
        return trouble_of(Launcher(level=level))
    if int(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)) < FIRST_WITH_SIGNALS:
        return "without Linux 6.12 nothing keeps signals in"
    return ""


@dataclass(frozen=True, kw_only=True)
class World:
    """`outside` and `home` lie beside the folder that is used for temporary files; a server counts who comes."""

    top: Path
    servers: tuple[socket.socket, ...]
    victim: subprocess.Popen[bytes]
    before: str

    @property
    def outside(self) -> Path:
        return self.top / "outside"

    @property
    def temporary(self) -> Path:
        return self.top / "temporary"

    def config(self, *, fenced: bool) -> Mapping[str, Any]:
        """What the programs know of this world."""
        tcp, udp, unix, abstract = self.servers
        return {
            "home": str(self.top / "home"),
            "outside": str(self.outside),
            "port": tcp.getsockname()[1],
            "udp_port": udp.getsockname()[1],
            "unix_socket": unix.getsockname(),
            "abstract_socket": "\0" + abstract.getsockname()[1:].decode(),
            "victim_pid": self.victim.pid,
            "harness_pid": os.getpid(),
            "fenced": fenced,
        }

    def code(self, program: Path, *, fenced: bool) -> str:
        """Statements that run the program as its own script would be; public addresses are this machine's."""
        source = program.read_text(encoding="utf-8")
        for public, local in _PUBLIC.items():
            source = source.replace(public, local)
        config = json.dumps(self.config(fenced=fenced))
        return (
            f"open('attack_config.json', 'w').write({config!r})\n"
            f"exec(compile({source!r}, 'attack', 'exec'), {{'__name__': 'attack'}})\n"
        )

    def is_unchanged(self) -> bool:
        return _digest(self.outside) + _digest(self.top / "home") == self.before

    def visitors(self) -> int:
        """How many have connected or sent something."""
        return sum(_came(server) for server in self.servers)

    def is_clean(self) -> bool:
        """No process is about, and no file lies in the folder for temporary ones."""
        return not list(self._processes()) and not list(self.temporary.iterdir())

    def _processes(self) -> Iterator[int]:
        for path in Path("/proc").iterdir():
            if not path.name.isdigit() or int(path.name) in {os.getpid(), self.victim.pid}:
                continue
            try:
                told = f"{(path / 'cwd').readlink()} {(path / 'cmdline').read_text()}"
            except OSError:
                continue
            if str(self.temporary) in told:
                yield int(path.name)


@contextmanager
def world(top: Path, monkeypatch: Any) -> Iterator[World]:
    """With canaries in the environment and the home of this process, until it is over."""
    for folder in ("outside/.git/hooks", "home", "temporary"):
        (top / folder).mkdir(parents=True)
    (top / "outside/sentinel.txt").write_text("CANARY-SENTINEL")
    for name in KEYS:
        (top / "home" / name).parent.mkdir(parents=True, exist_ok=True)
        (top / "home" / name).write_text("CANARY-KEY")
    monkeypatch.setenv("HOME", str(top / "home"))
    monkeypatch.setenv("GITHUB_TOKEN", "CANARY-TOKEN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARY-TOKEN")
    monkeypatch.setattr(tempfile, "tempdir", str(top / "temporary"))
    monkeypatch.setenv("TMPDIR", str(top / "temporary"))
    with ExitStack() as stack:
        servers = tuple(stack.enter_context(server) for server in _servers(top))
        victim = stack.enter_context(
            subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        )
        stack.callback(victim.kill)
        before = _digest(top / "outside") + _digest(top / "home")
        yield World(top=top, servers=servers, victim=victim, before=before)


def _servers(top: Path) -> Iterator[socket.socket]:
    for family, kind, place in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(top / "service")),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0tenpercent-{os.getpid()}-{top.name}"),
    ):
        server = socket.socket(family, kind)
        server.bind(place)
        if kind == socket.SOCK_STREAM:
            server.listen(16)
        server.setblocking(False)
        yield server


def _came(server: socket.socket) -> int:
    came = 0
    while True:
        try:
            if server.type == socket.SOCK_DGRAM:
                server.recv(100)
            else:
                server.accept()[0].close()
        except BlockingIOError:
            return came
        came += 1


def _digest(folder: Path) -> str:
    """Of the names, modes and contents of everything below."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(f"{path} {path.lstat().st_mode}".encode())
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()
