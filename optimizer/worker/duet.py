"""Time both versions of some functions in one process, taking turns; the process comes to one number.

Everything random was drawn by whoever asks: `junk` (sizes), `order` (which version is built first),
`flips` (which is warmed first, call by call), and `schedule` (quads such as "ABBA").

Sends one message: {"result": ...}, {"alternate": reason} where one process cannot hold both versions,
or {"error": reason} where nothing can be measured.
"""

from __future__ import annotations

from . import duet_calls, duet_load, duet_sides, duet_strangers, duet_summary, duet_time
from .duet_diff import NotTogether

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
    if payload["qualnames"] == [""]:
        raise NotTogether("module-level code runs once in a process")
    module = duet_load.module(payload, payload["before"])
    calls, lost = duet_calls.load(payload)
    if not calls:
        raise ValueError("no recorded call could be rebuilt (%s)" % "; ".join(_reasons(lost)))
    chosen = duet_calls.choose(calls, MOST_CALLS, payload["turn"])
    entries = sorted({call.entry for call in chosen} | set(payload["qualnames"]))
    sides = _build(module, payload, entries)
    strangers = duet_strangers.between(sides, None if payload.get("control") else module)
    stage = duet_time.Stage(chosen, sides, find, strangers)
    with duet_load.quiet_errors():
        left = stage.examine(payload["order"])
        strangers.check()
        stage.resets = duet_time.resets(left, duet_load.own_names(entries))
        stage.settle()
        stage.warm(payload["flips"])
        counts = stage.choose_counts()
        bare, empty = stage.overheads()
        usage = duet_summary.Usage()
        drawn = list(duet_time.quads(stage, payload["schedule"]))
        used = dict(usage.since(), waits=stage.waits)
    table = tabulate(stage.calls(), counts)
    result = duet_summary.summarise(table, drawn, bare)
    result.update(used)
    result.update(
        counts=counts,
        resets=stage.resets,
        lost_share=lost_share(lost, calls),
        lost_reasons=_reasons(lost),
        empty_seconds=table.weighted(empty) / 1e9,
    )
    if payload.get("metadata"):
        result["metadata"] = duet_load.metadata()
    return result


def _build(module, payload, entries):
    texts = {"before": payload["before"], "after": payload["after"]}
    try:
        return duet_sides.build(
            module,
            texts,
            payload["file"],
            entries,
            control=payload.get("control", False),
            order=payload["order"],
        )
    except (NotTogether, SyntaxError):
        raise
    except BaseException as error:
        # Running the changed statements a second time failed; a process for each version runs them once.
        raise NotTogether(
            "%s when its definitions were run again: %s" % (type(error).__name__, error)
        ) from error


def find(side, call):
    """The function to call: what callers see, or the bare one as a recorder sees its frame."""
    bare = call.entry in side.raw or not isinstance(side.namespace.get(call.entry.partition(".")[0]), type)
    if bare and not call.public:
        return duet_sides.raw_function(side, call.entry, call.fresh())
    side.install()
    return duet_sides.public_entry(side, call.entry)


def tabulate(calls, counts):
    """The calls as columns."""
    columns = (
        [call.weight for call in calls],
        [call.stratum for call in calls],
        [call.index for call in calls],
    )
    return duet_summary.Table(*columns, counts)


def lost_share(lost, calls):
    """The share of the recorded weight that could not be rebuilt."""
    gone = sum(weight for weight, _ in lost)
    return gone / ((gone + sum(call.weight for call in calls)) or 1)


def _reasons(lost):
    return sorted({reason for _, reason in lost})[:3]
