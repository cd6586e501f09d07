"""Whatever goes wrong with a call: tried again where that is right, else one sentence, and never a half state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import ForgeError
from tests.forge import bundles
from tests.forge.faults import FAULTS, PASSING, REFUSING, Always
from tests.forge.github import TOKEN, FakeGitHub
from tests.forge.world import DAY, START, World

FILES = {f"shop/{name}.py": bundles.module(name) for name in ("a", "b")}
WAITS = {
    "403 primary limit": 41.0,
    "403 secondary limit": 17.0,
    "429 with the time": 17.0,
    "429 bare": 60.0,
    "500": 1.0,
    "502 as a page": 1.0,
    "503 with the time": 23.0,
    "cut": 1.0,
    "silent": 1.0,
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """On the day on which the box was ticked, so that a pull request is about to be opened."""
    folder = tmp_path / "github.git"
    folder.mkdir()
    with FakeGitHub(folder, START) as fake:
        fake.push("main", FILES)
        world = World(tmp_path, fake)
        world.run()
        world.tick()
        yield world


def _undisturbed(world: World) -> tuple[Any, Any, list[str]]:
    """What was before, what comes of it, and by which calls."""
    saved = world.save()
    world.fake.calls.clear()
    world.run()
    seen, calls = world.seen(), list(world.fake.calls)
    assert any(call.startswith("POST") for call in calls)
    return saved, seen, calls


def _run(world: World, fault: str) -> str:
    """What is said when it does not work."""
    world.slept.clear()
    try:
        world.run(timeout_seconds=1 if fault == "silent" else 30)
    except ForgeError as error:
        return str(error)
    return ""


def _is_a_sentence(said: str) -> bool:
    return (
        said.count("\n") == 0
        and said.endswith(".")
        and "; " in said
        and len(said) < 500
        and TOKEN not in said
    )


def _disturbed(world: World, fault: str, index: int, saved: Any, wanted: Any) -> None:
    world.restore(saved)
    world.fake.faults = {index: FAULTS[fault]}
    said = _run(world, fault)
    assert not world.fake.faults, "the fault has happened"
    assert not said or (fault in REFUSING and _is_a_sentence(said)), (fault, index, said)
    if said:
        assert not world.slept or set(world.slept) == {1.0}, "no waiting but that between writes"
        world.run()
    assert world.seen() == wanted, (fault, index)


def _indices(calls: list[str], *verbs: str) -> list[int]:
    """The first call of each kind, which a path's names and numbers do not change."""
    kinds: dict[str, int] = {}
    for index, call in enumerate(calls):
        kind = "/".join(call.split("/")[:6])
        if call.split()[0] in verbs:
            kinds.setdefault(kind, index)
    return list(kinds.values())


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_by(world: World, fault: str) -> None:
    saved, wanted, calls = _undisturbed(world)
    read, write = _indices(calls, "GET")[0], _indices(calls, "POST")[0]
    for index in (read, write):
        _disturbed(world, fault, index, saved, wanted)
        assert WAITS[fault] in world.slept, "as long as GitHub says, when it says so"


@pytest.mark.parametrize("fault", ["500", "cut", "silent"])
def test_a_pull_request_whose_answer_is_lost_is_not_opened_twice(world: World, fault: str) -> None:
    saved, wanted, calls = _undisturbed(world)
    opening = calls.index("POST /repos/octo/shop/pulls")
    for index in (opening, -1 - opening):
        _disturbed(world, fault, index, saved, wanted)


@pytest.mark.parametrize("fault", REFUSING)
def test_what_does_not_pass_by(world: World, fault: str) -> None:
    saved, wanted, calls = _undisturbed(world)
    for index in (0, _indices(calls, "POST")[0], calls.index("POST /repos/octo/shop/pulls")):
        _disturbed(world, fault, index, saved, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_every_call_every_fault_before_and_after_its_effect(world: World, fault: str) -> None:
    saved, wanted, calls = _undisturbed(world)
    for index in range(len(calls)):
        _disturbed(world, fault, index, saved, wanted)
        _disturbed(world, fault, -1 - index, saved, wanted)


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "silent"])
def test_what_stays_is_said(world: World, fault: str) -> None:
    """From the first call on, and from the first that writes: one sentence, and the next run mends it."""
    saved, wanted, calls = _undisturbed(world)
    for first in (0, _indices(calls, "POST")[0]):
        world.restore(saved)
        world.fake.faults = Always(FAULTS[fault], first)
        assert _is_a_sentence(_run(world, fault))
        assert len(world.fake.calls) <= first + 6, "it does not keep on asking"
        world.fake.faults = {}
        world.run()
        assert world.seen() == wanted


@pytest.mark.slow
def test_a_withdrawn_and_a_renewed_pull_request(world: World) -> None:
    """The calls that change what is there: a fault in any of them, and a run that mends it."""
    world.run()
    world.fake.now += DAY
    world.run()
    moved = {"shop/a.py": "X = 1\n" + FILES["shop/a.py"]}
    changed = {"shop/b.py": FILES["shop/b.py"].replace("(lines):", "(lines, more=()):")}
    world.fake.push("main", moved | changed)
    saved, wanted, calls = _undisturbed(world)
    writes = _indices(calls, "PATCH", "DELETE")
    assert len(writes) >= 3
    for fault in ("404", "422", "500", "cut"):
        for index in writes:
            _disturbed(world, fault, index, saved, wanted)
            _disturbed(world, fault, -1 - index, saved, wanted)
