"""Time both versions of some functions in one process, taking turns; the process comes to one number.

Everything random was drawn by whoever asks: `junk` (sizes), `order` (which version is built first),
`flips` (which is warmed first, call by call), and `schedule` (quads such as "ABBA").

Sends one message: {"result": ...}, {"alternate": reason} where one process cannot hold both versions,
or {"error": reason} where nothing can be measured.
"""

from __future__ import annotations

import math
import sys
import time

from . import duet_calls, duet_load, duet_sides, duet_time
from .duet_diff import NotTogether

_LARGEST_CORRECTION = 0.1
MOST_CALLS = 32


def run(payload, send):
    duet_load.disorder(payload["junk"])
    duet_load.silence()
    try:
        send({"result": _measure(payload)})
    except NotTogether as reason:
        send({"alternate": str(reason)})
    except (LookupError, ValueError, ImportError, SyntaxError) as error:
        send({"error": "%s: %s" % (type(error).__name__, error)})


def _measure(payload):
    module = duet_load.module(payload, payload["before"])
    calls, lost = duet_calls.load(payload)
    if not calls:
        reasons = sorted({reason for _, reason in lost})
        raise ValueError("no recorded call could be rebuilt (%s)" % "; ".join(reasons[:3]))
    lost_share = _lost_share(lost, calls)
    calls = duet_calls.choose(calls, payload.get("most_calls", MOST_CALLS), payload["turn"])
    entries = sorted({call.entry for call in calls} | set(payload["qualnames"]))
    texts = {"before": payload["before"], "after": payload["after"]}
    sides = _build(module, texts, payload, entries)
    find = public if payload.get("inputs_file") else recorded
    stage = duet_time.Stage(calls, sides, find)
    with duet_load.quiet_errors():
        left = stage.examine(payload["order"])
        resets = stage.reset_before_each_pass(left, duet_load.own_names(entries))
        stage.settle()
        counts = stage.warm(payload["flips"])
        bare, empty = stage.overheads()
        usage = Usage()
        drawn = list(duet_time.quads(stage, payload["schedule"]))
        used = usage.since()
    result = summarise(stage, drawn, bare)
    result.update(
        counts=counts,
        resets=resets,
        lost_share=lost_share,
        lost_reasons=sorted({reason for _, reason in lost})[:3],
        empty_seconds=_weighted(calls, empty) / 1e9,
        plan=[_decisions(segment) for segment in stage.segments],
        **used,
    )
    if payload.get("metadata"):
        result["metadata"] = duet_load.metadata()
    return result


def _build(module, texts, payload, entries):
    try:
        return duet_sides.build(
            module, texts, payload["file"], entries, control=payload.get("control", False), order=payload["order"]
        )
    except (NotTogether, SyntaxError):
        raise
    except BaseException as error:
        # Running the changed statements a second time failed; a process for each version runs them once.
        raise NotTogether("%s when its definitions were run again: %s" % (type(error).__name__, error)) from error


def recorded(side, call):
    """The function to call for a call that was recorded: the bare one, as the recorder saw its frame."""
    if isinstance(side.namespace.get(call.entry.partition(".")[0]), type) and call.entry not in side.raw:
        return duet_sides.public_entry(side, call.entry)
    return duet_sides.raw_function(side, call.entry, call.fresh())


def public(side, call):
    """The function to call for arguments that somebody wrote down: what callers see."""
    side.install()
    return duet_sides.public_entry(side, call.entry)


def summarise(stage, drawn, bare):
    """One number for the process, one for each stratum and each call: medians over quads of log(before / after)."""
    calls = [segment.call for segment in stage.segments]
    whole, strata, single, before, after = [], {}, [], [], []
    groups = {}
    for index, call in enumerate(calls):
        groups.setdefault(call.stratum, []).append(index)
    for blocks in drawn:
        old, new = _corrected(stage, blocks, bare)
        whole.append(_log_ratio(calls, old, new, range(len(calls))))
        single.append([math.log(a / b) for a, b in zip(old, new)])
        before.append(_weighted(calls, old))
        after.append(_weighted(calls, new))
        for name, indexes in groups.items():
            strata.setdefault(name, []).append(_log_ratio(calls, old, new, indexes))
    return {
        "x": duet_time.median(whole),
        "before_seconds": duet_time.median(before) / 1e9,
        "after_seconds": duet_time.median(after) / 1e9,
        "strata": [
            [name, sum(calls[index].weight for index in indexes), duet_time.median(strata[name])]
            for name, indexes in groups.items()
        ],
        "calls": [[call.index, duet_time.median(column)] for call, column in zip(calls, zip(*single))],
        "cpu_share": min(_cpu_share(drawn, "before"), _cpu_share(drawn, "after")),
        "quads": len(drawn),
    }


def _corrected(stage, blocks, bare):
    """Nanoseconds per call of each segment on both sides, without the harness's own loop.

    The correction is the same on both sides, and capped so that it cannot make a ratio.
    """
    old, new = duet_time.smallest(blocks["before"]), duet_time.smallest(blocks["after"])
    for index, segment in enumerate(stage.segments):
        times = segment.count * stage.passes
        least = min(old[index], new[index]) / times
        correction = min(bare[index], _LARGEST_CORRECTION * least)
        old[index] = max(old[index] / times - correction, 1e-3)
        new[index] = max(new[index] / times - correction, 1e-3)
    return old, new


def _log_ratio(calls, old, new, indexes):
    weights = [calls[index].weight or 1e-12 for index in indexes]
    return math.log(
        sum(weight * old[index] for weight, index in zip(weights, indexes))
        / sum(weight * new[index] for weight, index in zip(weights, indexes))
    )


def _weighted(calls, values):
    total = sum(call.weight for call in calls) or 1
    return sum(call.weight * value for call, value in zip(calls, values)) / total


def _cpu_share(drawn, side):
    """Of the time that calls took, how much the processor worked; that of the best block, whatever the neighbours do."""
    shares = [sum(cpu) / (sum(wall) or 1) for blocks in drawn for wall, cpu in blocks[side]]
    return max(shares)


def _lost_share(lost, calls):
    gone = sum(weight for weight, _ in lost)
    return gone / ((gone + sum(call.weight for call in calls)) or 1)


def _decisions(segment):
    return {
        "index": segment.call.index,
        "style": segment.style,
        "raises": segment.raises,
        "endless": segment.limit is not None,
        "fresh": segment.fresh,
    }


class Usage:
    """Time of other threads, and how often this one waited of its own accord."""

    def __init__(self):
        self._process = time.process_time_ns()
        self._thread = time.thread_time_ns()
        self._waits = _voluntary_switches()

    def since(self):
        process = time.process_time_ns() - self._process
        thread = time.thread_time_ns() - self._thread
        return {
            "other_threads_share": max(0.0, (process - thread) / (process or 1)),
            "waits": _voluntary_switches() - self._waits,
            "threading": "threading" in sys.modules and sys.modules["threading"].active_count() > 1,
        }


def _voluntary_switches():
    try:
        import resource

        return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    except (ImportError, AttributeError, ValueError):
        return 0
