"""What import-linter cannot see: the worker's own rules, what transforms import, and what is shipped."""

from __future__ import annotations

import ast
import configparser
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
WORKER = sorted((ROOT / "optimizer" / "worker").rglob("*.py"))
OPTIMIZER = sorted(path for path in (ROOT / "optimizer").rglob("*.py") if path not in WORKER)
TRANSFORMS = sorted((ROOT / "transforms").rglob("*.py"))
# What a worker may find beside the project's code, and modules that only some Pythons have.
IN_THE_PROJECTS_PYTHON = {*sys.stdlib_module_names, "_sha2", "_sha256", "hypothesis", "pytest"}
KIT = ("optimizer.transform", "optimizer.facts", "optimizer.model")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Level and full name of everything that is imported anywhere in `tree`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((0, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                yield from ((level, f"{module or ''}.{alias.name}".lstrip(".")) for alias in names)


def below(full_name: str, packages: tuple[str, ...]) -> bool:
    return any(full_name == package or full_name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", WORKER, ids=name)
def test_the_worker_is_python_39_and_standard_library_only(path: Path) -> None:
    tree = ast.parse(path.read_bytes(), feature_version=(3, 9))
    newer = [node for node in ast.walk(tree) if type(node).__name__ in {"Match", "TryStar", "TypeAlias"}]
    foreign = [
        full_name
        for level, full_name in imported(tree)
        if level == 0 and full_name.partition(".")[0] not in IN_THE_PROJECTS_PYTHON
    ]
    assert (newer, foreign) == ([], [])


@pytest.mark.parametrize("path", TRANSFORMS, ids=name)
def test_a_transform_imports_the_kit_libcst_and_the_standard_library(path: Path) -> None:
    """And what transforms share, in a module with a leading underscore; never another transform."""
    allowed = (*KIT, "libcst", *sys.stdlib_module_names)
    for level, full_name in imported(ast.parse(path.read_bytes())):
        assert level == 0, f"{full_name} is imported relatively"
        shared = re.match(r"transforms\.(\w+\.)?_", full_name)
        assert shared or below(full_name, allowed), f"{full_name} is not for transforms"


@pytest.mark.parametrize("path", OPTIMIZER, ids=name)
def test_the_optimizer_names_no_transform(path: Path) -> None:
    """Adding a transform touches one file, so nothing in the optimizer may import one."""
    names = [full_name for _, full_name in imported(ast.parse(path.read_bytes()))]
    assert [one for one in names if one.startswith("transforms.")] == []


def test_a_newer_worker_and_a_foreign_import_would_be_noticed() -> None:
    """The checks above can fail: what they look with sees these."""
    with pytest.raises(SyntaxError):
        ast.parse("match x:\n    case 1: pass", feature_version=(3, 9))
    names = list(imported(ast.parse("import a.b\ndef f():\n    from .c import d\n    from libcst import x")))
    assert names == [(0, "a.b"), (1, "c.d"), (0, "libcst.x")]
    assert not below("optimizer.transformer", KIT)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_holds_both_packages_whole(wheel: zipfile.ZipFile) -> None:
    sources = {name(path) for path in [*OPTIMIZER, *WORKER, *TRANSFORMS]}
    packaged = {entry for entry in wheel.namelist() if ".dist-info/" not in entry}
    assert sources <= packaged
    assert {entry.partition("/")[0] for entry in packaged} == {"optimizer", "transforms"}


def test_the_wheel_has_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = (entry for entry in wheel.namelist() if entry.endswith("entry_points.txt"))
    scripts = configparser.ConfigParser()
    scripts.read_string(wheel.read(entry_points).decode())
    assert dict(scripts["console_scripts"]) == {"optimize": "optimizer.cli:main"}
    assert any(entry.endswith("licenses/LICENSE") for entry in wheel.namelist())


def test_the_requirements_name_no_place() -> None:
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    code = [line for line in lines if not line.startswith("#")]
    assert [line for line in code if "/" in line or "--index" in line or "--find-links" in line] == []
    pinned = [line for line in code if not line.startswith(" ")]
    assert all("==" in line for line in pinned)
