"""Which repository, commit and pull request a run is about: from GitHub's own event, never the bundle."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import UsageError

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a workflow was started for; `commit` is what was measured.

    For a pull request, `number` is its number, or 0 with `owner` and `branch` to look for it; for anything else
    `owner` is "".
    """

    repository: str
    commit: str
    branch: str = ""
    number: int = 0
    owner: str = ""

    @property
    def is_pull_request(self) -> bool:
        """Whether a pull request was measured."""
        return bool(self.number or self.owner)


def read_event(environment: Mapping[str, str]) -> Event:
    """From GITHUB_EVENT_PATH, GITHUB_REPOSITORY and GITHUB_SHA; UsageError when they do not tell."""
    event = _payload(environment.get("GITHUB_EVENT_PATH", ""))
    repository = environment.get("GITHUB_REPOSITORY", "")
    match event:
        case {"workflow_run": {"event": str(kind), "head_sha": str(sha), "head_branch": str(branch), **rest}}:
            owner = _owner(rest) if kind in {"pull_request", "pull_request_target"} else ""
            return checked(Event(repository=repository, commit=sha, branch=branch, owner=owner))
        case {"pull_request": {"number": int(number), "head": {"sha": str(sha)}}}:
            return checked(Event(repository=repository, commit=sha, number=number))
        case _:
            return checked(
                Event(
                    repository=repository,
                    commit=environment.get("GITHUB_SHA", ""),
                    branch=environment.get("GITHUB_REF_NAME", ""),
                )
            )


def checked(event: Event) -> Event:
    """The event, if it names a repository and a commit; else UsageError."""
    if not _REPOSITORY.fullmatch(event.repository):
        message = "No repository is named; give --repository OWNER/NAME, or set GITHUB_REPOSITORY."
        raise UsageError(message)
    if not _SHA.fullmatch(event.commit):
        message = "No commit is named; give --commit SHA, the commit that was measured."
        raise UsageError(message)
    return event


def _owner(run: object) -> str:
    match run:
        case {"head_repository": {"owner": {"login": str(login)}}}:
            return login
        case _:
            message = (
                "The event names no repository that the pull request comes from; run it again from there."
            )
            raise UsageError(message)


def _payload(place: str) -> Any:
    if not place:
        return {}
    try:
        return json.loads(Path(place).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"GITHUB_EVENT_PATH ({place}) cannot be read as JSON; unset it, or give --commit and --repository."
        raise UsageError(message) from error
