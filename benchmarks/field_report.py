"""Run `optimize --dry-run` on fresh checkouts of public projects and write the table of docs/field-report.md.

usage: python benchmarks/field_report.py FOLDER [--only NAME ...] [--python EXE] [--minutes N]
                                         [--markdown FILE] [--append FILE ...]

FOLDER keeps one folder a project: `tree` (the unpacked source distribution under git), `venv` (the
project and its tests' needs), `run.json` and `bundle` of the last run. A project whose `run.json` is
there is not run again; remove the file to do so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COLUMNS = (
    "project",
    "functions",
    "candidates",
    "reads worse",
    "no gain",
    "behaviour",
    "other",
    "accepted",
    "minutes",
    "MiB",
)
INTRODUCTION = """# Field report

`optimize --dry-run` on public projects, unattended, each from a fresh checkout of its released source and
with an empty cache, on two shared cores. Made by `benchmarks/field_report.py`. The columns from "reads worse"
to "other" count refused candidates by the stage that refused first; minutes are on the wall, MiB is the
peak of the optimizer's own process. Ratios are those of the confirmation on fresh processes, with their
lower bound. A share is that of the project's test suite, which is rarely what its users run. How well
the verifier tells different pairs from equivalent ones is in [its own report](equivalence.md).
"""


def main() -> int:
    """Prepare, run, collect, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", metavar="NAME")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that the projects get")
    parser.add_argument("--minutes", type=float, default=14.0, help="budget of one project")
    parser.add_argument("--markdown", type=Path, help="write the report here (default: standard output)")
    parser.add_argument(
        "--append", type=Path, nargs="*", default=[], help="Markdown of other benchmarks, put behind"
    )
    options = parser.parse_args()
    projects = json.loads((HERE / "targets.json").read_text())["projects"]
    wanted = [project for project in projects if not options.only or project["name"] in options.only]
    for project in wanted:
        place = options.folder / project["name"]
        prepare(project, place, options.python)
        if not (place / "run.json").exists():
            run(place, options.minutes)
    done = [
        project["name"] for project in projects if (options.folder / project["name"] / "run.json").exists()
    ]
    runs = [(name, json.loads((options.folder / name / "run.json").read_text())) for name in done]
    text = "\n".join([render(runs), *(path.read_text() for path in options.append)])
    if options.markdown:
        options.markdown.write_text(text)
    else:
        sys.stdout.write(text)
    return 0


