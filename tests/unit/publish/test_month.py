"""A month with the bot: onboarding, limits, people who close, edit, push and merge, a base that moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forge.github import FakeGitHub
from tests.forge.month import FILES, MONTH, a_day, close, edit, nothing
from tests.forge.world import START, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "github.git"
    folder.mkdir()
    with FakeGitHub(folder, START) as fake:
        fake.push("main", FILES)
        yield World(tmp_path, fake)


def test_the_month(world: World) -> None:
    seen: dict[str, tuple[int, int]] = {}
    for name, people in MONTH:
        a_day(world, people)
        world.run()
        seen[name] = (len(world.fake.pulls), len(world.open()))
        assert world.run().steps == (), "a second run on the same day has nothing to do"
        titles = [one["branch"] for one in world.open()]
        assert len(titles) == len(set(titles))
        assert len(world.fake.issues) == 1
    assert seen["onboarding"] == seen["nobody has ticked yet"] == (0, 0)
    assert seen["the box is ticked"] == (1, 1)
    assert seen["the second"] == seen["as many as may be open"] == (2, 2)
    assert seen["one is merged"] == (3, 2)
    assert seen["one is closed by hand"] == (4, 2)


def test_a_stale_pull_request_is_made_again_and_a_touched_one_left(world: World) -> None:
    world.run()
    world.tick()
    for _ in range(2):
        a_day(world, nothing)
        world.run()
    first, second = world.open()
    before = world.fake.tip(first["branch"])
    world.fake.push(second["branch"], {"x.txt": "mine"})
    theirs = world.fake.tip(second["branch"])
    world.fake.push("main", {path: "X = 1\n" + text for path, text in FILES.items()})
    world.run()
    assert world.fake.tip(first["branch"]) != before
    assert world.fake.git("rev-parse", f"{first['branch']}~") == world.fake.tip("main")
    assert "X = 1" in world.fake.text(first["branch"], "shop/a.py")
    assert world.fake.tip(second["branch"]) == theirs


def test_an_edited_text_is_left(world: World) -> None:
    world.run()
    world.tick()
    world.run()
    pull = world.open()[0]
    pull["body"] += "\nI would rather wait."
    edit(world, "shop/a.py")
    world.run()
    assert pull["state"] == "open"
    assert pull["body"].endswith("I would rather wait.")


def test_a_changed_function_withdraws_and_offers_again(world: World) -> None:
    world.run()
    world.tick()
    world.run()
    pull = world.open()[0]
    a_day(world, lambda one: edit(one, "shop/a.py"))
    world.run()
    assert pull["state"] == "closed"
    assert "the function has changed since" in pull["body"]
    assert not world.fake.tip(pull["branch"])
    assert "a-a-" in world.open()[0]["branch"] or "shop.a-a" in world.open()[0]["branch"]


def test_closed_stays_closed_until_the_function_changes(world: World) -> None:
    world.run()
    world.tick()
    world.run()
    first = world.open()[0]
    close(world, first["number"])
    for _ in range(6):
        a_day(world, nothing)
        world.run()
        for pull in world.open():
            close(world, pull["number"])
    assert len(world.fake.pulls) == len(FILES)
    edit(world, "shop/a.py")
    a_day(world, nothing)
    world.run()
    assert len(world.fake.pulls) == len(FILES) + 1


def test_a_closed_dashboard_ends_it(world: World) -> None:
    world.run()
    world.tick()
    world.fake.issues[0]["state"] = "closed"
    assert world.run().steps == ()
    assert not world.fake.pulls


def test_somebody_elses_dashboard_is_none(world: World) -> None:
    world.run()
    forged = world.fake.issues.pop()
    forged["user"] = "mallory"
    world.fake.issues.append(forged)
    world.tick()
    world.run()
    assert len(world.fake.issues) == 2
    assert not world.fake.pulls


def test_nothing_found_posts_nothing(world: World) -> None:
    world.fake.push("main", dict.fromkeys(FILES, "x = 1\n"))
    world.run()
    assert not world.fake.issues
    assert not world.fake.pulls


def test_without_asking_first_where_configured(world: World) -> None:
    settings = (
        "[tool.optimizer]\nask_first = false\nmax_open_pull_requests = 3\nmax_pull_requests_a_day = 3\n"
    )
    world.fake.push("main", {"pyproject.toml": settings})
    world.run()
    assert len(world.open()) == 3
    assert [one["number"] for one in world.fake.issues] == [1]


def test_a_dry_run_only_says(world: World) -> None:
    assert world.publisher(dry_run=True).run().steps == ("would open the dashboard issue",)
    assert not world.fake.issues
