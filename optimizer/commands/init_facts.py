"""What `optimize init` finds out: Pythons of the project, its settings, and where this program comes from."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from optimizer.adapters.git import GitRepository
from optimizer.errors import ConfigError, ProjectError

PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
"""Those that this release knows, the oldest first."""
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")
_GITHUB = re.compile(r"(?:https://(?:[^/@]*@)?|ssh://git@|git@)github\.com[/:]([^/]+/[^/]+?)(?:\.git)?/?")
_TABLE = """\

[tool.optimizer]
# min_gain = 0.15              # ask for 1.15x; never less than 0.10
# exclude = ["src/old/"]       # never look here; globs as in .gitignore
# workload = "python -m app"   # run this in place of the tests
enabled = true
"""


def wanted_pythons(root: Path) -> tuple[str, ...]:
    """The oldest and the newest Python that the project says it is for; the newest known when it says nothing."""
    known = _project(root / "pyproject.toml")
    named = {found[1] for text in _texts(known.get("classifiers")) if (found := _CLASSIFIER.fullmatch(text))}
    allowed = _specifiers(known.get("requires-python"))
    fitting = [each for each in PYTHONS if _allows(allowed, each) and (not named or each in named)]
    if not named and not str(allowed):
        fitting = []
    ends = (fitting[0], fitting[-1]) if fitting else PYTHONS[-1:]
    return tuple(dict.fromkeys(ends))


def _allows(allowed: SpecifierSet, minor: str) -> bool:
    """Whether a first or a late release of this version is allowed: `>=3.9.2` means 3.9, too."""
    return allowed.contains(minor) or allowed.contains(f"{minor}.99")


def with_own_table(data: bytes, file: Path) -> bytes:
    """A pyproject.toml with `[tool.optimizer]` at its end; unchanged when it has one.

    ConfigError when it is not TOML, or when no table can be added at its end.
    """
    tools = _parsed(data, file).get("tool", {})
    if isinstance(tools, Mapping) and "optimizer" in tools:
        return data
    newline = "\r\n" if b"\r\n" in data else "\n"
    end = "" if not data or data.endswith(b"\n") else newline
    added = data + (end + _TABLE.replace("\n", newline)).encode()
    try:
        tomllib.loads(added.decode())
    except tomllib.TOMLDecodeError as error:
        message = f"{file} has `tool` in a form that cannot be added to; write `optimizer` into it by hand."
        raise ConfigError(message) from error
    return added


def action_of_this_install() -> str:
    """`OWNER/REPOSITORY@COMMIT` on GitHub that this program was installed from, "" when that is not known."""
    try:
        record = json.loads(distribution("tenpercent").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    url = str(record.get("url", ""))
    if "vcs_info" in record:
        return _named(url, str(record["vcs_info"].get("commit_id", "")))
    if url.startswith("file://"):
        return _of_checkout(Path(unquote(urlsplit(url).path)))
    return ""


def _of_checkout(folder: Path) -> str:
    if not (folder / "action.yml").is_file():
        return ""
    try:
        repository = GitRepository.open(folder)
        return _named(repository.origin(), repository.head)
    except ProjectError:
        return ""


def _named(url: str, commit: str) -> str:
    found = _GITHUB.fullmatch(url)
    return f"{found[1]}@{commit}" if found and commit else ""


def _project(file: Path) -> Mapping[str, Any]:
    project = _parsed(file.read_bytes(), file).get("project") if file.is_file() else None
    return project if isinstance(project, Mapping) else {}


def _parsed(data: bytes, file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{file} is not valid TOML ({error}); mend it there."
        raise ConfigError(message) from error


def _texts(value: object) -> Iterable[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _specifiers(value: object) -> SpecifierSet:
    try:
        return SpecifierSet(value if isinstance(value, str) else "")
    except InvalidSpecifier:
        return SpecifierSet()
