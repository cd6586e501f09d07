"""Folders that programs nobody has read may write into, and that are gone afterwards whatever was put there."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A new folder below the one for temporary files; what cannot be removed in the end stays, without a word."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, however deep it goes; links are removed, not followed.

    Folders inside folders are moved up to the top, so that neither the length of a path nor the depth of the
    stack matters.
    """
    with suppress(OSError):
        top = os.open(folder, _FOLDER)
        try:
            _empty(top)
        finally:
            os.close(top)
        folder.rmdir()


def _empty(top: int) -> None:
    mark = secrets.token_hex(8)
    moved = 0
    while names := os.listdir(top):
        for name in names:
            if _unlinked(name, top):
                continue
            inner = _opened(name, top)
            try:
                for below in os.listdir(inner):  # noqa: PTH208 - a descriptor
                    if not _unlinked(below, inner):
                        os.close(_opened(below, inner))
                        os.rename(below, f"{mark}-{moved}", src_dir_fd=inner, dst_dir_fd=top)
                        moved += 1
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _unlinked(name: str, folder: int) -> bool:
    """Whether it is no folder, and gone."""
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=folder)
    return True


def _opened(name: str, folder: int) -> int:
    """The folder, whose mode no longer keeps its owner out."""
    try:
        inner = os.open(name, _FOLDER, dir_fd=folder)
    except PermissionError:
        # It is no link: nobody who could put one here is left.
        os.chmod(name, stat.S_IRWXU, dir_fd=folder)
        inner = os.open(name, _FOLDER, dir_fd=folder)
    os.fchmod(inner, stat.S_IRWXU)
    return inner
