"""The command: which commit it is about, in which folder, and which types a rule may have asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.cli import main
from tests.forge import bundles
from tests.forge.github import BOT, REPOSITORY, TOKEN, FakeGitHub
from tests.forge.world import START, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    folder = tmp_path / "github.git"
    folder.mkdir()
    with FakeGitHub(folder, START) as fake:
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_API_URL", fake.url)
        yield World(tmp_path, fake)
        assert fake.problems == []


def _publish(bundle: Path, commit: str, *words: str) -> int:
    where = ["--repository", REPOSITORY, "--commit", commit, "--login", BOT]
    return main(["publish", str(bundle), *where, *words])


def test_a_forged_commit_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The bundle names another commit than the event; nothing is asked of GitHub, and nothing is posted."""
    world.fake.push("main", {"a.py": bundles.module("a")})
    bundle = world.bundle()
    for forged in ("f" * 40, ""):
        bundles.spoil(bundle, "run.json", commit=forged)
        assert _publish(bundle, world.fake.tip("main")) == 2
        said = capsys.readouterr().err
        assert forged[:12] in said
        assert world.fake.tip("main") in said
    assert world.fake.calls == []


def test_a_commit_that_is_none_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.fake.push("main", {"a.py": bundles.module("a")})
    assert _publish(world.bundle(), "main") == 2
    assert "give --commit SHA" in capsys.readouterr().err
    assert world.fake.calls == []


def test_a_projects_folder(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths of the bundle are those in the folder; a file of that path at the top is another one."""
    inside, outside = bundles.module("inside"), bundles.module("outside", "0-9")
    settings = "[tool.optimizer]\nask_first = false\n"
    world.fake.push("main", {"a.py": outside, "parts/x/a.py": inside, "parts/x/pyproject.toml": settings})
    commit = world.fake.tip("main")
    bundle = bundles.write(tmp_path / "inner", {"a.py": inside}, commit)
    assert _publish(bundle, commit) == 0
    assert "not the one that was measured" in capsys.readouterr().out
    assert _publish(bundle, commit, "--folder", "parts/none") == 3
    assert "no folder parts/none" in capsys.readouterr().err
    assert world.fake.pulls == []
    assert _publish(bundle, commit, "--folder", "parts/x/") == 0
    branch = world.open()[0]["branch"]
    assert world.fake.text(branch, "a.py") == outside
    assert world.fake.text(branch, "parts/x/a.py") != inside
    changed = world.fake.git("diff", "--name-only", "main", branch)
    assert changed == "parts/x/a.py"
