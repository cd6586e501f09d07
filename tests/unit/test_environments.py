"""Environments for Pythons that have none of the project's own: real ones, made offline by uv."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from optimizer.adapters.git import GitRepository
from optimizer.config import Config
from optimizer.discover import discover
from optimizer.errors import ProjectError
from optimizer.workload.environments import Environments
from optimizer.workload.identify import identify
from optimizer.workload.needs import promised_pythons, read_needs
from optimizer.workload.project import find_project
from optimizer.workload.workload import learn

# Builds without anything from an index: the backend lies in the project itself.
BACKEND = """
import base64, hashlib, os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    if os.path.exists("broken"):
        raise SystemExit("the build is broken on purpose")
    files = {"counting.py": open("lib/counting.py").read()}
    files["counting-1.dist-info/METADATA"] = "Metadata-Version: 2.1\\nName: counting\\nVersion: 1\\n"
    files["counting-1.dist-info/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    record = "".join("%s,,\\n" % name for name in files) + "counting-1.dist-info/RECORD,,\\n"
    with zipfile.ZipFile(os.path.join(folder, "counting-1-py3-none-any.whl"), "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr("counting-1.dist-info/RECORD", record)
    return "counting-1-py3-none-any.whl"
"""
FILES = {
    "pyproject.toml": """
        [build-system]
        requires = []
        build-backend = "own_backend"
        backend-path = ["."]
        [project]
        name = "counting"
        version = "1"
        requires-python = ">=3.9"
    """,
    "lib/counting.py": "def up(number):\n    return number + 1\n",
    "checks/test_counting.py": """
        import unittest
        import counting

        class Counting(unittest.TestCase):
            def test_up(self):
                self.assertEqual(counting.up(1), 2)
    """,
}


@pytest.fixture
def project(make_project, monkeypatch):
    monkeypatch.setenv("UV_OFFLINE", "1")
    files = {name: textwrap.dedent(text).lstrip("\n") for name, text in FILES.items()}
    return make_project(files | {"own_backend.py": BACKEND})


@pytest.fixture
def said():
    return []


@pytest.fixture
def environments(project, tmp_path, said):
    return Environments(cache=tmp_path / "cache", copy=GitRepository.open(project).copy_to, tell=said.append)


@pytest.fixture
def base(runner):
    return identify(sys.executable, runner)


def needs_build(root):
    """Needs that only a build tells."""
    needs = read_needs(root, pytest=False)
    return type(needs)(is_package=True, known=None, digest=needs.digest)


def test_an_environment_has_the_project_and_knows_where_it_is_imported_from(
    project, environments, base, runner, said
):
    made = environments.of(base, needs_build(project), runner, name="counting")
    assert made.roots == ("lib",)
    out = subprocess.check_output(
        [made.interpreter.executable, "-c", "import counting, sys; print(counting.up(1), sys.prefix)"],
        text=True,
    )
    number, prefix = out.split()
    assert number == "2"
    assert Path(prefix).parent == environments.cache
    assert len(said) == 1
    assert "Python " + base.version in said[0]


def test_it_is_made_once_for_the_same_needs_and_again_for_others(project, environments, base, runner, said):
    first = environments.of(base, needs_build(project), runner, name="counting")
    assert environments.of(base, needs_build(project), runner, name="counting") == first
    assert len(said) == 1
    with (project / "pyproject.toml").open("a") as stream:
        stream.write("\n[tool.other]\nkey = 1\n")
    other = environments.of(base, needs_build(project), runner, name="counting")
    assert other.interpreter.executable != first.interpreter.executable
    assert len(said) == 2


def test_the_checkout_is_left_as_it_is(project, environments, base, runner):
    environments.of(base, needs_build(project), runner, name="counting")
    status = subprocess.check_output(["git", "-C", str(project), "status", "--porcelain", "--ignored"])
    assert status == b""


def test_what_a_killed_build_left_is_made_anew(project, environments, base, runner, said):
    made = environments.of(base, needs_build(project), runner, name="counting")
    folder = Path(made.interpreter.executable).parent.parent
    (folder / "ready.json").unlink()
    next(folder.glob("lib/python*/site-packages/counting.py")).unlink()
    assert environments.of(base, needs_build(project), runner, name="counting") == made
    assert next(folder.glob("lib/python*/site-packages/counting.py")).exists()
    assert len(said) == 2


def test_a_build_that_is_killed_half_way_is_never_used(project, environments, base, runner, tmp_path):
    (project / "own_backend.py").write_text(
        "import os, signal\nos.kill(int(os.environ['NO_PROXY']), signal.SIGKILL)\nimport time\ntime.sleep(60)\n"
    )
    script = tmp_path / "make.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, sys
        sys.path.insert(0, {str(Path(__file__).parent.parent.parent)!r})
        os.environ["NO_PROXY"] = str(os.getpid())
        from pathlib import Path
        from optimizer.adapters.git import GitRepository
        from optimizer.sandbox.launch import Launcher
        from optimizer.workload.environments import Environments
        from optimizer.workload.identify import identify
        from optimizer.workload.needs import Needs
        root = Path({str(project)!r})
        made = Environments(cache=Path({str(environments.cache)!r}), copy=GitRepository.open(root).copy_to, tell=print)
        runner = Launcher()
        needs = Needs(is_package=True, known=None, digest={needs_build(project).digest!r})
        made.of(identify(sys.executable, runner), needs, runner, name="counting")
        """)
    )
    killed = subprocess.run([sys.executable, str(script)], env=os.environ | {"UV_OFFLINE": "1"}, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = (path for path in environments.cache.iterdir() if path.is_dir())
    assert not (left / "ready.json").exists()
    (project / "own_backend.py").write_text(BACKEND)
    made = environments.of(base, needs_build(project), runner, name="counting")
    assert Path(made.interpreter.executable).parent.parent == left
    assert subprocess.run([made.interpreter.executable, "-c", "import counting"], check=False).returncode == 0


def test_an_unreachable_index_is_one_sentence(project, environments, base, runner):
    needs = read_needs(project, pytest=True)
    wanted = type(needs)(
        is_package=True, extras=(), files=("checks/needs.txt",), known=None, digest=needs.digest
    )
    (project / "checks/needs.txt").write_text("no-such-distribution-anywhere==1\n")
    with pytest.raises(ProjectError) as caught:
        environments.of(base, wanted, runner, name="counting")
    text = str(caught.value)
    assert f"for Python {base.version} could not be made, because the package index cannot be reached" in text
    assert "\n" not in text


def test_a_build_that_fails_is_one_sentence_with_its_reason(project, environments, base, runner):
    (project / "broken").touch()
    with pytest.raises(ProjectError, match="the build is broken on purpose") as caught:
        environments.of(base, needs_build(project), runner, name="counting")
    assert "\n" not in str(caught.value)
    assert "--python" in str(caught.value)


def test_an_interpreter_that_has_all_is_used_as_it_is(project, environments, base, runner, said):
    needs = read_needs(project, pytest=True)
    assert environments.of(base, needs, runner, name="counting").interpreter == base
    more = type(needs)(is_package=True, known=(Requirement("pytest<1"),), digest=needs.digest)
    # The wrong version counts as missing, and a broken build shows that one is made.
    (project / "broken").touch()
    with pytest.raises(ProjectError):
        environments.of(base, more, runner, name="counting")
    assert len(said) == 1


@pytest.mark.interpreters
def test_a_project_on_three_pythons(project, environments, runner, python_exe):
    paths = [python_exe(minor) for minor in ("3.9", "3.11", "3.12")]
    places = {"PATH": os.pathsep.join(str(Path(path).parent) for path in paths)}
    (project / "requirements-test.txt").write_text("--only-binary=:all:\n")
    found = find_project(
        project, runner, pythons=["3.11", "3.9", "3.12"], environment=places, environments=environments
    )
    assert [one.minor for one in found.interpreters] == ["3.11", "3.9", "3.12"]
    assert all(Path(one.executable).is_relative_to(environments.cache) for one in found.interpreters)
    assert found.roots[0] == "lib"
    assert found.plan is not None
    assert found.plan.kind == "unittest"


def test_a_python_that_the_project_is_not_for_is_said_so_before_anything_is_built(
    project, environments, runner, said
):
    text = (project / "pyproject.toml").read_text().replace(">=3.9", ">=3.99")
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(ProjectError, match=r"is for Python >=3\.99, so nothing can be measured on 3\."):
        find_project(
            project,
            runner,
            pythons=[f"3.{sys.version_info[1]}"],
            environment=os.environ | {"VIRTUAL_ENV": ""},
            environments=environments,
        )
    assert said == []


def test_an_unasked_python_without_an_environment_is_left_out_with_a_note(
    project, environments, runner, python_exe
):
    (project / "broken").touch()
    (project / "requirements-test.txt").write_text("--only-binary=:all:\n")
    other = python_exe("3.9" if sys.version_info[:2] != (3, 9) else "3.10")
    places = {"PATH": str(Path(other).parent), "VIRTUAL_ENV": sys.prefix}
    found = find_project(project, runner, environment=places, environments=environments)
    assert [one.minor for one in found.interpreters] == [".".join(map(str, sys.version_info[:2]))]
    assert len(found.notes) >= 1
    assert "Nothing was measured on Python 3." in found.notes[0]


NEEDS = [
    ({"a.py": ""}, {"is_package": False, "known": ["pytest"]}),
    ({"requirements.txt": "attrs  # classes\n"}, {"is_package": False, "files": ("requirements.txt",), "known": ["attrs", "pytest"]}),
    ({"requirements.txt": "-e .\n"}, {"files": ("requirements.txt",), "known": None}),
    ({"setup.py": ""}, {"is_package": True, "known": None}),
    ({"pyproject.toml": "[project]\nname='x'\ndependencies=['attrs']"}, {"is_package": True, "known": ["attrs", "pytest"]}),
    ({"pyproject.toml": "[project]\nname='x'\ndynamic=['dependencies']"}, {"known": None}),
    (
        {"pyproject.toml": "[project]\nname='x'\n[project.optional-dependencies]\ntests=['a']\ndev=['b']"},
        {"extras": ("tests",), "known": ["a", "pytest"]},
    ),
    (
        {"pyproject.toml": "[project]\nname='x'\n[project.optional-dependencies]\ndev=['b']\ndocs=['c']"},
        {"extras": ("dev",), "known": ["b", "pytest"]},
    ),
    (
        {"pyproject.toml": "[project]\nname='x'\n[dependency-groups]\ntest=['a']\nlint=['b']"},
        {"groups": ("test",), "known": None},
    ),
    (
        {"setup.py": "", "requirements-dev.txt": "a\n", "tests/requirements.txt": "b\n"},
        {"files": ("tests/requirements.txt",)},
    ),
    ({"setup.py": "", "requirements-dev.txt": "a\n"}, {"files": ("requirements-dev.txt",)}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), NEEDS)
def test_needs_as_projects_state_them(tmp_path, files, expected):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    needs = read_needs(tmp_path, pytest=True)
    found = {name: getattr(needs, name) for name in expected}
    if found.get("known") is not None:
        found["known"] = [str(one) for one in found["known"]]
    assert found == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project]\nrequires-python = '>=3.10'"),
        ("setup.cfg", "[options]\npython_requires = >=3.10"),
        ("setup.py", "setup(name='x', python_requires='>=3.10')"),
    ],
)
def test_the_promise_is_found_wherever_it_stands(tmp_path, name, text):
    assert promised_pythons(tmp_path) is None
    (tmp_path / name).write_text(text)
    assert str(promised_pythons(tmp_path)) == ">=3.10"


