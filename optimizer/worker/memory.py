"""Peak memory of single calls of one version.

`role` is "neutral" (the recorded arguments, written so that both versions can rebuild them), "trace" (the
allocator's own count, for each call) or "resident" (what the system counts for the process, for one call).
Sends {"result": ...} or {"error": reason}.
"""

from __future__ import annotations

import gc
import tracemalloc

from . import duet, duet_alone, duet_calls, duet_load, duet_neutral, duet_segment


def run(payload, send):
    duet_load.disorder(payload["junk"])
    duet_load.silence()
    try:
        send({"result": _ROLES[payload["role"]](payload)})
    except (LookupError, ValueError, ImportError, SyntaxError) as error:
        send({"error": "%s: %s" % (type(error).__name__, error)})


def _neutral(payload):
    side = duet_alone.import_version(payload, "before")
    return duet_neutral.rewrite(payload["samples"], side.namespace, payload)


def _trace(payload):
    side, calls = load_calls(payload)
    loop = duet_segment.Loop()
    peaks = []
    with duet_load.quiet_errors():
        for call in calls:
            function = duet.find(side, call)
            # The first call fills caches and imports what it needs; a workload does that once.
            duet_segment.run_once(function, call.fresh(), loop, call.taken)
            peaks.append([call.index, _traced_peak(function, call, loop)])
    return peaks


def _traced_peak(function, call, loop):
    arguments = call.fresh()
    gc.collect()
    tracemalloc.start()
    try:
        held = tracemalloc.get_traced_memory()[0]
        duet_segment.run_once(function, arguments, loop, call.taken)
        return tracemalloc.get_traced_memory()[1] - held
    finally:
        tracemalloc.stop()


def _resident(payload):
    side, calls = load_calls(payload)
    call = next(call for call in calls if call.index == payload["index"])
    function, loop = duet.find(side, call), duet_segment.Loop()
    arguments = call.fresh()
    with duet_load.quiet_errors():
        gc.collect()
        before = _forget_peak()
        duet_segment.run_once(function, arguments, loop, call.taken)
        return _peak() - before


def load_calls(payload):
    """The version's side and the calls that it can rebuild."""
    side = duet_alone.import_version(payload, payload["version"])
    calls, lost = duet_calls.load(payload)
    if not calls:
        raise ValueError(
            "no recorded call could be rebuilt (%s)" % "; ".join(sorted({why for _, why in lost})[:3])
        )
    return side, duet_calls.choose(calls, duet.MOST_CALLS, 0)


def _forget_peak():
    """Make the peak start from now, where the system can; returns what is resident now (or was at most)."""
    try:
        with open("/proc/self/clear_refs", "w") as stream:
            stream.write("5")
        return _status("VmRSS")
    except OSError:
        return _peak()


def _peak():
    try:
        return _status("VmHWM")
    except OSError:
        import resource
        import sys

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _status(name):
    with open("/proc/self/status") as stream:
        for line in stream:
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    raise OSError("the system does not say " + name)


_ROLES = {"neutral": _neutral, "trace": _trace, "resident": _resident}
