"""On a pull request: suggestions inside the diff, a stacked pull request for the rest, nothing for a fork's branch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cmarkgfm
import pytest

from optimizer.adapters.github import Clock, GitHubForge
from optimizer.cli import main
from optimizer.errors import ForgeError
from optimizer.publish import body
from optimizer.publish.bundle import open_bundle
from optimizer.publish.event import Event, read_event
from optimizer.publish.on_pull import PullPublisher
from optimizer.publish.rerun import Offer
from tests.forge import bundles
from tests.forge.github import BOT, REPOSITORY, TOKEN, FakeGitHub, Refusal, Reset
from tests.forge.world import START, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "github.git"
    folder.mkdir()
    with FakeGitHub(folder, START) as fake:
        fake.push(
            "main", {"shop/__init__.py": "\n", "shop/a.py": "x = 1\n", "shop/b.py": bundles.module("b")}
        )
        yield World(tmp_path, fake)


def _pull(world: World, path: str, *, home: bool = True) -> int:
    world.fake.git("update-ref", "refs/heads/work", world.fake.tip("main"))
    sha = world.fake.push("work", {path: bundles.module("fresh")})
    return int(world.fake.add_pull("work", "Work", "", home=home, sha=sha)["number"])


def test_a_change_inside_the_diff_is_suggested_once(world: World) -> None:
    number = _pull(world, "shop/a.py")
    world.run_on_pull(number)
    world.run_on_pull(number)
    (comment,) = world.fake.comments
    assert comment["path"] == "shop/a.py"
    assert "```suggestion\n" in comment["body"]


@pytest.mark.parametrize("index", range(20))
def test_a_review_whose_answer_is_lost_is_not_posted_twice(world: World, index: int) -> None:
    number = _pull(world, "shop/a.py")

    def cut() -> None:
        raise Reset

    world.fake.faults = {-1 - index: cut}
    world.run_on_pull(number)
    assert len(world.fake.comments) == 1


def test_a_dry_run_says_what_would_be_suggested(world: World) -> None:
    number = _pull(world, "shop/a.py")
    event = Event(repository=REPOSITORY, commit=world.fake.tip("work"), number=number)
    publisher = world.publisher("work", dry_run=True)
    steps = PullPublisher(publisher=publisher, event=event).run().steps
    assert "would suggest a change to shop/a.py, line 3" in steps
    assert world.fake.comments == []


def test_what_lies_outside_the_diff_is_stacked_when_the_box_is_ticked(world: World) -> None:
    number = _pull(world, "shop/a.py")
    world.run_on_pull(number)
    assert not [one for one in world.fake.pulls if one["branch"].startswith("optimizer/")]
    world.run()
    world.tick()
    world.run_on_pull(number)
    (stacked,) = [one for one in world.fake.pulls if one["branch"].startswith("optimizer/")]
    assert stacked["base"] == "work"


def test_suggestions_only_open_no_pull_request(world: World) -> None:
    number = _pull(world, "shop/a.py")
    world.run()
    world.tick()
    done = world.run_on_pull(number, stack=False)
    assert any("(not suggested: it lies outside of the diff)" in step for step in done.steps)
    assert len(world.fake.comments) == 1
    assert not [one for one in world.fake.pulls if one["branch"].startswith("optimizer/")]


def test_a_forks_branch_gets_no_pull_request(world: World) -> None:
    world.run()
    world.tick()
    number = _pull(world, "shop/a.py", home=False)
    done = world.run_on_pull(number)
    assert any("only as a patch in the summary" in step for step in done.steps)
    assert not [one for one in world.fake.pulls if one["branch"].startswith("optimizer/")]


def _forge(world: World, slept: list[float], token: str = TOKEN) -> GitHubForge:
    clock = Clock(now=lambda: START, sleep=slept.append)
    return GitHubForge(REPOSITORY, token, api=world.fake.url, login="x", clock=clock)


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (403, {"Retry-After": "7"}, 7.0),
        (429, {"Retry-After": "8"}, 8.0),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START) + 20)}, 21.0),
        (502, {}, 1.0),
    ],
)
def test_what_passes_by_is_tried_again(
    world: World, status: int, headers: dict[str, str], waited: float
) -> None:
    def refuse() -> None:
        raise Refusal(status, "Wait", headers)

    world.fake.faults = {0: refuse}
    slept: list[float] = []
    assert _forge(world, slept).default_branch() == "main"
    assert slept == [waited]


def test_a_limit_that_lasts_is_said(world: World) -> None:
    def refuse() -> None:
        raise Refusal(
            403, "Wait", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START) + 3000)}
        )

    world.fake.faults = {0: refuse}
    with pytest.raises(ForgeError, match="used up for 50 minutes"):
        _forge(world, []).default_branch()


def test_a_bad_token_is_said_but_not_shown(world: World) -> None:
    with pytest.raises(ForgeError, match="401") as caught:
        _forge(world, [], token="ghs_wrong").default_branch()
    assert "ghs_wrong" not in str(caught.value)


def test_a_right_that_is_missing_is_said_at_once(world: World) -> None:
    def refuse() -> None:
        raise Refusal(403, "Resource not accessible by integration")

    world.fake.faults = {0: refuse}
    slept: list[float] = []
    with pytest.raises(ForgeError, match="permissions"):
        _forge(world, slept).default_branch()
    assert slept == []


def test_the_body_renders_as_meant(world: World) -> None:
    publisher = world.publisher()
    situation, _ = publisher._look({})
    offer = situation.offers[0]
    assert isinstance(offer, Offer)
    text = body.body_of(offer, base="1" * 40)
    html = cmarkgfm.github_flavored_markdown_to_html(text, cmarkgfm.Options.CMARK_OPT_UNSAFE)
    assert "<table>" in html
    assert "<details>" in html
    assert "<code>shop.b:b</code>" in html
    shown = text.partition("<details>")[0]
    assert shown.count("\n") < 40
    title = body.title_of(offer, publisher.claims)
    assert title == "27% off shop.b:b, 24% of the test suite"
    assert body.branch_name(offer).startswith("optimizer/literal-regex-to-constant/shop.b-b-")


HOSTILE = (
    "</details><script>alert(1)</script>",
    "@octocat fixes #1, GH-2",
    "[x](https://evil.example) ![y](https://evil.example/z.png)",
    "a | b\n\n# Heading\n- [x] ticked <!-- tenpercent go -->",
    "``` ` <!-- --> &lt;b&gt;",
    "www.evil.example https://evil.example",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_a_bundle_are_only_text(world: World, text: str) -> None:
    def spoil(decision: bundles.Decision) -> bundles.Decision:
        measured = bundles.replace(
            bundles.MEASURED,
            cpu=text[:100],
            strata=(bundles.replace(bundles.MEASURED.strata[0], name=text),),
        )
        checked = bundles.replace(bundles.SAME, not_observable=(text,), survivors=(text,))
        return bundles.replace(decision, measurements=(measured,), verification=checked)

    situation, _ = world.publisher(change=spoil)._look({})
    html = cmarkgfm.github_flavored_markdown_to_html(
        body.body_of(situation.offers[0], base="1" * 40), cmarkgfm.Options.CMARK_OPT_UNSAFE
    )
    for bad in ("<script", "<img", "<a ", "<h1", 'type="checkbox"', "@octocat", "#1"):
        assert bad not in html
    assert html.count("<details>") == html.count("</details>") == 1
    assert html.count("<table>") == 1


def test_events(tmp_path: Path) -> None:
    place = tmp_path / "event.json"
    sha = "2" * 40
    run = f'"head_sha": "{sha}", "head_branch": "work", "head_repository": {{"owner": {{"login": "forker"}}}}'
    place.write_text(f'{{"workflow_run": {{"event": "pull_request", {run}}}}}')
    environment = {"GITHUB_EVENT_PATH": str(place), "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_SHA": "3" * 40}
    event = read_event(environment)
    assert (event.commit, event.owner, event.branch, event.is_pull_request) == (sha, "forker", "work", True)
    place.write_text(f'{{"workflow_run": {{"event": "schedule", {run}}}}}')
    assert not read_event(environment).is_pull_request
    place.write_text(f'{{"pull_request": {{"number": 7, "head": {{"sha": "{sha}"}}}}}}')
    assert read_event(environment).number == 7
    place.write_text("{}")
    assert read_event(environment).commit == "3" * 40


def test_bundles_open_as_they_are_written(world: World) -> None:
    assert len(open_bundle(world.bundle()).claims) == 1


@pytest.mark.parametrize(
    ("words", "opened"),
    [
        (["--mode", "report"], 0),
        (["--dry-run"], 0),
        (["--mode", "suggest"], 0),
        (["--max-prs", "0"], 0),
        (["--mode", "pr", "--max-prs", "1"], 1),
    ],
)
def test_the_command_keeps_to_its_mode_and_limit(
    world: World, words: list[str], opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run()
    world.tick()
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_API_URL", world.fake.url)
    commit = world.fake.tip("main")
    bundle = world.bundle()
    argv = ["publish", str(bundle), "--repository", REPOSITORY, "--commit", commit, "--login", BOT, *words]
    assert main(argv) == 0
    assert len([one for one in world.fake.pulls if one["branch"].startswith("optimizer/")]) == opened
