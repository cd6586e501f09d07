"""Run the doctests of the project's modules in this process."""

from __future__ import annotations

import doctest
import importlib
import io
import sys

from .suite_run import first_line

NOTHING_COLLECTED = 5


def run_tests(payload, send, watch):
    """0, 1 when an example failed, 5 when there is none."""
    sys.argv = ["python -m doctest"]
    tests = _collected(payload["modules"], send)
    wanted = payload.get("tests")
    if wanted is not None:
        tests = [test for test in tests if test.name in set(wanted)]
    send({"collected": len(tests)})
    failed = [_failed(test, send, watch) for test in tests]
    return (1 if any(failed) else 0) if tests else NOTHING_COLLECTED


def _collected(modules, send):
    finder = doctest.DocTestFinder(exclude_empty=True)
    tests = []
    for name in modules:
        try:
            tests += finder.find(importlib.import_module(name))
        except BaseException as error:
            send({"broken": name, "why": first_line("%s: %s" % (type(error).__name__, error))})
    return sorted(
        (test for test in tests if test.examples), key=lambda test: (test.filename or "", test.name)
    )


def _failed(test, send, watch):
    send({"at": test.name})
    watch.test(test.name)
    report = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False)
    result = runner.run(test, out=report.write, clear_globs=True)
    watch.test(None)
    why = first_line(report.getvalue()) if result.failed else ""
    send({"outcome": test.name, "was": "failed" if result.failed else "passed", "why": why})
    return result.failed
