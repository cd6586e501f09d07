"""A working tree under git, through GitPython's command interface."""

from __future__ import annotations

import errno
import functools
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.discover.touched import Changes, Hunk
from optimizer.errors import ProjectError, UsageError
from optimizer.ports import Repository

_KEPT_VARIABLES = ("GIT_CONFIG", "GIT_EXEC_PATH", "GIT_PYTHON_")
_SUBMODULE_MODE = "160000"
_SPECIAL = {_SUBMODULE_MODE: "is a submodule", "120000": "is a symbolic link"}
_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")

# A repository's own configuration may name programs to run; none of them is needed to list files.
_NO_PROGRAMS = ["core.fsmonitor=false", "core.hooksPath=" + os.devnull]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One path that differs. `special` says what it is when it is no regular file, "" otherwise."""

    path: str
    is_new: bool
    is_gone: bool
    special: str = ""

    @classmethod
    def of(cls, raw: str, path: str) -> FileChange:
        """From one entry of `git diff --raw`: modes, ids and a letter, then the path."""
        old, new, *_, letter = raw.removeprefix(":").split(" ")
        special = next((said for mode, said in _SPECIAL.items() if mode in {old, new}), "")
        return cls(path=path, is_new=letter == "A", is_gone=letter == "D", special=special)


class GitRepository(Repository):
    """A `Repository` at `root`, which may be a folder inside a bigger working tree.

    Everything is relative to `root`, and files outside of it are not seen.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def open(cls, path: Path) -> GitRepository:
        """The whole working tree that `path`, a folder or file, lies in; ProjectError when there is none."""
        if not path.exists():
            message = f"{path} does not exist; give a folder or file of a git repository."
            raise UsageError(message)
        folder = path if path.is_dir() else path.parent
        return cls(Path(_git(folder, "rev-parse", "--show-toplevel")))

    def within(self, folder: Path) -> GitRepository:
        """The part of this working tree below `folder`, as a repository of its own."""
        inside = folder.resolve()
        if not inside.is_dir() or not self._holds(inside):
            message = f"{folder} is not a folder of the repository {self._root}; give one of its folders."
            raise UsageError(message)
        return GitRepository(inside)

    @property
    def root(self) -> Path:
        """The folder that all paths are relative to."""
        return self._root

    @property
    def head(self) -> str:
        """The commit that is checked out, in hex; "" before the first commit."""
        return _git(self._root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", may_fail=True)

    def tracked(self) -> Sequence[str]:
        """Tracked files as POSIX paths relative to `root`, sorted; submodules are not among them."""
        return sorted({path for mode, path in self._index() if mode != _SUBMODULE_MODE})

    def notes(self) -> tuple[str, ...]:
        """Sentences about what `tracked` and `copy_to` leave out."""
        modules = sorted({path for mode, path in self._index() if mode == _SUBMODULE_MODE})
        return tuple(f"The submodule {path} is left out." for path in modules)

    def copy_to(self, folder: Path) -> None:
        """Copy tracked and untracked (not ignored) files into an empty folder: links stay links, no `.git`.

        ProjectError when a file cannot be read.
        """
        holds = functools.cache(self._holds)
        names = _git(self._root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in sorted(set(names.split("\0")) - {""}):
            source = self._root / name
            if holds(source.parent):
                _copy(source, folder / name)

    def write(self, path: str, data: bytes) -> None:
        """Replace one tracked file atomically, keeping its mode."""
        target = self._root / path
        if path not in self.tracked() or target.is_symlink() or not target.is_file():
            message = f"{path} is not a tracked regular file of {self._root}, so it was not written."
            raise ProjectError(message)
        try:
            self._replace(target, data)
        except OSError as error:
            message = f"{target} cannot be written ({error.strerror}); it was left as it was."
            raise ProjectError(message) from error

    def changed_since(self, commit: str) -> tuple[str, Sequence[FileChange]]:
        """The commit at which HEAD left `commit`, and what differs from it in the working tree.

        UsageError when there is no such commit.
        """
        found = _git(self._root, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", may_fail=True)
        if not found:
            message = (
                f"{commit} is no commit of {self._root}; give a branch, a tag or a commit{self._more()}."
            )
            raise UsageError(message)
        # A shallow clone may not reach back to where the two have parted.
        start = _git(self._root, "merge-base", found, "HEAD", may_fail=True) or found
        words = _git(self._root, "diff", "--relative", "--no-renames", "--raw", "-z", start).split("\0")
        return start, tuple(FileChange.of(*pair) for pair in zip(words[0::2], words[1::2], strict=False))

    def _more(self) -> str:
        shallow = _git(self._root, "rev-parse", "--is-shallow-repository", may_fail=True) == "true"
        return ", after `git fetch --unshallow`" if shallow else ""

    def default_branch(self) -> str:
        """The branch that others start from: what the origin calls so, else main, master or the present one."""
        told = _git(self._root, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD", may_fail=True)
        if told:
            return told.removeprefix("refs/remotes/origin/")
        for name in ("main", "master"):
            if _git(self._root, "rev-parse", "--verify", "--quiet", f"refs/heads/{name}", may_fail=True):
                return name
        return _git(self._root, "symbolic-ref", "--quiet", "--short", "HEAD", may_fail=True) or "main"

    def origin(self) -> str:
        """The address of the remote `origin`, "" without one."""
        return _git(self._root, "config", "--get", "remote.origin.url", may_fail=True)

    def changes_since(self, commit: str) -> Changes:
        """The changed lines of each Python file, from where `commit` and the checkout parted to the working tree.

        A file that was renamed counts as new. UsageError when there is no such commit.
        """
        start, changes = self.changed_since(commit)
        changed = (each.path for each in changes if not each.is_gone and not each.special)
        return Changes(
            base=commit,
            hunks={path: self._hunks(start, path) for path in changed if path.endswith(".py")},
        )

    def _hunks(self, commit: str, path: str) -> tuple[Hunk, ...]:
        # `--text`: an attribute of the repository may call any file binary.
        options = ("--unified=0", "--text", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
        text = _git(self._root, "--literal-pathspecs", "diff", *options, commit, "--", path)
        found = (_HUNK.match(line) for line in text.split("\n"))
        return tuple(_hunk(each) for each in found if each)

    def content_at(self, commit: str, path: str) -> bytes:
        """The bytes of one file at a commit."""
        return _git_bytes(self._root, "cat-file", "blob", f"{commit}:./{path}")

    def apply(self, patch: Path, folder: Path) -> tuple[str, ...]:
        """Apply a patch to the files in `folder`, a copy of this tree; UsageError when it does not fit.

        What it asks of submodules is left out, and they are named: the copy does not have their files.
        """
        left_out = self._submodules_in(patch, folder)
        names = [name for path in left_out for name in (path, f"{path}/*")]
        excluded = [f"--exclude={place}" for name in names for place in (name, f"{folder}/{name}")]
        try:
            _git(folder, "apply", "--unsafe-paths", f"--directory={folder}", *excluded, str(patch.resolve()))
        except ProjectError as error:
            why = _first_error(str(getattr(error.__cause__, "stderr", error)), folder)
            message = (
                f"{patch} does not apply to {self._root} ({why}); make it with `git diff --binary` there."
            )
            raise UsageError(message) from error
        return left_out

    def _submodules_in(self, patch: Path, folder: Path) -> tuple[str, ...]:
        """The submodules that a patch moves, or whose files it changes; none of a patch that git cannot read."""
        try:
            rows = _git(folder, "apply", "--numstat", "-z", str(patch.resolve())).split("\0")
        except ProjectError:
            return ()
        touched = [row.rpartition("\t")[2] for row in rows]
        return tuple(
            path
            for mode, path in self._index()
            if mode == _SUBMODULE_MODE and any(f"{one}/".startswith(f"{path}/") for one in touched)
        )

    def _index(self) -> Iterator[tuple[str, str]]:
        """Mode and path of every entry of the index."""
        for entry in _git(self._root, "ls-files", "-z", "--stage").split("\0"):
            if entry:
                numbers, _, path = entry.partition("\t")
                yield numbers[:6], path

    def _holds(self, folder: Path) -> bool:
        """Whether `folder` really lies below `root`: a link in the place of a folder may lead anywhere."""
        return folder.resolve().is_relative_to(self._root.resolve())

    def _replace(self, target: Path, data: bytes) -> None:
        """Prepare the new file inside `.git`, so that not even a kill leaves a stray file in the tree."""
        git_folder = Path(_git(self._root, "rev-parse", "--absolute-git-dir"))
        name = f"tenpercent-{secrets.token_hex(8)}"
        try:
            _replace_through(git_folder / name, target, data)
        except OSError as error:
            if error.errno not in {errno.EXDEV, errno.EACCES, errno.EROFS}:
                raise
            _replace_through(target.with_name(f".{name}"), target, data)


def _hunk(header: re.Match[str]) -> Hunk:
    """`+7` is line 7, `+7,2` are 7 and 8; `+7,0` says that lines after 7 were taken out."""
    start, count = int(header[1]), int(header[2] or 1)
    return Hunk(first=start, last=start + count - 1) if count else Hunk(first=start + 1, last=start)


def _replace_through(fresh: Path, target: Path, data: bytes) -> None:
    try:
        with fresh.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.chmod(stat.S_IMODE(target.stat().st_mode))
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy one file or link; what is neither (a nested repository, a device, nothing) stays behind."""
    try:
        mode = source.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target, follow_symlinks=False)
    except OSError as error:
        message = f"{source} cannot be copied ({error.strerror}); make it readable, or let git ignore it."
        raise ProjectError(message) from error


def _git(folder: Path, *arguments: str, may_fail: bool = False) -> str:
    """The output of one git command that runs in `folder`."""
    git = _library()
    command = git.cmd.Git(str(folder))
    try:
        with _clean_environment():
            output = command.execute(
                [command.GIT_PYTHON_GIT_EXECUTABLE or "git", *_settings(), *arguments],
                with_exceptions=not may_fail,
            )
    except git.exc.GitCommandNotFound as error:
        raise ProjectError(_NO_GIT) from error
    except git.exc.GitCommandError as error:
        raise ProjectError(_why(folder, str(error.stderr))) from error
    return str(output)


def _git_bytes(folder: Path, *arguments: str) -> bytes:
    """Like `_git`, for content that must stay as it is."""
    git = _library()
    command = git.cmd.Git(str(folder))
    try:
        with _clean_environment():
            output = command.execute(
                [command.GIT_PYTHON_GIT_EXECUTABLE or "git", *_settings(), *arguments],
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
    except git.exc.GitCommandError as error:
        raise ProjectError(_why(folder, str(error.stderr))) from error
    return bytes(output)


_NO_GIT = "The program git was not found; install it, or put it on PATH."


def _settings() -> Iterator[str]:
    for setting in _NO_PROGRAMS:
        yield from ("-c", setting)


def _library() -> Any:
    try:
        # GitPython looks for git as it is imported, and raises when there is none.
        import git  # noqa: PLC0415
    except ImportError as error:
        raise ProjectError(_NO_GIT) from error
    return git


def _why(folder: Path, stderr: str) -> str:
    if "not a git repository" in stderr:
        return f"{folder} is not in a git repository; run `git init` and `git add` there."
    if "work tree" in stderr:
        return f"{folder} is in a bare repository, which has no files to work on; give a checkout of it."
    if "dubious ownership" in stderr:
        advice = f"git config --global --add safe.directory {folder}"
        return f"git does not trust {folder}, which belongs to another user; if you do, run `{advice}`."
    reason = " ".join(stderr.split()).removeprefix("stderr: ").strip("' ")
    return f"git cannot read the repository at {folder}: {reason}; mend the repository."


def _first_error(stderr: str, folder: Path) -> str:
    """What git says first, without the folder that it was said of."""
    lines = (line.strip(" '").partition("error: ") for line in stderr.splitlines())
    return next((said for _, found, said in lines if found), stderr.strip()).replace(f"{folder}/", "")


@contextmanager
def _clean_environment() -> Iterator[None]:
    """Without GIT_DIR and the like: a git hook sets them, and they would name another repository."""
    hidden = {
        name: os.environ.pop(name)
        for name in tuple(os.environ)
        if name.startswith("GIT_") and not name.startswith(_KEPT_VARIABLES)
    }
    try:
        yield
    finally:
        os.environ.update(hidden)
