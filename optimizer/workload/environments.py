"""Environments for Pythons that have none of the project's own, made once with uv and kept in the user's cache.

An environment lies in a folder named by what decides its contents: the interpreter and the files in which
the project says what it needs. `ready.json` is its last file, written in one step: a folder without it is
what a killed build left, and is made anew. A lock keeps two runs from making the same one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from optimizer.errors import ProjectError
from optimizer.model import Interpreter
from optimizer.ports import Job, Limits, Ran, Runner
from optimizer.scratch import scratch_folder
from optimizer.workload.installed_roots import roots_in
from optimizer.workload.needs import Needs

_FORMAT = 1
_LIMITS = Limits(wall_seconds=900.0, memory_bytes=0, file_bytes=0, open_files=0, output_bytes=64 << 20)
_PASSED_ON = (
    *(
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_TIMEOUT", "UV_OFFLINE"),
    *("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX_STRATEGY"),
    *("UV_FIND_LINKS", "UV_CONFIG_FILE", "UV_CONSTRAINT", "UV_EXCLUDE_NEWER", "UV_LINK_MODE"),
)
_VERSIONS_FROM_GIT = {
    # The copy that is installed has no history, and which version it calls itself does not matter.
    "SETUPTOOLS_SCM_PRETEND_VERSION": "0.0.0",
    "PDM_BUILD_SCM_VERSION": "0.0.0",
    "POETRY_DYNAMIC_VERSIONING_BYPASS": "0.0.0",
    "PBR_VERSION": "0.0.0",
}
_NO_NETWORK = ("error sending request", "Failed to fetch", "network was disabled", "dns error", "timed out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An interpreter that has what the project needs. `roots` are folders of the project to import from."""

    interpreter: Interpreter
    roots: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environments:
    """Makes environments in the folder `cache`. `copy` fills a folder with the project.

    `tell` hears what takes long.
    """

    cache: Path
    copy: Callable[[Path], None]
    tell: Callable[[str], None]

    def of(
        self, base: Interpreter, needs: Needs, runner: Runner, *, name: str, trusting: bool = False
    ) -> Environment:
        """An environment for `base`, or `base` itself when it has all that is needed. Raises ProjectError.

        `name` is the project's, for the person who looks into the cache. `trusting`: where only a build would
        tell what is needed, `base` counts as having it.
        """
        if _has_all(base, needs, runner, trusting=trusting):
            return Environment(interpreter=base)
        folder = self.cache / f"{name}-{base.minor}-{_key(base, needs)}"
        try:
            with _alone(folder):
                known = _ready(folder, base)
                return known or self._made(folder, base, needs, runner)
        except OSError as error:
            message = (
                f"No environment for Python {base.version} could be made in {self.cache} ({error.strerror}); "
                "make that folder writable, or give an interpreter that has what the project needs with --python."
            )
            raise ProjectError(message) from error

    def _made(self, folder: Path, base: Interpreter, needs: Needs, runner: Runner) -> Environment:
        self.tell(f"making an environment for Python {base.version}, which is kept for further runs")
        shutil.rmtree(folder, ignore_errors=True)
        with scratch_folder("tenpercent-build-") as scratch:
            tree = scratch / "project"
            tree.mkdir()
            self.copy(tree)
            builder = _Builder(folder=folder, base=base, tree=tree, runner=runner)
            note = builder.fill(needs)
            roots = roots_in(folder, tree) if needs.is_package else ()
        _finish(folder, roots, note)
        return _environment(folder, base, roots, note)


def _has_all(base: Interpreter, needs: Needs, runner: Runner, *, trusting: bool) -> bool:
    """Whether the interpreter itself has every requirement that is known in the version that is asked for."""
    if needs.known is None and not trusting:
        return False
    least = (Requirement("pytest"),) if needs.pytest else ()
    known = least if needs.known is None else needs.known
    wanted = [one for one in known if _applies(one, base)]
    if not wanted:
        return True
    names = sorted({one.name for one in wanted})
    job = Job(
        task="has",
        payload={"names": names},
        python=base.executable,
        cwd=Path(tempfile.gettempdir()),
        writes=False,
        limits=Limits(),
    )
    ran = runner.work(job)
    found: Mapping[str, str] = ran.messages[-1]["has"] if ran.ended == "ok" and ran.messages else {}
    return all(
        found.get(one.name) and not one.url and one.specifier.contains(found[one.name], prereleases=True)
        for one in wanted
    )


def _applies(requirement: Requirement, base: Interpreter) -> bool:
    about = {"python_version": base.minor, "python_full_version": base.version, "extra": ""}
    return requirement.marker is None or requirement.marker.evaluate(about)


