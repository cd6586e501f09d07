"""What a project's own configuration says about pytest, from the file that pytest itself would take."""

from __future__ import annotations

import configparser
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestSettings:
    """`file` is the name of the configuration file with a section for pytest, "" when there is none."""

    file: str = ""
    addopts: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()


def read_settings(root: Path) -> PytestSettings:
    """Pytest's settings in `root`. A file that cannot be parsed counts as one without a section."""
    for name, section in _PLACES:
        table = _table(root / name, section)
        if table is not None:
            return PytestSettings(
                file=name,
                addopts=_words(table.get("addopts")),
                testpaths=_words(table.get("testpaths")),
                pythonpath=_words(table.get("pythonpath")),
            )
    return PytestSettings()


_PLACES = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest", "ini_options")),
    ("pyproject.toml", ("tool", "pytest")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)
"""In the order in which pytest looks."""


def _table(file: Path, section: tuple[str, ...]) -> Mapping[str, Any] | None:
    if not file.is_file():
        return None
    return _from_toml(file, section) if file.suffix == ".toml" else _from_ini(file, section[0])


def _from_toml(file: Path, section: tuple[str, ...]) -> Mapping[str, Any] | None:
    try:
        table: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    for name in section:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table if isinstance(table, Mapping) else None


def _from_ini(file: Path, section: str) -> Mapping[str, Any] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return None
    if parser.has_section(section):
        return dict(parser[section])
    # A pytest.ini belongs to pytest even when it says nothing.
    return {} if file.name.endswith("pytest.ini") else None


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value, comments=True))
        except ValueError:
            return tuple(value.split())
    if isinstance(value, list):
        return tuple(word for word in value if isinstance(word, str))
    return ()
