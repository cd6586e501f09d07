"""`optimize judge BUNDLE...`: what several machines and Pythons say together."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from optimizer.commands.shared import add_summary, check_file
from optimizer.reconcile import reconcile
from optimizer.report.bundle_reading import read_bundle
from optimizer.report.bundle_sessions import write_combined
from optimizer.report.combined import combined_text
from optimizer.report.combined_markdown import combined_markdown
from optimizer.report.whole import write_whole


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("bundles", nargs="+", type=Path, metavar="BUNDLE", help="bundles of the same commit")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="write the combined bundle here (default: into the first one)",
    )
    add_summary(parser)


def run(options: argparse.Namespace) -> int:
    """Combine bundles: a change stands when every required Python and every machine agrees that it is faster."""
    check_file("--summary", options.summary)
    first, *others = (read_bundle(folder) for folder in options.bundles)
    decided = reconcile(first, others)
    write_combined(
        first,
        [decision for decision, _ in decided],
        [witnesses for _, witnesses in decided],
        options.output or first.folder,
    )
    if options.summary:
        text = combined_markdown(first, decided, artifact=options.artifact)
        write_whole(text, options.summary, option="--summary")
    sys.stdout.write(combined_text(first, decided))
    return 0
