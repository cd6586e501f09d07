"""`optimize doctor`: can this machine measure, and what mends it if not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from optimizer import config as settings
from optimizer.adapters.git import GitRepository
from optimizer.commands.shared import add_config, add_python, environments_for
from optimizer.doctor import Doctor
from optimizer.errors import ProjectError
from optimizer.report.data import dumps
from optimizer.report.diagnosis import diagnosis_data, diagnosis_text
from optimizer.sandbox.launch import Launcher
from optimizer.workload.project import Project, find_project

_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_CANNOT = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "project",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="a project (default: this folder)",
    )
    add_python(parser)
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run(options: argparse.Namespace) -> int:
    """Look at this machine, its Pythons and the sandbox, and say what keeps them from a trustworthy answer."""
    root = options.project.resolve()
    runner = Launcher()
    doctor = Doctor(runner=runner, python=sys.executable, project=lambda: _project(root, runner, options))
    found = doctor.look()
    sys.stdout.write(dumps(diagnosis_data(found)) if options.json else diagnosis_text(found))
    return 0 if found.fine else _CANNOT


def _project(root: Path, runner: Launcher, options: argparse.Namespace) -> Project | None:
    """The project in `root`, None where there is nothing that looks like one."""
    try:
        repository = GitRepository.open(root).within(root)
    except ProjectError:
        if any((root / name).exists() for name in _PROJECT_FILES):
            raise
        return None
    config = settings.load(root, options.config)
    return find_project(
        root, runner, pythons=options.python or config.pythons, environments=environments_for(repository)
    )
