"""Programs that steal, break and flood, in each place where code of a project runs, at each level.

At L0 the machine is kept going and clean, and no secret of the environment goes out; files and the network are
open there. At L1 they are not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.model import Behaviour, Subject
from optimizer.ports import Limits
from optimizer.scratch import remove
from optimizer.verify.verify import verify
from optimizer.workload.project import find_project
from optimizer.workload.suite import run_plan
from tests.attacks.world import PROGRAMS, SIBLINGS, World, launcher, why_not, world

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux"),
]
ALL = sorted([*PROGRAMS.glob("p*.py"), *SIBLINGS.glob("s*.py")])
ONLY_FENCED = {"s03_later_runs", "s09_new_namespace"}
"""Unfenced and as root they would change this machine."""
QUICK = {"p02_ssh_key", "p03_tcp_exfil", "p04_write_outside"}
BITES = {"p03_tcp_exfil", "p04_write_outside", "s02_other_sockets", "s10_links"}
OUTSIDE = ("/etc/optimizer_pwn", "/usr/lib/python3/optimizer_pwn")
LEFT = ("/tmp/fill0", "/var/tmp/fill0", "/dev/shm/fill0")
"""What unfenced programs leave on this machine, and nobody else removes."""
BEFORE = """
def total(xs: list[int]) -> int:
    result = 0
    for x in xs:
        result += x
    return result
"""


def each(level: str) -> list[object]:
    return [
        pytest.param(
            path, level, id=f"{path.stem}-{level}", marks=[] if path.stem in QUICK else [pytest.mark.slow]
        )
        for path in ALL
        if level != "L0" or path.stem not in ONLY_FENCED
    ]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    there = {path for path in (*OUTSIDE, *LEFT) if Path(path).exists()}
    with world(tmp_path, monkeypatch) as made:
        yield made
    for path in {*OUTSIDE, *LEFT} - there:
        Path(path).unlink(missing_ok=True)


def need(level: str) -> None:
    if reason := why_not(level):
        pytest.skip(reason)


def hold(place: World, level: str, program: Path, told: str) -> None:
    """Whatever the level, and what L1 promises on top."""
    assert "CANARY-TOKEN" not in told
    assert "CANARY-KEY" not in told or level == "L0"
    assert place.is_clean()
    assert place.victim.poll() is None
    if level != "L0":
        assert place.visitors() == 0
        assert place.is_unchanged()
        assert not any(Path(path).exists() for path in OUTSIDE)
    elif program.stem in BITES:
        # It is said that L0 does not prevent this; and so it is shown that the program did run.
        assert place.visitors() or not place.is_unchanged()


@pytest.mark.parametrize(("program", "level"), [*each("L0"), *each("L1")])
def test_as_the_new_version_of_a_function(program: Path, level: str, place: World, tmp_path: Path) -> None:
    need(level)
    attack = place.code(program, fenced=level != "L0")
    body = "".join(f"    {line}\n" for line in attack.splitlines())
    (tmp_path / "sums.py").write_text(BEFORE)
    (tmp_path / "calls.py").write_text("def inputs():\n    yield from [([1, 2],), ([],)]\n")
    scratch = place.temporary / "scratch"
    scratch.mkdir()
    subject = Subject(
        file=str(tmp_path / "sums.py"),
        module="sums",
        qualnames=("total",),
        before=BEFORE,
        after=f"def total(xs: list[int]) -> int:\n{body}    return sum(xs)\n",
        python=sys.executable,
        cwd=str(scratch),
        sys_path=(str(tmp_path),),
        inputs_file=str(tmp_path / "calls.py"),
    )
    found = verify(subject, launcher(level), budget_seconds=8.0)
    assert found.behaviour is Behaviour.DIFFERENT
    remove(scratch)
    hold(place, level, program, repr(found))


TEST = """
import contextlib, io

def test_before(): pass

def test_attack():
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        {body}
    raise AssertionError(told.getvalue())
"""


@pytest.mark.parametrize(("program", "level"), [*each("L0"), *each("L1")])
def test_in_a_test_of_the_project(program: Path, level: str, place: World) -> None:
    need(level)
    attack = place.code(program, fenced=level != "L0")
    root = place.top / "project"
    root.mkdir()
    (root / "test_it.py").write_text(TEST.format(body=attack.replace("\n", "\n        ")))
    runner = launcher(level, private=(root / ".git",))
    project = find_project(root, runner, python=sys.executable)
    assert project.plan is not None, project.no_plan
    tree = place.temporary / "tree"
    tree.mkdir()
    (tree / "test_it.py").write_text((root / "test_it.py").read_text())
    run = run_plan(project, project.plan, tree, runner, limits=Limits(wall_seconds=20.0))
    assert "test_it.py::test_attack" not in run.result.passed
    remove(tree)
    hold(place, level, program, repr(run))
