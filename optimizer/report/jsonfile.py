"""`--json FILE`: the whole run for programs."""

from __future__ import annotations

from pathlib import Path

from optimizer.model import Run
from optimizer.report.data import dumps, run_data
from optimizer.report.whole import write_whole


def write_json(run: Run, file: Path) -> None:
    """Write `run` to `file`, whole or not at all; raises UsageError when that is not possible there."""
    write_whole(dumps(run_data(run)), file, option="--json")
