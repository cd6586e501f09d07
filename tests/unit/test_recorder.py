"""The recorder in a process of its own, on every Python: what it keeps, and that the program does not notice."""

from __future__ import annotations

import base64
import pickle
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from optimizer.ports import Job, Limits
from optimizer.sandbox.launch import Launcher

LIBRARY = '''
"""A library."""
import dataclasses
import functools
import typing

MISSING = object()
CALLS = []


def total(items, start=0):
    """Add up."""
    for item in items:
        start += item
    return start


def pick(mapping, key, default=MISSING, *rest, strict=False, **options):
    items = sorted(mapping)
    mapping["seen"] = True
    return items if default is MISSING else default


def numbers(limit):
    while limit:
        limit -= 1
        yield limit


async def later(value):
    return value


def forget(value):
    del value
    return CALLS


@functools.lru_cache(maxsize=None)
def cached(n):
    return n


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0

    @property
    def size(self):
        return self.x + self.y

    @staticmethod
    def origin(scale):
        return Point(scale * 0)

    @classmethod
    def of(cls, pair):
        return cls(*pair)


class Special(Point):
    pass


class Pair(typing.NamedTuple):
    a: int
    b: str = "b"


class Plain:
    def __init__(self, name, *, size=1):
        self.name = name
        self.size = size

    def grow(self, by):
        self.size += by
        return self.size


class Shy:
    def __init__(self):
        self.pickled = 0

    def __getstate__(self):
        print("side effect")
        total([1])
        return {}

    def use(self):
        return self.pickled
'''

SCRIPT = """
import sys, weakref, gc, asyncio, threading
import library
from library import *

class Watched:
    pass

def main():
    for size in range(40):
        total(list(range(size)))
    total([], 5)
    total((1.5,), start=2)
    print(pick({"b": 1, "a": 2}, "a"))
    pick({}, "k", None, 1, 2, strict=True, other=3)
    print(list(numbers(3)), list(numbers(2)))
    print(asyncio.run(later(7)))
    cached(1), cached(1), cached(2)
    point = Point(1, y=2)
    print(point.size, Point.origin(3), Point.of((4, 5)), Special(6))
    print(Pair(1), Pair(2, "c"))
    Plain("n", size=3).grow(by=2)
    shy = Shy()
    print(shy.use(), shy.pickled)
    references()
    try:
        deep(0)
    except RecursionError:
        print("too deep")
    thread = threading.Thread(target=total, args=([1, 2],))
    thread.start(); thread.join()
    print(library.total.__doc__, library.total.__code__.co_varnames, library.total.__code__.co_firstlineno)
    for _ in range(3000):
        total((1, 2, 3))
    return 4

def references():
    watched = Watched()
    reference = weakref.ref(watched)
    gc.disable()
    print(forget(watched))
    del watched
    print("gone", reference())

def deep(n):
    return total([n]) + deep(n + 1)

if __name__ == "__main__":
    sys.exit(main())
"""

WANTED = {
    "total": "function",
    "pick": "function",
    "numbers": "function",
    "later": "function",
    "forget": "function",
    "Point": "class",
    "Point.size": "function",
    "Point.origin": "function",
    "Point.of": "function",
    "Pair": "class",
    "Plain": "class",
    "Plain.__init__": "function",
    "Plain.grow": "function",
    "Shy.use": "function",
}

FILES = ["library.py", "other.py"]


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "library.py").write_text(dedent(LIBRARY))
    (tmp_path / "script.py").write_text(dedent(SCRIPT))
    return tmp_path


def line_of(qualname: str) -> int:
    """The first line of a definition, its decorators counted in."""
    lines = dedent(LIBRARY).splitlines()
    owner, _, name = qualname.rpartition(".")
    start = next(at for at, line in enumerate(lines) if line.startswith(f"class {owner}")) if owner else 0
    at = next(at for at in range(start, len(lines)) if f"def {name}(" in lines[at])
    while lines[at - 1].strip().startswith("@"):
        at -= 1
    return at + 1


