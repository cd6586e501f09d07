"""Killed while it writes, the next run comes to the same end: nothing twice, nothing missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.forge import bundles
from tests.forge.github import FakeGitHub, Reset
from tests.forge.world import DAY, START, World

FILES = {f"shop/{name}.py": bundles.module(name) for name in ("a", "b", "c")}
_STATE = ("pulls", "issues", "comments", "number", "now")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "github.git"
    folder.mkdir()
    with FakeGitHub(folder, START) as fake:
        fake.push("main", FILES)
        yield World(tmp_path, fake)


def _save(world: World) -> dict[str, Any]:
    shutil.rmtree(world.folder / "saved", ignore_errors=True)
    shutil.copytree(world.fake.git_folder, world.folder / "saved")
    return deepcopy({name: getattr(world.fake, name) for name in _STATE})


def _restore(world: World, state: dict[str, Any]) -> None:
    shutil.rmtree(world.fake.git_folder)
    shutil.copytree(world.folder / "saved", world.fake.git_folder)
    for name, value in deepcopy(state).items():
        setattr(world.fake, name, value)


def _end(world: World) -> Any:
    """Everything that people see."""
    names = world.fake.git("for-each-ref", "--format=%(refname)").split()
    trees = {name: world.fake.git("rev-parse", f"{name}^{{tree}}") for name in names}
    pulls = [{key: value for key, value in one.items() if key != "sha"} for one in world.fake.pulls]
    return deepcopy((trees, pulls, world.fake.issues))


class _Dead(dict[int, Callable[[], None]]):
    """Every further call fails, as there is nobody left to make one."""

    def __contains__(self, _: object) -> bool:
        return True

    def pop(self, *_: Any) -> Callable[[], None]:
        return _cut


def _cut() -> None:
    raise Reset


def _killed(world: World, fault: int) -> None:
    """One call is the last: before it, or (negative) after it took effect. Then a service that knows nothing begins."""

    def die() -> None:
        world.fake.faults = _Dead()
        raise Reset

    def sleep(_: float) -> None:
        if isinstance(world.fake.faults, _Dead):
            raise KeyboardInterrupt

    world.fake.calls.clear()
    world.fake.faults = {fault: die}
    with pytest.raises(KeyboardInterrupt):
        world.publisher(sleep=sleep).run()
    world.fake.faults = {}
    world.run()


def _every_call_once(world: World, people: Callable[[World], None]) -> None:
    world.fake.now += DAY
    people(world)
    state = _save(world)
    world.fake.calls.clear()
    world.run()
    writes = [index for index, call in enumerate(world.fake.calls) if not call.startswith("GET")]
    wanted = _end(world)
    assert writes
    for fault in (one for index in writes for one in (index, -1 - index)):
        _restore(world, state)
        _killed(world, fault)
        assert _end(world) == wanted, f"killed at call {fault}"


@pytest.mark.slow
def test_while_the_dashboard_is_opened(world: World) -> None:
    _every_call_once(world, lambda _: None)


@pytest.mark.slow
def test_while_pull_requests_are_opened_made_again_and_withdrawn(world: World) -> None:
    world.run()
    _every_call_once(world, World.tick)
    moved = {path: "X = 1\n" + text for path, text in FILES.items()}
    _every_call_once(world, lambda one: one.fake.push("main", moved) and None)
    changed = {path: text.replace("(lines):", "(lines, more=()):") for path, text in moved.items()}
    _every_call_once(world, lambda one: one.fake.push("main", changed) and None)
