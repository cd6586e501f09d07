"""A bundle as it arrives, a folder or a zip file, read into memory within limits.

Nothing is unpacked onto a disk, so that no name in it can point anywhere; still a bundle with a single odd
name, link or oversized file is refused as a whole, because an honest run writes none.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from optimizer.errors import BundleError

MOST_FILES = 20_000
MOST_BYTES = 256 << 20
"""Of everything together, unpacked."""
LARGEST_FILE_BYTES = 64 << 20
MOST_PACKED = 200
"""How many bytes one byte may unpack to; text in JSON packs to a tenth, a bomb to a thousandth."""
_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,199}/){0,3}[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_CHUNK_BYTES = 1 << 20


def read_bundle(place: Path) -> Mapping[str, bytes]:
    """Every file of the bundle by its POSIX name; BundleError for a bundle that no honest run writes."""
    if place.is_symlink():
        raise BundleError(_refused(place, "it is a symbolic link"))
    if place.is_dir():
        return dict(_folder(place))
    try:
        with zipfile.ZipFile(place) as archive:
            return dict(_zip(place, archive))
    except FileNotFoundError as error:
        message = f"{place} does not exist; give the folder or zip file that `optimize --output` wrote."
        raise BundleError(message) from error
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise BundleError(
            _refused(place, f"it is neither a folder nor a sound zip file ({error})")
        ) from error


def _folder(place: Path) -> Iterator[tuple[str, bytes]]:
    budget = _Budget(place)
    for folder, folders, files in os.walk(place, onerror=_unreadable):
        here = Path(folder)
        for name in (*folders, *files):
            mode = (here / name).lstat().st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise BundleError(_refused(place, f"{_shown(name)} is a link or something else than a file"))
        for name in files:
            file = here / name
            relative = file.relative_to(place).as_posix()
            budget.file(relative, file.stat().st_size)
            yield relative, file.read_bytes()


def _unreadable(error: OSError) -> None:
    raise BundleError(_refused(Path(str(error.filename)), f"it cannot be read ({error.strerror})")) from error


def _zip(place: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    budget = _Budget(place)
    for entry in archive.infolist():
        if entry.is_dir():
            budget.name(entry.filename.removesuffix("/"))
            continue
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise BundleError(
                _refused(place, f"{_shown(entry.filename)} is a link or something else than a file")
            )
        if entry.flag_bits & 1:
            raise BundleError(_refused(place, f"{_shown(entry.filename)} is encrypted"))
        budget.file(entry.filename, entry.file_size)
        if entry.file_size > MOST_PACKED * max(entry.compress_size, 64):
            raise BundleError(
                _refused(place, f"{_shown(entry.filename)} unpacks to more than {MOST_PACKED} times its size")
            )
        yield entry.filename, _content(place, archive, entry)


def _content(place: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """What the entry really holds: never more than it says, whatever its headers say."""
    with archive.open(entry) as stream:
        parts: list[bytes] = []
        left = entry.file_size + 1
        while left > 0 and (part := stream.read(min(left, _CHUNK_BYTES))):
            parts.append(part)
            left -= len(part)
    if left == 0:
        raise BundleError(_refused(place, f"{_shown(entry.filename)} is larger than it says"))
    return b"".join(parts)


class _Budget:
    """Counts what has been seen of one bundle, and refuses the first thing too many."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._names: set[str] = set()
        self._bytes = 0

    def name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise BundleError(
                _refused(self._place, f"a name in it is not one that a run writes: {_shown(name)}")
            )

    def file(self, name: str, size: int) -> None:
        self.name(name)
        if name.casefold() in self._names:
            raise BundleError(_refused(self._place, f"{_shown(name)} is in it twice"))
        self._names.add(name.casefold())
        self._bytes += size
        if size > LARGEST_FILE_BYTES:
            raise BundleError(_refused(self._place, f"{_shown(name)} has {size:,} bytes"))
        if len(self._names) > MOST_FILES or self._bytes > MOST_BYTES:
            raise BundleError(
                _refused(self._place, f"it holds more than {MOST_FILES:,} files or {MOST_BYTES:,} bytes")
            )


def _refused(place: Path, because: str) -> str:
    return (
        f"The bundle {place} is refused: {because}; make it with `optimize --output` and hand it over whole."
    )


def _shown(name: str) -> str:
    """A name from nobody knows where, for a message."""
    return ascii(name[:80])
