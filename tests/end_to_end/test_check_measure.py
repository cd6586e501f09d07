"""`optimize check` as a way to measure: what it claims, and that a gain alone is never an acceptance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.projects import optimize

pytestmark = pytest.mark.end_to_end

WORK = "for i in range({n}):\n        x = x + i & 1023"
KINDS = {
    "a function": f"def f(x):\n    {WORK}\n    return x\n",
    "a generator": f"def f(x):\n    {WORK}\n    yield x\n",
    "a coroutine": f"async def f(x):\n    {WORK}\n    return x\n",
    "an async generator": f"async def f(x):\n    {WORK}\n    yield x\n",
    "a class": f"class f:\n    def __init__(self, x):\n        {WORK.replace('    ', '        ', 1)}\n",
}
INPUTS = "def inputs():\n    yield (1,)\n    yield (5,)\n"
NOT_JUDGED = "Behaviour was not judged, so the change is not accepted; a gain alone never is."
READ = "import json\ndef f(path: str) -> object:\n"
METRICS = {
    "memory": (
        "def f(n: int) -> int:\n    squares = [i * i for i in range(n)]\n    return sum(list(squares))\n",
        "def f(n: int) -> int:\n    squares = [i * i for i in range(n)]\n    return sum(squares)\n",
        "def inputs():\n    yield (60000,)\n",
        "The peak of the largest call goes from ",
    ),
    "resources": (
        READ + "    h = open(path)\n    data = json.load(h)\n    h.close()\n    return data\n",
        READ + "    with open(path) as h:\n        return json.load(h)\n",
        "def inputs():\n    yield (__file__.replace('inputs.py', 'data.json'),)\n",
        "Over 50 calls that were made to raise, 50 resources were left open before and 0 after.",
    ),
}


@pytest.fixture
def checked(tmp_path: Path):
    """`checked(before, after, inputs, ...)` is what `optimize check` prints about the function `f` of two files."""

    def check(before: str, after: str, inputs: str = INPUTS, *arguments: str) -> str:
        files = {"before.py": before, "after.py": after, "inputs.py": inputs, "data.json": "[1, 2]"}
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        argv = ["check", "before.py", "after.py", "--function", "f", "--inputs", "inputs.py", *arguments]
        done = optimize(*argv, cwd=tmp_path, cache=tmp_path / "cache")
        assert done.returncode == 0, done.stderr
        return done.stdout

    return check


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_gain_is_claimed_of_every_kind_and_not_accepted(checked, kind) -> None:
    before, after = (KINDS[kind].format(n=n) for n in (600, 400))
    said = json.loads(checked(before, after, INPUTS, "--measure-only", "--json"))
    assert (said["verdict"], said["behaviour"], said["claim"]) == ("refuse", "not judged", True)
    assert 1.1 < said["low"] < said["ratio"] < 2
    assert said["reasons"] == [NOT_JUDGED]


@pytest.mark.interpreters
@pytest.mark.slow
@pytest.mark.parametrize("minor", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_on_every_python(checked, python_exe, minor) -> None:
    before, after = (KINDS["a coroutine"].format(n=n) for n in (600, 400))
    said = json.loads(
        checked(before, after, INPUTS, "--measure-only", "--json", "--python", python_exe(minor))
    )
    assert said["claim"]
    assert said["measurements"][0]["python"].startswith(f"{minor}.")


def test_the_same_code_is_measured_and_not_claimed(checked) -> None:
    text = KINDS["a function"].format(n=300)
    said = json.loads(checked(text, text, INPUTS, "--measure-only", "--json"))
    assert (said["verdict"], said["behaviour"], said["claim"]) == ("refuse", "not judged", False)
    assert "is not 1.10x for certain" in said["reasons"][0]


def test_people_are_told_that_behaviour_was_not_judged(checked) -> None:
    before, after = (KINDS["a function"].format(n=n) for n in (900, 300))
    said = checked(before, after, INPUTS, "--measure-only")
    assert said.startswith(f"REFUSED  before:f\n  {NOT_JUDGED}\n")
    assert "Behaviour: not judged\nSpeed: a gain is claimed\n" in said
    assert "same code against itself" in said


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_other_metrics_have_a_claim_of_their_own(checked, metric) -> None:
    *files, note = METRICS[metric]
    said = json.loads(checked(*files, "--measure-only", "--json", "--metric", metric))
    assert (said["metric"], said["claim"], said["behaviour"]) == (metric, True, "not judged")
    assert said["measurements"][0]["notes"][0].startswith(note)
    time = json.loads(checked(*files, "--measure-only", "--json"))
    assert time["metric"] == "time"
    assert time["ratio"] < said["ratio"]
