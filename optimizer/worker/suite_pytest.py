"""Run a pytest suite in this process."""

from __future__ import annotations

import os
import sys
import tempfile


def run_tests(payload, send, watch):
    """Pytest's exit status. `tests` limits the run to these ids, `args` go before everything else."""
    import pytest

    from .plugin_pytest import Reporter

    tests = payload.get("tests")
    args = list(payload.get("args", ()))
    args += ["-q", "--tb=no", "--rootdir=" + payload["tree"], *_no_cache(payload)]
    if tests is not None:
        args += _files(tests, payload["tree"])
    # Hypothesis keeps its examples beside the tests unless it is told otherwise.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", tempfile.mkdtemp(prefix="hypothesis-"))
    _pretend_main(args)
    try:
        return pytest.main(args, plugins=[Reporter(send, watch, tests)])
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1


def _no_cache(payload):
    """Keep caches out of the tree; options such as --ff need the cache, so it is elsewhere instead."""
    if payload.get("cacheless"):
        return []
    return ["-o", "cache_dir=" + tempfile.mkdtemp(prefix="pytest-cache-")]


def _files(tests, tree):
    files = dict.fromkeys(name.partition("::")[0] for name in tests)
    return [name for name in files if os.path.exists(os.path.join(tree, name))]


def _pretend_main(args):
    """What `python -m pytest` shows to code that asks for `sys.argv` or `__main__`."""
    import importlib.util
    import types

    spec = importlib.util.find_spec("pytest.__main__")
    main = types.ModuleType("__main__")
    if spec is not None:
        main.__spec__, main.__file__ = spec, spec.origin
    sys.modules["__main__"] = main
    sys.argv = [spec.origin if spec else "pytest", *args]
