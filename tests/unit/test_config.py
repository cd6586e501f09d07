"""`[tool.optimizer]`: what is refused comes first, then what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.config import Config, load
from optimizer.errors import ConfigError

REFUSED = [
    ('exlude = ["a"]', "has no key exlude; did you mean exclude?"),
    ("min-gains = 0.2", "has no key min-gains; did you mean min_gain?"),
    ("zzz = 1", "has no key zzz; its keys are include, exclude, enabled,"),
    ('include = "src"', "include must be a list of strings, but it is 'src'"),
    ("include = [1]", "include must be a list of strings"),
    ('exclude = [""]', "exclude must be a list of strings"),
    ("enabled = 1", "enabled must be true or false, but it is 1"),
    ("workload = ['pytest']", "workload must be a string"),
    ("min_gain = 0.05", "min_gain must be a number from 0.10 up"),
    ("min_gain = true", "min_gain must be a number from 0.10 up"),
    ("min_gain = nan", "min_gain must be a number from 0.10 up"),
    ("min_gain = inf", "min_gain must be a number from 0.10 up"),
    ("min_gain = 0.2\nmin-gain = 0.3", "has min_gain twice, once with '-'"),
    ("budget_minutes = -1", "budget_minutes must be a number of minutes, 0 for no limit"),
    ("line_length = 100.0", "line_length must be a whole number above 0"),
    ("line_length = true", "line_length must be a whole number above 0"),
    ("max_file_bytes = 0", "max_file_bytes must be a whole number above 0"),
]


def write(root: Path, text: str) -> None:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("lines", "sentence"), REFUSED)
def test_refused(tmp_path: Path, lines: str, sentence: str) -> None:
    write(tmp_path, f"[tool.optimizer]\n{lines}\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert sentence in str(caught.value)
    assert str(tmp_path / "pyproject.toml") in str(caught.value), "says where"
    assert "\n" not in str(caught.value), "is one sentence"


@pytest.mark.parametrize("text", ["[tool", "a = 1\na = 2\n", "tool = {optimizer = 3}"])
def test_an_unusable_file_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError, match=r"pyproject\.toml"):
        load(tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes('[project]\nname = "caf\xe9"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(tmp_path)


def test_a_folder_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_nothing_said_is_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Config()
    write(tmp_path, "[project]\nname = 'x'\n")
    assert load(tmp_path) == Config()
    assert Config().min_gain == 0.10


def test_everything_said_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        [tool.optimizer]
        include = ["src/"]
        exclude = ["src/old.py"]
        enabled = false
        pythons = ["3.9", "3.13"]
        workload = "python -m app"
        select = ["loop-to-sum"]
        ignore = ["literal-regex"]
        min-gain = 0.2
        budget_minutes = 15
        line-length = 99
        max-file-bytes = 500
        """,
    )
    assert load(tmp_path) == Config(
        include=("src/",),
        exclude=("src/old.py",),
        enabled=False,
        pythons=("3.9", "3.13"),
        workload="python -m app",
        select=("loop-to-sum",),
        ignore=("literal-regex",),
        min_gain=0.2,
        budget_minutes=15.0,
        line_length=99,
        max_file_bytes=500,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("[tool.ruff]\nselect = []", None),
        ("[tool.ruff]\nline-length = 100", 100),
        ("[tool.black]\nline-length = 79", 79),
        ("[tool.black]", 88),
        ("[tool.ruff.format]", 88),
        ("[tool.ruff]\nline-length = 'wide'", None),
        ("[tool.ruff]\nline-length = 100\n[tool.black]\nline-length = 79", 100),
        ("[tool.ruff]\nline-length = 100\n[tool.optimizer]\nline_length = 80", 80),
        ("tool.ruff = 3", None),
    ],
)
def test_the_line_length_falls_back_to_the_formatter(tmp_path: Path, text: str, expected: int | None) -> None:
    write(tmp_path, text)
    assert load(tmp_path).line_length == expected


def test_ruffs_own_file_goes_first_and_its_faults_are_not_ours(tmp_path: Path) -> None:
    write(tmp_path, "[tool.ruff]\nline-length = 100")
    (tmp_path / "ruff.toml").write_text("line-length = 120", encoding="utf-8")
    assert load(tmp_path).line_length == 120
    (tmp_path / "ruff.toml").write_text("line-length = ", encoding="utf-8")
    assert load(tmp_path).line_length == 100
