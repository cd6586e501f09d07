"""`optimize measure BUNDLE`: the same changes on this machine, or on other Pythons."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from optimizer import config as settings
from optimizer.adapters.git import GitRepository
from optimizer.commands.shared import (
    add_config,
    add_python,
    add_sandbox,
    environments_for,
    machine_controls,
    open_ledger,
    progress_to,
)
from optimizer.measure.environment import cpu_model
from optimizer.model import Machine, Witness
from optimizer.remeasure import Remeasurer
from optimizer.report import sentences
from optimizer.report.bundle_reading import Entry, read_bundle
from optimizer.report.bundle_sessions import add_session
from optimizer.report.combined import machine_phrase
from optimizer.report.names import function_of
from optimizer.report.safe import one_line
from optimizer.sandbox.levels import runner_at
from optimizer.workload.project import find_project


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="what `optimize --output DIR` has written"
    )
    parser.add_argument(
        "--project",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="a checkout of the commit that the bundle was made of (default: the current folder)",
    )
    add_python(parser)
    add_config(parser)
    add_sandbox(parser)


def run(options: argparse.Namespace) -> int:
    """Measure a bundle's accepted changes on this machine, and add what comes out to the bundle."""
    bundle = read_bundle(options.bundle)
    if not bundle.accepted:
        sys.stdout.write(f"{options.bundle} holds no accepted change, so there is nothing to measure.\n")
        return 0
    root = options.project.resolve()
    repository = GitRepository.open(root).within(root)
    config = settings.load(root, options.config)
    runner = runner_at(options.sandbox, root)
    project = find_project(
        root, runner, pythons=options.python or config.pythons, environments=environments_for(repository)
    )
    with closing(open_ledger(root)) as ledger, machine_controls() as controls:
        remeasurer = Remeasurer(
            repository=repository,
            project=project,
            runner=runner,
            ledger=ledger,
            config=config,
            cpu=cpu_model(),
            watch=progress_to(sys.stderr, quiet=False),
            controls=controls,
        )
        machine, results = remeasurer.remeasure(bundle)
    file = add_session(bundle, machine, results)
    _show(machine, results)
    sys.stdout.write(f"Added to the bundle: {file.relative_to(bundle.folder)}.\n")
    return 0


def _show(machine: Machine, results: tuple[tuple[Entry, Witness], ...]) -> None:
    sys.stdout.write(one_line(machine_phrase(machine)) + "\n\n")
    for entry, witness in results:
        sys.stdout.write(one_line(function_of(entry.decision.candidate)) + "\n")
        for each in witness.measurements:
            text = f"{sentences.measured(each)}." if each.processes else " ".join(each.reasons)
            sys.stdout.write(f"  {one_line(text)}\n")
        sys.stdout.writelines(f"  {one_line(objection.text)}\n" for objection in witness.objections)
    sys.stdout.write("\n")
