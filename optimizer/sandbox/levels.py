"""Choose how strongly to isolate the project's code, by what really holds on this machine."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final

from optimizer.errors import SandboxError
from optimizer.ports import Job, Limits
from optimizer.sandbox.launch import LEVELS, WORKER, Launcher

FENCED: Final = {
    "network": "no connection is made, not even to this machine",
    "unix": "no service of this machine is reached by a socket in a folder",
    "outside": "no file outside its own folders is written",
    "private": "hidden files of a home, and the keys of the system, are not read",
    "memory": "the memory and variables of other programs are not read",
    "signals": "no signal reaches what it has not started",
}
_LIMITS = Limits(wall_seconds=30.0)


def runner_at(least: str, root: Path, *, worker: Path = WORKER) -> Launcher:
    """What runs the code of the project at `root` with no less isolation than `least`.

    Raises SandboxError when nothing here isolates that much.
    """
    if least == LEVELS[0]:
        return Launcher(worker)
    best = Launcher(worker, level=LEVELS[1], private=private_in(root))
    trouble = trouble_of(best)
    level = LEVELS[0] if trouble else best.level
    if LEVELS.index(level) < LEVELS.index(least):
        why = f" ({trouble})" if trouble else ""
        message = (
            f"--sandbox {least} was asked for, but here the project's code would run at {level}{why}; "
            f"give --sandbox {level} if you trust it that far."
        )
        raise SandboxError(message)
    return best


def trouble_of(launcher: Launcher) -> str:
    """Why the fence of this launcher does not hold here, "" when all that was tried was prevented."""
    with tempfile.TemporaryDirectory(prefix="tenpercent-fence-") as folder:
        place = Path(folder)
        inside, canary = place / "inside", place / "canary"
        inside.mkdir()
        canary.write_text("unread", encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as service:
            service.bind(str(place / "service"))
            service.listen()
            job = Job(
                task="fenced",
                payload={
                    "port": server.getsockname()[1],
                    "socket": str(place / "service"),
                    "outside": str(place / "written"),
                    "private": str(canary),
                    "starter": os.getpid(),
                },
                python=sys.executable,
                cwd=inside,
                limits=_LIMITS,
            )
            ran = launcher.hiding(canary).work(job)
    if ran.ended != "ok" or not ran.messages:
        last = ran.stderr.strip().splitlines()[-1:] or [f"a worker {ran.ended}"]
        return last[0].rpartition("NoFence: ")[2]
    held = ran.messages[-1]
    open_ways = [what for name, what in FENCED.items() if not held.get(name)]
    return f"it does not hold that {open_ways[0]}" if open_ways else ""


def private_in(root: Path) -> tuple[Path, ...]:
    """Where git keeps what it knows of the project at `root`: a checkout in a workflow leaves its token there."""
    around = (folder / ".git" for folder in (root.resolve(), *root.resolve().parents))
    return tuple(path for file in around if file.exists() for path in (file, *_elsewhere(file)))


def _elsewhere(file: Path) -> tuple[Path, ...]:
    """The folder of git's own that a worktree or a submodule has a file for, with the one it belongs to."""
    if file.is_dir():
        return ()
    named = file.read_text(encoding="utf-8", errors="replace").partition("gitdir: ")[2].strip()
    own = (file.parent / named).resolve()
    return (own, *(parent for parent in own.parents if parent.name == ".git"))
