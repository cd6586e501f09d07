"""What a project says about itself in `[tool.optimizer]` of its pyproject.toml."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from optimizer.errors import ConfigError

MIN_GAIN = 0.10
"""Below this nothing is worth a maintainer's time, so it is what a project starts from and can only raise."""

_FORMATTER_LINE_LENGTH = 88
"""What black and ruff's formatter keep to when they are configured without a length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one project; every field is a key, and a `-` in a key may stand for `_`.

    `include` and `exclude` are globs as in .gitignore, relative to the root. With `include` only what it
    matches is looked at; a folder or file that is left alone by default (tests, docs, examples,
    benchmarks, vendored code) also needs its name in a pattern. `exclude` wins over `include`.
    `pythons` are versions ("3.12") or paths of interpreters; `workload` is a command that runs the
    project instead of its tests. `select` (empty: all) and `ignore` name rules. `min_gain` 0.15 asks for
    1.15x. `budget_minutes` 0 means no limit. `line_length` None means that the project names none.
    The last three are for `optimize publish`; `ask_first` waits for the box on the dashboard issue.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    enabled: bool = True
    pythons: tuple[str, ...] = ()
    workload: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_gain: float = MIN_GAIN
    budget_minutes: float = 0.0
    line_length: int | None = None
    max_file_bytes: int = 1_000_000
    max_open_pull_requests: int = 2
    max_pull_requests_a_day: int = 1
    ask_first: bool = True


def load(root: Path, own_file: Path | None = None) -> Config:
    """The settings in `root`'s pyproject.toml, or in `own_file`; the defaults where it says nothing.

    Raises ConfigError for a file that cannot be read, an unknown key or an unusable value, and for an
    `own_file` without the table.
    """
    file = own_file or root / "pyproject.toml"
    tools = _table(_read_toml(root / "pyproject.toml").get("tool"))
    own = _own_table(own_file) if own_file else tools.get("optimizer", {})
    if not isinstance(own, Mapping):
        message = (
            f"{file}: [tool.optimizer] is not a table; write the header [tool.optimizer] and keys below it."
        )
        raise ConfigError(message)
    settings = _settings(own, file)
    if settings.get("line_length") is None:
        settings["line_length"] = _formatter_line_length(root, tools)
    return Config(**settings)


def least_gain(text: str) -> float:
    """The number that `min_gain` is, from a command line; ValueError, which says what is wanted."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    return _gain(value)


def _own_table(file: Path) -> object:
    tools = _table(_read_toml(file).get("tool"))
    if "optimizer" not in tools:
        message = f"{file} is missing or has no table [tool.optimizer]; give another --config FILE."
        raise ConfigError(message)
    return tools["optimizer"]


def _read_toml(file: Path) -> Mapping[str, Any]:
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"{file} cannot be read ({error.strerror}); make it a readable file."
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{file} is not valid TOML ({error}); mend it there."
        raise ConfigError(message) from error


def _settings(table: Mapping[str, Any], file: Path) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for written, value in table.items():
        key = written.replace("-", "_")
        if key not in _READERS:
            raise ConfigError(_unknown_key(written, file))
        if key in settings:
            message = f"{file}: [tool.optimizer] has {key} twice, once with '-'; keep one of the two."
            raise ConfigError(message)
        try:
            settings[key] = _READERS[key](value)
        except ValueError as error:
            message = f"{file}: [tool.optimizer] {written} must be {error}, but it is {value!r}."
            raise ConfigError(message) from error
    return settings


def _unknown_key(written: str, file: Path) -> str:
    close = difflib.get_close_matches(written.replace("-", "_"), _READERS, n=1)
    advice = f"did you mean {close[0]}?" if close else f"its keys are {', '.join(_READERS)}."
    return f"{file}: [tool.optimizer] has no key {written}; {advice}"


def _formatter_line_length(root: Path, tools: Mapping[str, Any]) -> int | None:
    """The line length of the project's own formatter: ruff looks into its own files first."""
    ruff = [_table(_peek(root / name)) for name in (".ruff.toml", "ruff.toml")] + [_table(tools.get("ruff"))]
    tables = [*ruff, _table(tools.get("black"))]
    lengths = (table.get("line-length", table.get("line_length")) for table in tables)
    formats = "black" in tools or any("format" in table for table in ruff)
    default = _FORMATTER_LINE_LENGTH if formats else None
    return next((length for length in lengths if type(length) is int and length > 0), default)


def _peek(file: Path) -> Mapping[str, Any]:
    """Another tool's file, which is that tool's to complain about."""
    try:
        return _read_toml(file)
    except ConfigError:
        return {}


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value):
        return tuple(value)
    wanted = "a list of strings"
    raise ValueError(wanted)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    wanted = "a string"
    raise ValueError(wanted)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    wanted = "true or false"
    raise ValueError(wanted)


def _count(value: object) -> int:
    if type(value) is int and value > 0:
        return value
    wanted = "a whole number above 0"
    raise ValueError(wanted)


def _minutes(value: object) -> float:
    if _is_number(value) and value >= 0:
        return float(value)
    wanted = "a number of minutes, 0 for no limit"
    raise ValueError(wanted)


def _gain(value: object) -> float:
    if _is_number(value) and value >= MIN_GAIN:
        return float(value)
    wanted = f"a number from {MIN_GAIN:.2f} up (0.15 asks for 1.15x; the bar can only be raised)"
    raise ValueError(wanted)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_READERS: Mapping[str, Callable[[Any], object]] = {
    "include": _texts,
    "exclude": _texts,
    "enabled": _flag,
    "pythons": _texts,
    "workload": _text,
    "select": _texts,
    "ignore": _texts,
    "min_gain": _gain,
    "budget_minutes": _minutes,
    "line_length": _count,
    "max_file_bytes": _count,
    "max_open_pull_requests": _count,
    "max_pull_requests_a_day": _count,
    "ask_first": _flag,
}
