"""What people do with real git over HTTP while the bot works: push to its branch, merge, fetch what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forge import bundles
from tests.forge.git_http import Clone, GitServer, authorization
from tests.forge.github import TOKEN, FakeGitHub
from tests.forge.world import DAY, START, World

FILES = {f"shop/{name}.py": bundles.module(name) for name in ("a", "b")}
SECRETS = (TOKEN, authorization(TOKEN).split()[1])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A pull request of the bot is open."""
    folder = tmp_path / "github.git"
    folder.mkdir()
    with FakeGitHub(folder, START) as fake:
        fake.push("main", FILES)
        world = World(tmp_path, fake)
        world.run()
        world.tick()
        world.run()
        assert len(world.open()) == 1
        yield world


@pytest.fixture
def server(world: World) -> Iterator[GitServer]:
    with GitServer(world.fake) as server:
        yield server
        assert [line for line in server.commands if "remote-http" in line], "git itself was looked at"
        assert not [line for line in server.commands if any(secret in line for secret in SECRETS)]


def _is_clean(clone: Clone) -> None:
    """No secret is in what git said or keeps."""
    kept = [file.read_bytes() for file in (clone.folder / ".git").rglob("*") if file.is_file()]
    for secret in SECRETS:
        assert secret not in clone.said
        assert not [data for data in kept if secret.encode() in data]


def test_a_person_pushes_to_the_bots_branch(world: World, server: GitServer, tmp_path: Path) -> None:
    pull = world.open()[0]
    clone = Clone(server, tmp_path / "clone")
    assert clone.git("checkout", "--quiet", pull["branch"]) == 0
    (clone.folder / "note.txt").write_text("mine\n")
    assert clone.git("add", "note.txt") == clone.git("commit", "--quiet", "-m", "Mine") == 0
    assert clone.git("push", "--quiet", "origin", "HEAD") == 0
    theirs = world.fake.tip(pull["branch"])
    assert world.fake.text(pull["branch"], "note.txt") == "mine\n"
    world.fake.push("main", {"shop/a.py": "X = 1\n" + FILES["shop/a.py"]})
    world.fake.now += DAY
    world.run()
    assert world.fake.tip(pull["branch"]) == theirs, "it is left to them"
    assert pull["state"] == "open"
    _is_clean(clone)


def test_a_maintainer_merges_and_fetches_what_came_of_it(
    world: World, server: GitServer, tmp_path: Path
) -> None:
    pull = world.open()[0]
    changed = world.fake.git("diff", "--name-only", "main", pull["branch"])
    clone = Clone(server, tmp_path / "clone")
    assert clone.git("merge", "--quiet", "--no-ff", "-m", "Merge", f"origin/{pull['branch']}") == 0
    assert clone.git("push", "--quiet", "origin", "main", f":{pull['branch']}") == 0
    assert not world.fake.tip(pull["branch"])
    pull.update(state="closed", merged=True)
    world.fake.now += DAY
    world.run()
    second = world.open()[0]
    assert second["branch"] != pull["branch"]
    assert clone.git("fetch", "--quiet", "--prune") == 0
    assert clone.git("diff", "--quiet", "HEAD~", "HEAD", "--", changed) == 1, "the merge brought the change"
    assert clone.git("merge-base", "--is-ancestor", "HEAD", f"origin/{second['branch']}") == 0
    fresh = Clone(server, tmp_path / "fresh")
    assert (fresh.folder / changed).read_text() != FILES[changed]
    assert clone.git("fsck", "--strict") == 0
    _is_clean(clone)
    _is_clean(fresh)


def test_a_wrong_token_gets_nothing(world: World, server: GitServer, tmp_path: Path) -> None:
    """The server really looks at it."""
    before = world.fake.tip("main")
    clone = Clone(server, tmp_path / "clone", token="ghs_wrong")
    assert not (clone.folder / ".git/refs/remotes").exists()
    assert set(server.statuses) == {401}
    assert world.fake.tip("main") == before


def test_the_bots_own_run_shows_no_secret(
    world: World, server: GitServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """It calls no git of its own, and says nothing of its token at any level of logging."""
    caplog.set_level(0)
    Clone(server, world.folder / "clone")
    world.fake.push("main", {"shop/a.py": "X = 1\n" + FILES["shop/a.py"]})
    world.run()
    out, err = capfd.readouterr()
    assert not any(secret in out + err + caplog.text for secret in SECRETS)
    assert not any(secret in str(pull) for pull in world.fake.pulls for secret in SECRETS)
