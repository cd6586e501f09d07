"""The ledger in SQLite: what was decided, by content, in the user's cache folder.

It only saves time. So whatever is wrong with the file or its folder costs what was remembered and a
warning, and never the run.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from optimizer.ports import Ledger

T = TypeVar("T")

_LOG = "INSERT INTO same_code VALUES (?, ?, ?, ?)"
_LOGGED = "SELECT value FROM same_code WHERE cpu = ? AND seconds > ? ORDER BY rowid DESC LIMIT ?"

_SCHEMA_VERSION = 1
# Older numbers tell of another kernel, neighbour or season.
_MOST_SAME_CODE = 300
_SAME_CODE_SECONDS = 90 * 86_400
_BUSY_SECONDS = 30.0


def cache_folder() -> Path:
    """The folder of this program among the user's caches; it need not exist."""
    home = Path.home()
    if sys.platform == "darwin":
        usual = home / "Library" / "Caches"
    elif sys.platform == "win32":
        usual = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        usual = home / ".cache"
    asked = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification wants a relative path ignored.
    return (asked if asked.is_absolute() else usual) / "tenpercent"


def ledger_file(root: Path) -> Path:
    """Where the verdicts on the repository at `root` are kept."""
    place = root.resolve()
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    return cache_folder() / "ledgers" / f"{place.name}-{digest}.sqlite"


def machine_file() -> Path:
    """Where what concerns this machine, and no repository, is kept."""
    return cache_folder() / "machine.sqlite"


class SqliteLedger(Ledger):
    """A `Ledger` in one file, which several processes may use at once.

    `warn` is told, in a sentence, when the file had to be set aside or cannot be used.
    """

    def __init__(self, file: Path, warn: Callable[[str], None]) -> None:
        self._file = file
        self._warn = warn
        self._connection = self._open()

    def recall(self, key: str) -> Mapping[str, Any] | None:
        """What was stored under `key`, or None."""
        query = "SELECT value FROM verdicts WHERE key = ?"
        row = self._attempt(lambda connection: connection.execute(query, (key,)).fetchone())
        try:
            value = json.loads(row[0]) if row else None
        except (ValueError, TypeError):
            # SQLite keeps no checksums, so damage inside a row arrives here.
            return None
        return value if isinstance(value, dict) else None

    def remember(self, key: str, value: Mapping[str, Any]) -> None:
        """Store durably; returns after the commit."""
        statement = "INSERT OR REPLACE INTO verdicts VALUES (?, ?)"
        text = json.dumps(value)
        self._attempt(lambda connection: connection.execute(statement, (key, text)))

    def log_same_code(self, cpu: str, python: str, values: Sequence[float]) -> None:
        """Keep what processes that measured the same code against itself said: logs of ratios."""
        now = time.time()
        rows = [(cpu, python, now, value) for value in values]
        self._attempt(lambda connection: connection.executemany(_LOG, rows))

    def same_code(self, cpu: str) -> Sequence[float]:
        """What was logged for this CPU model, the latest first: at most 300 numbers of the last 90 days."""
        asked = (cpu, time.time() - _SAME_CODE_SECONDS, _MOST_SAME_CODE)
        rows = self._attempt(lambda connection: connection.execute(_LOGGED, asked).fetchall())
        return [value for (value,) in rows if isinstance(value, float)]

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _attempt(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Do `action`; where the file fails, do it again on a mended ledger, and at last on an empty one."""
        for remedy in (self._open, _in_memory):
            try:
                return action(self._connection)
            except sqlite3.ProgrammingError:
                raise
            except sqlite3.DatabaseError as error:
                self._connection.close()
                self._warn(f"The ledger {self._file} failed ({error}); what it knew may be lost.")
                self._connection = remedy()
        return action(self._connection)

    def _open(self) -> sqlite3.Connection:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _alone(self._file):
                return self._open_healthy()
        except (OSError, sqlite3.Error) as error:
            self._warn(f"The ledger {self._file} cannot be used ({error}); this run remembers nothing.")
            return _in_memory()

    def _open_healthy(self) -> sqlite3.Connection:
        try:
            return _connect(self._file)
        except sqlite3.OperationalError:
            # Locked, read-only, no space: the file itself may be in order.
            raise
        except sqlite3.DatabaseError as error:
            aside = _set_aside(self._file)
            self._warn(f"The ledger {self._file} was damaged ({error}); it was set aside as {aside.name}.")
            return _connect(self._file)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """No other process opens, checks or sets aside the ledger meanwhile."""
    with file.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _connect(file: Path) -> sqlite3.Connection:
    """A checked connection; sqlite3.DatabaseError when the file is not a ledger of this program."""
    connection = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        _check(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return _prepared(connection)
    except BaseException:
        connection.close()
        raise


def _check(connection: sqlite3.Connection) -> None:
    (health,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if health != "ok":
        raise sqlite3.DatabaseError(" ".join(health.split()))
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version not in {0, _SCHEMA_VERSION}:
        message = f"its version is {version}, not {_SCHEMA_VERSION}"
        raise sqlite3.DatabaseError(message)


def _in_memory() -> sqlite3.Connection:
    return _prepared(sqlite3.connect(":memory:", isolation_level=None))


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS same_code (cpu TEXT, python TEXT, seconds REAL, value REAL NOT NULL)"
    )
    connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    return connection


def _set_aside(file: Path) -> Path:
    """Rename the file; its log goes first, so that nobody can replay it into a fresh ledger."""
    aside = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
    for suffix in ("-wal", "-shm", ""):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