def record(tree: Path, python: str, **options):
    """(messages of the recorder by kind, outcomes) of one run of the script."""
    wanted = [
        {
            "path": "library.py",
            "qualname": name,
            "kind": kind,
            "line": 0 if kind == "class" else line_of(name),
        }
        for name, kind in WANTED.items()
    ]
    suite = {"kind": "command", "tree": str(tree), "argv": ["script.py"]}
    payload = {
        "suite": suite,
        "record": {"tree": str(tree), "files": ["library.py"], "wanted": wanted, **options},
    }
    return run(tree, python, "record", payload)


def run(tree: Path, python: str, task: str, payload: dict):
    job = Job(
        task=task,
        payload=payload,
        python=python,
        cwd=tree,
        sys_path=(str(tree),),
        hash_seed=0,
        limits=Limits(wall_seconds=120),
    )
    ran = Launcher().work(job)
    assert ran.ended == "ok", ran.stderr
    return ran.messages


def recordings(messages) -> dict[str, dict]:
    names = list(WANTED)
    return {names[message["target"]]: message for message in messages if "target" in message}


def calls(recording: dict):
    return [(sample["stratum"], base64.b64decode(sample["call"])) for sample in recording["samples"]]


def outcomes(messages) -> set[str]:
    return {message["outcome"] for message in messages if "outcome" in message}


def check_everything(tree: Path, python: str, **options) -> None:
    plain = run(tree, python, "suite_run", {"kind": "command", "tree": str(tree), "argv": ["script.py"]})
    messages = record(tree, python, **options)
    assert outcomes(messages) == outcomes(plain)
    assert "exit status 4" in outcomes(plain)
    found = recordings(messages)
    assert set(found) == set(WANTED)
    check_calls(found)
    check_counts(messages)
    check_samples(found)
    again = run(tree, python, "record_check", samples_of(found))
    assert [message["why"] for message in again if "lost" in message] == []


def check_calls(found) -> None:
    seen = {name: recording["calls"] for name, recording in found.items()}
    assert seen["total"] > 3040
    assert (seen["pick"], seen["numbers"], seen["later"], seen["forget"]) == (2, 2, 1, 1)
    # Making a `Special` is no call of `Point`.
    assert (seen["Point"], seen["Point.of"], seen["Point.size"], seen["Point.origin"]) == (3, 1, 1, 1)
    assert (seen["Pair"], seen["Plain"], seen["Plain.__init__"], seen["Plain.grow"]) == (2, 1, 1, 1)


def check_counts(messages) -> None:
    rows = next(message["calls"] for message in messages if "calls" in message and "target" not in message)
    counts = {name: count for path, _, name, count, _ in rows if path == "library.py"}
    assert counts["cached"] == 2
    assert counts["total"] > 3040


def check_samples(found) -> None:
    strata = {stratum for stratum, _ in calls(found["total"])}
    assert {"list 0, int 0", "list[int] 8-15, int 0", "tuple[float] 1, int <16", "list 0, int <16"} <= strata
    assert sum(sample["weight"] for sample in found["total"]["samples"]) == pytest.approx(1)
    types = {(name, kind) for name, kind, _ in found["total"]["types"]}
    assert types == {("items", "list"), ("items", "tuple"), ("start", "int")}
    first, second = sorted((pickle.loads(data) for _, data in calls(found["pick"])), key=str)
    assert first == (({"b": 1, "a": 2}, "a"), {})
    assert second == (({}, "k", None, 1, 2), {"strict": True, "other": 3})
    assert [pickle.loads(data) for _, data in calls(found["Plain"])] == [(("n",), {"size": 3})]
    assert {pickle.loads(data)[0] for _, data in calls(found["Point"])} == {(1, 2), (0,), (4, 5)}
    assert {pickle.loads(data)[0] for _, data in calls(found["Pair"])} == {(1,), (2, "c")}


def samples_of(found) -> dict:
    samples, newborn = [], []
    for name, recording in found.items():
        samples += [sample["call"] for sample in recording["samples"]]
        newborn += [name.endswith("__init__")] * len(recording["samples"])
    return {"samples": samples, "newborn": newborn, "first": 0}


