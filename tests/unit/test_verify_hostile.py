"""A new version that misbehaves is refused within its limits, whatever it does, and nothing else suffers."""

from __future__ import annotations

import textwrap
import time
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

# Every body begins where the original begins, and ends with the right answer when it gets there.
HOSTILE = {
    "loops for ever": "while True: pass",
    "loops for ever and catches everything": """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
    "sleeps for ever": "import time; time.sleep(10_000)",
    "eats memory": "hoard = [bytearray(1 << 20) for _ in range(1 << 20)]",
    "recurses for ever": "return total(xs)",
    "ends the process": "import os; os._exit(0)",
    "leaves the program": "raise SystemExit(0)",
    "kills the process": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "prints a gigabyte": """
        for _ in range(1 << 10): print('x' * (1 << 20))
        """,
    "writes a gigabyte past Python's streams": """
        import os
        for _ in range(1 << 10): os.write(1, b'x' * (1 << 20))
        """,
    "forks": """
        import os, time
        if os.fork() == 0: time.sleep(10_000)
        """,
    "starts processes": "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'pass']).wait()",
    "replaces what compares": """
        import builtins, json
        builtins.len = lambda *_: 0
        builtins.sorted = lambda *_, **__: []
        builtins.isinstance = lambda *_: True
        """,
    "closes every descriptor": "import os; os.closerange(0, 256)",
    "claims to be another answer": """
        import os
        for descriptor in range(3, 64):
            try: os.write(descriptor, b'{"index": 0, "how": "ok", "outcome": {}}\\n')
            except OSError: pass
        """,
    "writes a whole answer into every descriptor": """
        import os
        data = b'{"result": {}, "raised": null}'
        for descriptor in range(3, 64):
            try: os.write(descriptor, len(data).to_bytes(8, 'big') + data)
            except OSError: pass
        os._exit(0)
        """,
    "leaves a daemon": """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork(): os._exit(0)
            time.sleep(10_000)
        print('done')
        """,
    "ends its parents": """
        import os, signal
        os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)
        """,
    "raises what nothing catches": "raise BaseException('no')",
    "leaves when it exits": """
        import atexit, sys
        atexit.register(sys.exit, 3)
        print('registered')
        """,
    "raises its limits and eats memory": """
        import resource
        try: resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except ValueError: pass
        hoard = [bytearray(1 << 20) for _ in range(1 << 20)]
        """,
    "leaves threads that never end": """
        import threading, time
        for _ in range(3): threading.Thread(target=time.sleep, args=(10_000,)).start()
        """,
    "recurses without a limit": """
        import sys
        sys.setrecursionlimit(10 ** 9)
        def deeper(n): return deeper(n + 1)
        deeper(0)
        """,
    "has the interpreter walk into nothing": "import ctypes; ctypes.string_at(0)",
    "ignores every signal and waits": """
        import signal, time
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(number, signal.SIG_IGN)
        while True: time.sleep(10_000)
        """,
    "waits for input": "input()",
    "removes its own module": "import sys; sys.modules.clear()",
}


def judged(folder: Path, after: str, before: str = BEFORE, calls: str = "([1, 2],), ([],)") -> Verification:
    subject = pair(folder, before, after, calls=calls, module="sums", name="total")
    return verify(subject, Launcher(), budget_seconds=8.0)


def with_body(body: str) -> str:
    body = textwrap.dedent(body).strip()
    return f"def total(xs: list[int]) -> int:\n{textwrap.indent(body, '    ')}\n    return sum(xs)\n"


QUICK = ("loops for ever", "ends its parents", "writes a whole answer into every descriptor")


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[] if what in QUICK else [pytest.mark.slow]) for what in HOSTILE]
)
def test_it_is_refused_within_its_limits(what, tmp_path):
    started = time.monotonic()
    found = judged(tmp_path, with_body(HOSTILE[what]))
    assert found.behaviour is Behaviour.DIFFERENT, found
    assert found.counterexample is not None
    assert time.monotonic() - started < 120


def test_one_that_only_misbehaves_on_some_input_is_found_and_the_others_still_count(tmp_path):
    found = judged(tmp_path, with_body("while len(xs) == 3: pass"))
    assert found.behaviour is Behaviour.DIFFERENT
    assert "in time" in found.counterexample.after
    assert found.inputs_tried > 10


def test_an_import_that_never_ends_is_a_difference(tmp_path):
    found = judged(tmp_path, "import os\nos._exit(3)\n" + with_body("pass"))
    assert found.behaviour is Behaviour.DIFFERENT
    assert found.counterexample.found_by == "import"


@pytest.mark.slow
def test_where_the_original_exceeds_the_limits_nothing_is_compared(tmp_path):
    before = BEFORE.replace("result = 0\n", "result = 0\n    while len(xs) == 1: pass\n")
    after = before.replace("result += x", "result = result + x")
    found = judged(tmp_path, after, before, calls="([1, 2],), ([],), ([1],)")
    assert found.behaviour is not Behaviour.DIFFERENT
    assert any("exceeds a limit (timeout)" in note for note in found.not_observable)
