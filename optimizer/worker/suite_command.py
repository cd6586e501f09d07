"""Run a Python command line (`-m package args`, `-c code`, `script.py args`) in this process, as a workload.

Its outcomes are its exit status and what it printed, each as the name of a "test", so that a run that
prints something else is seen as one that lost the old outcome.
"""

from __future__ import annotations

import builtins
import hashlib
import os
import runpy
import sys
import tempfile
import traceback
import types


def run_tests(payload, send, watch):
    """0: a command that ends with another status has another outcome, and still ran to its end."""
    send({"collected": 1})
    send({"at": "command"})
    watch.test("command")
    with tempfile.TemporaryFile() as capture:
        status = _captured(payload["argv"], capture, watch)
        digest = _digest(capture)
    watch.test(None)
    send({"outcome": "exit status %s" % status, "was": "passed", "why": ""})
    send({"outcome": "output %s" % digest, "was": "passed", "why": ""})
    return 0


def _captured(argv, capture, watch):
    """Run with standard output going to `capture`; the exit status, as a text."""
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(capture.fileno(), 1)
    try:
        return _status(argv, watch)
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        os.close(saved)


def _status(argv, watch):
    try:
        _run(argv, watch)
    except SystemExit as error:
        if isinstance(error.code, str):
            sys.stderr.write(error.code + "\n")
        return str(error.code if isinstance(error.code, int) else int(error.code is not None))
    except BaseException as error:
        traceback.print_exc()
        return "1 (%s)" % type(error).__name__
    return "0"


def _run(argv, watch):
    if argv[0] == "-m":
        sys.argv = list(argv[1:])
        sys.path.insert(0, os.getcwd())
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
    elif argv[0] == "-c":
        sys.argv = ["-c", *argv[2:]]
        sys.path.insert(0, "")
        _as_main(compile(argv[1], "<string>", "exec", dont_inherit=True), {})
    else:
        path = os.path.abspath(argv[0])
        sys.argv = list(argv)
        sys.path.insert(0, os.path.dirname(path))
        with open(path, "rb") as stream:
            code = watch.compiled(stream.read(), path)
        _as_main(code, {"__file__": argv[0], "__cached__": None})


def _as_main(code, names):
    main = types.ModuleType("__main__")
    main.__dict__.update(names, __builtins__=builtins)
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def _digest(stream):
    digest = hashlib.sha256()
    stream.seek(0)
    for block in iter(lambda: stream.read(1 << 16), b""):
        digest.update(block)
    return digest.hexdigest()[:16]
