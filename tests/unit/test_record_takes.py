"""How far callers take a generator is recorded, and measured so: a list is not faster where one item is taken."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from optimizer.measure.evidence import slower_strata
from optimizer.measure.measure import measure
from optimizer.measure.processes import Sampler
from optimizer.model import Sample, Subject
from optimizer.ports import Job, Limits

LIBRARY = '''
def items(numbers):
    """A docstring stays the first statement."""
    for number in numbers:
        yield number * 2


def through(numbers):
    yield from items(numbers)


def mapped(numbers):
    return map(str, numbers)


def echo(first):
    got = yield first
    yield got


def broken(number):
    yield number
    raise ValueError(number)


def names(number):
    yield sorted(locals())


class Box:
    def __init__(self, numbers):
        self.numbers = numbers

    def __iter__(self):
        for number in self.numbers:
            def twice():
                yield number
                yield number
            yield from twice()
            yield -1


async def later(numbers):
    for number in numbers:
        await pause()
        yield number


async def pause():
    import asyncio
    await asyncio.sleep(0)
'''

SCRIPT = """
import asyncio
from library import *

def main():
    print(next(items([1, 2, 3])))
    for item in items([10, 20, 30, 40]):
        if item > 20:
            break
    print(list(items([5])))
    print(list(items([])))
    print(list(zip(range(2), items((1, 2, 3, 4)))))
    kept = items({7: 7, 8: 8})
    print(next(kept))
    never = items({"a", "b"})
    print(next(through([1, 2])), list(through([3, 4])))
    print(next(mapped([1, 2])))
    talk = echo("x")
    print(next(talk), talk.send("y"))
    try:
        print(list(broken(1)))
    except ValueError as error:
        print("raised", error)
    print(next(names(1)))
    print(next(iter(Box([1, 2]))), list(Box([3])))
    asyncio.run(talked())
    return kept

async def talked():
    print([number async for number in later([1, 2])])
    async for number in later([1, 2, 3, 4]):
        if number == 3:
            break

if __name__ == "__main__":
    main()
