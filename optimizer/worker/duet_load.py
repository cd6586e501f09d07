"""Get a process ready to time the project's code: disorder first, then the module, then silence."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time

from . import duet_loops, load

_junk = []


def disorder(sizes):
    """Scatter the heap, so that no two processes lay out memory alike."""
    blocks = [bytearray(size) for size in sizes]
    _junk.extend(blocks[::2])


def silence():
    """What the project's code prints goes nowhere: thousands of calls may print."""
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


class quiet_errors:
    """The same for standard error, but only while calls run: a crash before should be readable."""

    def __enter__(self):
        sys.stderr.flush()
        self._saved = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def __exit__(self, *exc_info):
        sys.stderr.flush()
        os.dup2(self._saved, 2)
        os.close(self._saved)


def module(payload, text):
    """Import the project's module with `text` served as its file, under all its names."""
    load.serve(payload["file"], text)
    return checked(imported(payload, load._Substitute(payload["module"], payload["file"], text)), payload)


def imported(payload, loader):
    """The module as imports find it, else (no import root leads to its file) as `loader` loads it."""
    name = payload["module"]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    spec = importlib.util.spec_from_loader(name, loader, origin=payload["file"])
    spec.has_location = True
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    loader.exec_module(found)
    return found


def checked(found, payload):
    """The module, if it really came from the file that changes."""
    where = getattr(found, "__file__", None)
    if not where or os.path.realpath(where) != os.path.realpath(payload["file"]):
        raise ImportError(
            "%s was imported from %s instead of %s" % (payload["module"], where, payload["file"])
        )
    for alias in payload.get("aliases", ()):
        sys.modules.setdefault(alias, found)
    return found


def metadata():
    """What a reader of the figures wants to know about this interpreter, in pyperf's own terms."""
    import platform

    clock = time.get_clock_info(duet_loops.CLOCK.__name__.partition("_ns")[0])
    bits = "64-bit" if sys.maxsize > 2**32 else "32-bit"
    return {
        "python_version": "%s (%s)" % (platform.python_version(), bits),
        "python_implementation": sys.implementation.name,
        "python_compiler": " ".join(platform.python_compiler().split()),
        "python_hash_seed": os.environ.get("PYTHONHASHSEED", "random"),
        "python_cflags": _cflags(),
        "platform": platform.platform(True, False),
        "timer": "%s, resolution: %g ns" % (clock.implementation, clock.resolution * 1e9),
    }


def _cflags():
    import sysconfig

    return " ".join((sysconfig.get_config_var("PY_CFLAGS") or "").split())


def own_names(function_names):
    """How `duet_state` calls the caches that belong to these functions."""
    return {"the cache of " + name for name in function_names}
