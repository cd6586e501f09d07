"""A repository on the fake, with a publisher that forgets everything between runs."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from optimizer.adapters.github import Clock, GitHubForge
from optimizer.publish.bundle import open_bundle
from optimizer.publish.carry_out import Done, Publisher
from optimizer.publish.event import Event
from optimizer.publish.on_pull import PullPublisher
from optimizer.registry import load
from tests.forge import bundles
from tests.forge.github import BOT, REPOSITORY, TOKEN, FakeGitHub

_STATE = ("pulls", "issues", "comments", "number", "now")
DAY = 86_400.0
START = 1_790_000_000.0


class World:
    """`files` are those of the project that have something to find; a run finds what is in them by then."""

    def __init__(self, folder: Path, fake: FakeGitHub) -> None:
        self.folder = folder
        self.fake = fake
        self.slept: list[float] = []
        self._bundled: tuple[str, str] = ("", "")

    def paths(self, branch: str) -> list[str]:
        listed = self.fake.git("ls-tree", "-r", "--name-only", branch).split()
        return [path for path in listed if path.endswith(".py")]

    def bundle(self, branch: str = "main", **options: Any) -> Path:
        """What a run on the branch's tip finds; the run's time is saved when it is the last one's bundle again."""
        place = self.folder / "bundle"
        wanted = (self.fake.tip(branch), repr(options))
        if wanted != self._bundled:
            shutil.rmtree(place, ignore_errors=True)
            texts = {path: self.fake.text(branch, path) for path in self.paths(branch)}
            bundles.write(place, texts, wanted[0], **options)
            self._bundled = wanted
        return place

    def publisher(
        self,
        branch: str = "main",
        *,
        dry_run: bool = False,
        sleep: Callable[[float], None] | None = None,
        timeout_seconds: int = 30,
        **options: Any,
    ) -> Publisher:
        clock = Clock(now=lambda: self.fake.now, sleep=sleep or self.slept.append)
        forge = GitHubForge(
            REPOSITORY, TOKEN, api=self.fake.url, login=BOT, clock=clock, timeout_seconds=timeout_seconds
        )
        return Publisher(
            forge=forge,
            claims=open_bundle(self.bundle(branch, **options)),
            transforms=load().transforms,
            now=lambda: self.fake.now,
            dry_run=dry_run,
        )

    def run(self, **options: Any) -> Done:
        try:
            return self.publisher(**options).run()
        finally:
            assert self.fake.problems == []

    def run_on_pull(self, number: int, *, stack: bool = True) -> Done:
        pull = self.fake._pull(str(number))
        event = Event(repository=REPOSITORY, commit=pull["sha"], number=number)
        branch = pull["branch"] if pull["home"] else pull["sha"]
        publisher = self.publisher("main")
        place = self.folder / "bundle"
        shutil.rmtree(place, ignore_errors=True)
        self._bundled = ("", "")
        texts = {path: self.fake.text(branch, path) for path in self.paths(branch)}
        bundles.write(place, texts, pull["sha"])
        publisher = dataclasses.replace(publisher, claims=open_bundle(place))
        done = PullPublisher(publisher=publisher, event=event, stack=stack).run()
        assert self.fake.problems == []
        return done

    def save(self) -> Any:
        """All that GitHub knows. Objects of git that nothing points at stay behind, as they do there."""
        refs = self.fake.git("for-each-ref", "--format=%(refname) %(objectname)").split("\n")
        return deepcopy((refs, {name: getattr(self.fake, name) for name in _STATE}))

    def restore(self, saved: Any) -> None:
        """What was saved, and no call or fault."""
        refs, state = deepcopy(saved)
        present = self.fake.git("for-each-ref", "--format=delete %(refname)")
        self.fake.git("update-ref", "--stdin", data=f"{present}\n".encode())
        self.fake.git("update-ref", "--stdin", data="".join(f"create {one}\n" for one in refs).encode())
        for name, value in state.items():
            setattr(self.fake, name, value)
        self.fake.calls.clear()
        self.fake.faults = {}

    def seen(self) -> Any:
        """Everything that people see: commits by their trees and texts, as their dates are of no interest."""
        names = self.fake.git("for-each-ref", "--format=%(refname) %(tree) %(contents)")
        pulls = [{key: value for key, value in one.items() if key != "sha"} for one in self.fake.pulls]
        return deepcopy((names, pulls, self.fake.issues, self.fake.comments))

    def tick(self) -> None:
        issue = self.fake.issues[0]
        issue["body"] = issue["body"].replace("- [ ]", "- [x]")

    def open(self) -> list[Mapping[str, Any]]:
        return [one for one in self.fake.pulls if one["state"] == "open"]
