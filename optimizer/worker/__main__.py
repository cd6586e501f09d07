"""Start one task: read the job from one descriptor, send messages to another.

usage: python optimizer/worker JOB_FD RESULT_FD

The job is one JSON object: `nonce`, `task`, `payload`, `sys_path`, `limits`, and `fence` at L1. A message is one line,
`NONCE JSON`. The last message of a task that ran to its end is `{"done": true}`; whoever started the
worker believes nothing was finished without it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys


def _own_package(folder):
    """Make this folder importable as `tenpercent_worker` without putting it on `sys.path`."""
    init = os.path.join(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location(
        "tenpercent_worker", init, submodule_search_locations=[folder]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["tenpercent_worker"] = package
    spec.loader.exec_module(package)


def _part(name):
    return importlib.import_module("tenpercent_worker." + name)


def _read_all(descriptor):
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def _fence_of(job):
    """The fence that was asked for, with what this interpreter itself is made of."""
    own = [sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.path.realpath(sys.executable))]
    folder = os.path.dirname(os.path.abspath(__file__))
    paths = [entry for entry in (*sys.path, *job["sys_path"]) if entry]
    return {**job["fence"], "needed": [*job["fence"]["needed"], *own, folder, *paths]}


def main(argv):
    job_fd, result_fd = int(argv[1]), int(argv[2])
    job = json.loads(_read_all(job_fd))
    nonce = job.pop("nonce")
    os.set_inheritable(result_fd, False)
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != folder]
    # Byte code of the project is never written; that of this package saves compiling it in every process.
    never, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    _own_package(folder)
    _part("supervise").split(result_fd, job["limits"])
    _part("confine").confine(job["limits"], fenced=bool(job.get("fence")))
    if job.get("fence"):
        _part("fence").fence(_fence_of(job))
    owner = os.getpid()

    def send(message):
        """Write one message; a forked child of the project's code says nothing."""
        if os.getpid() != owner:
            return
        line = (nonce + " " + json.dumps(message, separators=(",", ":")) + "\n").encode("ascii")
        view = memoryview(line)
        while view:
            view = view[os.write(result_fd, view) :]

    sys.argv = ["worker"]
    task = _part(job["task"])
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
