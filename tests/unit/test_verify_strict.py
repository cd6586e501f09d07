"""Mistakes that a lenient judge lets through: whole verdicts, none of them "the same"."""

from __future__ import annotations

import textwrap

import pytest

from optimizer.model import Behaviour
from optimizer.sandbox.launch import Launcher
from optimizer.verify.verify import verify
from tests.unit.pairs import pair

HELPER = """
def _half(x, y):
    return x / 2 if isinstance(x, float) else x // 2
@functools.lru_cache(maxsize=None)
def half(x, y=0):
    return _half(x, y)
"""
PRELUDE = (
    "import collections, copy, decimal, functools, itertools, operator, sqlite3, threading\nCOUNT = 0\nLOCK = threading.Lock()\n"
    + HELPER
)

WRONG = [
    (
        "another message",
        "if x < 0:\n    raise ValueError('negative: %d' % x)\nreturn x",
        "if x < 0:\n    raise ValueError('negative')\nreturn x",
        "(-1,), (2,)",
    ),
    (
        "another order of a dict",
        "return {n: len(n) for n in x}",
        "return {n: len(n) for n in sorted(x)}",
        "(['b', 'a'],)",
    ),
    ("rows aliased", "return [[0] * x for _ in range(x)]", "return [[0] * x] * x", "(2,)"),
    ("a module counter", "global COUNT; COUNT += 1\nreturn x", "return x", "(1,)"),
    ("another function returned", "return [max, min][x]", "return [min, max][x]", "(0,)"),
    ("another lambda returned", "return lambda n: n + x", "return lambda n: n - x", "(1,)"),
    (
        "a float sum reversed",
        "return functools.reduce(operator.add, x)",
        "return functools.reduce(operator.add, x[::-1])",
        "([0.1, 0.2, 0.3],)",
    ),
    (
        "a deque without its bound",
        "return collections.deque(x, maxlen=9)",
        "return collections.deque(x)",
        "([1],)",
    ),
    ("a deep copy dropped", "return copy.deepcopy(x)", "return list(x)", "([[1]],)"),
    ("the sign of zero", "return x * 0.0", "return abs(x) * 0.0", "(-1.0,)"),
    ("floats that are close", "return x / 3", "return x / 3 + 1e-12", "(1.0,)"),
    (
        "the exponent of a Decimal",
        "return decimal.Decimal(x)",
        "return decimal.Decimal(x).normalize()",
        "('1.00',)",
    ),
    ("one object for two", "return [list(x), list(x)]", "return [list(x)] * 2", "([1],)"),
    ("equal sets of other types", "return {x}", "return {bool(x)}", "(1,)"),
    ("equal sets of floats", "return {x}", "return {float(x)}", "(1,)"),
    (
        "what is in an open connection",
        "c = sqlite3.connect(':memory:')\nc.execute('create table t(v)')\nreturn c",
        "return sqlite3.connect(':memory:')",
        "(1,)",
    ),
    (
        "an iterator that cannot be looked into",
        "return itertools.chain(x, x)",
        "return itertools.chain(x, x[1:])",
        "([1, 2],)",
    ),
    (
        "a lock that is no longer taken",
        "with LOCK:\n    return x + 1",
        "return x + 1",
        "(1,)",
    ),
    (
        "a table that takes 1 for 1.0",
        "return _half(x, 0)",
        "return half(x, 0)",
        "(1,), (3.5,)",
    ),
    ("a result that goes missing", "return x + 1", "import os; os._exit(0)", "(1,)"),
    ("a result that never comes", "return x + 1", "while True: pass", "(1,)"),
]


def written(body: str) -> str:
    return f"{PRELUDE}def f(x):\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize(
    ("before", "after", "calls"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_mistake_is_refused_with_a_counterexample(tmp_path, before, after, calls):
    subject = pair(tmp_path, written(before), written(after), calls=calls, module="strict_code", name="f")
    found = verify(subject, Launcher(), budget_seconds=6.0)
    assert found.behaviour is Behaviour.DIFFERENT, found.reasons
    assert found.counterexample is not None
