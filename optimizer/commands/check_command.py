"""`optimize check BEFORE AFTER --function NAME`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from optimizer.check import Request, check
from optimizer.commands.shared import a_file, progress_to
from optimizer.model import Metric
from optimizer.report.check import check_json, check_text
from optimizer.sandbox.launch import Launcher


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("before", type=a_file, metavar="BEFORE.py")
    parser.add_argument("after", type=a_file, metavar="AFTER.py")
    parser.add_argument("--function", required=True, metavar="NAME", help="function, Class.method or class")
    parser.add_argument(
        "--inputs",
        type=a_file,
        metavar="FILE.py",
        help="a file with a function inputs() that yields argument tuples; they count as recorded calls",
    )
    parser.add_argument("--python", default=sys.executable, metavar="EXE", help="the project's interpreter")
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
    request = Request(
        before=options.before,
        after=options.after,
        qualname=options.function,
        inputs=options.inputs,
        metric=options.metric,
        measure_only=options.measure_only,
    )
    with TemporaryDirectory(prefix="tenpercent-check-", ignore_cleanup_errors=True) as scratch:
        decision = check(
            request,
            Launcher(),
            python=options.python,
            scratch=Path(scratch),
            watch=progress_to(sys.stderr, quiet=options.json),
        )
    sys.stdout.write(check_json(decision) if options.json else check_text(decision))
    return 0
