"""`optimize publish BUNDLE`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from optimizer.adapters.github import GitHubForge
from optimizer.errors import UsageError
from optimizer.publish.bundle import open_bundle
from optimizer.publish.carry_out import Done, Publisher
from optimizer.publish.event import Event, checked, read_event
from optimizer.publish.on_pull import PullPublisher
from optimizer.registry import load
from optimizer.report.safe import clipped

_API = "https://api.github.com"
_LONGEST_LINE = 1_000
_MODES = ("report", "suggest", "pr")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the folder, or a zip file of it")
    parser.add_argument("--repository", default="", metavar="OWNER/NAME", help="default: GITHUB_REPOSITORY")
    parser.add_argument(
        "--commit", default="", metavar="SHA", help="what was measured (default: the event's)"
    )
    parser.add_argument(
        "--pull-request", type=int, default=0, metavar="N", help="publish on this pull request"
    )
    parser.add_argument("--folder", default="", metavar="PATH", help="the project's folder in the repository")
    parser.add_argument(
        "--login", default="", metavar="NAME", help="whose token it is, for an app's: `NAME[bot]`"
    )
    parser.add_argument(
        "--mode",
        choices=_MODES,
        default="pr",
        help="pr: suggestions inside the diff of a pull request, pull requests for all else (default); "
        "suggest: only suggestions; report: say what would be done, change nothing",
    )
    parser.add_argument(
        "--max-prs",
        type=_count,
        default=None,
        metavar="N",
        help="at most so many of its pull requests are open (default: max_open_pull_requests of [tool.optimizer])",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would be done, change nothing (the same as --mode report)",
    )


def _count(text: str) -> int:
    if not text.isdecimal():
        message = "give a whole number, 0 or more"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Open or update pull requests from a finished run's bundle. The token comes from GITHUB_TOKEN."""
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        message = (
            "There is no token; set GITHUB_TOKEN to one that may write contents, pull requests and issues."
        )
        raise UsageError(message)
    event = _event(options)
    claims = open_bundle(options.bundle)
    if claims.commit != event.commit:
        message = (
            f"The bundle was measured at commit {claims.commit or '(none)'}, but what is to be published is "
            f"{event.commit}; give the bundle that was measured there."
        )
        raise UsageError(message)
    forge = GitHubForge(
        event.repository, token, api=os.environ.get("GITHUB_API_URL") or _API, login=options.login
    )
    publisher = Publisher(
        forge=forge,
        claims=claims,
        transforms=load().transforms,
        now=time.time,
        folder=options.folder.strip("/"),
        max_open=options.max_prs,
        dry_run=options.dry_run or options.mode == "report",
    )
    done = _publish(publisher, event, options.mode)
    sys.stdout.write("".join(f"{line}\n" for line in _lines(done)))
    return 0


def _publish(publisher: Publisher, event: Event, mode: str) -> Done:
    if event.is_pull_request:
        return PullPublisher(publisher=publisher, event=event, stack=mode != "suggest").run()
    if mode == "suggest":
        return Done(
            steps=("nothing was posted: --mode suggest needs a pull request, and the event is about none",)
        )
    return publisher.run()


def _event(options: argparse.Namespace) -> Event:
    given = {"repository": options.repository, "commit": options.commit, "number": options.pull_request}
    if options.repository and options.commit:
        return checked(Event(**given))
    environment = os.environ | ({"GITHUB_REPOSITORY": options.repository} if options.repository else {})
    event = read_event(environment)
    return checked(replace(event, **{name: value for name, value in given.items() if value}))


def _lines(done: Done) -> Sequence[str]:
    refused = [f"not published: {clipped(one.path)}: {clipped(one.because)}" for one in done.refused]
    steps = [clipped(step, _LONGEST_LINE) for step in done.steps]
    return [*steps, *refused] or ["Nothing to publish: the bundle has no accepted change that still holds."]
