"""Send what a recorder has found; see `record` for the messages."""

from __future__ import annotations

import base64

from .record_takes import shares

STOPPED = ", stopped early"


def report(recorder, send):
    send({"calls": _calls(recorder.entries), "tests": recorder.tests})
    send(
        {
            "profile": recorder.sampler.report(),
            "spent_seconds": recorder.copier.spent_seconds,
            "faults": sorted(recorder.faults.items()),
        }
    )
    for number, target in enumerate(recorder.wanted):
        entries = [entry for entry in recorder.entries if number in {sink for sink, _ in entry.sinks}]
        if entries:
            message = _recording(recorder.sinks[number], entries, is_class=target["kind"] == "class")
            send({"target": number, **message})


def _calls(entries):
    """[path, line, name, calls, [numbers of tests]] of each place; a module may have been loaded twice."""
    total = {}
    for entry in entries:
        if entry.key is not None and entry.calls:
            calls, tests = total.setdefault(entry.key, (0, set()))
            total[entry.key] = (calls + entry.calls, tests | entry.tests)
    return [[*key, calls, sorted(tests)] for key, (calls, tests) in total.items()]


def _recording(sink, entries, *, is_class):
    signature = entries[0].constructor if is_class else entries[0].signature
    types = sink.all_types(signature.names)
    return {
        "calls": sink.looked_at if is_class else sum(entry.calls for entry in entries),
        "tests": sorted(set().union(*(entry.tests for entry in entries))),
        "types": [[name, kind, count] for (name, kind), count in types.items()],
        "lost": sorted(sink.lost.items()),
        "samples": [each for chosen in sink.chosen() for each in _samples(*chosen)],
    }


def _samples(sample, stratum, weight):
    """The sample, once for each way in which its calls' generators were taken."""
    for taken, share in shares(sample.takes):
        yield {
            "call": base64.b64encode(sample.data).decode("ascii"),
            "stratum": stratum + (STOPPED if taken else ""),
            "weight": weight * share,
            "taken": taken,
            "types": [list(pair) for pair in sample.types],
        }