@pytest.mark.interpreters
@pytest.mark.parametrize("minor", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_every_python(tree, python_exe, minor):
    check_everything(tree, python_exe(minor))


def test_here(tree):
    check_everything(tree, sys.executable)


def test_the_other_way_of_seeing_calls(tree):
    """Before 3.12 a line is put in front of each body; it works on newer versions too."""
    check_everything(tree, sys.executable, rewrite=True)


def test_a_rare_type_is_never_missed(tree):
    (tree / "script.py").write_text(
        "from library import total\n"
        "for n in range(15000): total([n])\n"
        "total((1,))\n"
        "for n in range(3000): total([n])\n"
    )
    total = recordings(record(tree, sys.executable))["total"]
    assert "tuple" in {kind for _, kind, _ in total["types"]}
    assert "tuple[int] 1, int 0" in {stratum for stratum, _ in calls(total)}
    counts = {kind: count for name, kind, count in total["types"] if name == "items"}
    assert counts == {"tuple": 1, "list": pytest.approx(18000, rel=0.02)}


def test_functions_of_the_same_name_keep_their_own_defaults(tree):
    source = dedent(LIBRARY)
    (tree / "other.py").write_text(source.replace("start=0", "start=7"))
    (tree / "script.py").write_text(
        "import other, library\nother.total([], 7)\nlibrary.total([], 7)\nother.total([], 0)\n"
    )
    wanted = [
        {"path": path, "qualname": "total", "kind": "function", "line": line_of("total")} for path in FILES
    ]
    suite = {"kind": "command", "tree": str(tree), "argv": ["script.py"]}
    record_options = {"tree": str(tree), "files": FILES, "wanted": wanted}
    messages = run(tree, sys.executable, "record", {"suite": suite, "record": record_options})
    found = {message["target"]: message for message in messages if "target" in message}
    assert [pickle.loads(data)[0] for _, data in calls(found[0])] == [([], 7)]
    assert {len(pickle.loads(data)[0]) for _, data in calls(found[1])} == {1, 2}


def test_what_pickling_calls_is_not_counted(tree):
    found = recordings(record(tree, sys.executable))
    assert found["Shy.use"]["samples"]
    rows = next(message["calls"] for message in record(tree, sys.executable) if "tests" in message)
    assert "__getstate__" not in {row[2] for row in rows}


def test_a_script_that_cannot_be_imported_again(tree):
    (tree / "script.py").write_text(
        "import library\nclass C: pass\nlibrary.forget(C())\nraise SystemExit(4)\n"
    )
    found = recordings(record(tree, sys.executable))
    again = run(tree, sys.executable, "record_check", samples_of(found))
    assert [message["why"] for message in again if "lost" in message] == [
        "cannot be loaded again: SystemExit: 4"
    ]


def test_careful_does_not_run_pickling_methods(tree):
    found = recordings(record(tree, sys.executable, careful=True))
    assert found["Shy.use"]["samples"] == []
    assert found["Shy.use"]["lost"] == [["a class with pickling methods of its own", 1]]
    assert found["total"]["samples"]


def test_the_profile_finds_where_the_time_goes(tree):
    (tree / "script.py").write_text("import library\nfor _ in range(40): library.total(range(200_000))\n")
    messages = record(tree, sys.executable)
    profile = next(message["profile"] for message in messages if "profile" in message)
    total = sum(seconds for _, _, seconds in profile["stacks"])
    names = [name for _, _, name in profile["places"]]
    inside = sum(seconds for stack, _, seconds in profile["stacks"] if names.index("total") in stack)
    assert inside / total > 0.5


def test_a_sample_that_ends_the_process_is_known(tree):
    class Deadly:
        def __reduce__(self):
            import os

            return os._exit, (3,)

    data = [base64.b64encode(pickle.dumps(((value,), {}))).decode() for value in (1, Deadly(), 2)]
    job = Job(
        task="record_check",
        payload={"samples": data, "newborn": [False] * 3, "first": 0},
        python=sys.executable,
        cwd=tree,
    )
    ran = Launcher().work(job)
    assert ran.ended == "crashed"
    assert list(ran.messages) == [{"at": 0}, {"fine": 0}, {"at": 1}]
