"""A month with the bot: what people do on each day, before the bot's run."""

from __future__ import annotations

from collections.abc import Callable

from tests.forge import bundles
from tests.forge.world import DAY, World

FILES = {f"shop/{name}.py": bundles.module(name) for name in ("a", "b", "c", "d", "e")}


def _changed(text: str) -> str:
    return text.replace("(lines):", "(lines, more=()):")


def edit(world: World, path: str) -> None:
    world.fake.push("main", {path: _changed(world.fake.text("main", path))})


def close(world: World, number: int) -> None:
    world.fake._pull(str(number)).update(state="closed")


def nothing(_: World) -> None:
    pass


def _push_to_pull(world: World) -> None:
    pull = world.open()[-1]
    world.fake.push(pull["branch"], {"shop/note.txt": "mine"})


MONTH: list[tuple[str, Callable[[World], None]]] = [
    ("onboarding", nothing),
    ("nobody has ticked yet", nothing),
    ("the box is ticked", World.tick),
    ("the second", nothing),
    ("as many as may be open", nothing),
    ("one is merged", lambda world: world.fake.merge(world.open()[0]["number"])),
    ("one is closed by hand", lambda world: close(world, world.open()[0]["number"])),
    (
        "the base moves beside the function",
        lambda world: world.fake.push(
            "main", {"shop/c.py": "X = 1\n" + world.fake.text("main", "shop/c.py")}
        ),
    ),
    ("a person pushes to a branch", _push_to_pull),
    (
        "a function changes",
        lambda world: [edit(world, path) for path in ("shop/c.py", "shop/b.py")] and None,
    ),
    ("the next", nothing),
    ("quiet", nothing),
]


def a_day(world: World, people: Callable[[World], None]) -> None:
    world.fake.now += DAY
    people(world)
