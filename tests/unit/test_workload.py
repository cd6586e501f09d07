"""The whole stage on small projects: what `learn` says of them, and what it does about odd ones."""

from __future__ import annotations

import base64
import pickle
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from optimizer.adapters.git import GitRepository
from optimizer.config import Config
from optimizer.discover import discover
from optimizer.errors import ProjectError, UsageError
from optimizer.model import Kind, Recording, Workload
from optimizer.workload.digest import digest_of
from optimizer.workload.project import find_project
from optimizer.workload.workload import learn

SHOP = """
    import dataclasses

    @dataclasses.dataclass
    class Item:
        name: str
        price: int = 1

    def total(items, tax=0):
        result = 0
        for item in items:
            result += item.price
        return result + tax

    def each(items):
        return [item.name for item in items]

    def slow(n):
        return sum(number * number for number in range(n))

    def never(x):
        return x
"""
TESTS = """
    from shop import Item, total, each, slow

    class Odd:
        price = 3
        name = "odd"

    def test_total():
        assert total([Item("a"), Item("b", 4)]) == 5
        assert total((), tax=2) == 2

    def test_many():
        for size in range(50):
            assert total([Item("x", size)] * size) == size * size
        assert total([Odd()]) == 3

    def test_each():
        assert each(item for item in [Item("a")]) == ["a"]

    def test_slow():
        assert slow(300_000) > 0

    def test_fails():
        assert each([]) == [1]
"""


@pytest.fixture
def learned(make_project, runner, tmp_path):
    """`learned(files)` is (the workload of a project with these files, its copy)."""

    def learn_it(files: Mapping[str, str], **options) -> tuple[Workload, Path]:
        root = make_project({name: dedent(text) for name, text in files.items()})
        repository = GitRepository(root)
        tree = tmp_path / "tree"
        tree.mkdir()
        repository.copy_to(tree)
        sources = discover(repository, Config()).files
        wanted = [target for file in sources for target in file.targets if target.kind is not Kind.MODULE]
        project = find_project(root, runner, python=sys.executable)
        return learn(project, tree, sources, wanted, runner, **options), tree

    return learn_it


def recording(workload: Workload, qualname: str) -> Recording:
    return next(one for one in workload.recordings if one.target.qualname == qualname)


def test_a_project_with_tests(learned):
    heard = []
    files = {"shop.py": SHOP, "tests/test_shop.py": TESTS}
    workload, tree = learned(files, on_progress=lambda *what: heard.append(what))
    assert (workload.kind, workload.argv) == ("pytest", ("-m", "pytest"))
    assert len(workload.baseline.passed) == 4
    assert workload.baseline.failed == ("tests/test_shop.py::test_fails",)
    assert (workload.unstable, workload.notes) == ((), ())
    assert workload.sys_path[0] in {"tests", "."}
    assert workload.overhead > 0
    _check_hotspots(workload)
    _check_recordings(workload)
    _check_reaching(workload)
    assert ("recording real calls: tests/test_shop.py::test_many", 1, 5) in heard
    assert not list(tree.rglob("__pycache__"))


def _check_hotspots(workload: Workload) -> None:
    spots = {spot.target.qualname: spot for spot in workload.hotspots}
    assert spots["total"].calls == 53
    assert spots["slow"].calls == 1
    assert spots["slow"].share > 0
    assert spots["slow"].cumulative_seconds >= spots["slow"].self_seconds
    assert all(0 <= spot.share <= 1 for spot in workload.hotspots)
    assert "never" not in spots


def _check_recordings(workload: Workload) -> None:
    total = recording(workload, "total")
    assert total.calls_seen == 53
    assert sum(sample.weight for sample in total.samples) == pytest.approx(1)
    assert any("Odd" in sample.stratum for sample in total.samples)
    assert ("items", (("list", 52), ("tuple", 1))) in total.types
    assert total.samples[0].types[0][0] == "items"
    each = recording(workload, "each")
    assert each.lost == (("a generator", 1),)
    assert [pickle.loads(base64.b64decode(sample.call)) for sample in each.samples] == [(([],), {})]
    made = recording(workload, "Item")
    assert (("a",), {}) in [pickle.loads(base64.b64decode(sample.call)) for sample in made.samples]


def _check_reaching(workload: Workload) -> None:
    reaching = dict(workload.reaching)
    assert reaching["shop:total"] == ("tests/test_shop.py::test_many", "tests/test_shop.py::test_total")
    assert reaching["shop:slow"] == ("tests/test_shop.py::test_slow",)
    assert "tests/test_shop.py::test_total" in reaching["shop:Item"]


def test_a_command_is_what_is_recorded(learned):
    files = {"shop.py": SHOP, "main.py": "from shop import total, Item\nprint(total([Item('a', 7)]))\n"}
    workload, _ = learned(files, command="python main.py")
    assert (workload.kind, workload.argv) == ("command", ("main.py",))
    assert "exit status 0" in workload.baseline.passed
    assert recording(workload, "total").calls_seen == 1


def test_a_command_beside_tests(learned):
    files = {"shop.py": SHOP, "tests/test_shop.py": TESTS, "main.py": "import shop\nshop.slow(3)\n"}
    workload, _ = learned(files, command="python main.py")
    assert workload.kind == "command"
    assert "tests/test_shop.py::test_many" in workload.baseline.passed
    assert {one.target.qualname for one in workload.recordings} == {"slow"}


def test_doctests(learned):
    text = 'def twice(x):\n    """\n    >>> twice(4)\n    8\n    """\n    return 2 * x\n'
    workload, _ = learned({"pkg/__init__.py": text})
    assert (workload.kind, workload.baseline.passed) == ("doctest", ("pkg.twice",))
    assert recording(workload, "twice").calls_seen == 1