def test_a_promise_that_cannot_be_read_is_none(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = 'three'")
    assert promised_pythons(tmp_path) is None


def test_a_ready_file_that_was_cut_off_counts_as_none(project, environments, base, runner, said):
    made = environments.of(base, needs_build(project), runner, name="counting")
    ready = Path(made.interpreter.executable).parent.parent / "ready.json"
    ready.write_text(json.dumps({"format": 1})[:-1])
    assert environments.of(base, needs_build(project), runner, name="counting") == made
    assert len(said) == 2


EXTENSION = """
#include <Python.h>

static PyObject *up(PyObject *self, PyObject *number) {
    long value = PyLong_AsLong(number);
    return PyErr_Occurred() ? NULL : PyLong_FromLong(value + 1);
}
static PyMethodDef methods[] = {{"up", up, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }
"""
COMPILING = """
import os, subprocess, sysconfig, zipfile

ext_modules = ["quick._fast"]

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "_fast" + sysconfig.get_config_var("EXT_SUFFIX")
    include = sysconfig.get_paths()["include"]
    subprocess.run(["cc", "-shared", "-fPIC", "-I", include, "lib/quick/_fast.c", "-o", name], check=True)
    files = {"quick/__init__.py": open("lib/quick/__init__.py").read().encode(), "quick/" + name: open(name, "rb").read()}
    files["quick/_version.py"] = b"NUMBER = 1\\n"
    files["quick-1.dist-info/METADATA"] = b"Metadata-Version: 2.1\\nName: quick\\nVersion: 1\\n"
    files["quick-1.dist-info/WHEEL"] = b"Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files["quick-1.dist-info/RECORD"] = "".join("%s,,\\n" % each for each in files).encode()
    with zipfile.ZipFile(os.path.join(folder, "quick-1-py3-none-any.whl"), "w") as wheel:
        for each, data in files.items():
            wheel.writestr(each, data)
    return "quick-1-py3-none-any.whl"
"""
QUICK = {
    "pyproject.toml": FILES["pyproject.toml"].replace('"counting"', '"quick"'),
    "setup.cfg": "[options]\n# ext_modules are in own_backend.py\n",
    "lib/quick/__init__.py": "from quick._fast import up\nfrom quick._version import NUMBER\n\n\n"
    "def twice(number):\n    return up(up(number))\n",
    "lib/quick/_fast.c": EXTENSION,
    "checks/test_quick.py": "import unittest\nimport quick\n\n\nclass Quick(unittest.TestCase):\n    def test_it(self):\n"
    "        self.assertEqual(quick.twice(1), 3)\n        self.assertEqual(quick.NUMBER, 1)\n",
}


@pytest.fixture
def quick(make_project, monkeypatch):
    if shutil.which("cc") is None:
        if os.environ.get("CI"):
            pytest.fail("no C compiler")
        pytest.skip("no C compiler (cc)")
    monkeypatch.setenv("UV_OFFLINE", "1")
    files = {name: textwrap.dedent(text).lstrip("\n") for name, text in QUICK.items()}
    return make_project(files | {"own_backend.py": COMPILING})


@pytest.mark.interpreters
def test_compiled_extensions_lie_beside_the_sources_on_each_python(quick, runner, tmp_path, python_exe):
    """They are built in the environments alone, and each Python imports its own."""
    copy = GitRepository.open(quick).copy_to
    environments = Environments(cache=tmp_path / "cache", copy=copy, tell=lambda _text: None)
    found = find_project(
        quick, runner, pythons=("3.11", "3.9"), environments=environments, environment=dict(os.environ)
    )
    tree = tmp_path / "tree"
    tree.mkdir()
    copy(tree)
    files = discover(GitRepository.open(quick), Config()).files
    workload = learn(found, tree, files, [], runner)
    assert not workload.baseline.failed
    (note,) = [each for each in workload.notes if "put beside its sources" in each]
    assert "lib/quick/_version.py" in note
    assert len(list((tree / "lib/quick").glob("_fast*.so"))) == 2
    for interpreter in found.interpreters:
        out = subprocess.check_output(
            [interpreter.executable, "-c", "import quick; print(quick.twice(1), quick.__file__)"],
            env={"PYTHONPATH": str(tree / "lib")},
            text=True,
        )
        assert out.split() == ["3", str(tree / "lib/quick/__init__.py")]


def test_another_source_of_an_extension_makes_another_environment(quick):
    before = read_needs(quick, pytest=False)
    assert before.known is None
    (quick / "lib/quick/_fast.c").write_text(EXTENSION.replace("+ 1", "+ 2"))
    assert read_needs(quick, pytest=False).digest != before.digest
