"""What one of two processes that take turns does when it is asked to."""

from __future__ import annotations

import ast
import gc
import importlib
import json
import os
import sys
import time
import types

from . import duet, duet_alone, duet_calls, duet_load, duet_neutral, duet_summary, duet_time


def serve(payload, name, questions, answers):
    """Answer one question at a time, until there are no more."""
    desk = _Desk(payload, name)
    for line in questions:
        what, *given = json.loads(line)
        try:
            answer = {"answer": getattr(desk, what)(*given)}
        except BaseException as error:
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


class _Desk:
    """One method for each question; answers are plain JSON."""

    def __init__(self, payload, name):
        # The two differ in what lies on their heaps, whatever they share by being forked from one process.
        duet_load.disorder(payload["junk"][:: 2 if name == "before" else 3])
        self._payload = payload
        self._name = name
        self._usage = duet_summary.Usage()
        self._stage = None
        _keep_to(payload["processor"])

    def load(self):
        self._side = duet_alone.import_version(self._payload, self._name)

    def neutral(self):
        if self._payload.get("control"):
            return self._payload["samples"]
        return duet_neutral.rewrite(self._payload["samples"], self._side.namespace, self._payload)

    def calls(self, samples):
        self._calls, lost = duet_calls.load(dict(self._payload, samples=samples))
        return {
            "indexes": [call.index for call in self._calls],
            "lost_share": duet.lost_share(lost, self._calls),
            "lost_reasons": sorted({reason for _, reason in lost})[:3],
        }

    def choose(self, indexes, turn):
        calls = [call for call in self._calls if call.index in set(indexes)]
        chosen = duet_calls.choose(calls, duet.MOST_CALLS, turn)
        self._stage = duet_time.Stage(chosen, {self._name: self._side}, duet.find)

    def examine(self):
        with duet_load.quiet_errors():
            left = self._stage.examine([self._name])[self._name]
        outcomes = [segment.outcomes[self._name] for segment in self._stage.segments]
        return {
            "outcomes": [
                [each.style, each.raised, each.endless, each.nanoseconds, each.kind] for each in outcomes
            ],
            "fresh": [segment.fresh for segment in self._stage.segments],
            "left": sorted(left),
            "own": sorted(duet_load.own_names(self._side.raw)),
        }

    def adopt(self, plan):
        for segment, decision in zip(self._stage.segments, plan["segments"]):
            segment.adopt(**decision)
        self._stage.resets = plan["resets"]
        self._stage.add_first_items()
        calls = self._stage.calls()
        return [{"index": call.index, "stratum": call.stratum, "weight": call.weight} for call in calls]

    def warm(self, flips):
        with duet_load.quiet_errors():
            return self._stage.warm(flips)

    def choose_counts(self, slowest):
        self._stage.slowest = slowest
        return self._stage.choose_counts()

    def set_counts(self, counts):
        self._stage.set_counts(counts)

    def pass_nanoseconds(self):
        return self._stage.pass_nanoseconds()

    def overheads(self):
        return self._stage.overheads()

    def freeze(self):
        gc.collect()
        gc.freeze()
        self._usage = duet_summary.Usage()

    def block(self):
        with duet_load.quiet_errors():
            self._stage.settle_caches(self._name)
            return self._stage.block(self._name)

    def usage(self):
        return dict(self._usage.since(), waits=self._stage.waits if self._stage else 0)

    def metadata(self):
        return duet_load.metadata()

    def imports(self):
        """Import whatever either version imports, so that only its own code is timed."""
        for name in ("before", "after"):
            _import_what_it_imports(ast.parse(self._payload[name].lstrip("\ufeff")), self._payload["module"])
        text = self._payload[self._name].lstrip("\ufeff")
        self._code = compile(text, self._payload["file"], "exec", dont_inherit=True)

    def run_module(self):
        """[processor nanoseconds], [wall nanoseconds] of the module's code, run in a process of its own."""
        theirs, ours = os.pipe()
        child = os.fork()
        if not child:
            _run_module(self._code, self._payload, ours)
        os.close(ours)
        with os.fdopen(theirs) as stream:
            said = stream.read()
        os.waitpid(child, 0)
        answer = json.loads(said or '{"error": "the module ended the process"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["times"]


def _run_module(code, payload, descriptor):
    """Run in the forked process, which ends here."""
    try:
        module = types.ModuleType(payload["module"])
        module.__file__ = payload["file"]
        module.__package__ = payload["module"].rpartition(".")[0]
        sys.modules[module.__name__] = module
        with duet_load.quiet_errors():
            cpu, started = time.thread_time_ns(), time.perf_counter_ns()
            exec(code, module.__dict__)
            wall, cpu = time.perf_counter_ns() - started, time.thread_time_ns() - cpu
        answer = {"times": [[cpu], [wall]]}
    except BaseException as error:
        answer = {"error": "%s: %s" % (type(error).__name__, error)}
    os.write(descriptor, json.dumps(answer).encode())
    os._exit(0)


def _keep_to(draw):
    """Both versions on one processor, drawn for the pair: a neighbour on another would be only one's."""
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[draw % len(allowed)]})


def _import_what_it_imports(tree, module):
    package = module.rpartition(".")[0]
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            base = "." * node.level + (node.module or "")
            names = [base] if node.module else [base + alias.name for alias in node.names]
        for name in names:
            try:
                importlib.import_module(name, package)
            except BaseException:
                # The module itself may guard this import; running its code will tell.
                continue
