"""The project at one commit, as the forge has it: names of all files, and the bytes of the few that matter."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from optimizer import config as settings
from optimizer.config import Config
from optimizer.errors import ProjectError
from optimizer.facts.facts import RepositoryFacts
from optimizer.ports import Entry, Forge, Repository

_SETTINGS = ("pyproject.toml", "ruff.toml", ".ruff.toml")
_REGULAR = frozenset({"100644", "100755"})
_LARGEST_BYTES = 5_000_000
# Each is a call of the forge, of which a workflow's token may make 1,000 an hour.
_MOST_OTHERS = 300
_ODD = re.compile(r"[\\\x00-\x1f\x7f:]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A project in `folder` ("" is the repository's top) of a repository at `commit`.

    `entries` are its files by path relative to the folder; `contents` the bytes of those that were fetched;
    `others` those of the other Python files, which rules only ask questions about, when there are not too many.
    """

    commit: str
    folder: str
    entries: Mapping[str, Entry]
    contents: Mapping[str, bytes]
    config: Config
    others: Mapping[str, bytes] = field(default_factory=dict)

    def full_path(self, path: str) -> str:
        """The path from the repository's top."""
        return f"{self.folder}/{path}" if self.folder else path


def fetch_base(forge: Forge, commit: str, paths: Collection[str], *, folder: str = "") -> Base:
    """The project at `commit` with the contents of `paths`, as far as they may be changed at all.

    Raises ConfigError for settings that cannot be used, ForgeError when the forge does not answer.
    """
    entries = dict(_within(forge.files(commit), folder))
    wanted = [name for name in _SETTINGS if name in entries]
    wanted += sorted({path for path in paths if not unfit(path, entries)})
    contents = {path: forge.blob(entries[path].sha) for path in wanted if entries[path].mode in _REGULAR}
    with _laid_out(contents, _SETTINGS) as root:
        config = settings.load(root)
    others = _others(forge, entries, contents) if paths else {}
    return Base(
        commit=commit, folder=folder, entries=entries, contents=contents, config=config, others=others
    )


def _others(forge: Forge, entries: Mapping[str, Entry], fetched: Collection[str]) -> Mapping[str, bytes]:
    wanted = {
        path: entry
        for path, entry in entries.items()
        if path.endswith(".py") and path not in fetched and entry.mode in _REGULAR
    }
    if len(wanted) > _MOST_OTHERS or any(entry.size > _LARGEST_BYTES for entry in wanted.values()):
        return {}
    return {path: forge.blob(entry.sha) for path, entry in wanted.items()}


def with_rules_of(base: Base, other: Base) -> Base:
    """`base` with what `other`'s settings allow: the layout of lines stays `base`'s own."""
    return replace(base, config=replace(other.config, line_length=base.config.line_length))


def unfit(path: str, entries: Mapping[str, Entry]) -> str:
    """Why a file must not be changed by us, whatever the bundle says; "" when nothing is against it."""
    parts = PurePosixPath(path).parts
    if not parts or path != "/".join(parts) or ".." in parts or parts[0] == "/" or _ODD.search(path):
        return "its path is not one of a file in the repository"
    if any(part.lower() in {".git", ".github"} for part in parts):
        return "it lies in a folder that decides what GitHub runs"
    if not path.endswith(".py"):
        return "it is no Python file"
    entry = entries.get(path)
    if entry is None:
        return "the base has no such file"
    if entry.kind != "blob" or entry.mode not in _REGULAR:
        return "it is no regular file"
    return f"it has {entry.size:,} bytes" if entry.size > _LARGEST_BYTES else ""


def _within(entries: Mapping[str, Entry], folder: str) -> Iterator[tuple[str, Entry]]:
    start = f"{folder}/" if folder else ""
    found = [(path.removeprefix(start), entry) for path, entry in entries.items() if path.startswith(start)]
    if folder and not found:
        message = f"The repository has no folder {folder} at that commit; give --folder one that it has."
        raise ProjectError(message)
    return iter(found)


@contextmanager
def checkout(base: Base) -> Iterator[Repository]:
    """The fetched Python files in a temporary folder, for those who look at files; nothing there is ever run."""
    with _laid_out(base.contents, base.contents) as root:
        yield _Checkout(root, sorted(path for path in base.entries if path.endswith(".py")))


@contextmanager
def _laid_out(contents: Mapping[str, bytes], names: Collection[str]) -> Iterator[Path]:
    with TemporaryDirectory(prefix="tenpercent-base-") as folder:
        for name in names:
            if name in contents:
                file = Path(folder) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(contents[name])
        yield Path(folder)


def repository_facts(base: Base) -> RepositoryFacts:
    """What is known of the repository: which modules there are, and the texts of those that were fetched.

    Code elsewhere can only make a rule refuse. Where there were too many files to fetch, that it did not is the
    bundle's word, and no more than that: the rule's edit is the same.
    """
    texts = {**base.others, **base.contents}
    return RepositoryFacts.build(
        {
            path: texts.get(path, b"").decode("utf-8", errors="replace")
            for path in base.entries
            if path.endswith(".py")
        }
    )


class _Checkout(Repository):
    """A `Repository` of which only some files are there, and none can be written."""

    def __init__(self, root: Path, tracked: Sequence[str]) -> None:
        self._root = root
        self._tracked = tracked

    @property
    def root(self) -> Path:
        return self._root

    @property
    def head(self) -> str:
        return ""

    def tracked(self) -> Sequence[str]:
        return self._tracked

    def copy_to(self, folder: Path) -> None:
        del folder
        message = "This copy of the repository holds a few files only; it is not to be copied."
        raise ProjectError(message)

    def write(self, path: str, data: bytes) -> None:
        del data
        message = f"{path} is a copy of what the forge has; it is not to be written."
        raise ProjectError(message)
