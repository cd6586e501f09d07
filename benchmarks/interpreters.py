"""What each further Python costs: `optimize --dry-run` on public projects, on the first Python, on two, and so on.

usage: python benchmarks/interpreters.py FOLDER [--only NAME ...] [--pythons VERSION ...] [--markdown FILE]

Each run starts with an empty cache. FOLDER keeps the checkouts of the released sources, and the report of each run,
with the seconds on the wall as `wall_seconds`; what has a report is not run again. The figures of the first table come
from one run, so they can be compared with each other also where the machine is busy.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from field_report import checkout

HERE = Path(__file__).parent
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
COLUMNS = ("Python", "candidates that got there", "refused there", "seconds measuring", "seconds a candidate")


def main() -> int:
    """Check out, run, tabulate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=["toolz"], metavar="NAME")
    parser.add_argument("--pythons", nargs="*", default=PYTHONS, metavar="VERSION")
    parser.add_argument("--markdown", type=Path, help="write the tables here (default: standard output)")
    options = parser.parse_args()
    projects = json.loads((HERE / "targets.json").read_text())["projects"]
    lines: list[str] = []
    for project in (one for one in projects if one["name"] in options.only):
        place = options.folder.resolve() / project["name"]
        if not (place / "tree").exists():
            place.mkdir(parents=True, exist_ok=True)
            checkout(project, place, sys.executable)
        reports = [run(place, list(pythons)) for pythons in growing(options.pythons)]
        lines += table(project["requirement"], reports[-1])
        lines += ratios(reports)
    text = "\n".join(lines) + "\n"
    if options.markdown:
        options.markdown.write_text(text)
    else:
        sys.stdout.write(text)
    return 0


def growing(pythons: list[str]) -> Iterator[list[str]]:
    """The first Python alone, the first two, and so on."""
    yield from (pythons[:count] for count in range(1, len(pythons) + 1))


def run(place: Path, pythons: list[str]) -> dict[str, Any]:
    """The report of one command with these Pythons; nothing is cached before it, not even what uv has downloaded."""
    kept = place / f"report-{'-'.join(pythons)}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    cache, draft = place / "cache", place / "report.draft.json"
    shutil.rmtree(cache, ignore_errors=True)
    argv = [sys.executable, "-m", "optimizer", "--dry-run", "--json", str(draft)]
    argv += [word for python in pythons for word in ("--python", python)]
    env = os.environ | {
        "PYTHONPATH": str(HERE.parent),
        "XDG_CACHE_HOME": str(cache),
        "UV_CACHE_DIR": str(cache / "uv"),
        "NO_COLOR": "1",
    }
    env.pop("VIRTUAL_ENV", None)
    started = time.monotonic()
    done = subprocess.run(argv, cwd=place / "tree", env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    report = json.loads(draft.read_text()) | {"wall_seconds": time.monotonic() - started}
    kept.write_text(json.dumps(report))
    return dict(report)


def ratios(reports: list[dict[str, Any]]) -> Iterator[str]:
    """What each further Python adds, as a share of the run on the first one alone."""
    alone = reports[0]["wall_seconds"]
    yield "| Pythons | accepted | the run on the first alone = 1 |"
    yield "|---|--:|--:|"
    for report in reports:
        versions = ", ".join(one["version"] for one in report["interpreters"])
        yield f"| {versions} | {len(report['accepted'])} | {report['wall_seconds'] / alone:.2f} |"
    yield ""


def table(name: str, report: dict[str, Any]) -> Iterator[str]:
    """A sentence about the whole run, then a row for each Python in the order in which a candidate meets them."""
    wall, inside = report["wall_seconds"], report["seconds"]
    count = len(report["interpreters"])
    yield (
        f"{name}, {len(report['decisions'])} candidates, {len(report['accepted'])} accepted: {wall:.0f} s on {count} "
        f"Pythons from an empty cache, of which {wall - inside:.0f} s before the run itself, for the environments."
    )
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---|" + "--:|" * (len(COLUMNS) - 1)
    for interpreter in report["interpreters"]:
        yield row(interpreter["version"], report["decisions"])
    yield ""


def row(version: str, decisions: list[dict[str, Any]]) -> str:
    """What measuring on one Python came to; one that refuses is the last that a candidate meets."""
    measured = [one for each in decisions for one in each["measurements"] if one["python"] == version]
    seconds = sum(one["seconds"] for one in measured)
    refused = sum(not one["claim"] for one in measured)
    each = f"{seconds / len(measured):.1f}" if measured else "-"
    return f"| {version} | {len(measured)} | {refused} | {seconds:.0f} | {each} |"


if __name__ == "__main__":
    raise SystemExit(main())
