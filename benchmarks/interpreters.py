"""What each further Python costs: `optimize --dry-run` on a public project with one, two, ... of them.

usage: python benchmarks/interpreters.py FOLDER [--only NAME ...] [--pythons VERSION ...] [--markdown FILE]

Each row is one command on a fresh checkout of the released source. The first row starts with an empty cache, so it
makes all environments and downloads what they need; the others find the environments there and nothing
else: no verdict is remembered. FOLDER keeps the checkouts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from field_report import checkout

HERE = Path(__file__).parent
PYTHONS = ("3.13", "3.9", "3.10", "3.11", "3.12")
COLUMNS = (
    "project",
    "Pythons",
    "cache",
    "seconds",
    "the last one",
    "candidates",
    "accepted",
    "lost on a further one",
)


def main() -> int:
    """Run every prefix of the list of Pythons on every project, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=["toolz"], metavar="NAME")
    parser.add_argument("--pythons", nargs="*", default=PYTHONS, metavar="VERSION")
    parser.add_argument("--markdown", type=Path, help="write the table here (default: standard output)")
    options = parser.parse_args()
    projects = json.loads((HERE / "targets.json").read_text())["projects"]
    lines = [f"| {' | '.join(COLUMNS)} |", "|---|---|---|" + "--:|" * (len(COLUMNS) - 3)]
    for project in (one for one in projects if one["name"] in options.only):
        place = options.folder.resolve() / project["name"]
        if not (place / "tree").exists():
            place.mkdir(parents=True, exist_ok=True)
            checkout(project, place, sys.executable)
        lines += rows(project["name"], place, list(options.pythons))
    text = "\n".join(lines) + "\n"
    if options.markdown:
        options.markdown.write_text(text)
    sys.stdout.write(text)
    return 0


def rows(name: str, place: Path, pythons: list[str]) -> list[str]:
    """All of them from an empty cache, then one row for each number of Pythons, and how much the last one added."""
    cache = place / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    found = [row(name, pythons, "empty", *run(place, pythons, cache), before=0.0)]
    before = 0.0
    for count in range(1, len(pythons) + 1):
        shutil.rmtree(cache / "tenpercent" / "ledgers", ignore_errors=True)
        seconds, report = run(place, pythons[:count], cache)
        found.append(row(name, pythons[:count], "environments", seconds, report, before=before))
        before = seconds
    return found


def row(
    name: str, pythons: list[str], cache: str, seconds: float, report: dict[str, Any], *, before: float
) -> str:
    """One line of the table. `before` are the seconds with one Python less, 0 when that is not known."""
    decisions = report["decisions"]
    cells = [
        name,
        ", ".join(pythons),
        cache,
        f"{seconds:.0f}",
        f"{seconds - before:+.0f}" if before else "",
        len(decisions),
        sum(decision["verdict"] == "accept" for decision in decisions),
        sum(lost_on_a_further_one(decision, pythons[0]) for decision in decisions),
    ]
    text = "| " + " | ".join(map(str, cells)) + " |"
    sys.stderr.write(text + "\n")
    return text


def run(place: Path, pythons: list[str], cache: Path) -> tuple[float, dict[str, Any]]:
    """Seconds on the wall, and the JSON of the run."""
    report = place / "report.json"
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "optimizer", "--dry-run", "--json", str(report)]
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
    return time.monotonic() - started, json.loads(report.read_text())


def lost_on_a_further_one(decision: dict[str, Any], first: str) -> bool:
    """Whether the first Python would have had it, and another one had not."""
    measured = decision["measurements"]
    ours = [one for one in measured if one["python"].startswith(f"{first}.")]
    return decision["verdict"] == "refuse" and len(measured) > len(ours) and all(one["claim"] for one in ours)


if __name__ == "__main__":
    raise SystemExit(main())
