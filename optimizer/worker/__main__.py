"""Start one task: read the job from one descriptor, send messages to another.

usage: python optimizer/worker JOB_FD RESULT_FD

The job is one JSON object: `nonce`, `task`, `payload`, `sys_path`, `limits`. A message is one line,
`NONCE JSON`. The last message of a task that ran to its end is `{"done": true}`; whoever started the
worker believes nothing was finished without it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _own_package(folder):
    """Make this folder importable as `tenpercent_worker` without putting it on `sys.path`."""
    init = os.path.join(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location(
        "tenpercent_worker", init, submodule_search_locations=[folder]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["tenpercent_worker"] = package
    spec.loader.exec_module(package)


def _limit(limits):
    """Lower this process's own limits; a platform without `resource` has none."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: limits.get("memory_bytes"),
        resource.RLIMIT_FSIZE: limits.get("file_bytes"),
        resource.RLIMIT_NOFILE: limits.get("open_files"),
        resource.RLIMIT_CPU: limits.get("cpu_seconds"),
    }
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind, value in wanted.items():
        if value:
            _, hard = resource.getrlimit(kind)
            ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (ceiling, ceiling))


def _end_with_parent():
    """Have the kernel kill this process when whoever started it is killed. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        return


def _read_all(descriptor):
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def main(argv):
    job_fd, result_fd = int(argv[1]), int(argv[2])
    job = json.loads(_read_all(job_fd))
    nonce = job.pop("nonce")
    os.set_inheritable(result_fd, False)
    owner = os.getpid()

    def send(message):
        """Write one message; a forked child of the project's code says nothing."""
        if os.getpid() != owner:
            return
        line = (nonce + " " + json.dumps(message, separators=(",", ":")) + "\n").encode("ascii")
        view = memoryview(line)
        while view:
            view = view[os.write(result_fd, view) :]

    _end_with_parent()
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != folder]
    sys.argv = ["worker"]
    _own_package(folder)
    _limit(job["limits"])
    # Byte code of the project is never written; that of this package saves compiling it in every process.
    never, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    task = importlib.import_module("tenpercent_worker." + job["task"])
    sys.dont_write_bytecode = never
    # Only now: a project's file may be called like a module of the standard library that a task needs.
    sys.path[:0] = job["sys_path"]
    task.run(job["payload"], send)
    send({"done": True})


if __name__ == "__main__":
    main(sys.argv)
    sys.stdout.flush()
    sys.stderr.flush()
    # The project's threads and exit handlers have no say in how a finished task ends.
    os._exit(0)
