"""GitHub as a `Forge`, through PyGithub's requester.

What passes by (rate limits, a server that is busy, a broken connection) is tried again after a while. What
creates something that cannot be told from its copy is not: then ForgeConflict asks the caller to look again.
The token is in no message.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import github
import requests

from optimizer.errors import ForgeConflict, ForgeError
from optimizer.ports import ChangedFile, Commit, Entry, Forge, Issue, Pull, Remark
from optimizer.report.safe import clipped

Json = Any
_PAGE = 100
_MOST_PAGES = 1_000
_TIMEOUT_SECONDS = 30
_TRIES = 6
_LONGEST_WAIT_SECONDS = 900.0
_BETWEEN_WRITES_SECONDS = 1.0
_UNKNOWN, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _UNFIT, _MANY, _BUSY = 401, 403, 404, 409, 422, 429, 500
_RIGHTS = "look at the workflow's permissions (contents, pull-requests and issues: write) and its token"
_ADVICE = {
    _UNKNOWN: "the token is wrong or has expired; set GITHUB_TOKEN to one that is valid",
    _FORBIDDEN: _RIGHTS,
    _NOT_FOUND: f"look at the repository's name; if that is right, {_RIGHTS}",
    _CONFLICT: "something else is changing the repository; run it again later",
    _UNFIT: "look at the repository's rules for branches and pull requests, then run it again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time, so that tests need not wait for it."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class GitHubForge(Forge):
    """One repository (`owner/name`) at `api`, with the rights of `token`, which belongs to `login` ("": ask)."""

    def __init__(
        self,
        repository: str,
        token: str,
        *,
        api: str,
        login: str = "",
        clock: Clock | None = None,
        timeout_seconds: int = _TIMEOUT_SECONDS,
    ) -> None:
        self._token = token
        self._clock = clock or Clock()
        self._path = f"/repos/{repository}"
        self._owner = repository.partition("/")[0]
        self._name = repository
        self._login = login
        # Named by their content, so that they never change.
        self._commits: dict[str, Commit] = {}
        self._trees: dict[str, Mapping[str, Entry]] = {}
        self._blobs: dict[str, bytes] = {}
        client = github.Github(
            auth=github.Auth.Token(token),
            base_url=api.rstrip("/"),
            timeout=timeout_seconds,
            retry=None,
            per_page=_PAGE,
            seconds_between_requests=0,
            seconds_between_writes=0,
            user_agent="tenpercent",
        )
        self._requester = client.requester

    # --- asking ---

    def _ask(
        self, verb: str, path: str, *, send: Json = None, query: Json = None, again: bool = True
    ) -> Json:
        """The answer's JSON. `again` is whether a call whose outcome is not known may be made once more."""
        for attempt in range(_TRIES):
            if verb != "GET":
                self._clock.sleep(_BETWEEN_WRITES_SECONDS)
            try:
                return self._requester.requestJsonAndCheck(verb, path, parameters=query, input=send)[1]
            except github.GithubException as error:
                wait = self._wait(error, attempt)
                if wait is None:
                    raise self._refusal(error, verb, path) from None
                if error.status >= _BUSY and not again:
                    raise ForgeConflict(_UNSURE) from None
            except requests.RequestException as error:
                if not again:
                    raise ForgeConflict(_UNSURE) from None
                wait = 2.0**attempt
                last = type(error).__name__
                if attempt == _TRIES - 1:
                    message = f"GitHub cannot be reached ({last}); run it again later."
                    raise ForgeError(message) from None
            self._clock.sleep(wait)
        message = f"GitHub is still busy after {_TRIES} tries; run it again later."
        raise ForgeError(message)

    def _wait(self, error: github.GithubException, attempt: int) -> float | None:
        """How many seconds to wait before another try; None when that is no use."""
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status not in {_FORBIDDEN, _MANY} and error.status < _BUSY:
            return None
        reset = headers.get("x-ratelimit-reset", "")
        if headers.get("retry-after", "").isdigit():
            wait = float(headers["retry-after"])
        elif error.status >= _BUSY:
            wait = float(2**attempt)
        elif headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
            wait = float(reset) - self._clock.now() + 1
        elif error.status == _MANY or "secondary rate" in str(error.data).lower():
            wait = 60.0 * 2**attempt
        else:
            return None
        if wait > _LONGEST_WAIT_SECONDS:
            what = "GitHub's rate limit is used up" if error.status < _BUSY else "GitHub is busy"
            message = f"{what} for {wait / 60:.0f} minutes; run it again after that."
            raise ForgeError(message) from None
        return max(wait, 1.0)

    def _refusal(self, error: github.GithubException, verb: str, path: str) -> ForgeError:
        said = error.data.get("message", "") if isinstance(error.data, dict) else ""
        text = clipped(str(said), 200).replace(self._token, "***") if self._token else ""
        advice = _ADVICE.get(error.status, "run it again later, and report it if it stays")
        message = f"GitHub answers {error.status} to {verb} {path} ({text}); {advice}."
        return _Status(message, error.status)

    def _pages(self, path: str, query: Mapping[str, Json]) -> Iterator[Json]:
        for page in range(1, _MOST_PAGES):
            rows = self._ask("GET", path, query={**query, "per_page": _PAGE, "page": page})
            yield from rows
            if len(rows) < _PAGE:
                return

    # --- the repository ---

    def default_branch(self) -> str:
        """The name of the branch that pull requests go to."""
        return str(self._ask("GET", self._path)["default_branch"])

    def tip(self, branch: str) -> str:
        """The commit at the tip of a branch, "" when there is none."""
        try:
            return str(self._ask("GET", f"{self._path}/git/ref/heads/{quote(branch)}")["object"]["sha"])
        except _Status as error:
            if error.status == _NOT_FOUND:
                return ""
            raise

    def commit(self, sha: str) -> Commit:
        """One commit."""
        if sha not in self._commits:
            data = self._ask("GET", f"{self._path}/git/commits/{sha}")
            self._commits[sha] = Commit(
                sha=data["sha"],
                tree=data["tree"]["sha"],
                parents=tuple(one["sha"] for one in data["parents"]),
                message=data["message"],
            )
        return self._commits[sha]

    def files(self, commit: str) -> Mapping[str, Entry]:
        """Every entry of a commit's tree, by path."""
        tree = self.commit(commit).tree
        if tree not in self._trees:
            self._trees[tree] = self._entries(tree)
        return self._trees[tree]

    def _entries(self, tree: str) -> Mapping[str, Entry]:
        data = self._ask("GET", f"{self._path}/git/trees/{tree}", query={"recursive": "1"})
        if data["truncated"]:
            message = f"{self._name} has more files than GitHub lists at once; publish from a smaller one."
            raise ForgeError(message)
        return {
            row["path"]: Entry(
                path=row["path"], mode=row["mode"], kind=row["type"], sha=row["sha"], size=row.get("size", 0)
            )
            for row in data["tree"]
        }

    def blob(self, sha: str) -> bytes:
        """A file's bytes."""
        if sha not in self._blobs:
            data = self._ask("GET", f"{self._path}/git/blobs/{sha}")
            self._blobs[sha] = base64.b64decode(data["content"])
        return self._blobs[sha]

    def write_tree(self, parent: Commit, path: str, mode: str, data: bytes) -> str:
        """A new tree: that of `parent` in which one file is `data`."""
        content = base64.b64encode(data).decode()
        blob = self._ask("POST", f"{self._path}/git/blobs", send={"content": content, "encoding": "base64"})
        entry = {"path": path, "mode": mode, "type": "blob", "sha": blob["sha"]}
        send = {"base_tree": parent.tree, "tree": [entry]}
        return str(self._ask("POST", f"{self._path}/git/trees", send=send)["sha"])

    def write_commit(self, parent: Commit, tree: str, message: str) -> str:
        """A new commit of that tree on `parent`; nothing points at it yet."""
        # Without an author GitHub signs the commit of an app.
        send = {"message": message, "tree": tree, "parents": [parent.sha]}
        return str(self._ask("POST", f"{self._path}/git/commits", send=send)["sha"])

    def branches(self, prefix: str) -> Mapping[str, str]:
        """The tips of all branches whose names begin so, by name."""
        rows = self._ask("GET", f"{self._path}/git/matching-refs/heads/{quote(prefix)}")
        return {row["ref"].removeprefix("refs/heads/"): row["object"]["sha"] for row in rows}

    def create_branch(self, branch: str, commit: str) -> None:
        """A new branch; ForgeConflict when there is one of that name."""
        send = {"ref": f"refs/heads/{branch}", "sha": commit}
        self._create(f"{self._path}/git/refs", send)

    def move_branch(self, branch: str, commit: str) -> None:
        """Let a branch point elsewhere, whatever it pointed at."""
        send = {"sha": commit, "force": True}
        self._ask("PATCH", f"{self._path}/git/refs/heads/{quote(branch)}", send=send)

    def delete_branch(self, branch: str) -> None:
        """Remove a branch; nothing happens when there is none."""
        try:
            self._ask("DELETE", f"{self._path}/git/refs/heads/{quote(branch)}")
        except _Status as error:
            if error.status not in {_NOT_FOUND, _UNFIT}:
                raise

    def _create(self, path: str, send: Json) -> Json:
        """Make something new, once."""
        try:
            return self._ask("POST", path, send=send, again=False)
        except _Status as error:
            if error.status in {_CONFLICT, _UNFIT}:
                raise ForgeConflict(str(error)) from None
            raise

    # --- pull requests ---

    def pulls_of(self, branch: str, owner: str = "") -> Sequence[Pull]:
        """Pull requests from a branch, in every state; `owner` "" means the repository's own."""
        query = {"head": f"{owner or self._owner}:{branch}", "state": "all"}
        return [self._pull(row) for row in self._pages(f"{self._path}/pulls", query)]

    def pulls_since(self, created: float) -> Sequence[Pull]:
        """Pull requests in every state that were opened at or after `created`, the newest first."""
        query = {"state": "all", "sort": "created", "direction": "desc"}
        found: list[Pull] = []
        for row in self._pages(f"{self._path}/pulls", query):
            pull = self._pull(row)
            if pull.created < created:
                break
            found.append(pull)
        return found

    def pull(self, number: int) -> Pull:
        """One pull request."""
        return self._pull(self._ask("GET", f"{self._path}/pulls/{number}"))

    def open_pull(self, *, branch: str, base: str, title: str, body: str) -> Pull:
        """A new pull request; ForgeConflict when the branch has an open one."""
        send = {"title": title, "body": body, "head": branch, "base": base}
        return self._pull(self._create(f"{self._path}/pulls", send))

    def edit_pull(self, number: int, *, title: str, body: str, close: bool = False) -> None:
        """Replace title and body, and close it in the same step if asked to."""
        send = {"title": title, "body": body, **({"state": "closed"} if close else {})}
        self._ask("PATCH", f"{self._path}/pulls/{number}", send=send)

    def _pull(self, row: Json) -> Pull:
        head = row["head"]
        home = head.get("repo") or {}
        return Pull(
            number=row["number"],
            open=row["state"] == "open",
            merged=bool(row.get("merged_at")),
            title=row["title"],
            body=row["body"] or "",
            branch=head["ref"],
            head=head["sha"],
            head_owner=(head.get("user") or {}).get("login", ""),
            home=home.get("full_name", "").lower() == self._name.lower(),
            base=row["base"]["ref"],
            base_sha=row["base"]["sha"],
            created=_seconds(row["created_at"]),
        )

    # --- issues and remarks ---

    def issues(self, marker: str) -> Sequence[Issue]:
        """Our own issues, in every state, whose text holds `marker`, the oldest first."""
        query = {"state": "all", "sort": "created", "direction": "asc", "creator": self._me()}
        rows = self._pages(f"{self._path}/issues", query)
        return [_issue(row) for row in rows if marker in (row["body"] or "") and not row.get("pull_request")]

    def open_issue(self, *, title: str, body: str) -> Issue:
        """A new issue."""
        return _issue(self._create(f"{self._path}/issues", {"title": title, "body": body}))

    def edit_issue(self, number: int, *, body: str) -> None:
        """Replace the text of an issue."""
        self._ask("PATCH", f"{self._path}/issues/{number}", send={"body": body})

    def changed_files(self, number: int) -> Sequence[ChangedFile]:
        """What a pull request changes."""
        rows = self._pages(f"{self._path}/pulls/{number}/files", {})
        return [ChangedFile(path=row["filename"], patch=row.get("patch", "")) for row in rows]

    def remarks(self, number: int) -> Sequence[str]:
        """The texts of our own comments on lines of a pull request."""
        rows = self._pages(f"{self._path}/pulls/{number}/comments", {})
        return [row["body"] for row in rows if row["user"]["login"] == self._me()]

    def review(self, number: int, commit: str, remarks: Sequence[Remark]) -> None:
        """Comment on lines of a pull request as of `commit`, all in one review."""
        comments = [
            {
                "path": one.path,
                "line": one.last,
                "side": "RIGHT",
                "body": one.body,
                **({"start_line": one.first, "start_side": "RIGHT"} if one.first < one.last else {}),
            }
            for one in remarks
        ]
        send = {"commit_id": commit, "event": "COMMENT", "comments": comments}
        self._create(f"{self._path}/pulls/{number}/reviews", send)

    def _me(self) -> str:
        """Whose token it is: the token of an app or a workflow may not ask, and then belongs to the workflow."""
        if not self._login:
            try:
                self._login = str(self._ask("GET", "/user")["login"])
            except _Status as error:
                if error.status not in {_UNKNOWN, _FORBIDDEN, _NOT_FOUND}:
                    raise
                self._login = "github-actions[bot]"
        return self._login


_UNSURE = "It is not known whether GitHub has done it; look again."


class _Status(ForgeError):
    """GitHub says no, with this status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def _issue(row: Json) -> Issue:
    return Issue(
        number=row["number"],
        open=row["state"] == "open",
        title=row["title"],
        body=row["body"] or "",
        created=_seconds(row["created_at"]),
    )


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
