"""How a project runs, read from its files alone."""

from __future__ import annotations

import pytest

from optimizer.errors import UsageError
from optimizer.model import Interpreter
from optimizer.workload.plan import command_plan, find_plan, pytest_plan
from optimizer.workload.roots import absolute, import_roots, relative
from optimizer.workload.settings import PytestSettings, read_settings

PYTHON = Interpreter(executable="/nowhere/bin/python", version="3.13.0")
CASE = "import unittest\nclass T(unittest.TestCase): ...\n"
DOCTEST = '"""\n>>> 1 + 1\n2\n"""\n'


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def plan_of(folder, files, *, has_pytest=True):
    write(folder, files)
    settings = read_settings(folder)
    return find_plan(
        folder, settings, import_roots(folder, settings, installed=()), PYTHON, has_pytest=has_pytest
    )


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"tests/test_a.py": "def test(): ..."}, "pytest"),
        ({"a_test.py": "def test(): ..."}, "pytest"),
        ({"tests/test_a.py": CASE}, "pytest"),
        ({"pytest.ini": "[pytest]\ntestpaths = checks"}, "pytest"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--doctest-modules'"}, "pytest"),
        ({"pkg/__init__.py": DOCTEST}, "doctest"),
        ({"testing.py": "def testing(): ..."}, None),
        ({"pkg/__init__.py": ""}, None),
        (
            {"node_modules/test_x.py": "", ".venv/test_y.py": "", "env/pyvenv.cfg": "", "env/test_z.py": ""},
            None,
        ),
    ],
)
def test_the_kind_of_run_with_pytest(tmp_path, files, kind):
    plan = plan_of(tmp_path, files)
    assert (None if isinstance(plan, str) else plan.kind) == kind


def test_unittest_without_pytest(tmp_path):
    plan = plan_of(tmp_path, {"tests/test_a.py": CASE, "tests/test_b.py": CASE}, has_pytest=False)
    assert (plan.kind, plan.argv) == ("unittest", ("-m", "unittest", "discover", "-s", "tests"))


def test_unittest_in_a_package_is_found_from_the_root(tmp_path):
    plan = plan_of(tmp_path, {"tests/__init__.py": "", "tests/test_a.py": CASE}, has_pytest=False)
    assert plan.argv == ("-m", "unittest", "discover")


@pytest.mark.parametrize(
    "files",
    [
        {"test_a.py": "def test(): ..."},
        {"test_a.py": f"import pytest\n{CASE}"},
        {"test_a.py": CASE, "conftest.py": ""},
        {"test_a.py": CASE, "setup.cfg": "[tool:pytest]\n"},
    ],
)
def test_missing_pytest_is_one_sentence(tmp_path, files):
    said = plan_of(tmp_path, files, has_pytest=False)
    assert said.startswith("The tests need pytest, which /nowhere/bin/python does not have; install it")


def test_doctests_are_imported_from_the_deepest_root(tmp_path):
    plan = plan_of(
        tmp_path,
        {"src/pkg/__init__.py": "", "src/pkg/deep.py": DOCTEST, "top.py": DOCTEST, "a-b.py": DOCTEST},
    )
    assert dict(plan.payload)["modules"] == ["top", "pkg.deep"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = -q --cov=x 'a b'\n"),
        ("tox.ini", "[pytest]\naddopts = -q --cov=x 'a b'\n"),
        ("setup.cfg", "[tool:pytest]\naddopts =\n    -q --cov=x\n    'a b'\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = \"-q --cov=x 'a b'\"\n"),
        ("pyproject.toml", "[tool.pytest]\naddopts = ['-q', '--cov=x', 'a b']\n"),
    ],
)
def test_settings_of_pytest(tmp_path, name, text):
    write(tmp_path, {name: text})
    assert read_settings(tmp_path) == PytestSettings(file=name, addopts=("-q", "--cov=x", "a b"))


