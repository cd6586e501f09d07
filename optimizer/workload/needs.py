"""What running a project needs to be installed, from the files in which projects say so."""

from __future__ import annotations

import configparser
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from optimizer.workload.files import walk

_TESTS = ("test", "tests", "testing")
_DEVELOPMENT = ("dev", "develop", "development")
_FILES = (
    *("requirements-test.txt", "requirements-tests.txt", "requirements-testing.txt"),
    *("requirements_test.txt", "requirements_tests.txt", "test-requirements.txt", "test_requirements.txt"),
    *("requirements/test.txt", "requirements/tests.txt", "requirements/testing.txt"),
    *("tests/requirements.txt", "test/requirements.txt"),
)
_DEVELOPMENT_FILES = (
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements/dev.txt",
)
_PLAIN_FILES = ("requirements.txt",)
_PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg")
_COMPILES = re.compile(
    r"\b(ext_modules|ext-modules|cythonize|cffi_modules|rust_extensions|maturin|mesonpy|scikit_build_core|mypycify)\b"
)
_COMPILED = {".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90", ".build"}
_PYTHON_REQUIRES = re.compile(r"""python_requires\s*=\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What an environment gets: the project itself (with extras) when it can be installed, and what its tests ask for.

    `known` are all requirements when the files state them plainly, None when only a build would tell.
    `digest` names the contents of everything that decides about it.
    """

    is_package: bool
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    pytest: bool = False
    known: tuple[Requirement, ...] | None = ()
    digest: str = ""


def read_needs(root: Path, *, pytest: bool) -> Needs:
    """The needs of the project in `root`. `pytest`: whether its tests need that."""
    toml = _toml(root)
    project = _table(toml.get("project"))
    is_package = "build-system" in toml or "name" in project or (root / "setup.py").exists()
    extras = _names(project.get("optional-dependencies")) if is_package else []
    groups = _names(toml.get("dependency-groups"))
    files = [name for name in _FILES if (root / name).is_file()]
    wanted = [_chosen(extras, _TESTS), _chosen(groups, _TESTS), files]
    if not any(wanted):
        spare = [name for name in _DEVELOPMENT_FILES if (root / name).is_file()]
        wanted = [_chosen(extras, _DEVELOPMENT), _chosen(groups, _DEVELOPMENT), spare]
    plain = () if is_package else tuple(name for name in _PLAIN_FILES if (root / name).is_file())
    needs = Needs(
        is_package=is_package,
        extras=tuple(wanted[0]),
        groups=tuple(wanted[1]),
        files=(*plain, *wanted[2]),
        pytest=pytest,
    )
    return Needs(
        is_package=needs.is_package,
        extras=needs.extras,
        groups=needs.groups,
        files=needs.files,
        pytest=pytest,
        known=_known(root, project, needs),
        digest=_digest(root, needs),
    )


def promised_pythons(root: Path) -> SpecifierSet | None:
    """The project's `requires-python`, from wherever it stands; None when it says nothing that can be read."""
    text = _table(_toml(root).get("project")).get("requires-python") or _old_promise(root)
    try:
        return SpecifierSet(text) if isinstance(text, str) and text.strip() else None
    except InvalidSpecifier:
        return None


def _old_promise(root: Path) -> str:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string((root / "setup.cfg").read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        parser.clear()
    stated = parser.get("options", "python_requires", fallback="")
    if stated:
        return stated
    found = _PYTHON_REQUIRES.search(_text(root / "setup.py"))
    return found[1] if found else ""


def _chosen(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    return [name for name in names if name.lower() in wanted]


def _names(table: object) -> list[str]:
    return list(_table(table))


def _known(root: Path, project: Mapping[str, Any], needs: Needs) -> tuple[Requirement, ...] | None:
    """All requirements, when none is left to a build backend, a group or another file."""
    dynamic = project.get("dynamic", ())
    if needs.groups or (needs.is_package and ("name" not in project or "dependencies" in dynamic)):
        return None
    if needs.is_package and _compiles(root):
        return None
    optional = _table(project.get("optional-dependencies"))
    lines = [*project.get("dependencies", ()), *(line for extra in needs.extras for line in optional[extra])]
    for name in needs.files:
        lines += _lines(_text(root / name))
    try:
        return tuple(Requirement(line) for line in (*lines, *(["pytest"] if needs.pytest else [])))
    except (InvalidRequirement, TypeError):
        return None


def _lines(text: str) -> Iterator[str]:
    """The lines of a requirements file; options stay, and so make it one that is not known."""
    for line in text.splitlines():
        bare = re.sub(r"(^|\s)#.*", "", line).strip()
        if bare:
            yield bare


def _digest(root: Path, needs: Needs) -> str:
    digest = hashlib.sha256()
    digest.update(repr((needs.is_package, needs.extras, needs.groups, needs.files, needs.pytest)).encode())
    compiled = _sources(root) if needs.is_package and _compiles(root) else ()
    for name in _existing(root, (*_PACKAGING, *needs.files, *compiled)):
        digest.update(f"\0{name}\0".encode() + (root / name).read_bytes())
    return digest.hexdigest()


def _compiles(root: Path) -> bool:
    """Whether installing the project compiles something, so that having its requirements is not enough."""
    return any(_COMPILES.search(_text(root / name)) for name in _PACKAGING)


def _sources(root: Path) -> Iterator[str]:
    return (path for path in walk(root) if PurePosixPath(path).suffix in _COMPILED)


def _existing(root: Path, names: Iterable[str]) -> Iterator[str]:
    return (name for name in dict.fromkeys(names) if (root / name).is_file())


def _toml(root: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
