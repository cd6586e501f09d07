"""A GitHub of one repository on localhost: state in memory, git in a real bare repository, every message checked.

Requests and answers are validated against GitHub's published OpenAPI description, so that neither the client nor
this fake can make up an interface. Faults are asked for by the number of the call.
"""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30Validator

from tests.forge.serving import Serving

OWNER, NAME, BOT = "octo", "shop", "tenpercent[bot]"
REPOSITORY = f"{OWNER}/{NAME}"
TOKEN = "ghs_secret0123456789"
DESCRIPTION = Path(__file__).with_name("github-openapi.json")
_IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
Json = Any


@cache
def description() -> tuple[Json, OpenAPI]:
    data = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return data, OpenAPI.from_dict(deepcopy(data), config=Config(spec_validator_cls=None))


class Refusal(Exception):
    """An answer that is not a success. With `page` it comes from a machine in front of GitHub: HTML, not JSON."""

    def __init__(
        self, status: int, message: str, headers: Mapping[str, str] | None = None, *, page: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.headers, self.page = status, message, dict(headers or {}), page


class Reset(Exception):
    """The connection is cut instead of an answer."""


class Silence(Exception):
    """No answer comes for as long as the client waits."""


Fault = Callable[[], None]


class FakeGitHub(Serving):
    """Start with `with`; `url` is the API. `calls` lists what was called; `faults` maps the number of a call to a fault.

    A fault runs before the call has its effect, or after it when its key is negative (-1 is call 0).
    """

    def __init__(self, folder: Path, now: float) -> None:
        self.git_folder = folder
        self.now = now
        self.pulls: list[Json] = []
        self.issues: list[Json] = []
        self.comments: list[Json] = []
        self.number = 0
        self.calls: list[str] = []
        self.faults: dict[int, Fault] = {}
        self.problems: list[str] = []
        self._lock = threading.Lock()
        self.git("init", "--quiet", "--bare", "--initial-branch=main", ".")

    # --- the server ---

    @property
    def url(self) -> str:
        return self.address

    def handle(self, http: BaseHTTPRequestHandler) -> None:
        data = http.rfile.read(int(http.headers.get("Content-Length", 0)))
        silent = False
        with self._lock:
            try:
                status, body, headers = self._answer(http, data)
            except Reset:
                http.close_connection = True
                http.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(http.connection.detach())
                return
            except Silence:
                silent = True
            except Exception as error:  # noqa: BLE001 - a failing fake must fail the test, not hang it
                self.problems.append(f"{http.command} {http.path}: {type(error).__name__}: {error}")
                status, body, headers = 400, {"message": "the fake has failed"}, {}
        if silent:
            http.close_connection = True
            with suppress(OSError):
                http.connection.recv(1)  # until the client hangs up
            return
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        http.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            http.send_header(name, value)
        http.send_header("Content-Length", str(len(sent)))
        http.end_headers()
        http.wfile.write(sent)

    def _answer(self, http: BaseHTTPRequestHandler, data: bytes) -> tuple[int, Json, dict[str, str]]:
        parts = urlsplit(http.path)
        index = len(self.calls)
        self.calls.append(f"{http.command} {unquote(parts.path)}")
        query = dict(parse_qsl(parts.query))
        request = MockRequest(
            "https://api.github.com",
            http.command.lower(),
            # The description has one part of a path for the whole name of a reference.
            re.sub("(?<=/git/)(ref|refs|matching-refs)/(.+)", _in_one_part, parts.path),
            args=query,
            headers=dict(http.headers),
            data=data or None,
            content_type="application/json",
        )
        description()[1].validate_request(request)
        headers: dict[str, str] = {}
        try:
            if http.headers.get("Authorization") != f"token {TOKEN}" and TOKEN not in str(
                http.headers.get("Authorization")
            ):
                raise Refusal(401, "Bad credentials")
            if index in self.faults:
                self.faults.pop(index)()
            try:
                status, body = self._route(
                    http.command, unquote(parts.path), query, json.loads(data) if data else {}
                )
            finally:
                # Also in place of an answer that is a refusal itself.
                if -1 - index in self.faults:
                    self.faults.pop(-1 - index)()
        except Refusal as refusal:
            status, headers = refusal.status, refusal.headers
            if refusal.page:
                return status, b"<html>Unicorn!</html>", {**headers, "Content-Type": "text/html"}
            body = {"message": refusal.message, "documentation_url": "https://docs.github.com/rest"}
            if status == 422 and parts.path.endswith("/git/blobs"):
                # The description wants exactly one of two kinds there, and calls the other one all that has an address.
                del body["documentation_url"]
        self._check(request, status, body)
        for name, value in headers.items():
            _check_header(name.lower(), value)
        return status, body, headers

    def _check(self, request: MockRequest, status: int, body: Json) -> None:
        """By the description of this status of this operation; a refusal that it leaves out is a basic error."""
        if status >= 400 and str(status) not in self._statuses(request):
            _basic_error().validate(body)
            return
        content = b"" if body is None else json.dumps(body).encode()
        description()[1].validate_response(
            request, MockResponse(content, status_code=status, content_type="application/json")
        )

    def _statuses(self, request: MockRequest) -> set[str]:
        for template, item in description()[0]["paths"].items():
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, request.path) and request.method in item:
                return set(item[request.method]["responses"])
        return set()

    # --- what GitHub does ---

    def _route(self, verb: str, path: str, query: Mapping[str, str], sent: Json) -> tuple[int, Json]:
        if path == "/user":
            raise Refusal(403, "Resource not accessible by integration")
        own = path.removeprefix(f"/repos/{REPOSITORY}")
        if own == path:
            raise Refusal(404, "Not Found")
        for method, pattern, answer in self._routes():
            found = re.fullmatch(pattern, own)
            if method == verb and found:
                return answer(*found.groups(), query=query, sent=sent)
        message = f"the fake does not know {verb} {path}"
        raise LookupError(message)

    def _routes(self) -> list[tuple[str, str, Callable[..., tuple[int, Json]]]]:
        return [
            ("GET", "", lambda **_: (200, self._sample("full-repository", default_branch="main"))),
            ("GET", "/git/ref/heads/(.+)", self._get_ref),
            ("GET", "/git/matching-refs/heads/(.+)", self._matching),
            ("POST", "/git/refs", self._post_ref),
            ("PATCH", "/git/refs/heads/(.+)", self._patch_ref),
            ("DELETE", "/git/refs/heads/(.+)", self._delete_ref),
            ("GET", "/git/commits/([0-9a-f]+)", lambda sha, **_: (200, self._commit(sha))),
            ("POST", "/git/commits", self._post_commit),
            ("GET", "/git/trees/([0-9a-f]+)", self._get_tree),
            ("POST", "/git/trees", self._post_tree),
            ("GET", "/git/blobs/([0-9a-f]+)", self._get_blob),
            ("POST", "/git/blobs", self._post_blob),
            ("GET", "/pulls", self._get_pulls),
            ("POST", "/pulls", self._post_pull),
            ("GET", r"/pulls/(\d+)", lambda number, **_: (200, self._full(self._pull(number)))),
            ("PATCH", r"/pulls/(\d+)", self._patch_pull),
            ("GET", r"/pulls/(\d+)/files", self._get_files),
            ("GET", r"/pulls/(\d+)/comments", self._get_comments),
            ("POST", r"/pulls/(\d+)/reviews", self._post_review),
            ("GET", "/issues", self._get_issues),
            ("POST", "/issues", self._post_issue),
            ("PATCH", r"/issues/(\d+)", self._patch_issue),
        ]

    # git

    def git(self, *arguments: str, data: bytes | None = None, **environment: str) -> str:
        env = {"PATH": os.environ["PATH"], **_IDENTITY, **environment}
        done = subprocess.run(
            ["git", *arguments], cwd=self.git_folder, env=env, input=data, capture_output=True, check=False
        )
        if done.returncode:
            raise Refusal(422, done.stderr.decode())
        return done.stdout.decode().strip()

    def tip(self, branch: str) -> str:
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    def _ref(self, branch: str) -> Json:
        sha = self.tip(branch)
        if not sha:
            raise Refusal(404, "Not Found")
        return self._sample(
            "git-ref", ref=f"refs/heads/{branch}", object={"type": "commit", "sha": sha, "url": "https://x.y"}
        )

    def _get_ref(self, branch: str, **_: Json) -> tuple[int, Json]:
        return 200, self._ref(branch)

    def _matching(self, prefix: str, **_: Json) -> tuple[int, Json]:
        names = self.git("for-each-ref", "--format=%(refname)").split()
        return 200, [
            self._ref(name.removeprefix("refs/heads/"))
            for name in names
            if name.startswith(f"refs/heads/{prefix}")
        ]

    def _post_ref(self, *, sent: Json, **_: Json) -> tuple[int, Json]:
        branch = sent["ref"].removeprefix("refs/heads/")
        if self.tip(branch):
            raise Refusal(422, "Reference already exists")
        self.git("check-ref-format", sent["ref"])
        self.git("update-ref", sent["ref"], sent["sha"])
        return 201, self._ref(branch)

    def _patch_ref(self, branch: str, *, sent: Json, **_: Json) -> tuple[int, Json]:
        if not self.tip(branch):
            raise Refusal(422, "Reference does not exist")
        assert sent["force"] is True
        self.git("update-ref", f"refs/heads/{branch}", sent["sha"])
        return 200, self._ref(branch)

    def _delete_ref(self, branch: str, **_: Json) -> tuple[int, Json]:
        if not self.tip(branch):
            raise Refusal(422, "Reference does not exist")
        self.git("update-ref", "-d", f"refs/heads/{branch}")
        for pull in self.pulls:
            if pull["branch"] == branch and pull["state"] == "open":
                pull.update(state="closed", closed=self.now)
        return 204, None

    def _commit(self, sha: str) -> Json:
        tree, parents, message = self.git("show", "-s", "--format=%T%n%P%n%B", sha).split("\n", 2)
        return self._sample(
            "git-commit",
            sha=sha,
            tree={"sha": tree, "url": "https://x.y"},
            parents=[
                {"sha": one, "url": "https://x.y", "html_url": "https://x.y"} for one in parents.split()
            ],
            message=message.rstrip("\n"),
        )

    def _post_commit(self, *, sent: Json, **_: Json) -> tuple[int, Json]:
        assert "author" not in sent
        parents = [word for one in sent["parents"] for word in ("-p", one)]
        date = f"{int(self.now)} +0000"
        sha = self.git(
            "commit-tree",
            sent["tree"],
            *parents,
            data=sent["message"].encode(),
            GIT_AUTHOR_DATE=date,
            GIT_COMMITTER_DATE=date,
        )
        return 201, self._commit(sha)

    def _tree(self, sha: str) -> Json:
        rows = []
        for line in self.git("-c", "core.quotePath=false", "ls-tree", "-r", "-t", "-l", sha).split("\n"):
            about, _, path = line.partition("\t")
            if about:
                mode, kind, name, size = about.split()
                row = {"path": path, "mode": mode, "type": kind, "sha": name, "url": "https://x.y"}
                rows.append(row | ({"size": int(size)} if size != "-" else {}))
        return self._sample("git-tree", sha=sha, tree=rows, truncated=False)

    def _get_tree(self, sha: str, *, query: Mapping[str, str], **_: Json) -> tuple[int, Json]:
        assert query["recursive"] == "1"
        return 200, self._tree(sha)

    def _post_tree(self, *, sent: Json, **_: Json) -> tuple[int, Json]:
        return 201, self._tree(
            self._with(sent["base_tree"], [(one["mode"], one["sha"], one["path"]) for one in sent["tree"]])
        )

    def _with(self, tree: str, rows: list[tuple[str, str, str]]) -> str:
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if tree:
                self.git("read-tree", tree, **index)
            for row in rows:
                self.git("update-index", "--add", "--cacheinfo", ",".join(row), **index)
            return self.git("write-tree", **index)

    def _get_blob(self, sha: str, **_: Json) -> tuple[int, Json]:
        data = subprocess.run(
            ["git", "cat-file", "blob", sha], cwd=self.git_folder, capture_output=True, check=True
        ).stdout
        content = base64.b64encode(data).decode()
        return 200, self._sample("blob", sha=sha, content=content, encoding="base64", size=len(data))

    def _post_blob(self, *, sent: Json, **_: Json) -> tuple[int, Json]:
        sha = self.git("hash-object", "-w", "--stdin", data=base64.b64decode(sent["content"]))
        return 201, self._sample("short-blob", sha=sha)

    # pull requests

    def _pull(self, number: str) -> Json:
        return next(one for one in self.pulls if one["number"] == int(number))

    def _full(self, pull: Json, schema: str = "pull-request") -> Json:
        tip = self.tip(pull["branch"]) if pull["home"] else pull["sha"]
        pull["sha"] = tip or pull["sha"]
        owner = OWNER if pull["home"] else "forker"
        data = self._sample(
            schema,
            number=pull["number"],
            state=pull["state"],
            title=pull["title"],
            body=pull["body"],
            created_at=_stamp(pull["created"]),
            merged_at=_stamp(pull["created"]) if pull["merged"] else None,
        )
        data["head"] |= {"ref": pull["branch"], "sha": pull["sha"]}
        data["head"]["user"] = self._sample("simple-user", login=owner)
        data["head"]["repo"] = self._repository(f"{owner}/{NAME}", data["head"].get("repo"))
        data["base"] |= {"ref": pull["base"], "sha": self.tip(pull["base"])}
        return data

    def _repository(self, full_name: str, like: Json) -> Json:
        return (like or self._sample("full-repository")) | {"full_name": full_name, "default_branch": "main"}

    def _get_pulls(self, *, query: Mapping[str, str], **_: Json) -> tuple[int, Json]:
        found = sorted(self.pulls, key=lambda one: -one["number"])
        if "head" in query:
            owner, _, branch = query["head"].partition(":")
            found = [one for one in found if one["branch"] == branch and one["home"] == (owner == OWNER)]
        return 200, [self._full(one, "pull-request-simple") for one in _page(found, query)]

    def _post_pull(self, *, sent: Json, **_: Json) -> tuple[int, Json]:
        if any(one["branch"] == sent["head"] and one["state"] == "open" for one in self.pulls):
            raise Refusal(422, "A pull request already exists")
        if not self.tip(sent["head"]):
            raise Refusal(422, "head is invalid")
        return 201, self._full(self.add_pull(sent["head"], sent["title"], sent["body"], base=sent["base"]))

    def add_pull(
        self, branch: str, title: str, body: str, *, base: str = "main", home: bool = True, sha: str = ""
    ) -> Json:
        self.number += 1
        pull = {
            "number": self.number,
            "branch": branch,
            "title": title,
            "body": body,
            "base": base,
            "state": "open",
            "merged": False,
            "created": self.now,
            "home": home,
            "sha": sha or self.tip(branch),
        }
        self.pulls.append(pull)
        return pull

    def _patch_pull(self, number: str, *, sent: Json, **_: Json) -> tuple[int, Json]:
        pull = self._pull(number)
        pull.update(sent)
        return 200, self._full(pull)

    def _get_files(self, number: str, *, query: Mapping[str, str], **_: Json) -> tuple[int, Json]:
        pull = self._pull(number)
        base = self.tip(pull["base"])
        rows = []
        for path in self.git("diff", "--name-only", f"{base}...{pull['sha']}").split():
            patch = self.git("diff", f"{base}...{pull['sha']}", "--", path)
            text = patch[patch.index("@@") :]
            rows.append(self._sample("diff-entry", filename=path, patch=text, status="modified"))
        return 200, _page(rows, query)

    def _get_comments(self, number: str, *, query: Mapping[str, str], **_: Json) -> tuple[int, Json]:
        mine = [one for one in self.comments if one["pull"] == int(number)]
        user = self._sample("simple-user", login=BOT)
        rows = [
            self._sample("pull-request-review-comment", body=one["body"], path=one["path"], user=user)
            for one in mine
        ]
        return 200, _page(rows, query)

    def _post_review(self, number: str, *, sent: Json, **_: Json) -> tuple[int, Json]:
        self.comments += [{**one, "pull": int(number)} for one in sent["comments"]]
        return 200, self._sample("pull-request-review")

    # issues

    def _issue(self, issue: Json) -> Json:
        return self._sample(
            "issue",
            number=issue["number"],
            state=issue["state"],
            title=issue["title"],
            body=issue["body"],
            created_at=_stamp(issue["created"]),
        )

    def _get_issues(self, *, query: Mapping[str, str], **_: Json) -> tuple[int, Json]:
        found = [one for one in self.issues if one["user"] == query["creator"]]
        return 200, [self._issue(one) for one in _page(found, query)]

    def _post_issue(self, *, sent: Json, **_: Json) -> tuple[int, Json]:
        return 201, self._issue(self.add_issue(sent["title"], sent["body"], BOT))

    def add_issue(self, title: str, body: str, user: str) -> Json:
        self.number += 1
        issue = {
            "number": self.number,
            "title": title,
            "body": body,
            "state": "open",
            "created": self.now,
            "user": user,
        }
        self.issues.append(issue)
        return issue

    def _patch_issue(self, number: str, *, sent: Json, **_: Json) -> tuple[int, Json]:
        issue = next(one for one in self.issues if one["number"] == int(number))
        issue.update(sent)
        return 200, self._issue(issue)

    # --- what people do ---

    def push(self, branch: str, files: Mapping[str, str | bytes], message: str = "Work") -> str:
        """A commit of a person on a branch."""
        tip = self.tip(branch)
        rows = []
        for path, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            rows.append(("100644", self.git("hash-object", "-w", "--stdin", data=data), path))
        tree = self._with(tip and f"{tip}^{{tree}}", rows)
        date = f"{int(self.now)} +0000"
        sha = self.git(
            "commit-tree",
            tree,
            *(["-p", tip] if tip else []),
            "-m",
            message,
            GIT_AUTHOR_DATE=date,
            GIT_COMMITTER_DATE=date,
        )
        self.git("update-ref", f"refs/heads/{branch}", sha)
        return sha

    def text(self, branch: str, path: str) -> str:
        return self.git("show", f"{branch}:{path}") + "\n"

    def merge(self, number: int) -> None:
        pull = self._pull(str(number))
        changed = self.git("diff", "--name-only", f"{pull['branch']}~", pull["branch"]).split()
        self.push("main", {path: self.text(pull["branch"], path) for path in changed}, "Merge")
        pull.update(state="closed", merged=True)

    # --- filling in what nobody looks at ---

    def _sample(self, schema: str, **given: Json) -> Json:
        return deepcopy(_filled(schema)) | given


