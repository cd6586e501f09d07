"""`optimize check`: of two files, of a patch, or of everything since a commit."""

from __future__ import annotations

import argparse
import shutil
import sys
from contextlib import closing
from pathlib import Path

from optimizer import config as settings
from optimizer.adapters.git import GitRepository
from optimizer.adapters.revisions import since, with_patch
from optimizer.check import Request, check
from optimizer.commands.shared import (
    a_file,
    add_config,
    add_python,
    add_sandbox,
    environments_for,
    machine_controls,
    open_ledger,
    progress_to,
)
from optimizer.errors import UsageError
from optimizer.measure.environment import cpu_model
from optimizer.model import Decision, Metric, Workload
from optimizer.report.changes import changes_json, changes_text
from optimizer.report.check import check_json, check_text
from optimizer.review import Reviewer
from optimizer.sandbox.levels import runner_at
from optimizer.scratch import scratch_folder
from optimizer.workload.interpreter import find_interpreters
from optimizer.workload.project import find_project


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("before", nargs="?", type=a_file, metavar="BEFORE.py")
    parser.add_argument("after", nargs="?", type=a_file, metavar="AFTER.py")
    parser.add_argument("--function", metavar="NAME", help="function, Class.method or class that changed")
    parser.add_argument(
        "--inputs",
        type=a_file,
        metavar="FILE.py",
        help="a file with a function inputs() that yields argument tuples; they count as recorded calls",
    )
    parser.add_argument(
        "--patch", type=a_file, metavar="FILE", help="judge this patch to the repository around"
    )
    parser.add_argument(
        "--base",
        default="",
        metavar="REF",
        help="judge all that has changed since the branch left this commit",
    )
    parser.add_argument("--workload", default="", metavar="COMMAND", help="what to run instead of the tests")
    add_python(parser)
    add_config(parser)
    add_sandbox(parser)
    parser.add_argument(
        "--metric",
        type=Metric,
        choices=list(Metric),
        default=Metric.TIME,
        help="what the change is meant to gain (default: time)",
    )
    parser.add_argument("--measure-only", action="store_true", help="judge speed alone, not behaviour")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run(options: argparse.Namespace) -> int:
    """Judge a change that somebody else made: is it the same, is it faster, does it read no worse."""
    with scratch_folder("tenpercent-check-") as scratch:
        match options.before, options.after, options.patch, options.base:
            case Path(), Path(), None, "":
                decision = _check_files(options, scratch)
                sys.stdout.write(check_json(decision) if options.json else check_text(decision, _width()))
            case None, None, patch, base if bool(patch) != bool(base):
                _check_repository(options, scratch)
            case _:
                message = "Give BEFORE.py and AFTER.py with --function NAME, or --patch FILE, or --base REF."
                raise UsageError(message)
    return 0


def _check_files(options: argparse.Namespace, scratch: Path) -> Decision:
    if not options.function:
        message = "Say which function changed with --function NAME."
        raise UsageError(message)
    request = Request(
        before=options.before,
        after=options.after,
        qualname=options.function,
        inputs=options.inputs,
        metric=options.metric,
        measure_only=options.measure_only,
    )
    if len(options.python) > 1:
        message = "Two files are judged on one Python; give --python once."
        raise UsageError(message)
    runner = runner_at(options.sandbox, options.before.resolve().parent)
    found = find_interpreters(Path.cwd(), runner, pythons=options.python) if options.python else ()
    python = found[0].executable if found else sys.executable
    watch = progress_to(sys.stderr, quiet=options.json)
    with machine_controls() as controls:
        return check(request, runner, python=python, scratch=scratch, watch=watch, controls=controls)


def _check_repository(options: argparse.Namespace, scratch: Path) -> None:
    """Judge file by file, each on top of those before it."""
    repository = GitRepository.open(Path.cwd())
    revision = (
        since(repository, options.base, scratch)
        if options.base
        else with_patch(repository, options.patch, scratch)
    )
    config = settings.load(repository.root, options.config)
    runner = runner_at(options.sandbox, repository.root)
    with closing(open_ledger(repository.root)) as ledger, machine_controls() as controls:
        workloads: list[Workload] = []
        reviewer = Reviewer(
            project=find_project(
                repository.root,
                runner,
                pythons=options.python or config.pythons,
                environments=environments_for(repository),
            ),
            runner=runner,
            ledger=ledger,
            config=config,
            cpu=cpu_model(),
            controls=controls,
            watch=progress_to(sys.stderr, quiet=options.json),
            metric=options.metric,
            measure_only=options.measure_only,
            command=options.workload,
            on_workload=workloads.append,
        )
        change = reviewer.read(revision)
        decisions = list(reviewer.review(revision, change))
    workload = workloads[0] if workloads else None
    sys.stdout.write(
        changes_json(decisions, change.not_judged, workload)
        if options.json
        else changes_text(decisions, change.not_judged, workload, _width())
    )


def _width() -> int:
    """Columns of the terminal; 0 where there is none, as whoever reads a file breaks lines as they like."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