"""

NAMES = ("items", "through", "mapped", "echo", "broken", "names", "Box.__iter__", "later")


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "library.py").write_text(dedent(LIBRARY))
    (tmp_path / "script.py").write_text(dedent(SCRIPT))
    return tmp_path


def record(tree: Path, runner, python: str, **options) -> tuple[dict[str, dict], set[str]]:
    """(what was recorded of each function, how the script ended)."""
    lines = dedent(LIBRARY).splitlines()
    wanted = [
        {
            "path": "library.py",
            "qualname": name,
            "kind": "function",
            "line": 1 + next(at for at, line in enumerate(lines) if f"def {name.split('.')[-1]}(" in line),
        }
        for name in NAMES
    ]
    suite = {"kind": "command", "tree": str(tree), "argv": ["script.py"]}
    record = {"tree": str(tree), "files": ["library.py"], "wanted": wanted, **options}
    job = Job(
        task="record",
        payload={"suite": suite, "record": record},
        python=python,
        cwd=tree,
        sys_path=(str(tree),),
        limits=Limits(wall_seconds=120),
    )
    ran = runner.work(job)
    assert ran.ended == "ok", ran.stderr
    found = {NAMES[message["target"]]: message for message in ran.messages if "target" in message}
    return found, {message["outcome"] for message in ran.messages if "outcome" in message}


def taken(recording: dict) -> dict[str, set]:
    found = defaultdict(set)
    for sample in recording["samples"]:
        found[sample["stratum"].partition(", stopped")[0]].add(sample["taken"])
    return dict(found)


def check(tree: Path, runner, python: str, **options) -> None:
    found, outcomes = record(tree, runner, python, **options)
    assert outcomes == {"passed"} or "exit status 0" in outcomes
    written = options.get("rewrite") or not _has_monitoring(runner, tree, python)
    strata = taken(found["items"])
    assert strata["list 0"] == {0}
    assert strata["list[int] 1"] == {0}
    assert {1, 2} <= set().union(*strata.values())
    assert all(values != {None} for values in strata.values())
    # The lines cannot see what another generator gives in the stead of this one; to its end is seen.
    assert set().union(*taken(found["through"]).values()) == {None if written else 1, 0}
    assert set().union(*taken(found["mapped"]).values()) == {None}
    assert found["echo"]["samples"] == []
    assert "sent into it" in found["echo"]["lost"][0][0]
    assert set().union(*taken(found["broken"]).values()) == {0}
    assert set().union(*taken(found["names"]).values()) == {None if written else 1}
    assert set().union(*taken(found["Box.__iter__"]).values()) == {None if written else 1, 0}
    assert set().union(*taken(found["later"]).values()) == {0, 3}


def _has_monitoring(runner, tree, python) -> bool:
    ran = runner.work(Job(task="ping", payload={}, python=python, cwd=tree))
    version = next(message["version"] for message in ran.messages if "version" in message)
    return tuple(map(int, version.split(".")[:2])) >= (3, 12)


def test_here(tree, runner):
    check(tree, runner, sys.executable)


def test_the_other_way_of_seeing_calls(tree, runner):
    check(tree, runner, sys.executable, rewrite=True)


@pytest.mark.interpreters
@pytest.mark.parametrize("minor", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_every_python(tree, runner, python_exe, minor):
    check(tree, runner, python_exe(minor))


def test_equal_calls_that_are_taken_differently_share_the_weight(tree, runner):
    (tree / "script.py").write_text(
        "from library import items\nnext(items([1]))\nnext(items([1]))\nnext(items([1]))\nlist(items([1]))\n"
    )
    found, _ = record(tree, runner, sys.executable)
    rows = {sample["taken"]: sample["weight"] for sample in found["items"]["samples"]}
    assert rows == {1: pytest.approx(0.75), 0: pytest.approx(0.25)}


LAZY = "def items(numbers):\n    for number in numbers:\n        yield number * 2\n"
EAGER = "def items(numbers):\n    yield from [number * 2 for number in numbers]\n"
LAZY_RESULT = "def items(numbers):\n    return (number * 2 for number in numbers)\n"
EAGER_RESULT = "def items(numbers):\n    return (each for each in [number * 2 for number in numbers])\n"


def recorded_subject(tree: Path, runner, before: str, after: str, script: str) -> Subject:
    """What measuring gets to know of these callers."""
    (tree / "library.py").write_text(before)
    (tree / "script.py").write_text("from library import items\n" + script)
    wanted = [{"path": "library.py", "qualname": "items", "kind": "function", "line": 1}]
    payload = {
        "suite": {"kind": "command", "tree": str(tree), "argv": ["script.py"]},
        "record": {"tree": str(tree), "files": ["library.py"], "wanted": wanted},
    }
    job = Job(task="record", payload=payload, python=sys.executable, cwd=tree, sys_path=(str(tree),))
    ran = runner.work(job)
    (found,) = [message for message in ran.messages if "target" in message]
    samples = tuple(
        Sample(call=row["call"], stratum=row["stratum"], weight=row["weight"], taken=row["taken"])
        for row in found["samples"]
    )
    return Subject(
        file=str(tree / "library.py"),
        module="library",
        qualnames=("items",),
        before=before,
        after=after,
        python=sys.executable,
        cwd=str(tree),
        sys_path=(str(tree),),
        samples=samples,
    )


def ratio(subject, runner, **options) -> float:
    return math.exp(Sampler(subject=subject, runner=runner, **options).draw().x)


FIRST_ONLY = "for _ in range(5):\n    next(items(list(range(3000))))\n"
ALL = "for _ in range(5):\n    list(items(list(range(3000))))\n"


@pytest.mark.parametrize("apart", [False, True], ids=["one process", "two processes"])
def test_a_list_is_slower_where_one_item_is_taken(tree, runner, apart):
    subject = recorded_subject(tree, runner, LAZY, EAGER, FIRST_ONLY)
    assert ratio(subject, runner, apart=apart) < 0.2
    # The same calls by somebody who takes all of it: nothing of that kind is to be seen.
    all_of_it = replace(subject, samples=tuple(replace(each, taken=0) for each in subject.samples))
    assert ratio(all_of_it, runner, apart=apart) > 0.5


def test_the_lazy_version_gains_where_one_item_is_taken(tree, runner):
    subject = recorded_subject(tree, runner, EAGER, LAZY, FIRST_ONLY)
    assert ratio(subject, runner) > 5


def test_callers_that_take_all_of_it(tree, runner):
    subject = recorded_subject(tree, runner, LAZY, EAGER, ALL)
    assert {each.taken for each in subject.samples} == {0}
    assert ratio(subject, runner) > 0.5


@pytest.mark.parametrize("apart", [False, True], ids=["one process", "two processes"])
def test_where_nobody_saw_how_much_is_taken_one_item_may_not_get_slower(tree, runner, apart):
    """A result that is no generator of the function's own; so is one that was written down in `--inputs`."""
    subject = recorded_subject(tree, runner, LAZY_RESULT, EAGER_RESULT, ALL)
    assert {each.taken for each in subject.samples} == {None}
    sampler = Sampler(subject=subject, runner=runner, apart=apart)
    for _ in range(3):
        sampler.draw()
    (sentence,) = (each for each in slower_strata(sampler.drawn) if "if only the first item is taken" in each)
    assert "of the calls" not in sentence


def test_async_generators_are_taken_as_far_as_recorded(tree, runner):
    before = "async def items(numbers):\n    for number in numbers:\n        yield number\n"
    after = "async def items(numbers):\n    for number in [each for each in numbers]:\n        yield number\n"
    script = (
        "import asyncio\nasync def first():\n    async for _ in items(list(range(3000))):\n        break\n"
        "for _ in range(3):\n    asyncio.run(first())\n"
    )
    subject = recorded_subject(tree, runner, before, after, script)
    assert {each.taken for each in subject.samples} == {1}
    assert ratio(subject, runner) < 0.7


@pytest.mark.slow
def test_no_claim_for_a_list_where_one_item_is_taken(tree, runner):
    subject = recorded_subject(tree, runner, LAZY, EAGER, FIRST_ONLY)
    measurement = measure(subject, runner)
    assert not measurement.claim
    assert measurement.high < 1
