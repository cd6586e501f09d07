"""A project as it can be run: its interpreter, the folders it is imported from, its tests."""

from __future__ import annotations

import codecs
import io
import os
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.errors import ProjectError
from optimizer.model import Interpreter, Workload
from optimizer.ports import Job, Limits, Runner
from optimizer.workload.interpreter import find_interpreters
from optimizer.workload.plan import Plan, find_plan
from optimizer.workload.roots import absolute, import_roots
from optimizer.workload.settings import read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """`root` is the user's checkout, which is never run: runs happen in copies of it.

    `roots` are relative to any copy. `plan` says how the tests run; without one, `no_plan` is the sentence that
    says why. `interpreters` are all that a change must hold on, `interpreter` the one that runs the tests.
    """

    root: Path
    interpreter: Interpreter
    interpreters: tuple[Interpreter, ...]
    roots: tuple[str, ...]
    plan: Plan | None
    no_plan: str = ""

    def sys_path(self, tree: Path, workload: Workload | None = None) -> tuple[str, ...]:
        """The absolute import roots in one copy: the project's, then what else a run was seen to add."""
        seen = workload.sys_path if workload else ()
        return tuple(dict.fromkeys(absolute((*self.roots, *seen), tree)))

    def environment(self, tree: Path) -> dict[str, str]:
        """Variables for a process in one copy: children import from the copy and find the project's tools."""
        folder = Path(self.interpreter.executable).parent
        found = {
            "PYTHONPATH": os.pathsep.join(absolute(self.roots, tree)),
            "PATH": os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)]),
        }
        if (folder.parent / "pyvenv.cfg").exists():
            found["VIRTUAL_ENV"] = str(folder.parent)
        return found

    def encode(self, path: str, text: str) -> bytes:
        """`text` as bytes in the encoding of the file at `path`, with the byte order mark that it has."""
        data = (self.root / path).read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        codec = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else encoding
        return text.encode(codec)


def find_project(
    root: Path,
    runner: Runner,
    *,
    python: str = "",
    pythons: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> Project:
    """Read and ask around how the project in `root` is run. Raises ProjectError with what to do."""
    root = root.resolve()
    if not root.is_dir():
        message = f"{root} is not a folder; give the folder of a project."
        raise ProjectError(message)
    interpreters = find_interpreters(root, runner, python=python, pythons=pythons, environment=environment)
    settings = read_settings(root)
    pytest_version, installed = _probe(root, interpreters[0], runner)
    roots = import_roots(root, settings, installed=installed)
    plan = find_plan(root, settings, roots, interpreters[0], has_pytest=bool(pytest_version))
    return Project(
        root=root,
        interpreter=interpreters[0],
        interpreters=interpreters,
        roots=roots,
        plan=plan if isinstance(plan, Plan) else None,
        no_plan=plan if isinstance(plan, str) else "",
    )


def _probe(root: Path, interpreter: Interpreter, runner: Runner) -> tuple[str, tuple[str, ...]]:
    """Pytest's version ("" without one), and the folders inside the root that are imported from already."""
    limits = Limits(wall_seconds=60.0)
    payload = {"root": str(root)}
    job = Job(task="suite_probe", payload=payload, python=interpreter.executable, cwd=root, limits=limits)
    ran = runner.work(job)
    if ran.ended != "ok" or not ran.messages:
        message = f"{interpreter.executable} {ran.ended} when asked for pytest; check this interpreter."
        raise ProjectError(message)
    answer = ran.messages[-1]
    return str(answer["pytest"]), tuple(str(path) for path in answer["roots"])
