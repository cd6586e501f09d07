"""Folders that unread programs write into are gone afterwards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optimizer.scratch import remove, scratch_folder

DEPTH = 3000


def deep(folder: Path) -> None:
    """Deeper than a path can be long, and than Python's stack."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir("d" * 20, dir_fd=at)
        below = os.open("d" * 20, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)


def locked(folder: Path) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").touch()
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0)


def odd(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "\n::add-path::").mkdir()
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to(folder / "gone")


@pytest.mark.parametrize("fill", [deep, locked, odd])
def test_it_goes_whatever_is_in_it(fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder("a-") as folder:
        assert folder.parent == tmp_path
        fill(folder)
    assert not list(tmp_path.iterdir())


def test_what_links_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "kept" / "inner").mkdir(parents=True)
    (tmp_path / "kept" / "file").write_text("kept")
    going = tmp_path / "going"
    going.mkdir()
    (going / "soft").symlink_to(tmp_path / "kept")
    (going / "hard").hardlink_to(tmp_path / "kept" / "file")
    remove(going)
    assert not going.exists()
    assert (tmp_path / "kept" / "file").read_text() == "kept"
    assert (tmp_path / "kept" / "inner").is_dir()


def test_a_link_in_the_folders_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    remove(tmp_path / "link")
    assert (tmp_path / "kept" / "file").exists()


def test_what_is_gone_already_is_no_trouble(tmp_path: Path) -> None:
    with scratch_folder("a-") as folder:
        folder.rmdir()
    remove(tmp_path / "never")