def test_settings_as_pytest_chooses_them(tmp_path):
    write(tmp_path, {"pytest.ini": "", "setup.cfg": "[tool:pytest]\naddopts = -x\n"})
    assert read_settings(tmp_path) == PytestSettings(file="pytest.ini")


@pytest.mark.parametrize("text", ["[tool.pytest", "[tool]\npytest = 3"])
def test_settings_that_cannot_be_read(tmp_path, text):
    write(tmp_path, {"pyproject.toml": text})
    assert read_settings(tmp_path) == PytestSettings()


def test_options_of_missing_plugins_are_left_out():
    settings = PytestSettings(addopts=("-ra", "--cov=x", "-k", "a b"))
    assert pytest_plan(settings, without=["--cov=x"]).argv == ("-m", "pytest", "-o", "addopts=-ra -k 'a b'")


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        ({"pkg/__init__.py": ""}, (".",)),
        ({"src/pkg/__init__.py": ""}, ("src", ".")),
        ({"src/__init__.py": "", "src/a.py": ""}, (".",)),
        ({"src/data.txt": ""}, (".",)),
        ({"src/pkg/__init__.py": "", "src/signal/__init__.py": ""}, (".",)),
        ({"lib/a.py": "", "pytest.ini": "[pytest]\npythonpath = lib gone\n"}, ("lib", ".")),
    ],
)
def test_import_roots(tmp_path, files, roots):
    write(tmp_path, files)
    assert import_roots(tmp_path, read_settings(tmp_path), installed=()) == roots


def test_the_folder_of_an_editable_install_goes_first(tmp_path):
    write(tmp_path, {"python/pkg/__init__.py": ""})
    assert import_roots(tmp_path, PytestSettings(), installed=("python",)) == ("python", ".")


def test_roots_of_a_copy(tmp_path):
    assert absolute(("src", ".", "/else"), tmp_path) == (str(tmp_path / "src"), str(tmp_path), "/else")
    assert relative((f"{tmp_path}/src", f"{tmp_path}", "/else", f"{tmp_path}/src"), tmp_path) == (
        "src",
        ".",
        "/else",
    )


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ("python -m pkg --fast 'a b'", ("-m", "pkg", "--fast", "a b")),
        ("python3.12 run.py 3", ("run.py", "3")),
        ("/usr/bin/python run.py", ("run.py",)),
        ("run.py 3", ("run.py", "3")),
        ("python -c 'import pkg'", ("-c", "import pkg")),
    ],
)
def test_commands(tmp_path, command, argv):
    write(tmp_path, {"run.py": ""})
    assert command_plan(command, PYTHON, tmp_path).argv == argv


def test_the_copy_of_a_script_is_run(tmp_path):
    write(tmp_path, {"tools/run.py": ""})
    assert command_plan(f"python {tmp_path}/tools/run.py 3", PYTHON, tmp_path).argv == ("tools/run.py", "3")


def test_a_command_that_the_environment_has_installed(tmp_path):
    write(tmp_path, {"bin/tool": "#!/nowhere/bin/python\n", "bin/other": "#!/bin/sh\n"})
    python = Interpreter(executable=str(tmp_path / "bin/python"), version="3.13.0")
    assert command_plan("tool -v", python, tmp_path).argv == (str(tmp_path / "bin/tool"), "-v")
    with pytest.raises(UsageError, match="runs no Python"):
        command_plan("other", python, tmp_path)


@pytest.mark.parametrize(
    ("command", "because"),
    [
        ("make bench", "runs no Python; give a command such as"),
        ("python", "runs no Python"),
        ("python -m", "runs no Python"),
        ("python -O x.py", "runs no Python"),
        ("python gone.py", "there is no gone.py in"),
        ("python 'x", "cannot be read"),
        ("", "runs no Python"),
    ],
)
def test_commands_that_cannot_run(tmp_path, command, because):
    with pytest.raises(UsageError, match=because):
        command_plan(command, PYTHON, tmp_path)
