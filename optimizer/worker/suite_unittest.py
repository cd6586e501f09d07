"""Run a unittest suite in this process."""

from __future__ import annotations

import os
import sys
import unittest

from .suite_run import first_line

NOTHING_COLLECTED = 5


def run_tests(payload, send, watch):
    """0, 1 when a test failed, 5 when there is none."""
    sys.argv = ["python -m unittest"]
    suite = _discover(payload["tree"], payload.get("start", ""))
    tests = payload.get("tests")
    if tests is not None:
        suite = _only(suite, set(tests))
    send({"collected": suite.countTestCases()})
    if not suite.countTestCases():
        return NOTHING_COLLECTED
    result = _Result(send, watch)
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


def _discover(tree, start):
    """What `python -m unittest discover` finds from `start`, a folder relative to the tree."""
    folder = os.path.join(tree, start) if start else tree
    packaged = start and os.path.exists(os.path.join(folder, "__init__.py"))
    loader = unittest.TestLoader()
    return loader.discover(folder, pattern=_pattern(folder), top_level_dir=tree if packaged else folder)


def _pattern(folder):
    """Unittest's own `test*.py`, unless the files are all called the other way round."""
    names = [name for _, _, files in os.walk(folder) for name in files if name.endswith(".py")]
    usual = any(name.startswith("test") for name in names)
    return "*_test.py" if not usual and any(name.endswith("_test.py") for name in names) else "test*.py"


def _only(suite, wanted):
    kept = unittest.TestSuite()
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            inner = _only(part, wanted)
            if inner.countTestCases():
                kept.addTest(inner)
        elif part.id() in wanted:
            kept.addTest(part)
    return kept


class _Result(unittest.TestResult):
    """Sends each outcome; parts of a test (subtests) count for the whole."""

    def __init__(self, send, watch):
        super().__init__()
        self._send = send
        self._watch = watch
        self._was = {}

    def startTest(self, test):
        super().startTest(test)
        self._send({"at": test.id()})
        self._watch.test(test.id())

    def stopTest(self, test):
        super().stopTest(test)
        self._watch.test(None)
        was, why = self._was.pop(test.id(), ("passed", ""))
        if type(test).__name__ == "_FailedTest":
            self._send({"broken": test.id(), "why": why})
        else:
            self._send({"outcome": test.id(), "was": was, "why": why})

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, err)
        if not isinstance(test, unittest.TestCase):
            # A fixture of a class or module: nothing will be stopped under this name.
            self._send({"outcome": test.id(), "was": "failed", "why": self._was.pop(test.id())[1]})

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._failed(test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._was.setdefault(test.id(), ("skipped", ""))
        if not isinstance(test, unittest.TestCase):
            self._send({"outcome": test.id(), "was": "skipped", "why": ""})

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._was[test.id()] = ("skipped", "")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._was[test.id()] = ("failed", "unexpected success")

    def _failed(self, test, err):
        kind, value, _ = err
        text = "%s: %s" % (kind.__name__, value)
        self._was[test.id()] = (
            "failed",
            first_line(text if type(test).__name__ == "_FailedTest" else text.split("\n", maxsplit=1)[0]),
        )
