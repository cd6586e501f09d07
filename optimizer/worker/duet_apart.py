"""Time two versions in two processes that take turns, block by block.

For changes that one process cannot hold both versions of: another shape of a class, statements with effects,
module-level code. Both are forked from this process before the project is imported, and while one
runs a block the other waits. So what the machine does meanwhile hits both alike; what differs between
two processes (where things lie in memory) is left, and the gate sees it as spread between pairs.
"""

from __future__ import annotations

import json
import os

from . import duet_load, duet_segment, duet_time
from .duet_diff import NotTogether
from .duet_summary import Table, summarise
from .duet_turns import serve


def run(payload, send):
    if not hasattr(os, "fork"):
        send({"error": "this change needs a process for each version, which cannot be made on this system"})
        return
    duet_load.silence()
    pair = {}
    try:
        for name in payload["order"]:
            pair[name] = Turn(payload, name, list(pair.values()))
        send({"result": _measure(payload, pair)})
    except _Failed as error:
        send({"error": str(error)})
    except NotTogether as reason:
        send({"error": "the two versions do not compare: %s" % reason})
    finally:
        for turn in pair.values():
            turn.close()


class _Failed(Exception):
    """A version's process could not do what it was asked for."""


class Turn:
    """A forked process that holds one version and does one thing at a time."""

    def __init__(self, payload, name, earlier):
        self.name = name
        ours, theirs = os.pipe(), os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(ours[1])
            os.close(theirs[0])
            for turn in earlier:
                # A copy of its pipe here would keep that process waiting for questions for ever.
                turn.hang_up()
            try:
                serve(payload, name, os.fdopen(ours[0], "r"), os.fdopen(theirs[1], "w"))
            finally:
                os._exit(0)
        os.close(ours[0])
        os.close(theirs[1])
        self._to = os.fdopen(ours[1], "w")
        self._from = os.fdopen(theirs[0], "r")

    def ask(self, what, *given):
        """Let the process do `what`, and wait for the answer."""
        try:
            self._to.write(json.dumps([what, *given]) + "\n")
            self._to.flush()
            line = self._from.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise _Failed("the process of the version %s ended early" % self.name)
        answer = json.loads(line)
        if "error" in answer:
            raise _Failed("in the version %s, %s" % (self.name, answer["error"]))
        return answer["answer"]

    def hang_up(self):
        self._to.close()
        self._from.close()

    def close(self):
        self.hang_up()
        os.waitpid(self._pid, 0)


def _measure(payload, pair):
    before, after = pair["before"], pair["after"]
    if payload["qualnames"] == [""]:
        return _measure_module(payload, pair)
    for name in payload["order"]:
        pair[name].ask("load")
    samples = before.ask("neutral")
    known = [turn.ask("calls", samples) for turn in (before, after)]
    indexes = sorted(set(known[0]["indexes"]) & set(known[1]["indexes"]))
    if not indexes:
        raise _Failed(
            "no recorded call could be rebuilt for both versions (%s)"
            % "; ".join(sorted({*known[0]["lost_reasons"], *known[1]["lost_reasons"]})[:3])
        )
    after.ask("choose", indexes, payload["turn"])
    before.ask("choose", indexes, payload["turn"])
    seen = {name: pair[name].ask("examine") for name in payload["order"]}
    plan = agree(seen["before"], seen["after"])
    after.ask("adopt", plan)
    timed = before.ask("adopt", plan)
    slowest = [
        max(each) for each in zip(*(pair[name].ask("warm", payload["flips"]) for name in payload["order"]))
    ]
    counts = before.ask("choose_counts", slowest)
    after.ask("set_counts", counts)
    bare, empty = before.ask("overheads")
    drawn = _take_turns(pair, payload["schedule"], before.ask("pass_nanoseconds"))
    table = _table(timed, counts)
    result = summarise(table, drawn, bare)
    result.update(
        counts=counts,
        resets=plan["resets"],
        lost_share=max(each["lost_share"] for each in known),
        lost_reasons=sorted({*known[0]["lost_reasons"], *known[1]["lost_reasons"]})[:3],
        empty_seconds=table.weighted(empty) / 1e9,
    )
    return _with_usage(result, payload, pair)


def _measure_module(payload, pair):
    """Each block is one run of the module's code in a process forked for it, so nothing is warm that was not."""
    for name in payload["order"]:
        pair[name].ask("imports")
    for name in payload["order"]:
        pair[name].ask("run_module")
    nanoseconds = sum(sum(turn.ask("run_module")[0]) for turn in pair.values())
    drawn = _take_turns(pair, payload["schedule"], nanoseconds, what="run_module")
    counts = {"passes": 1, "segments": [1]}
    chosen = [{"index": 0, "stratum": "import", "weight": 1.0}]
    result = summarise(_table(chosen, counts), drawn, [0])
    result.update(
        counts=counts, resets={"before": [], "after": []}, lost_share=0.0, lost_reasons=[], empty_seconds=0.0
    )
    return _with_usage(result, payload, pair)


def _with_usage(result, payload, pair):
    used = [turn.ask("usage") for turn in pair.values()]
    result.update({key: max(each[key] for each in used) for key in used[0]})
    if payload.get("metadata"):
        result["metadata"] = pair["before"].ask("metadata")
    return result


def _table(chosen, counts):
    return Table(*([call[key] for call in chosen] for key in ("weight", "stratum", "index")), counts)


def _take_turns(pair, schedule, pass_nanoseconds, what="block"):
    for name in pair:
        pair[name].ask("freeze")
    drawn = []
    for order in duet_time.affordable(schedule, pass_nanoseconds):
        blocks = {}
        for letter in order:
            name = "before" if letter == "A" else "after"
            blocks.setdefault(name, []).append(pair[name].ask(what))
        drawn.append(blocks)
    return drawn


def agree(before, after):
    """One plan from what was seen of each version. Raises NotTogether where their calls do not compare."""
    segments = []
    for index, (old, new) in enumerate(zip(before["outcomes"], after["outcomes"])):
        style, endless = duet_segment.common_style(
            index, [duet_segment.Outcome(*each) for each in (old, new)]
        )
        fresh = before["fresh"][index] or after["fresh"][index]
        segments.append({"style": style, "raises": bool(old[1]), "endless": endless, "fresh": fresh})
    left = {"before": set(before["left"]), "after": set(after["left"])}
    resets = duet_time.resets(left, set(before["own"]) & set(after["own"]))
    return {"segments": segments, "resets": resets}
