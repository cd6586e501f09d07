"""The fake's repository over HTTP, as people have it: git's own `git http-backend` behind a server on localhost."""

from __future__ import annotations

import base64
import os
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from tests.forge.github import TOKEN, FakeGitHub
from tests.forge.serving import Serving

PERSON = {
    "GIT_AUTHOR_NAME": "Person",
    "GIT_AUTHOR_EMAIL": "person@example.org",
    "GIT_COMMITTER_NAME": "Person",
    "GIT_COMMITTER_EMAIL": "person@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


def authorization(token: str) -> str:
    """What GitHub takes from git: the token as a password."""
    return f"Basic {base64.b64encode(f'x-access-token:{token}'.encode()).decode()}"


class GitServer(Serving):
    """Start with `with`. `commands` are the command lines of all processes at the time of each request."""

    def __init__(self, fake: FakeGitHub) -> None:
        self.fake = fake
        self.commands: set[str] = set()
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"{self.address}/{self.fake.git_folder.name}"

    def handle(self, http: BaseHTTPRequestHandler) -> None:
        data = _body(http)
        self.commands |= _command_lines()
        if http.headers.get("Authorization") != authorization(TOKEN):
            self._send(http, 401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"")
            return
        done = subprocess.run(
            ["git", "http-backend"], env=self._environment(http), input=data, capture_output=True, check=True
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200 OK").split()[0])
        self._send(http, status, headers, body)

    def _environment(self, http: BaseHTTPRequestHandler) -> dict[str, str]:
        parts = urlsplit(http.path)
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.fake.git_folder.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROTOCOL": http.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": http.command,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": http.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": http.headers.get("Content-Encoding", ""),
            "REMOTE_USER": "person",
            "REMOTE_ADDR": "127.0.0.1",
        }

    def _send(self, http: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
        self.statuses.append(status)
        http.send_response(status)
        for name, value in headers.items():
            http.send_header(name, value)
        http.send_header("Content-Length", str(len(body)))
        http.end_headers()
        http.wfile.write(body)


def _body(http: BaseHTTPRequestHandler) -> bytes:
    if http.headers.get("Transfer-Encoding") != "chunked":
        return http.rfile.read(int(http.headers.get("Content-Length", 0)))
    data = b""
    while size := int(http.rfile.readline(), 16):
        data += http.rfile.read(size)
        http.rfile.readline()
    http.rfile.readline()
    return data


def _command_lines() -> set[str]:
    found = set()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has ended
    return found


class Clone:
    """A person's clone. The token goes through the environment, so that git writes it nowhere."""

    def __init__(self, server: GitServer, folder: Path, *, token: str = TOKEN) -> None:
        self.folder = folder
        self.said = ""
        self._environment = {
            "PATH": os.environ["PATH"],
            **PERSON,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: {authorization(token)}",
        }
        folder.mkdir()
        self.git("clone", "--quiet", server.url, ".")

    def git(self, *arguments: str) -> int:
        """One command; its exit code, while `said` collects what it prints."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.said += done.stdout.decode()
        return done.returncode