@cache
def _basic_error() -> OAS30Validator:
    told = ["message", "documentation_url"]
    return OAS30Validator({**description()[0]["components"]["schemas"]["basic-error"], "required": told})


def _check_header(name: str, value: str) -> None:
    """By the description, which has the headers of rate limits, with another hyphen."""
    known = description()[0]["components"]["headers"].get(name.replace("ratelimit", "rate-limit"))
    if known:
        whole = known["schema"]["type"] == "integer"
        OAS30Validator({"type": known["schema"]["type"]}).validate(int(value) if whole else value)


@cache
def _filled(schema: str) -> Json:
    return _fill({"$ref": f"#/components/schemas/{schema}"})


def _fill(schema: Json) -> Json:  # noqa: C901 - one line for each kind of schema
    """The smallest value that fits a schema."""
    while "$ref" in schema:
        found: Json = description()[0]
        for part in schema["$ref"].split("/")[1:]:
            found = found[part.replace("~1", "/")]
        schema = found
    if schema.get("nullable"):
        return None
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _fill(schema[several][0])
    if "allOf" in schema:
        return {name: value for each in schema["allOf"] for name, value in _fill(each).items()}
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "array":
            return []
        case "integer" | "number":
            return 1
        case "boolean":
            return False
        case "string":
            formats = {"uri": "https://x.y", "date-time": "2026-01-01T00:00:00Z", "email": "a@example.org"}
            return formats.get(schema.get("format", ""), "x")
    properties = schema.get("properties", {})
    return {name: _fill(properties[name]) for name in schema.get("required", ()) if name in properties}


def _in_one_part(found: re.Match[str]) -> str:
    return f"{found[1]}/{found[2].replace('/', '%2F')}"


def _page(rows: list[Json], query: Mapping[str, str]) -> list[Json]:
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    return rows[(page - 1) * size : page * size]


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
