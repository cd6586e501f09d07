"""How the project's tests run: pytest, else unittest, else the doctests of its modules."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import UsageError
from optimizer.model import Interpreter
from optimizer.workload.files import is_case_file, is_test_file, python_files
from optimizer.workload.settings import PytestSettings

_NEEDS_PYTEST = re.compile(r"^\s*(import|from)\s+pytest\b", re.MULTILINE)
_CASE = re.compile(r"\bTestCase\b")
_DOCTEST = re.compile(r"^\s*>>> ", re.MULTILINE)
_PYTHON = re.compile(r"python[\d.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`kind` is pytest, unittest, doctest or command; `argv` what a person would give the interpreter.

    `payload` is what the worker's runner of that kind needs besides.
    """

    kind: str
    argv: tuple[str, ...]
    payload: tuple[tuple[str, Any], ...] = ()


def find_plan(
    root: Path,
    settings: PytestSettings,
    roots: Sequence[str],
    interpreter: Interpreter,
    *,
    has_pytest: bool,
) -> Plan | str:
    """The plan, or the sentence that says why there is none."""
    sources = {path: _read(root / path) for path in python_files(root)}
    tests = {path: text for path, text in sources.items() if is_test_file(path)}
    cases = {path: text for path, text in sources.items() if is_case_file(path) and _CASE.search(text)}
    if has_pytest and (tests or settings.testpaths or _asks_for_doctests(settings)):
        return pytest_plan(settings)
    if tests and (settings.file or _uses_pytest(sources) or not cases):
        return (
            f"The tests need pytest, which {interpreter.executable} does not have; "
            "install it there, or give the project's own interpreter with --python."
        )
    if cases:
        return _unittest_plan(root, cases)
    return _doctest_plan(sources, roots) or (
        f"No tests and no doctests were found in {root}; "
        "add some, or name a command that exercises the code with --workload."
    )


def _asks_for_doctests(settings: PytestSettings) -> bool:
    return any(option.startswith("--doctest") for option in settings.addopts)


def pytest_plan(settings: PytestSettings, *, without: Sequence[str] = ()) -> Plan:
    """A run of pytest as configured; `without` are options of the configuration that must be left out."""
    kept = [option for option in settings.addopts if option not in without]
    args = ("-o", f"addopts={shlex.join(kept)}") if without else ()
    cacheless = "no:cacheprovider" in " ".join(settings.addopts)
    return Plan(
        kind="pytest",
        argv=("-m", "pytest", *args),
        payload=(("args", list(args)), ("cacheless", cacheless)),
    )


def _uses_pytest(sources: dict[str, str]) -> bool:
    return any(
        path.endswith("conftest.py") or (is_test_file(path) and _NEEDS_PYTEST.search(text))
        for path, text in sources.items()
    )


def _unittest_plan(root: Path, tests: dict[str, str]) -> Plan:
    """From the root when it can see the tests from there, else from the folder that most of them lie in."""
    folders = [path.rpartition("/")[0] for path in tests]
    seen = [folder for folder in folders if _is_package(root, folder)]
    start = "" if seen else max(folders, key=folders.count)
    argv = ("-m", "unittest", "discover", *(("-s", start) if start else ()))
    return Plan(kind="unittest", argv=argv, payload=(("start", start),))


def _is_package(root: Path, folder: str) -> bool:
    parts = folder.split("/") if folder else []
    return all((root / "/".join(parts[: depth + 1]) / "__init__.py").exists() for depth in range(len(parts)))


def _doctest_plan(sources: dict[str, str], roots: Sequence[str]) -> Plan | None:
    modules = [_module_name(path, roots) for path, text in sources.items() if _DOCTEST.search(text)]
    names = [name for name in modules if name and not name.endswith("__main__")]
    if not names:
        return None
    return Plan(kind="doctest", argv=("-m", "doctest"), payload=(("modules", names),))


def _module_name(path: str, roots: Sequence[str]) -> str:
    """The import name of a file by the deepest root that holds it, "" when its path cannot be one."""
    inside = [root for root in roots if root == "." or path.startswith(f"{root}/")]
    root = max(inside, key=len, default=".")
    rest = path if root == "." else path[len(root) + 1 :]
    parts = rest.removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""


def command_plan(command: str, interpreter: Interpreter, root: Path) -> Plan:
    """The plan for a command line that a person gave as the workload, to be run in a copy of `root`.

    Raises UsageError when it runs no Python.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        message = f"--workload {command!r} cannot be read ({error}); quote it as in a shell."
        raise UsageError(message) from error
    words = _python_words(words, interpreter, root)
    if not words:
        message = (
            f"--workload {command!r} runs no Python; give a command such as 'python -m package arguments' "
            "or 'python script.py'."
        )
        raise UsageError(message)
    if not words[0].startswith("-") and not (root / words[0]).exists():
        message = f"--workload {command!r}: there is no {words[0]} in {root}; give its path from there."
        raise UsageError(message)
    return Plan(kind="command", argv=tuple(words), payload=(("argv", words),))


def _python_words(words: list[str], interpreter: Interpreter, root: Path) -> list[str]:
    """What follows the interpreter; a script that the interpreter's environment has installed also counts."""
    if not words:
        return []
    if _PYTHON.fullmatch(Path(words[0]).name):
        return (
            words[1:]
            if len(words) > 1 and words[1] in {"-m", "-c"} and words[2:]
            else _script(words[1:], root)
        )
    installed = Path(interpreter.executable).parent / words[0]
    if installed.is_file() and b"python" in installed.read_bytes()[:200]:
        return [str(installed), *words[1:]]
    return _script(words, root) if (root / words[0]).suffix == ".py" else []


def _script(words: list[str], root: Path) -> list[str]:
    """The script's path relative to the root where it lies inside it: what runs is its copy."""
    if not words or words[0].startswith("-"):
        return []
    path = Path(words[0])
    inside = path.is_absolute() and path.is_relative_to(root)
    return [path.relative_to(root).as_posix() if inside else words[0], *words[1:]]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