def _key(base: Interpreter, needs: Needs) -> str:
    parts = (str(_FORMAT), base.implementation, base.version, os.path.realpath(base.executable), needs.digest)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else makes or removes this environment meanwhile."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ready(folder: Path, base: Interpreter) -> Environment | None:
    """The environment that is there already, None for one that was never finished or whose Python has gone."""
    try:
        said = json.loads((folder / "ready.json").read_text(encoding="utf-8"))
        roots, note = tuple(map(str, said["roots"])), str(said["note"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _environment(folder, base, roots, note) if _python(folder).exists() else None


def _finish(folder: Path, roots: tuple[str, ...], note: str) -> None:
    draft = folder / "ready.json.new"
    draft.write_text(json.dumps({"format": _FORMAT, "roots": list(roots), "note": note}), encoding="utf-8")
    draft.replace(folder / "ready.json")


def _environment(folder: Path, base: Interpreter, roots: tuple[str, ...], note: str) -> Environment:
    inside = Interpreter(
        executable=str(_python(folder)), version=base.version, implementation=base.implementation
    )
    return Environment(interpreter=inside, roots=roots, note=note)


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    """Fills one new environment; `tree` is a copy of the project that a build may write into."""

    folder: Path
    base: Interpreter
    tree: Path
    runner: Runner

    def fill(self, needs: Needs) -> str:
        """Install everything, else the project alone; a note says what is not there."""
        made = self._uv("venv", "--python", self.base.executable, str(self.folder))
        if made.ended != "ok":
            raise ProjectError(self._trouble(made))
        everything = self._install(self._wanted(needs))
        if everything.ended == "ok":
            return ""
        least = Needs(is_package=needs.is_package, pytest=needs.pytest)
        if _is_network(everything) or self._wanted(least) == self._wanted(needs):
            raise ProjectError(self._trouble(everything))
        alone = self._install(self._wanted(least))
        if alone.ended != "ok":
            raise ProjectError(self._trouble(everything))
        return f"Python {self.base.version} is without what the tests ask for: {_why(everything)}"

    def _wanted(self, needs: Needs) -> list[str]:
        extras = f"[{','.join(needs.extras)}]" if needs.extras else ""
        return [
            *([f"{self.tree}{extras}"] if needs.is_package else []),
            *(
                word
                for name in needs.groups
                for word in ("--group", f"{self.tree / 'pyproject.toml'}:{name}")
            ),
            *(word for name in needs.files for word in ("-r", str(self.tree / name))),
            *(["pytest"] if needs.pytest else []),
        ]

    def _install(self, wanted: list[str]) -> Ran:
        nothing = Ran(ended="ok", status=0, messages=(), stdout="", stderr="", seconds=0.0)
        return (
            self._uv("pip", "install", "--python", str(_python(self.folder)), *wanted) if wanted else nothing
        )

    def _uv(self, *arguments: str) -> Ran:
        uv = find_uv()
        if not uv:
            message = (
                f"Python {self.base.version} needs an environment, and uv, which makes it, was not found; "
                "install it (`pip install uv`), or give an interpreter that has what the project needs with --python."
            )
            raise ProjectError(message)
        if self.runner.level != "L0":
            message = (
                f"Python {self.base.version} needs an environment, and at {self.runner.level} nothing can be "
                "installed; give an interpreter that has what the project needs with --python, or make the "
                "environment first by a run at L0."
            )
            raise ProjectError(message)
        argv = [uv, *arguments, "--quiet", "--no-progress", "--no-python-downloads"]
        return self.runner.command(argv, cwd=self.tree, env=_variables(), limits=_LIMITS)

    def _trouble(self, ran: Ran) -> str:
        python = f"Python {self.base.version}"
        if _is_network(ran):
            return (
                f"The environment for {python} could not be made, because the package index cannot be reached; check "
                "the network, or give an interpreter that has what the project needs with --python."
            )
        return (
            f"The environment for {python} could not be made ({_why(ran)}); mend what the project asks for, "
            "or give an interpreter that has it with --python."
        )


def find_uv() -> str:
    """The path of uv: the one that was installed with this program, else the one on PATH; "" without one."""
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv") or ""


def _variables() -> dict[str, str]:
    """How the user reaches packages, and where uv keeps them; no secret that was not meant for uv."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    own = {"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(cache), "XDG_CONFIG_HOME": config}
    if mirror := os.environ.get("PIP_INDEX_URL"):
        # Who has told pip alone where packages come from means it for all.
        own |= {} if passed.keys() & {"UV_INDEX_URL", "UV_DEFAULT_INDEX"} else {"UV_DEFAULT_INDEX": mirror}
    return passed | own | _VERSIONS_FROM_GIT


def _is_network(ran: Ran) -> bool:
    return any(sign in ran.stderr for sign in _NO_NETWORK)


def _why(ran: Ran) -> str:
    """The end of what uv said, which names the cause, on one line."""
    said = " ".join(ran.stderr.split()).replace("error: ", "").strip()
    return said[:300] or f"uv {ran.ended}"
