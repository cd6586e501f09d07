"""Calls that were given local functions are recorded on one Python and made again on another."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from optimizer.measure.processes import Sampler
from optimizer.model import Sample, Subject
from optimizer.ports import Job

pytestmark = pytest.mark.interpreters

BEFORE = """
def apply(function, numbers):
    found = []
    for number in numbers:
        for _ in range(20):
            pass
        found.append(function(number))
    return found
"""
AFTER = """
def apply(function, numbers):
    return [function(number) for number in numbers]
"""
SCRIPT = """
from library import apply

def scaled(scale, words=()):
    offset = len(words)
    def local(number, *, twice=2):
        return (number * scale + offset) * twice
    return local

def main():
    for scale in (1, 2):
        assert apply(scaled(scale, "ab"), range(50))[1] == (scale + 2) * 2
    assert apply(lambda number: -number, [1, 2]) == [-1, -2]
    assert apply(lambda number: [scale * number for scale in (1, 2)], [1]) == [[1, 2]]
    def deep(number):
        return number if number < 2 else deep_enough(number)
    deep_enough = lambda number: number // 2
    assert apply(deep, [1, 4]) == [1, 2]

main()
"""


def run(runner, tree: Path, python: str, task: str, payload: dict) -> list[dict]:
    ran = runner.work(Job(task=task, payload=payload, python=python, cwd=tree, sys_path=(str(tree),)))
    assert ran.ended == "ok", ran.stderr
    return list(ran.messages)


def recorded(runner, tree: Path, python: str) -> dict:
    (tree / "library.py").write_text(BEFORE)
    (tree / "script.py").write_text(SCRIPT)
    wanted = [{"path": "library.py", "qualname": "apply", "kind": "function", "line": 2}]
    payload = {
        "suite": {"kind": "command", "tree": str(tree), "argv": ["script.py"]},
        "record": {"tree": str(tree), "files": ["library.py", "script.py"], "wanted": wanted},
    }
    messages = run(runner, tree, python, "record", payload)
    (found,) = [message for message in messages if "target" in message]
    return found


@pytest.mark.parametrize(("first", "second"), [("3.9", "3.13"), ("3.13", "3.9"), ("3.11", "3.12")])
def test_calls_with_local_functions_are_made_again_elsewhere(tmp_path, runner, python_exe, first, second):
    found = recorded(runner, tmp_path, python_exe(first))
    assert found["lost"] == []
    assert len(found["samples"]) == 5
    samples = [each["call"] for each in found["samples"]]
    payload = {"samples": samples, "newborn": [False] * len(samples), "first": 0}
    for python in (first, second):
        messages = run(runner, tmp_path, python_exe(python), "record_check", payload)
        assert [message["why"] for message in messages if "lost" in message] == []


def test_they_are_timed_there(tmp_path, runner, python_exe):
    found = recorded(runner, tmp_path, python_exe("3.13"))
    subject = Subject(
        file=str(tmp_path / "library.py"),
        module="library",
        qualnames=("apply",),
        before=BEFORE,
        after=AFTER,
        python=python_exe("3.9"),
        cwd=str(tmp_path),
        sys_path=(str(tmp_path),),
        samples=tuple(
            Sample(call=row["call"], stratum=row["stratum"], weight=row["weight"], taken=row["taken"])
            for row in found["samples"]
        ),
    )
    process = Sampler(subject=subject, runner=runner)
    assert math.exp(process.draw().x) > 1.5
    assert process.drawn[0].lost_share == 0


def test_a_file_that_is_another_one_there_loses_the_call(tmp_path, runner, python_exe):
    found = recorded(runner, tmp_path, python_exe("3.13"))
    (tmp_path / "script.py").write_text(SCRIPT + "# changed\n")
    samples = [each["call"] for each in found["samples"]]
    payload = {"samples": samples, "newborn": [False] * len(samples), "first": 0}
    messages = run(runner, tmp_path, python_exe("3.9"), "record_check", payload)
    whys = [message["why"] for message in messages if "lost" in message]
    assert len(whys) == len(samples)
    assert all("is not found again" in why for why in whys)
