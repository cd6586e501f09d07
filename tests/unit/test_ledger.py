"""The ledger against real files, real kills and real neighbours."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from optimizer.adapters import ledger as module
from optimizer.adapters.ledger import SqliteLedger, cache_folder, ledger_file

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from optimizer.adapters.ledger import SqliteLedger

name, count = sys.argv[2], int(sys.argv[3])
with SqliteLedger(Path(sys.argv[1]), warn=lambda text: sys.exit(text)) as ledger:
    for number in range(count):
        ledger.remember(f"{name}-{number}", {"number": number, "padding": "x" * 500})
        print(number, flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "ledgers" / "project.sqlite"


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def ledger(file: Path, warnings: list[str]) -> Iterator[SqliteLedger]:
    with SqliteLedger(file, warn=warnings.append) as opened:
        yield opened


def writer(file: Path, name: str, count: int) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", WRITER, str(file), name, str(count)]
    return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def fill(file: Path, count: int) -> None:
    with SqliteLedger(file, warn=pytest.fail) as filled:
        for number in range(count):
            filled.remember(f"key-{number}", {"number": number, "padding": "x" * 500})


def test_the_log_of_the_same_code_is_kept_for_each_machine(file: Path) -> None:
    with SqliteLedger(file, warn=pytest.fail) as ledger:
        ledger.log_same_code("A", "3.12.1", [0.01, -0.02])
        ledger.log_same_code("B", "3.12.1", [0.5])
        ledger.log_same_code("A", "3.13.0", [0.03])
    with SqliteLedger(file, warn=pytest.fail) as ledger:
        assert ledger.same_code("A") == [0.03, -0.02, 0.01]
        assert ledger.same_code("C") == []
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT cpu, python, seconds > 1e9 FROM same_code").fetchall()
    assert rows[0] == ("A", "3.12.1", 1)


def test_old_numbers_and_too_many_are_not_used(ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.log_same_code("A", "3.12.1", [0.001] * 500)
    assert len(ledger.same_code("A")) == 300
    now = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 100 * 86_400)
    assert ledger.same_code("A") == []


def test_a_ledger_from_before_the_log_gets_one(file: Path) -> None:
    fill(file, 1)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE same_code")
    with SqliteLedger(file, warn=pytest.fail) as ledger:
        assert ledger.same_code("A") == []
        assert ledger.recall("key-0")


def test_what_was_never_stored_is_none(ledger: SqliteLedger) -> None:
    assert ledger.recall("nothing") is None


def test_what_was_stored_is_there_in_the_next_run(file: Path, warnings: list[str]) -> None:
    value = {"verdict": "refuse", "reasons": [{"text": "naïve \u2028 \ud800"}], "ratio": 1.25, "none": None}
    with SqliteLedger(file, warn=warnings.append) as first:
        first.remember("a", {"old": True})
        first.remember("a", value)
    with SqliteLedger(file, warn=warnings.append) as second:
        assert second.recall("a") == value
    assert warnings == []


def test_a_value_is_committed_before_remember_returns(ledger: SqliteLedger, file: Path) -> None:
    ledger.remember("a", {"x": 1})
    with SqliteLedger(file, warn=pytest.fail) as neighbour:
        assert neighbour.recall("a") == {"x": 1}


@pytest.mark.parametrize("after", [1, 7, 40])
def test_a_kill_loses_nothing_that_was_announced(file: Path, warnings: list[str], after: int) -> None:
    with writer(file, "w", 100_000) as process:
        announced = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        announced += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    assert process.returncode == -signal.SIGKILL
    with SqliteLedger(file, warn=warnings.append) as survivor:
        kept = [survivor.recall(f"w-{number}") for number in announced]
        assert [value["number"] for value in kept] == announced
        survivor.remember("on", {"goes": True})
        assert survivor.recall("on") == {"goes": True}
    assert warnings == []


def test_two_processes_write_at_once(file: Path, warnings: list[str]) -> None:
    with writer(file, "left", 150) as left, writer(file, "right", 150) as right:
        left.communicate()
        right.communicate()
    assert (left.returncode, right.returncode) == (0, 0)
    with SqliteLedger(file, warn=warnings.append) as both:
        for number in range(150):
            assert both.recall(f"left-{number}")["number"] == number
            assert both.recall(f"right-{number}")["number"] == number


@pytest.mark.parametrize(
    "damage", [b"", b"This is no database.\n" * 100, b"SQLite format 3\0" + b"\xff" * 4000], ids=len
)
def test_a_file_that_is_no_ledger_is_set_aside(file: Path, warnings: list[str], damage: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(damage)
    with SqliteLedger(file, warn=warnings.append) as fresh:
        fresh.remember("a", {"x": 1})
        assert fresh.recall("a") == {"x": 1}
    aside = list(file.parent.glob("*.damaged-*"))
    assert [path.read_bytes() for path in aside] == ([damage] if damage else [])
    assert len(warnings) == len(aside)
    assert all("was set aside" in warning and str(file) in warning for warning in warnings)


def test_a_truncated_ledger_is_set_aside(file: Path, warnings: list[str]) -> None:
    fill(file, 200)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2 + 100])
    with SqliteLedger(file, warn=warnings.append) as fresh:
        assert fresh.recall("key-3") is None
        fresh.remember("key-3", {"new": 1})
    with SqliteLedger(file, warn=warnings.append) as again:
        assert again.recall("key-3") == {"new": 1}
    assert len(warnings) == 1


def test_a_ledger_of_a_newer_version_is_set_aside(file: Path, warnings: list[str]) -> None:
    fill(file, 1)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with SqliteLedger(file, warn=warnings.append) as fresh:
        assert fresh.recall("key-0") is None
    assert "its version is 99, not 1" in warnings[0]
    assert len(list(file.parent.glob("*.damaged-*"))) == 1


def test_damage_while_in_use_costs_memory_but_not_the_run(file: Path, warnings: list[str]) -> None:
    fill(file, 2000)
    with SqliteLedger(file, warn=warnings.append) as used:
        used._connection.execute("PRAGMA cache_size = 1")
        with file.open("r+b") as stream:
            stream.write(b"\xff" * file.stat().st_size)
        values = [used.recall(f"key-{number}") for number in range(2000)]
        used.remember("a", {"x": 1})
        assert used.recall("a") == {"x": 1}
    assert None in values
    assert len(warnings) >= 1
    assert all("\n" not in warning for warning in warnings)


@pytest.mark.parametrize("row", ['{"x": ', "[1]", b"\xff\xfe"])
def test_a_damaged_row_is_forgotten(ledger: SqliteLedger, row: str | bytes) -> None:
    ledger.remember("a", {"x": 1})
    ledger._connection.execute("UPDATE verdicts SET value = ?", (row,))
    assert ledger.recall("a") is None


def test_a_ledger_that_fails_again_and_again_is_left(
    ledger: SqliteLedger, file: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = module._connect

    def broken(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("DROP TABLE verdicts")
        return connection

    monkeypatch.setattr(module, "_connect", broken)
    ledger._connection.execute("DROP TABLE verdicts")
    ledger.remember("a", {"x": 1})
    assert ledger.recall("a") == {"x": 1}
    assert len(warnings) == 2


def test_a_closed_ledger_is_a_bug_and_not_healed(ledger: SqliteLedger, warnings: list[str]) -> None:
    ledger.close()
    with pytest.raises(sqlite3.ProgrammingError):
        ledger.recall("a")
    assert warnings == []


def test_a_folder_that_cannot_be_made_costs_a_warning(tmp_path: Path, warnings: list[str]) -> None:
    (tmp_path / "cache").write_text("a file in the way")
    with SqliteLedger(tmp_path / "cache" / "ledger.sqlite", warn=warnings.append) as fallback:
        fallback.remember("a", {"x": 1})
        assert fallback.recall("a") == {"x": 1}
    (warning,) = warnings
    assert "cannot be used" in warning
    assert "this run remembers nothing" in warning


def test_a_folder_in_the_place_of_the_file_costs_a_warning(file: Path, warnings: list[str]) -> None:
    file.mkdir(parents=True)
    with SqliteLedger(file, warn=warnings.append) as fallback:
        fallback.remember("a", {"x": 1})
        assert fallback.recall("a") == {"x": 1}
    assert len(warnings) == 1


def test_the_cache_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own" / "tenpercent"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr("sys.platform", "linux")
    assert cache_folder() == tmp_path / ".cache" / "tenpercent"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "tenpercent"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "tenpercent"


def test_every_repository_has_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    for name in ("a/app", "b/app"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to("a/app")
    first, second = ledger_file(tmp_path / "a" / "app"), ledger_file(tmp_path / "b" / "app")
    assert first != second
    assert ledger_file(tmp_path / "link") == first
    assert first.name.startswith("app-")
    assert first.parent.parent == tmp_path / "own" / "tenpercent"


def test_the_folder_is_the_users_own(ledger: SqliteLedger, file: Path) -> None:
    ledger.remember("a", {})
    assert file.parent.stat().st_mode & 0o077 == 0
