"""A new version cannot claim to be the same: it speaks for one process only, and is compared in another.

What each version was seen to do comes from a process of its own. Whoever gets hold of all that a worker knows
can say anything of its own version, but not what the original does; and only what the two say alike is the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.model import Behaviour, Verification
from optimizer.sandbox.launch import Launcher
from optimizer.verify.verify import verify
from tests.unit.pairs import pair

BEFORE = """
def total(xs: list[int]) -> int:
    result = 0
    for x in xs:
        result += x
    return result
"""
# Finds what a worker signs its messages with, and where it writes them.
STEAL = """
import gc, json, os, sys
for thing in gc.get_objects():
    if type(thing).__name__ == "function" and thing.__name__ == "send" and thing.__closure__:
        held = {name: cell.cell_contents for name, cell in zip(thing.__code__.co_freevars, thing.__closure__)}
        if "nonce" in held:
            break
def say(message):
    os.write(held["result_fd"], (held["nonce"] + " " + json.dumps(message) + "\\n").encode())
"""
FORGED = {
    "says of every input that nothing was seen, with the right nonce": STEAL
    + """
say({"imported": {"ok": True}})
for index in range(500):
    say({"index": index, "how": "ok", "outcome": {}, "seconds": 0.0})
say({"done": True})
os._exit(0)
""",
    "says of every input that it returned 3, with the right nonce": STEAL
    + """
for index in range(500):
    say({"index": index, "how": "ok", "outcome": {"value": ["int", "3"]}, "seconds": 0.0})
""",
    "says that it is done, with the right nonce": STEAL + "say({'done': True})\nos._exit(0)\n",
    "replaces what runs an input": """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("tenpercent_worker") and hasattr(module, "isolated"):
        module.isolated = lambda *_: ({}, "ok", 0.0)
""",
    "replaces what writes values down": """
import sys
class Same:
    def __init__(self, *_, **__): pass
    def __getattr__(self, name): return lambda *_, **__: ["int", "3"]
for name, module in list(sys.modules.items()):
    if name.startswith("tenpercent_worker") and hasattr(module, "Canon"):
        module.Canon = Same
""",
    "replaces the standard library": """
import builtins, hashlib, json, pickle, time
json.dumps = lambda *_, **__: "{}"
hashlib.sha256 = hashlib.md5
pickle.dumps = lambda *_, **__: b""
time.perf_counter = time.perf_counter_ns = time.process_time = lambda: 0
builtins.repr = builtins.str = lambda *_: ""
builtins.id = lambda _: 0
""",
    "watches every line": """
import sys
def trace(frame, event, argument):
    if frame.f_code.co_name == "_answer" and "function" in frame.f_locals:
        frame.f_locals["function"] = dict
    return trace
sys.settrace(trace)
""",
    "is equal to everything": """
class Equal(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
""",
}
WRONG = {"is equal to everything": "return Equal(3)"}


QUICK = {"says of every input that it returned 3, with the right nonce", "replaces what writes values down"}


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[] if what in QUICK else [pytest.mark.slow]) for what in FORGED]
)
def test_no_agreement_is_forged(what: str, tmp_path: Path) -> None:
    body = WRONG.get(what, "return 3")
    after = FORGED[what] + f"\ndef total(xs: list[int]) -> int:\n    {body}\n"
    found = judged(tmp_path, after)
    assert found.behaviour is not Behaviour.SAME, found


FASTER = {
    "stops the clock": """
import time
for name in ("perf_counter", "perf_counter_ns", "process_time_ns", "monotonic_ns"):
    setattr(time, name, lambda: 0)
""",
    "slows the other version down": """
import gc
def slow(xs): return sum(sum(xs[:n]) - sum(xs[:n]) for n in range(len(xs))) + sum(xs)
def total(xs): return sum(xs)
for thing in gc.get_objects():
    if type(thing).__name__ == "function" and thing.__name__ == "total" and thing is not total:
        thing.__code__ = slow.__code__
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", list(FASTER))
def test_code_that_only_serves_to_look_faster_is_not_verified(what: str, tmp_path: Path) -> None:
    """Planted mistakes in it are not noticed, or its branches are never reached: so it is never measured."""
    found = judged(tmp_path, FASTER[what] + BEFORE)
    assert found.behaviour is not Behaviour.SAME, found


def test_a_version_that_only_looks_around_is_compared_as_any_other(tmp_path: Path) -> None:
    """So what refuses the others is what they forge, not how they find out what to."""
    found = judged(tmp_path, STEAL + BEFORE.replace("result += x", "result = result + x"))
    assert found.behaviour is not Behaviour.DIFFERENT, found
    assert found.inputs_tried > 10


def judged(folder: Path, after: str) -> Verification:
    calls = "([1, 2],), ([],), ([4],)"
    subject = pair(folder, BEFORE, after, calls=calls, module="sums", name="total")
    return verify(subject, Launcher(), budget_seconds=8.0)
