"""What several commands need."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

from optimizer.adapters.ledger import SqliteLedger, cache_folder, ledger_file, machine_file
from optimizer.errors import UsageError
from optimizer.measure.controls import Controls
from optimizer.model import Progress
from optimizer.ports import Repository
from optimizer.sandbox.launch import LEVELS
from optimizer.workload.environments import Environments

_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", ".git")


def a_file(text: str) -> Path:
    """A path on the command line that must be a file."""
    path = Path(text)
    if not path.is_file():
        message = f"{text} is not a file; give the path of a Python file."
        raise UsageError(message)
    return path


def open_ledger(root: Path, *, fresh: bool = False) -> SqliteLedger:
    """The ledger of the repository at `root`; `fresh` forgets what is in it."""
    file = ledger_file(root)
    if fresh:
        file.unlink(missing_ok=True)
    return SqliteLedger(file, warn=_warn)


def place_of(paths: list[str]) -> tuple[Path, tuple[str, ...]]:
    """The project's folder, and the paths inside it to keep to.

    A single folder that holds a project of its own is the project; anything else lies in the one around
    the current folder.
    """
    for path in paths:
        if not Path(path).exists():
            message = f"{path} does not exist; give a project's folder, or files and folders in one."
            raise UsageError(message)
    if len(paths) == 1 and any((Path(paths[0]) / name).exists() for name in _PROJECT_FILES):
        return Path(paths[0]).resolve(), ()
    here = Path.cwd()
    around = [
        folder for folder in (here, *here.parents) if any((folder / name).exists() for name in _PROJECT_FILES)
    ]
    return (around[0] if around else here), tuple(str(Path(path).resolve()) for path in paths)


def add_python(parser: argparse.ArgumentParser) -> None:
    """Declare `--python`."""
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="VERSION|PATH",
        help="a Python that a change must hold on, in place of [tool.optimizer] pythons (repeatable); "
        "the first runs the tests",
    )


def add_config(parser: argparse.ArgumentParser) -> None:
    """Declare `--config`."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="a TOML file with [tool.optimizer], in place of the project's pyproject.toml",
    )


def add_sandbox(parser: argparse.ArgumentParser) -> None:
    """Declare `--sandbox`."""
    parser.add_argument(
        "--sandbox",
        choices=LEVELS,
        default=LEVELS[0],
        help="run nothing of the project with less isolation than this (default: %(default)s)",
    )


def add_summary(parser: argparse.ArgumentParser) -> None:
    """Declare `--summary` and `--artifact`."""
    parser.add_argument(
        "--summary",
        type=Path,
        metavar="FILE",
        help="write Markdown, such as for the summary of a workflow's job",
    )
    parser.add_argument(
        "--artifact",
        default="",
        metavar="NAME",
        help="what the bundle is called where it is uploaded, for --summary to name it",
    )


def check_file(option: str, file: Path | None) -> None:
    """Find out now, not after minutes of work, that a result cannot be written."""
    if file and not file.absolute().parent.is_dir():
        message = f"{file} lies in a folder that does not exist; make it, or give another {option} FILE."
        raise UsageError(message)


def environments_for(repository: Repository) -> Environments:
    """Environments for Pythons that the project has none for, in the user's cache."""
    return Environments(cache=cache_folder() / "environments", copy=repository.copy_to, tell=_warn)


@contextmanager
def machine_controls() -> Iterator[Controls]:
    """The A/A controls of this run, with the log that this machine's earlier runs have left."""
    with closing(SqliteLedger(machine_file(), warn=_warn)) as ledger:
        yield Controls(ledger=ledger)


def _warn(text: str) -> None:
    sys.stderr.write(f"optimize: {text}\n")


def progress_to(stream: TextIO, *, quiet: bool) -> Callable[[Progress], None]:
    """Say each step in a line on `stream`, unless `quiet` or nobody watches."""

    def say(progress: Progress) -> None:
        if not quiet and stream.isatty():
            stream.write(f"{progress.stage.value}: {progress.detail}\n")
            stream.flush()

    return say
