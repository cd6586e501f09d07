"""A counterexample's lines run as they are printed, and show the difference."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from optimizer.model import Behaviour
from optimizer.sandbox.launch import Launcher
from optimizer.verify.snippet import call_text, snippet
from optimizer.verify.verify import verify
from tests.unit.pairs import pair

PAIRS = {
    "a text and a number that look alike": (
        "def f(xs: list[int]):\n    return len(xs)\n",
        "def f(xs: list[int]):\n    return str(len(xs))\n",
        "([1, 2],)",
    ),
    "an exception": (
        "def f(xs: list[int]):\n    return sum(xs)\n",
        "def f(xs: list[int]):\n    return sum(xs[1:], xs[0])\n",
        "([1, 2],), ([],)",
    ),
    "an argument that is changed": (
        "def f(xs: list[int]):\n    return sorted(xs)\n",
        "def f(xs: list[int]):\n    xs.sort()\n    return list(xs)\n",
        "([2, 1],)",
    ),
    "a generator": (
        "def f(xs: list[int]):\n    for x in xs:\n        yield x + 1\n",
        "def f(xs: list[int]):\n    for x in xs:\n        yield x + 2\n",
        "([2, 1],)",
    ),
    "a coroutine": (
        "async def f(xs: list[int]):\n    return xs[:1]\n",
        "async def f(xs: list[int]):\n    return xs[:2]\n",
        "([2, 1],)",
    ),
    "numbers that are no numbers": (
        "def f(x: float):\n    return x != x\n",
        "def f(x: float):\n    return False\n",
        "(float('nan'),)",
    ),
    "a text with markup": (
        "def f(text: str):\n    return text.count('<')\n",
        "def f(text: str):\n    return 0\n",
        "('<b> & </b>',)",
    ),
    "values of the standard library": (
        "def f(value):\n    return str(value)\n",
        "def f(value):\n    return repr(value)\n",
        "(__import__('decimal').Decimal('1.50'),), (__import__('datetime').date(2024, 2, 29),)",
    ),
}


@pytest.mark.parametrize("what", list(PAIRS))
def test_the_lines_run_and_show_the_difference(what: str, tmp_path: Path) -> None:
    before, after, calls = PAIRS[what]
    subject = pair(tmp_path, before, after, calls=calls, module="it", name="f")
    found = verify(subject, Launcher(), budget_seconds=3.0)
    assert found.behaviour is Behaviour.DIFFERENT, found
    assert found.counterexample is not None
    shown = []
    for text in (before, after):
        (tmp_path / "it.py").write_text(text)
        shown.append(ran(found.counterexample.snippet, tmp_path))
    assert shown[0] != shown[1], found.counterexample.snippet
    for told in shown:
        assert "SyntaxError" not in told
        assert "NameError" not in told


def ran(script: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + "".join(done.stderr.splitlines()[-1:])


SOURCE = dedent(
    """
    class Shelf:
        def all(self):
            yield 1
        async def fetch(self): ...
    def f(*args, **kwargs): return 1
    """
)


def lines(arguments: str, name: str = "f", **recipe: object) -> str:
    return snippet("it", SOURCE, name, {"base": ["call", 0], **recipe}, arguments)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("([1],)", "args = ([1],)\nprint(repr(f(*args)))\n"),
        ("([1],), **{'key': 2}", "args = ([1],)\nkwargs = {'key': 2}\nprint(repr(f(*args, **kwargs)))\n"),
        ("(inf, nan)", "from math import inf\nfrom math import nan\nfrom it import *\n"),
        ("(datetime.date(2024, 1, 1),)", "import datetime\n"),
        ("(<object at 0x7f>,)", "# arguments: (<object at 0x7f>,)\n"),
        ("([1, 2...", "# arguments: ([1, 2...\n"),
        ("('a < b',)", "args = ('a < b',)\n"),
    ],
)
def test_what_can_be_written_down_is(arguments: str, wanted: str) -> None:
    assert wanted in lines(arguments)
    compile(lines(arguments), "snippet", "exec")


def test_methods_are_called_as_they_are() -> None:
    assert "print(repr(list(Shelf.all(*args))))" in lines("(1,)", "Shelf.all")
    assert "asyncio" in lines("(1,)", "Shelf.fetch")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("([],)", "f([])"),
        ("()", "f()"),
        ("(1, 2)", "f(1, 2)"),
        ("(1,), **{'a': (2,)}", "f(1, **{'a': (2,)})"),
        ("(its arguments cannot be shown)", "f(its arguments cannot be shown)"),
    ],
)
def test_a_call_reads_like_a_call(arguments: str, text: str) -> None:
    assert call_text("f", arguments) == text
