"""Hypothesis for the project's interpreter, in a folder of its own among the user's caches.

Recent releases of hypothesis are compiled for one Python version, so each interpreter has its own
folder. Nothing is ever put into the project's environment. Where the tool runs on the same version, its
own copy is linked; else it is installed once, and used offline from then on.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from optimizer.ports import Job, Limits, Runner

_OWN = ("hypothesis", "sortedcontainers", "attrs")
_INSTALL_SECONDS = 60.0
_TRY_AGAIN_SECONDS = 3600.0
_PASSED_ON = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_CACHE_DIR", "UV_OFFLINE", "PIP_INDEX_URL", "SSL_CERT_FILE"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """A folder to put at the end of `sys.path`, or None and a note that says why there is none."""

    path: Path | None
    note: str = ""


def toolbox(python: str, runner: Runner, *, cache: Path | None = None) -> Toolbox:
    """The toolbox for the interpreter `python`, made when it is not there yet."""
    tag = _tag(python, runner)
    if not tag:
        return Toolbox(path=None, note=f"Hypothesis was not used: {python} does not say which version it is.")
    folder = (cache or _cache_folder()) / "toolbox" / tag
    if _is_filled(folder):
        return Toolbox(path=folder)
    failed = folder.with_name(f"{tag}.failed")
    if _is_recent(failed):
        return Toolbox(path=None, note=failed.read_text(encoding="utf-8"))
    if runner.level != "L0" and tag != _own_tag():
        note = f"Hypothesis was not used for {tag}: at {runner.level} nothing can be installed."
        return Toolbox(path=None, note=note)
    try:
        return _filled(folder, failed, python, runner)
    except OSError as error:
        note = f"Hypothesis was not used: {folder.parent} cannot be written ({error.strerror})."
        return Toolbox(path=None, note=note)


def _tag(python: str, runner: Runner) -> str:
    """`cpython-313`, as the interpreter itself puts it."""
    job = Job(
        task="ping",
        payload={},
        python=python,
        cwd=Path(tempfile.gettempdir()),
        writes=False,
        limits=Limits(wall_seconds=20),
    )
    said = runner.work(job).messages
    if not said:
        return ""
    major, minor, *_ = str(said[0]["version"]).split(".")
    return f"{str(said[0]['implementation']).lower()}-{major}{minor}"


def _is_recent(failed: Path) -> bool:
    """Whether the last try is so fresh that another one would only cost time."""
    try:
        return time.time() - failed.stat().st_mtime < _TRY_AGAIN_SECONDS
    except OSError:
        return False


def _filled(folder: Path, failed: Path, python: str, runner: Runner) -> Toolbox:
    """Fill a new folder, then put it in the place of `folder` in one step: somebody else may do the same."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as scratch:
        new = Path(scratch) / folder.name
        reason = _link_own(new) if folder.name == _own_tag() else _install(new, python, runner)
        if not _is_filled(new):
            note = f"Hypothesis was not used for {folder.name}: {reason or 'it could not be installed'}."
            failed.write_text(note, encoding="utf-8")
            return Toolbox(path=None, note=note)
        if folder.exists() and not _is_filled(folder):
            folder.rename(Path(scratch) / "broken")
        _put_in_place(new, folder)
    return Toolbox(path=folder)


def _put_in_place(new: Path, folder: Path) -> None:
    try:
        new.rename(folder)
    except OSError:
        if not _is_filled(folder):
            raise


def _own_tag() -> str:
    return f"{sys.implementation.name}-{sys.version_info.major}{sys.version_info.minor}"


def _link_own(new: Path) -> str:
    """Links to the copies that this program itself uses."""
    new.mkdir()
    for name in _OWN:
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            source = Path(str(distribution.locate_file(top)))
            if source.exists():
                (new / top).symlink_to(source.resolve())
    return ""


def _install(new: Path, python: str, runner: Runner) -> str:
    """Install with uv, else with the interpreter's own pip; says what went wrong, or ""."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    by_uv = [uv or "uv", "pip", "install", "--quiet", "--python", python, "--target", str(new), "hypothesis"]
    by_pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(new)]
    argv = by_uv if uv else [*by_pip, "hypothesis"]
    limits = Limits(wall_seconds=_INSTALL_SECONDS, memory_bytes=0, open_files=4096, file_bytes=0)
    ran = runner.command(argv, cwd=new.parent, env=_environment(), limits=limits)
    if ran.ended == "ok":
        return ""
    last = ran.stderr.strip().splitlines()[-1:] or [ran.ended]
    return f"{'uv' if uv else 'pip'} said: {last[0][:200]}"


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _is_filled(folder: Path) -> bool:
    return (folder / "hypothesis" / "__init__.py").exists()


def _cache_folder() -> Path:
    asked = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (asked if asked.is_absolute() else Path.home() / ".cache") / "tenpercent"
