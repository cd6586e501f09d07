"""A pytest plugin that reports outcomes, and makes a run comparable with the next one.

It is handed to `pytest.main` as an object, so processes that tests start know nothing of it. Everything
runs in this one process (no xdist, no forks), in the order of the files, to the end, without coverage and
benchmark rounds: none of that changes what a test finds out, all of it changes what a recorder sees.
"""

from __future__ import annotations

import re
import tempfile

import pytest

from .suite_run import first_line

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
_SETTINGS = {
    # xdist, forked, pytest-parallel: one process
    "numprocesses": 0,
    "dist": "no",
    "tx": [],
    "forked": False,
    "workers": None,
    "tests_per_worker": None,
    # to the end, whatever fails
    "maxfail": 0,
    "stepwise": False,
    "lf": False,
    "continue_on_collection_errors": True,
    # no dialogue
    "usepdb": False,
    "trace": False,
    # the order of the files, the same random numbers each time
    "hypothesis_seed": "0",
    "randomly_reorganize": False,
    "randomly_seed": 0,
    "random_order_bucket": "none",
    # each benchmark once
    "benchmark_disable": True,
}


def stable_id(nodeid):
    """The id without memory addresses, which differ in each process."""
    return _ADDRESS.sub("0x", nodeid)


class Reporter:
    """Sends what happens; see `suite_run` for the messages."""

    def __init__(self, send, watch, tests=None):
        self._send = send
        self._watch = watch
        self._wanted = None if tests is None else set(tests)
        self._was = {}
        self._why = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self, early_config):
        """Keep pytest-cov from starting: it decides here, from options alone."""
        options = early_config.known_args_namespace
        if getattr(options, "cov_source", None):
            options.cov_source = []
        yield

    @pytest.hookimpl(hookwrapper=True)
    def pytest_cmdline_main(self, config):
        """Before any other plugin reads the options."""
        for name, value in _SETTINGS.items():
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        if hasattr(config.option, "benchmark_storage"):
            config.option.benchmark_storage = "file://" + tempfile.mkdtemp(prefix="benchmarks-")
        if hasattr(config.option, "cov_source"):
            config.option.cov_source, config.option.no_cov = [], True
        yield

    @pytest.hookimpl(hookwrapper=True)
    def pytest_collection_modifyitems(self, config, items):
        yield
        if self._wanted is None:
            return
        out = [item for item in items if stable_id(item.nodeid) not in self._wanted]
        if out:
            config.hook.pytest_deselected(items=out)
            items[:] = [item for item in items if stable_id(item.nodeid) in self._wanted]

    def pytest_collection_finish(self, session):
        self._send({"collected": len(session.items)})

    def pytest_collectreport(self, report):
        if report.failed:
            self._send({"broken": report.nodeid, "why": first_line(report.longrepr)})

    def pytest_internalerror(self, excrepr):
        self._send({"internal": first_line(excrepr)})

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        name = stable_id(item.nodeid)
        self._send({"at": name})
        self._watch.test(name)
        yield
        self._watch.test(None)

    def pytest_runtest_logreport(self, report):
        name = stable_id(report.nodeid)
        was = report.outcome
        if was == "rerun":
            self._send({"flaky": name})
            return
        if hasattr(report, "context") and was != "failed":
            # A part of a test (subtest): the whole reports for itself.
            return
        if was == "failed" and self._was.get(name) != "failed":
            self._why[name] = _failure(report)
        self._was[name] = max(was, self._was.get(name, "passed"), key=_RANK.__getitem__)

    def pytest_runtest_logfinish(self, nodeid):
        name = stable_id(nodeid)
        if name in self._was:
            self._send({"outcome": name, "was": self._was.pop(name), "why": self._why.pop(name, "")})


_RANK = {"passed": 0, "skipped": 1, "failed": 2}


def _failure(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    return first_line(str(crash.message).split("\n")[0] if crash is not None else report.longrepr)
