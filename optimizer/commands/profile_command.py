"""`optimize profile [PATHS] [-- COMMAND]`: where the time goes."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from optimizer import config as settings
from optimizer.adapters.git import GitRepository
from optimizer.commands.shared import add_config, add_python, add_sandbox, environments_for, place_of
from optimizer.discover import discover
from optimizer.errors import UsageError
from optimizer.report.icicle import icicle_html
from optimizer.report.profiled import profile_text
from optimizer.sandbox.levels import runner_at
from optimizer.scratch import scratch_folder
from optimizer.workload.profiling import profile
from optimizer.workload.project import find_project

TAKES_COMMAND = True
"""What follows `--` on the command line is a command of the user's."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.usage = (
        "optimize profile [-h] [--python VERSION|PATH] [--top N] [--html FILE] [PATH ...] [-- COMMAND]"
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="a project's folder, or files and folders in one"
    )
    add_python(parser)
    add_config(parser)
    add_sandbox(parser)
    parser.add_argument("--top", type=int, default=25, metavar="N", help="how many functions to show (25)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page with an icicle chart")
    parser.epilog = "COMMAND is run in place of the tests: optimize profile -- python -m app --fast"


def run(options: argparse.Namespace) -> int:
    """Run the project's tests, or COMMAND, once, and show which functions take the time."""
    if options.html and not options.html.absolute().parent.is_dir():
        message = (
            f"{options.html} lies in a folder that does not exist; make it, or give another --html FILE."
        )
        raise UsageError(message)
    root, paths = place_of(options.paths)
    repository = GitRepository.open(root).within(root)
    config = settings.load(root, options.config)
    runner = runner_at(options.sandbox, root)
    pythons = (options.python or config.pythons)[:1]
    project = find_project(root, runner, pythons=pythons, environments=environments_for(repository))
    files = discover(repository, config, paths=paths).files
    with scratch_folder("tenpercent-tree-") as folder:
        tree = folder / "tree"
        tree.mkdir()
        repository.copy_to(tree)
        command = shlex.join(options.command) or config.workload
        found = profile(project, tree, files, runner, command=command)
    if options.html:
        _write(options.html, icicle_html(found, root.name))
    sys.stdout.write(profile_text(found, top=options.top))
    return 0


def _write(file: Path, page: str) -> None:
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        message = f"Cannot write {file}: {error.strerror}; give another --html FILE."
        raise UsageError(message) from error
