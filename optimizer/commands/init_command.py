"""`optimize init`: the workflow and the settings of a project, written once and then the project's own."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path, PurePosixPath

from optimizer.adapters.git import GitRepository
from optimizer.commands.init_facts import action_of_this_install, wanted_pythons, with_own_table
from optimizer.errors import UsageError
from optimizer.report.safe import one_line

_WORKFLOWS = PurePosixPath(".github/workflows")
_PURPOSES = {
    "tenpercent.yml": "it measures pull requests, and everything once a week",
    "tenpercent-publish.yml": "it offers what was found, first on a dashboard issue",
}
_ACTION = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+@[0-9a-f]{40}")
_GLOB = re.compile(r"([\\*?+\[\]!])")
_NO_PYPROJECT = (
    "There is no pyproject.toml, and none was made, because that may change how the project is installed; "
    "settings can be in any TOML file with [tool.optimizer], given as --config FILE."
)
_NEXT = (
    "Next: read them, commit and push. For pull requests by the workflow's own token, tick Settings > Actions > "
    "General > Allow GitHub Actions to create and approve pull requests; or give it an app's token."
)
_LEVEL = "            "


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "project",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="a project (default: this folder)",
    )
    parser.add_argument(
        "--action",
        default="",
        metavar="OWNER/REPOSITORY@COMMIT",
        help="the action that the workflow uses (default: the one that this program was installed from)",
    )


def run(options: argparse.Namespace) -> int:
    """Write the workflows that measure and publish, and [tool.optimizer]; nothing that is there is overwritten."""
    root = options.project.resolve()
    top = GitRepository.open(root)
    folder = PurePosixPath(top.within(root).root.relative_to(top.root.resolve()).as_posix())
    values = _values(top, root, folder, _action(options.action))
    said = [_write_workflow(top.root, name, values) for name in _PURPOSES]
    following = [_NEXT] if any(line.startswith("Wrote") for line in said) else []
    for line in (*said, *_write_settings(root), *following):
        sys.stdout.write(one_line(line) + "\n")
    return 0


def _action(asked: str) -> str:
    action = asked or action_of_this_install()
    if _ACTION.fullmatch(action):
        return action
    message = (
        "It is not known which release of the action the workflow is to use; give it as "
        "--action OWNER/REPOSITORY@COMMIT, with all 40 digits of the commit."
    )
    raise UsageError(message)


def _values(top: GitRepository, root: Path, folder: PurePosixPath, action: str) -> Mapping[str, str]:
    """What the places in the templates stand for."""
    pythons = wanted_pythons(root)
    return {
        "@BRANCH@": json.dumps(_GLOB.sub(r"\\\1", top.default_branch())),
        "@PYTHONS@": "\n".join(f"{_LEVEL}{python}" for python in pythons),
        "@VERSIONS@": json.dumps(" ".join(pythons)),
        "@PATHS@": json.dumps("" if folder == PurePosixPath() else str(folder)),
        "@ACTION@": action,
    }


def _write_workflow(top: Path, name: str, values: Mapping[str, str]) -> str:
    """Write one workflow where there is none; the sentence about it."""
    template = files("optimizer.commands").joinpath("templates", name).read_text(encoding="utf-8")
    text = re.sub("|".join(values), lambda found: values[found[0]], template)
    path = _WORKFLOWS / name
    file = top / path
    if not file.is_symlink() and not file.exists():
        _write(file, text.encode())
        return f"Wrote {path}: {_PURPOSES[name]}."
    if file.is_file() and file.read_bytes() == text.encode():
        return f"{path} is there already, as it would be written now."
    return f"{path} is there already and was left alone; to get a new one, delete it and run this again."


def _write_settings(root: Path) -> tuple[str, ...]:
    file = root / "pyproject.toml"
    if not file.exists():
        return (_NO_PYPROJECT,)
    old = file.read_bytes()
    new = with_own_table(old, file)
    if new == old:
        return ("pyproject.toml has [tool.optimizer] already.",)
    _write(file, new)
    return ("Added [tool.optimizer] to pyproject.toml; everything else in it is as it was.",)


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        message = f"Cannot write {file}: {error.strerror}; make it writable and run this again."
        raise UsageError(message) from error