def prepare(project: dict[str, Any], place: Path, python: str) -> None:
    """A git checkout of the project's source distribution, and a venv with what its tests need."""
    if (place / "ready").exists():
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    venv = place / "venv"
    quiet(python, "-m", "venv", str(venv))
    pip = (str(venv / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check")
    quiet(
        *pip,
        "install",
        "pytest",
        "pytest-timeout",
        "setuptools",
        "wheel",
        "hatchling",
        "flit-core",
        *project["needs"],
    )
    checkout(project, place, str(venv / "bin" / "python"))
    if "requirement" in project:
        quiet(*pip, "install", "--editable", str(place / "tree"))
    (place / "ready").touch()


def checkout(project: dict[str, Any], place: Path, python: str) -> None:
    """The project under git in `place / "tree"`: its source distribution, or a clone at one commit."""
    if "repository" in project:
        quiet("git", "clone", "--quiet", project["repository"], str(place / "tree"))
        quiet("git", "-C", str(place / "tree"), "checkout", "--quiet", project["commit"])
        return
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check")
    quiet(*pip, "download", "--no-binary", ":all:", "--no-deps", "--dest", str(place), project["requirement"])
    archive = next(place.glob("*.tar.gz"))
    with tarfile.open(archive) as contents:
        contents.extractall(place, filter="data")
    archive.unlink()
    unpacked = next(path for path in place.iterdir() if path.is_dir() and path.name != "venv")
    unpacked.rename(place / "tree")
    git = ("git", "-C", str(place / "tree"))
    quiet(*git, "init", "--quiet")
    quiet(*git, "add", "--all", "--force")
    quiet(
        *git,
        "-c",
        "user.name=field",
        "-c",
        "user.email=field@localhost",
        "commit",
        "--quiet",
        "-m",
        "As released",
    )


def quiet(*argv: str) -> None:
    """Run a command that must succeed; its output is shown only when it does not."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        message = f"failed: {' '.join(argv)}"
        raise SystemExit(message)


def run(place: Path, minutes: float) -> None:
    """One unattended run; `run.json` is the program's own with minutes, memory and exit code added."""
    report = place / "report.json"
    report.unlink(missing_ok=True)
    shutil.rmtree(place / "bundle", ignore_errors=True)
    cache = place / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    argv = [sys.executable, "-m", "optimizer", "--dry-run", "--budget", f"{minutes:g}", "--json", str(report)]
    argv += ["--output", str(place / "bundle"), "--python", str(place / "venv" / "bin" / "python")]
    env = os.environ | {"PYTHONPATH": str(HERE.parent), "XDG_CACHE_HOME": str(cache), "NO_COLOR": "1"}
    before = subprocess.check_output(["git", "-C", str(place / "tree"), "status", "--porcelain"])
    started = time.monotonic()
    with (place / "log.txt").open("wb") as log:
        child = subprocess.Popen(
            argv, cwd=place / "tree", env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    after = subprocess.check_output(["git", "-C", str(place / "tree"), "status", "--porcelain"])
    content = (
        json.loads(report.read_text())
        if report.exists()
        else {"decisions": [], "log": (place / "log.txt").read_text()[-2000:]}
    )
    content["field"] = {
        "minutes": (time.monotonic() - started) / 60,
        "peak_bytes": usage.ru_maxrss * 1024,
        "exit": child.returncode,
        "tree_unchanged": before == after,
    }
    (place / "run.json").write_text(json.dumps(content))
    sys.stderr.write(f"{place.name}: {content['field']}\n")


def render(runs: list[tuple[str, dict[str, Any]]]) -> str:
    """The report as Markdown: one row a project, then each accepted change with figures and diff."""
    lines = [INTRODUCTION, f"| {' | '.join(COLUMNS)} |", "|---|" + "--:|" * (len(COLUMNS) - 1)]
    lines += [row(name, content) for name, content in runs]
    lines += ["", *totals(runs), "", "## Accepted changes", ""]
    lines += [
        "| project | function | transform | ratio (at least) | share saved | inputs |",
        "|---|---|---|--:|--:|--:|",
    ]
    lines += [line for name, content in runs for line in accepted(name, content)]
    lines += ["", "The changes themselves:", ""]
    lines += [line for _, content in runs for line in diffs(content)]
    return "\n".join(lines) + "\n"


def totals(runs: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """One sentence over all projects, and one that says whether every tree was left as it was."""
    decisions = [decision for _, content in runs for decision in content["decisions"]]
    yes = sum(decision["verdict"] == "accept" for decision in decisions)
    untouched = all(content["field"]["tree_unchanged"] for _, content in runs)
    return [
        f"{len(runs)} projects, {len(decisions)} candidates, {yes} accepted.",
        "Every checkout was left as it was." if untouched else "A checkout was CHANGED by a dry run.",
    ]


def diffs(content: dict[str, Any]) -> list[str]:
    """The patches of the accepted changes."""
    return [
        f"```diff\n{decision['candidate']['patch'].rstrip()}\n```\n"
        for decision in content["decisions"]
        if decision["verdict"] == "accept"
    ]


def row(name: str, content: dict[str, Any]) -> str:
    """One project's row."""
    decisions = content["decisions"]
    refused = Counter(first_stage(decision) for decision in decisions if decision["verdict"] == "refuse")
    other = sum(
        count for stage, count in refused.items() if stage not in {"readability", "measure", "verify"}
    )
    field = content["field"]
    cells = [
        name,
        content.get("functions", 0),
        len(decisions),
        refused["readability"],
        refused["measure"],
        refused["verify"],
        other,
        sum(decision["verdict"] == "accept" for decision in decisions),
        f"{field['minutes']:.1f}",
        field["peak_bytes"] >> 20,
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def first_stage(decision: dict[str, Any]) -> str:
    """The stage that refused first."""
    return str(decision["reasons"][0]["stage"]) if decision["reasons"] else ""


def accepted(name: str, content: dict[str, Any]) -> list[str]:
    """One line for each accepted change."""
    rows = []
    for decision in content["decisions"]:
        if decision["verdict"] != "accept":
            continue
        candidate, measurement = decision["candidate"], decision["measurements"][0]
        tried = decision["verification"]["inputs_tried"]
        rows.append(
            f"| {name} | `{candidate['function']}` | {candidate['transform']} | {measurement['ratio']:.2f}x"
            f" ({measurement['low']:.2f}x) | {decision['workload_saved']:.2%} | {tried} |"
        )
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
