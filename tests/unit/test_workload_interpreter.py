"""Which Python runs the project."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from optimizer.errors import ProjectError
from optimizer.ports import Job, Limits, Ran
from optimizer.sandbox.launch import Launcher
from optimizer.workload.interpreter import Origin, choose, find_interpreters


class Pretender:
    """A runner for which every file is an interpreter, of the version that its text says."""

    level = "none"

    def work(self, job: Job, on_message=None) -> Ran:  # noqa: ARG002 - the protocol's
        text = Path(job.python).read_text(encoding="utf-8", errors="replace")
        answer = {"version": text, "implementation": "CPython"}
        fine = text.startswith("3.") and text != "3.6.15"
        return ran(messages=(answer,) if fine else (), ended="ok" if fine else "crashed")

    def command(self, argv, *, cwd: Path, env=None, limits: Limits | None = None) -> Ran:  # noqa: ARG002 - as above
        text = Path(argv[0]).read_text(encoding="utf-8", errors="replace")
        return (
            ran(stdout=text, ended="ok")
            if text[0].isdigit()
            else ran(ended="crashed", stderr="a\nbad header\n")
        )


def ran(*, ended: str, messages=(), stdout: str = "", stderr: str = "") -> Ran:
    return Ran(ended=ended, status=0, messages=messages, stdout=stdout, stderr=stderr, seconds=0.0)


def put(folder: Path, name: str, version: str = "3.12.1") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(version, encoding="utf-8")
    file.chmod(0o755)
    return file


def find(root: Path, **options):
    options.setdefault("environment", {})
    return find_interpreters(root, Pretender(), **options)


def test_order(tmp_path):
    active = put(tmp_path, "active/bin/python", "3.9.1")
    environment = {"VIRTUAL_ENV": str(tmp_path / "active")}
    given = put(tmp_path, "given", "3.10.1")
    configured = put(tmp_path, "configured", "3.11.1")
    put(tmp_path, "venv/bin/python", "3.13.1")
    assert find(tmp_path)[0].version == "3.13.1"
    put(tmp_path, ".venv/bin/python", "3.12.1")
    assert find(tmp_path)[0].version == "3.12.1"
    assert find(tmp_path, environment=environment)[0].executable == str(active)
    both = find(tmp_path, environment=environment, pythons=["./configured", "./given"])
    assert [one.executable for one in both] == [str(configured), str(given)]
    assert (
        find(tmp_path, environment=environment, pythons=["./configured"], python=str(given))[0].minor
        == "3.10"
    )


def test_without_any_it_is_the_tools_own(tmp_path):
    found = find_interpreters(tmp_path, Launcher(), environment={"VIRTUAL_ENV": str(tmp_path / "gone")})
    assert [(one.executable, one.version) for one in found] == [(sys.executable, sys.version.split()[0])]


PYENV_BELOW_HOME = ".pyenv"
"""Where pyenv lies when nothing says where."""


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("bin/python3.10", {"PATH": "bin"}),
        (f"{PYENV_BELOW_HOME}/versions/3.10.7/bin/python", {"HOME": "."}),
        ("pyenv/versions/3.10.7/bin/python", {"PYENV_ROOT": "pyenv"}),
        (".local/share/uv/python/cpython-3.10.7-linux-x86_64-gnu/bin/python", {"HOME": "."}),
        ("data/uv/python/cpython-3.10.7-linux-x86_64-gnu/bin/python", {"XDG_DATA_HOME": "data"}),
        ("uv/cpython-3.10.7-linux-x86_64-gnu/bin/python", {"UV_PYTHON_INSTALL_DIR": "uv"}),
    ],
)
def test_a_version_is_looked_for_where_pythons_are(tmp_path, name, environment):
    put(tmp_path, name, "3.10.7")
    places = {key: str(tmp_path / value) for key, value in environment.items()}
    assert find(tmp_path, python="3.10", environment=places)[0].executable == str(tmp_path / name)
    assert find(tmp_path, python="3.10.7", environment=places)[0].version == "3.10.7"
    for missing in ("3.1", "3.10.8", "3.99"):
        with pytest.raises(
            ProjectError, match=rf"There is no Python {missing} on PATH, under pyenv or among"
        ):
            find(tmp_path, python=missing, environment=places)


def test_a_version_is_first_looked_for_in_the_projects_own_environment(tmp_path):
    put(tmp_path, "bin/python3.12", "3.12.1")
    own = put(tmp_path, ".venv/bin/python", "3.12.1")
    places = {"PATH": str(tmp_path / "bin")}
    assert find(tmp_path, python="3.12", environment=places)[0].executable == str(own)


def test_a_shim_that_does_not_run_is_passed_over(tmp_path):
    put(tmp_path, "bin/python3.10", "pyenv: python3.10: command not found")
    real = put(tmp_path, "pyenv/versions/3.10.7/bin/python", "3.10.7")
    places = {"PATH": str(tmp_path / "bin"), "PYENV_ROOT": str(tmp_path / "pyenv")}
    assert find(tmp_path, python="3.10", environment=places)[0].executable == str(real)


def test_the_shims_of_pyenv_are_not_started_where_its_versions_are(tmp_path):
    shim = put(tmp_path, "pyenv/shims/python3.10", "3.10.7")
    places = {"PATH": str(tmp_path / "pyenv/shims"), "PYENV_ROOT": str(tmp_path / "pyenv")}
    assert find(tmp_path, python="3.10", environment=places)[0].executable == str(shim)
    real = put(tmp_path, "pyenv/versions/3.10.7/bin/python", "3.10.7")
    assert find(tmp_path, python="3.10", environment=places)[0].executable == str(real)


def test_the_ends_of_what_is_promised_join_what_the_project_uses(tmp_path):
    put(tmp_path, ".venv/bin/python", "3.11.4")
    for version in ("3.9.18", "3.10.13", "3.11.7", "3.12.1", "3.13.0", "3.14.0rc2"):
        put(tmp_path, f"pyenv/versions/{version}/bin/python", version)
    places = {"PYENV_ROOT": str(tmp_path / "pyenv")}

    def versions(promised):
        chosen = choose(tmp_path, Pretender(), environment=places, promised=SpecifierSet(promised))
        return [(one.interpreter.version, one.origin) for one in chosen]

    own = ("3.11.4", Origin.OWN)
    assert versions(">=3.10") == [own, ("3.10.13", Origin.PROMISED), ("3.13.0", Origin.PROMISED)]
    assert versions(">=3.11,<3.13") == [own, ("3.12.1", Origin.PROMISED)]
    assert versions("==3.11.*") == [own]
    assert versions(">=3.99") == [own]


def test_a_folder_of_an_environment(tmp_path):
    put(tmp_path, "else/bin/python")
    assert find(tmp_path, python="./else")[0].executable == str(tmp_path / "else/bin/python")


@pytest.mark.parametrize("version", ["2.7.18", "3.6.15", "3.8.18"])
def test_too_old(tmp_path, version):
    python = put(tmp_path, "python", version)
    message = f"{python} is Python {version}, which is too old; give Python 3.9 or newer with --python."
    with pytest.raises(ProjectError) as caught:
        find(tmp_path, python=str(python))
    assert str(caught.value) == message


def test_what_does_not_run(tmp_path):
    python = put(tmp_path, "python", "nonsense")
    with pytest.raises(ProjectError, match=r"does not run \(bad header\); give a working one with --python"):
        find(tmp_path, python=str(python))


def test_a_path_without_a_file(tmp_path):
    with pytest.raises(ProjectError, match=r"There is no Python interpreter at .*gone; give the path"):
        find(tmp_path, python="./gone")


def test_a_file_that_is_no_program(tmp_path):
    file = tmp_path / "python"
    shutil.copy(__file__, file)
    with pytest.raises(ProjectError, match="cannot be started; give another one"):
        find_interpreters(tmp_path, Launcher(), python=str(file))
