"""Run the project's tests (or a workload) inside this process, and report each outcome as it comes.

The payload: `kind` (pytest, unittest, doctest, command) and what that kind needs, `tree` (the folder that
runs), `original` (where the user's own checkout lies). Messages, in order:
    {"collected": n} {"at": id} {"outcome": id, "was": passed | failed | skipped, "why": "..."} ...
    {"broken": where, "why": "..."}   a file of tests that cannot be collected
    {"ran": status, "seconds": wall, "cpu_seconds": cpu, "sys_path": [...], "strays": [[module, file], ...]}
"""

from __future__ import annotations

import importlib
import os
import sys
import time


class Watch:
    """Hears which test is running; the recorder is one."""

    def test(self, name):
        """`name` is running now, None between tests."""

    def compiled(self, text, path):
        """The code of a script that runs as `__main__`, which no import hook sees."""
        return compile(text, path, "exec", dont_inherit=True)


def run(payload, send, watch=None):
    sys.path[:] = list(dict.fromkeys(sys.path))
    runner = importlib.import_module(__package__ + ".suite_" + payload["kind"])
    started, cpu = time.perf_counter(), time.process_time()
    status = runner.run_tests(payload, send, watch or Watch())
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    send(
        {
            "ran": int(status),
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "sys_path": [os.path.abspath(entry or ".") for entry in sys.path if isinstance(entry, str)],
            "strays": strays(payload["tree"], payload.get("original", "")),
        }
    )


def strays(tree, original):
    """Imported modules of the user's checkout of which the tree that should run has the same file."""
    tree, original = _folder(tree), _folder(original)
    if not original or tree == original or tree.startswith(original):
        return []
    found = []
    for name, module in list(sys.modules.items()):
        # Asking a lazy module for an attribute would import it.
        file = getattr(module, "__dict__", {}).get("__file__")
        if not isinstance(file, str) or not os.path.realpath(file).startswith(original):
            continue
        if os.path.exists(tree + os.path.realpath(file)[len(original) :]):
            found.append([name, file])
    return sorted(found)


def _folder(path):
    return os.path.join(os.path.realpath(path), "") if path else ""


def first_line(text, limit=300):
    """What a person reads first of an error: its last line that says something, shortened."""
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    return ((marked or lines or [""])[-1])[:limit]