def test_unittest(make_project, runner):
    tests = (
        "import unittest\nimport a\nclass T(unittest.TestCase):\n    def test(self): assert a.twice(2) == 4\n"
    )
    root = make_project({"a.py": "def twice(x): return 2 * x\n", "test_a.py": tests})
    project = find_project(root, runner, python=sys.executable)
    project = replace(project, plan=replace(project.plan, kind="unittest", payload=(("start", ""),)))
    files = discover(GitRepository(root), Config()).files
    workload = learn(project, root, files, files[0].targets, runner)
    assert (workload.kind, workload.baseline.passed) == ("unittest", ("test_a.T.test",))
    assert dict(workload.reaching)["a:twice"] == ("test_a.T.test",)
    assert [sample.stratum for sample in recording(workload, "twice").samples] == ["int <16"]


def test_flaky_tests_are_set_aside(learned):
    flaky = """
        import os, pathlib
        import shop

        def test_flaky():
            seen = pathlib.Path(__file__).with_name("seen")
            count = len(seen.read_text()) if seen.exists() else 0
            seen.write_text("x" * (count + 1))
            assert count > 0

        def test_fine():
            assert shop.slow(3) == 5
    """
    workload, _ = learned({"shop.py": SHOP, "test_shop.py": flaky})
    assert workload.unstable == ("test_shop.py::test_flaky",)
    assert workload.notes == (
        "test_shop.py::test_flaky is set aside: it does not end the same way each time.",
    )
    assert recording(workload, "slow").samples


def test_pickling_methods_that_change_the_outcome_are_not_run(learned):
    """The first recording makes a test fail, so the calls are recorded again without running these methods."""
    code = """
        class Counter:
            copies = 0
            def __getstate__(self):
                Counter.copies += 1
                return {}
            def use(self, n):
                return n

        def plain(n):
            return n
    """
    tests = """
        from code_of import Counter, plain
        def test_use():
            assert Counter().use(1) == plain(1)
            assert Counter.copies == 0
    """
    workload, _ = learned({"code_of.py": code, "test_it.py": tests})
    assert workload.baseline.passed == ("test_it.py::test_use",)
    assert (workload.unstable, recording(workload, "Counter.use").samples) == ((), ())
    assert recording(workload, "Counter.use").lost == (("a class with pickling methods of its own", 1),)
    assert recording(workload, "plain").samples
    assert not any("differently" in note for note in workload.notes)


def test_samples_that_cannot_be_loaded_are_dropped(learned):
    code = """
        class Key:
            def __init__(self, name):
                self.name = name
            def __reduce__(self):
                return Key, (self.name.upper() if self.name.islower() else 1 / 0,)
            def show(self, times):
                return self.name * times
    """
    workload, _ = learned(
        {"keys.py": code, "test_it.py": "from keys import Key\ndef test(): assert Key('a').show(2)"}
    )
    shown = recording(workload, "Key.show")
    assert shown.samples == ()
    assert sum(count for _, count in shown.lost) == 1
    assert any("keys:Key.show: none of 1 calls could be kept" in note for note in workload.notes)


def test_files_that_git_ignores_and_packages_import(make_project, runner, tmp_path):
    root = make_project(
        {
            ".gitignore": "pkg/_version.py\nlocal.py\n",
            "pkg/__init__.py": "from pkg._version import V\ndef f(x): return x\n",
            "test_it.py": "import pkg\ndef test(): assert pkg.f(3) == pkg.V\n",
        }
    )
    (root / "pkg" / "_version.py").write_text("V = 3\n")
    (root / "local.py").write_text("secret = 1\n")
    tree = tmp_path / "tree"
    tree.mkdir()
    repository = GitRepository(root)
    repository.copy_to(tree)
    project = find_project(root, runner, python=sys.executable)
    workload = learn(project, tree, discover(repository, Config()).files, [], runner)
    assert workload.baseline.passed == ("test_it.py::test",)
    assert "pkg/_version.py" in workload.notes[0]
    assert not (tree / "local.py").exists()


def test_no_code(make_project, runner):
    root = make_project({"README": "nothing"})
    project = find_project(root, runner, python=sys.executable)
    with pytest.raises(ProjectError, match="There is no Python code to look at in"):
        learn(project, root, (), (), runner)


def test_no_tests(learned):
    with pytest.raises(
        ProjectError, match=r"No tests and no doctests were found in .*; add some, or name a command"
    ):
        learned({"a.py": "def f(): pass\n"})


def test_a_command_that_is_no_python(learned):
    with pytest.raises(UsageError, match="runs no Python"):
        learned({"a.py": "def f(): pass\n"}, command="make all")


def test_the_digest_names_what_is_run(make_project, runner):
    root = make_project({"a.py": "x = 1\n", "test_a.py": "def test(): pass\n"})
    project = find_project(root, runner, python=sys.executable)

    def digest(**changes) -> str:
        return digest_of(replace(project, **changes), root, project.plan, without=["a.py"])

    first = digest()
    (root / "a.py").write_text("x = 2\n")
    assert digest() == first
    assert digest(roots=("src",)) != first
    assert digest(interpreter=replace(project.interpreter, version="3.9.0")) != first
    (root / "test_a.py").write_text("def test(): assert True\n")
    assert digest() != first


def test_a_file_is_written_in_its_own_encoding(make_project, runner):
    root = make_project(
        {"a.py": "# coding: latin-1\nx = 'é'\n".encode("latin-1"), "b.py": b"\xef\xbb\xbfx = 1\n"}
    )
    project = find_project(root, runner, python=sys.executable)
    assert project.encode("a.py", "é") == b"\xe9"
    assert project.encode("b.py", "x") == b"\xef\xbb\xbfx"
