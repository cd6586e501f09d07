"""Repository -> the files and functions to look at, and what is left alone with the reason why."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from optimizer.config import Config
from optimizer.discover.decode import UnreadableError, decode, parsed
from optimizer.discover.globs import matches, names
from optimizer.discover.left_alone import is_generated, reasons_by_path
from optimizer.discover.modules import ModuleNames, imported_names
from optimizer.discover.skip_comments import SkipComments
from optimizer.discover.targets import find_targets
from optimizer.discover.touched import Changes, touched
from optimizer.errors import UsageError
from optimizer.model import Skipped, SourceFile, Target
from optimizer.ports import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The files to work on, by path, and everything that is left alone."""

    files: tuple[SourceFile, ...]
    skipped: tuple[Skipped, ...]


def discover(
    repository: Repository, config: Config, *, paths: Sequence[str] = (), changes: Changes | None = None
) -> Discovery:
    """The Python files that git tracks, without tests, vendored code and the like.

    `paths` (absolute, or relative to the root) limit it to files and folders; naming one that is left alone
    by default brings it back, but not what `config.exclude` names. `changes` limit it to what they touch.
    UsageError for a path with nothing tracked in it.
    """
    if not config.enabled:
        because = "[tool.optimizer] says enabled = false"
        return Discovery(files=(), skipped=(Skipped(path="pyproject.toml", because=because),))
    tracked = [path for path in repository.tracked() if path.endswith(".py")]
    limits = tuple(_relative(repository.root, path, tracked) for path in paths)
    finder = _Finder(
        root=repository.root,
        config=config,
        limits=limits,
        modules=ModuleNames(
            tracked, imported_names(_sources(repository.root, tracked, config.max_file_bytes))
        ),
    )
    found = [one for path in tracked if _is_within(path, limits) for one in finder.find(path)]
    if changes:
        found = [touched(one, changes) if isinstance(one, SourceFile) else one for one in found]
    return Discovery(
        files=tuple(one for one in found if isinstance(one, SourceFile)),
        skipped=tuple(one for one in found if isinstance(one, Skipped)),
    )


def targets_of(text: str, *, path: str, module: str) -> tuple[Target, ...]:
    """The targets of a file's text after a change; UnreadableError when it does not parse."""
    found = find_targets(text, parsed(text), path=path, module=module)
    return tuple(one for one in found if isinstance(one, Target))


def _sources(root: Path, tracked: Sequence[str], max_bytes: int) -> Iterator[bytes]:
    """All that can be read, tests and scripts too: they show how the modules are imported."""
    for path in tracked:
        with suppress(UnreadableError):
            yield _bytes(root / path, max_bytes)


def _is_within(path: str, limits: Sequence[PurePosixPath]) -> bool:
    return not limits or any(PurePosixPath(path).is_relative_to(limit) for limit in limits)


def _relative(root: Path, path: str, tracked: Sequence[str]) -> PurePosixPath:
    """`path` relative to `root`; UsageError when nothing there is tracked."""
    for place in (Path(os.path.normpath(root / path)), (root / path).resolve()):
        relative = PurePosixPath(os.path.relpath(place, root))
        if any(PurePosixPath(one).is_relative_to(relative) for one in tracked):
            return relative
    close = difflib.get_close_matches(path, tracked, n=1)
    advice = f"did you mean {close[0]}?" if close else "give a folder or file that does."
    message = f"{path} holds no Python file that git tracks in {root}; {advice}"
    raise UsageError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finder:
    """Looks at files one by one."""

    root: Path
    config: Config
    limits: tuple[PurePosixPath, ...]
    modules: ModuleNames

    def find(self, path: str) -> Iterator[SourceFile | Skipped]:
        """The file at `path` with what is skipped in it, or why it is left alone."""
        because = self._unwanted(path)
        if because:
            yield Skipped(path=path, because=because)
            return
        try:
            yield from self._read(path)
        except UnreadableError as error:
            yield Skipped(path=path, because=str(error))

    def _unwanted(self, path: str) -> str:
        if matches(self.config.exclude, path):
            return "[tool.optimizer] exclude"
        if self.config.include and not matches(self.config.include, path):
            return "not in [tool.optimizer] include"
        reasons = (reason for reason, part in reasons_by_path(path) if not self._is_named(path, part))
        return next(reasons, "")

    def _is_named(self, path: str, part: int) -> bool:
        """Whether the user names this part of `path`, and so wants what is left alone by default."""
        file = PurePosixPath(path)
        if any(len(limit.parts) > part and file.is_relative_to(limit) for limit in self.limits):
            return True
        return names(self.config.include, path, file.parts[part])

    def _read(self, path: str) -> Iterator[SourceFile | Skipped]:
        decoded = decode(_bytes(self.root / path, self.config.max_file_bytes))
        text, tree = decoded.text, decoded.tree
        if SkipComments(text).whole_file:
            message = "says `# optimizer: skip-file`"
            raise UnreadableError(message)
        if is_generated(text, tree) and not self._is_named(path, len(PurePosixPath(path).parts) - 1):
            message = "generated code"
            raise UnreadableError(message)
        module = self.modules.name(path)
        found = list(find_targets(text, tree, path=path, module=module))
        yield SourceFile(
            path=path,
            module=module,
            text=text,
            encoding=decoded.encoding,
            bom=decoded.bom,
            newline=decoded.newline,
            targets=tuple(one for one in found if isinstance(one, Target)),
        )
        yield from (one for one in found if isinstance(one, Skipped))


def _bytes(file: Path, max_bytes: int) -> bytes:
    """The content of a regular file of acceptable size."""
    try:
        info = file.lstat()
        because = _unfit(info, max_bytes)
        if because:
            raise UnreadableError(because)
        return file.read_bytes()
    except FileNotFoundError as error:
        message = "not in the working tree"
        raise UnreadableError(message) from error
    except OSError as error:
        message = f"unreadable ({error.strerror})"
        raise UnreadableError(message) from error


def _unfit(info: os.stat_result, max_bytes: int) -> str:
    if stat.S_ISLNK(info.st_mode):
        return "a symbolic link"
    if not stat.S_ISREG(info.st_mode):
        return "not a regular file"
    if info.st_size > max_bytes:
        return f"{info.st_size:,} bytes ([tool.optimizer] max_file_bytes is {max_bytes:,})"
    return "" if info.st_size else "empty"
