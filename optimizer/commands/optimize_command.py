"""`optimize [--dry-run] [PATHS]`: the whole pipeline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from optimizer import config as settings
from optimizer.adapters.git import GitRepository
from optimizer.commands.shared import add_python, environments_for, machine_controls, open_ledger, place_of
from optimizer.config import Config
from optimizer.errors import UsageError
from optimizer.measure.environment import cpu_model
from optimizer.model import Decision, Run
from optimizer.pipeline import Options, Tools
from optimizer.pipeline import run as run_pipeline
from optimizer.registry import load
from optimizer.report.bundle import check_place, write_bundle
from optimizer.report.jsonfile import write_json
from optimizer.report.live import Display
from optimizer.report.terminal import show
from optimizer.sandbox.launch import Launcher
from optimizer.workload.project import find_project


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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every decision as JSON")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write the bundle: patches, evidence, pyperf files"
    )
    parser.add_argument("--explain-refusals", action="store_true", help="also list places that were declined")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs have decided")


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes < float("inf"):
        message = "give a number of minutes above 0"
        raise argparse.ArgumentTypeError(message)
    return minutes


def run(options: argparse.Namespace) -> int:
    """Find, prove and measure small rewrites that make a Python project faster; write those that hold."""
    root, paths = place_of(options.paths)
    repository = GitRepository.open(root).within(root)
    config = _config(options, root)
    _check_outputs(options)
    runner = Launcher()
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
        )
        done = _follow(run_pipeline(wanted, tools), display)
    _hand_over(done, options)
    return 0


def _config(options: argparse.Namespace, root: Path) -> Config:
    """The project's settings, with what the command line says on top."""
    config = settings.load(root)
    if options.budget is not None:
        config = replace(config, budget_minutes=options.budget)
    if options.select:
        config = replace(config, select=tuple(options.select))
    return replace(config, ignore=(*config.ignore, *options.ignore))


def _check_outputs(options: argparse.Namespace) -> None:
    """Find out now, not after minutes of work, that a result cannot be written."""
    if options.json and not options.json.absolute().parent.is_dir():
        message = (
            f"{options.json} lies in a folder that does not exist; make it, or give another --json FILE."
        )
        raise UsageError(message)
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


def _hand_over(done: Run, options: argparse.Namespace) -> None:
    """Write the files first, so that a broken pipe on the terminal loses nothing."""
    if options.json:
        write_json(done, options.json)
    if options.output:
        write_bundle(done, options.output)
    show(done, sys.stdout, explain_refusals=options.explain_refusals)
