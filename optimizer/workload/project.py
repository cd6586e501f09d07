"""A project as it can be run: its interpreter, the folders it is imported from, its tests."""

from __future__ import annotations

import codecs
import io
import os
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from optimizer.errors import ProjectError
from optimizer.model import Interpreter, Workload
from optimizer.ports import Job, Limits, Runner
from optimizer.workload.environments import Environment, Environments
from optimizer.workload.interpreter import Choice, Origin, choose
from optimizer.workload.needs import Needs, promised_pythons, read_needs
from optimizer.workload.plan import Plan, find_plan
from optimizer.workload.roots import absolute, import_roots
from optimizer.workload.settings import PytestSettings, read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """`root` is the user's checkout, which is never run: runs happen in copies of it.

    `roots` are relative to any copy. `plan` says how the tests run; without one, `no_plan` is the sentence that
    says why. `interpreters` are all that a change must hold on, `interpreter` the one that runs the tests;
    `unasked` are those among them that nobody named. `notes` say what is not as it could be.
    """

    root: Path
    interpreter: Interpreter
    interpreters: tuple[Interpreter, ...]
    roots: tuple[str, ...]
    plan: Plan | None
    no_plan: str = ""
    unasked: tuple[Interpreter, ...] = ()
    notes: tuple[str, ...] = ()

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
    environments: Environments | None = None,
) -> Project:
    """Read and ask around how the project in `root` is run. Raises ProjectError with what to do.

    With `environments` a Python that was asked for by its version gets an environment with what the project
    needs, and where none was asked for, the oldest and the newest of those that the project says it works on
    join the one that it uses.
    """
    root = root.resolve()
    if not root.is_dir():
        message = f"{root} is not a folder; give the folder of a project."
        raise ProjectError(message)
    promised = promised_pythons(root) if environments else None
    choices = choose(root, runner, python=python, pythons=pythons, environment=environment, promised=promised)
    settings = read_settings(root)
    made = _equipped(root, settings, choices, runner, environments)
    first = made[0][1].interpreter
    pytest_version, installed = _probe(root, first, runner)
    roots = import_roots(root, settings, installed=(*installed, *made[0][1].roots))
    plan = find_plan(root, settings, roots, first, has_pytest=bool(pytest_version))
    return Project(
        root=root,
        interpreter=first,
        interpreters=tuple(each.interpreter for _, each in made),
        roots=roots,
        plan=plan if isinstance(plan, Plan) else None,
        no_plan=plan if isinstance(plan, str) else "",
        unasked=tuple(each.interpreter for choice, each in made if choice.origin is Origin.PROMISED),
        notes=tuple(each.note for _, each in made if each.note),
    )


def _equipped(
    root: Path,
    settings: PytestSettings,
    choices: Sequence[Choice],
    runner: Runner,
    environments: Environments | None,
) -> list[tuple[Choice, Environment]]:
    """Each interpreter with what the project needs. One that nobody asked for and that cannot get it is left out."""
    if environments is None:
        return [(choice, Environment(interpreter=choice.interpreter)) for choice in choices]
    needs = read_needs(root, pytest=_needs_pytest(root, settings, choices[0].interpreter))
    made: list[tuple[Choice, Environment]] = []
    for choice in choices:
        try:
            made.append((choice, _environment(root, choice, needs, runner, environments)))
        except ProjectError as error:
            if choice.origin is Origin.ASKED:
                raise
            if choice.origin is Origin.USUAL:
                # What is missing there, if anything, is said when the tests are to run.
                made.append((choice, Environment(interpreter=choice.interpreter)))
            else:
                note = f"Nothing was measured on Python {choice.interpreter.version}: {error}"
                first, environment = made[0]
                made[0] = (first, replace(environment, note=" ".join(filter(None, (environment.note, note)))))
    return made


def _environment(
    root: Path, choice: Choice, needs: Needs, runner: Runner, environments: Environments
) -> Environment:
    if choice.origin in {Origin.OWN, Origin.GIVEN}:
        return Environment(interpreter=choice.interpreter)
    version, promised = choice.interpreter.version, promised_pythons(root)
    if choice.origin is Origin.ASKED and promised and not promised.contains(version, prereleases=True):
        message = f"The project is for Python {promised}, so nothing can be measured on {version}; leave that one out."
        raise ProjectError(message)
    trusting = choice.origin is Origin.USUAL
    return environments.of(choice.interpreter, needs, runner, name=root.name, trusting=trusting)


def _needs_pytest(root: Path, settings: PytestSettings, interpreter: Interpreter) -> bool:
    """Whether the tests can be run with pytest and not without."""
    without = find_plan(root, settings, (".",), interpreter, has_pytest=False)
    return isinstance(without, str) and isinstance(
        find_plan(root, settings, (".",), interpreter, has_pytest=True), Plan
    )


def _probe(root: Path, interpreter: Interpreter, runner: Runner) -> tuple[str, tuple[str, ...]]:
    """Pytest's version ("" without one), and the folders inside the root that are imported from already."""
    limits = Limits(wall_seconds=60.0)
    payload = {"root": str(root)}
    job = Job(
        task="suite_probe",
        payload=payload,
        python=interpreter.executable,
        cwd=root,
        writes=False,
        limits=limits,
    )
    ran = runner.work(job)
    if ran.ended != "ok" or not ran.messages:
        message = f"{interpreter.executable} {ran.ended} when asked for pytest; check this interpreter."
        raise ProjectError(message)
    answer = ran.messages[-1]
    return str(answer["pytest"]), tuple(str(path) for path in answer["roots"])
