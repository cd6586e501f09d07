"""Killed at any call, the next run comes to the same end: nothing twice, nothing missing.

What is killed *before* a call leaves what is left *after* the call before it, so that each call is the last one once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from requests.adapters import HTTPAdapter

from tests.forge import bundles
from tests.forge.github import BOT, REPOSITORY, TOKEN, FakeGitHub
from tests.forge.month import FILES, MONTH, a_day
from tests.forge.world import START, World

FEW = {path: FILES[path] for path in ("shop/a.py", "shop/b.py", "shop/c.py")}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "github.git"
    folder.mkdir()
    with FakeGitHub(folder, START) as fake:
        yield World(tmp_path, fake)


class _Killed(BaseException):
    """The end of the process, which nothing catches."""


def _killed_after(world: World, index: int) -> None:
    """A run that ends as call `index` has been answered, and before it hears of it."""
    send, left = HTTPAdapter.send, [index]

    def last(self: HTTPAdapter, *given: Any, **options: Any) -> Any:
        answer = send(self, *given, **options)
        if not left[0]:
            raise _Killed
        left[0] -= 1
        return answer

    publisher = world.publisher()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", last)
        with pytest.raises(_Killed):
            publisher.run()
    assert len(world.fake.calls) == index + 1


def _every_call_once(world: World, people: Callable[[World], None], *, step: int = 1) -> int:
    """A day in which a service that knows nothing begins after each call; how many of them there are."""
    a_day(world, people)
    state = world.save()
    world.fake.calls.clear()
    world.run()
    calls, wanted = list(world.fake.calls), world.seen()
    for index in range(0, len(calls), step):
        world.restore(state)
        _killed_after(world, index)
        world.run()
        assert world.seen() == wanted, f"killed after {calls[index]}, the call {index}"
    return len(calls)


def test_while_the_dashboard_is_opened(world: World) -> None:
    world.fake.push("main", FEW)
    assert _every_call_once(world, lambda _: None, step=4) > 5


def test_while_a_pull_request_is_opened(world: World) -> None:
    world.fake.push("main", FEW)
    world.run()
    assert _every_call_once(world, World.tick, step=5) > 20


@pytest.mark.slow
def test_every_call_of_a_month(world: World) -> None:
    world.fake.push("main", FILES)
    assert sum(_every_call_once(world, people) for _, people in MONTH) > 200


def _command(world: World, fault: int | None) -> int:
    """The real command in a process of its own; `fault`: the call that is its last, before or (negative) after it."""
    world.fake.calls.clear()
    argv = ["publish", str(world.bundle()), "--repository", REPOSITORY, "--commit", world.fake.tip("main")]
    process = subprocess.Popen(
        [sys.executable, "-m", "optimizer", *argv, "--login", BOT],
        env=os.environ | {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": world.fake.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )

    def kill() -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    world.fake.faults = {} if fault is None else {fault: kill}
    said, _ = process.communicate()
    assert TOKEN not in said.decode()
    assert world.fake.problems == []
    return process.returncode


@pytest.mark.slow
def test_the_command_is_killed_at_every_write(world: World) -> None:
    """A process that is ended by the system, before and after each call took effect."""
    world.fake.now = time.time()
    world.fake.push("main", {"shop/a.py": bundles.module("a")})
    world.run()
    world.tick()
    state = world.save()
    assert _command(world, None) == 0
    calls, wanted = list(world.fake.calls), world.seen()
    indices = [index for index, call in enumerate(calls) if not call.startswith("GET")]
    assert indices
    for fault in (one for index in indices for one in (index, -1 - index)):
        world.restore(state)
        assert _command(world, fault) == -signal.SIGKILL
        assert _command(world, None) == 0
        assert world.seen() == wanted, fault
