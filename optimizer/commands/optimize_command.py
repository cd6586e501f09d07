"""`optimize [--dry-run] [PATHS]`: the whole pipeline."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath

from optimizer import config as settings
from optimizer.adapters.git import GitRepository
from optimizer.commands.shared import (
    add_config,
    add_python,
    add_sandbox,
    add_summary,
    check_file,
    environments_for,
    machine_controls,
    open_ledger,
    place_of,
)
from optimizer.config import Config
from optimizer.measure.environment import cpu_model
from optimizer.model import Decision, Metric, Run
from optimizer.pipeline import Options, Tools
from optimizer.pipeline import run as run_pipeline
from optimizer.registry import load
from optimizer.report.annotations import notices
from optimizer.report.bundle import check_place, write_bundle
from optimizer.report.jsonfile import write_json
from optimizer.report.live import Display
from optimizer.report.markdown import markdown
from optimizer.report.sarif import sarif
from optimizer.report.terminal import show
from optimizer.report.whole import write_whole
from optimizer.sandbox.levels import runner_at
from optimizer.workload.project import find_project

_FOUND = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="a project's folder, or files and folders in one"
    )
    parser.add_argument("--dry-run", action="store_true", help="show verdicts and diffs, write nothing")
    add_python(parser)
    parser.add_argument("--workload", default="", metavar="COMMAND", help="what to run instead of the tests")
    parser.add_argument(
        "--budget", type=_minutes, default=None, metavar="MINUTES", help="stop early, with what is proved"
    )
    parser.add_argument(
        "--select", action="append", default=[], metavar="RULE", help="only this rule (repeatable)"
    )
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="RULE", help="not this rule (repeatable)"
    )
    parser.add_argument(
        "--min-gain",
        type=_least_gain,
        default=None,
        metavar="GAIN",
        help="0.15 asks for 1.15x; at least 0.10",
    )
    parser.add_argument(
        "--base", default="", metavar="REF", help="keep to the functions that were touched since this commit"
    )
    parser.add_argument(
        "--metric",
        type=Metric,
        choices=list(Metric),
        default=None,
        help="what every change has to gain (default: what its rule is for, mostly time)",
    )
    add_config(parser)
    add_sandbox(parser)
    parser.add_argument(
        "--fail-on",
        choices=("never", "accepted"),
        default="never",
        help="`accepted`: exit code 1 when a change is accepted (default: %(default)s)",
    )
    _add_outputs(parser)
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs have decided")


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every decision as JSON")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write the bundle: patches, evidence, pyperf files"
    )
    add_summary(parser)
    parser.add_argument(
        "--sarif", type=Path, metavar="FILE", help="write SARIF, such as for GitHub's code scanning"
    )
    parser.add_argument(
        "--annotations",
        action="store_true",
        help="print the accepted changes as notices of a GitHub workflow",
    )
    parser.add_argument("--explain-refusals", action="store_true", help="also list places that were declined")


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes < float("inf"):
        message = "give a number of minutes above 0"
        raise argparse.ArgumentTypeError(message)
    return minutes


def _least_gain(text: str) -> float:
    try:
        return settings.least_gain(text)
    except ValueError as error:
        message = f"give {error}"
        raise argparse.ArgumentTypeError(message) from error


def run(options: argparse.Namespace) -> int:
    """Find, prove and measure small rewrites that make a Python project faster; write those that hold."""
    root, paths = place_of(options.paths)
    whole = GitRepository.open(root)
    repository = whole.within(root)
    config = _config(options, root)
    _check_outputs(options)
    runner = runner_at(options.sandbox, root)
    project = find_project(
        root,
        runner,
        pythons=options.python or config.pythons,
        environments=environments_for(repository),
    )
    registry = load()
    with (
        closing(open_ledger(root, fresh=options.fresh)) as ledger,
        machine_controls() as controls,
        Display(sys.stderr) as display,
    ):
        for note in registry.broken:
            display.say(note)
        tools = Tools(
            repository=repository,
            runner=runner,
            ledger=ledger,
            config=config,
            project=project,
            transforms=registry.chosen(config.select, config.ignore),
            cpu=cpu_model(),
            watch=display.progress,
            controls=controls,
        )
        wanted = Options(
            paths=paths,
            dry_run=options.dry_run,
            command=options.workload,
            budget_seconds=60 * config.budget_minutes,
            changes=repository.changes_since(options.base) if options.base else None,
            metric=options.metric,
        )
        done = _follow(run_pipeline(wanted, tools), display)
    folder = PurePosixPath(os.path.relpath(repository.root, whole.root))
    _hand_over(done, options, folder)
    if options.annotations:
        sys.stdout.writelines(f"{line}\n" for line in notices(done, folder=folder))
    return _FOUND if options.fail_on == "accepted" and done.accepted else 0


def _config(options: argparse.Namespace, root: Path) -> Config:
    """The project's settings, with what the command line says on top."""
    config = settings.load(root, options.config)
    if options.budget is not None:
        config = replace(config, budget_minutes=options.budget)
    if options.min_gain is not None:
        config = replace(config, min_gain=options.min_gain)
    if options.select:
        config = replace(config, select=tuple(options.select))
    return replace(config, ignore=(*config.ignore, *options.ignore))


def _check_outputs(options: argparse.Namespace) -> None:
    """Find out now, not after minutes of work, that a result cannot be written."""
    for option, file in (
        ("--json", options.json),
        ("--summary", options.summary),
        ("--sarif", options.sarif),
    ):
        check_file(option, file)
    if options.output:
        check_place(options.output)


def _follow(steps: Iterator[Decision | Run], display: Display) -> Run:
    """Show each decision as it comes; return the run."""
    for step in steps:
        if isinstance(step, Run):
            return step
        display.decided(step)
    message = "the pipeline ended without a result"
    raise AssertionError(message)


def _hand_over(done: Run, options: argparse.Namespace, folder: PurePosixPath) -> None:
    """Write the files first, so that a broken pipe on the terminal loses nothing."""
    if options.json:
        write_json(done, options.json)
    if options.output:
        write_bundle(done, options.output)
    if options.summary:
        write_whole(markdown(done, artifact=options.artifact), options.summary, option="--summary")
    if options.sarif:
        write_whole(sarif(done, folder=folder), options.sarif, option="--sarif")
    show(done, sys.stdout, explain_refusals=options.explain_refusals)
