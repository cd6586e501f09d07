"""Level L1: what it shuts in, what it leaves as it is, and that nothing runs where it cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from optimizer.errors import ProjectError, SandboxError
from optimizer.ports import Job, Limits, Ran
from optimizer.sandbox import levels
from optimizer.sandbox.launch import Launcher
from optimizer.sandbox.levels import private_in, runner_at, trouble_of
from optimizer.verify.toolbox import toolbox
from optimizer.workload.identify import identify

TROUBLE = trouble_of(Launcher(level="L1"))
needs_fence = pytest.mark.skipif(bool(TROUBLE), reason=TROUBLE)


def fenced(code: str, folder: Path, *private: Path) -> Ran:
    launcher = Launcher(level="L1", private=private)
    return launcher.command([sys.executable, "-c", code], cwd=folder, limits=Limits(wall_seconds=60.0))


@needs_fence
@pytest.mark.parametrize(
    "code",
    [
        "import socket; a, b = socket.socketpair(); a.send(b'x'); b.recv(1)",
        "import asyncio; asyncio.run(asyncio.sleep(0))",
        "import threading; t = threading.Thread(target=print); t.start(); t.join()",
        "import os; pid = os.fork() or os._exit(0); os.waitpid(pid, 0)",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'], check=True)",
        "import tempfile; tempfile.TemporaryDirectory().cleanup()",
        "import shutil; open('a', 'w').write('x'); shutil.copy2('a', 'b'); shutil.move('b', 'c')",
        "import os; os.mkdir('d'); open('d/e', 'w'); os.rename('d/e', 'f'); os.symlink('f', 'g'); os.link('f', 'h')",
        "import sqlite3; sqlite3.connect('base').execute('create table t (x)')",
        "import os; open(os.devnull, 'w').write('x'); open('/etc/passwd').read()",
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (50, 50))",
        "import concurrent.futures as f; f.ThreadPoolExecutor().submit(int).result()",
        "import hypothesis, pytest",
    ],
)
def test_honest_code_notices_nothing(code: str, tmp_path: Path) -> None:
    ran = fenced(code, tmp_path)
    assert (ran.ended, ran.stderr) == ("ok", "")


@needs_fence
@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket()",
        "import socket; socket.socket(socket.AF_UNIX)",
        "open({outside!r}, 'a')",
        "open({private!r})",
        "import os; os.truncate({outside!r}, 0)",
        "import os; os.unlink({outside!r})",
        "import os; os.link({outside!r}, 'here')",
        "import os; os.symlink({outside!r}, 'soft'); open('soft', 'a')",
        "import os; os.chown({outside!r}, 0, 0)",
        "import os; os.kill({starter}, 0)",
        "open('/proc/{starter}/environ', 'rb').read()",
        "import resource; resource.prlimit({starter}, resource.RLIMIT_CPU)",
    ],
)
def test_what_reaches_out_is_refused(code: str, tmp_path: Path) -> None:
    inside, outside, private = tmp_path / "inside", tmp_path / "outside", tmp_path / "kept" / "private"
    inside.mkdir()
    private.parent.mkdir()
    for file in (outside, private):
        file.write_text("as it was")
    ran = fenced(
        code.format(outside=str(outside), private=str(private), starter=os.getpid()), inside, private
    )
    assert ran.ended == "failed"
    assert "PermissionError" in ran.stderr or "Invalid cross-device link" in ran.stderr
    assert outside.read_text() == "as it was"


@needs_fence
def test_modes_of_files_stay(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(mode=0o600)
    assert fenced(f"import os; os.chmod({str(file)!r}, 0o777)", tmp_path).ended == "ok"
    assert file.stat().st_mode & 0o777 == 0o600


@needs_fence
def test_a_folder_that_is_only_read_is_not_written(tmp_path: Path) -> None:
    job = Job(
        task="plain_command",
        payload={"argv": [sys.executable, "-c", "open('new', 'w')"]},
        python=sys.executable,
        cwd=tmp_path,
        writes=False,
    )
    ran = Launcher(level="L1").work(job)
    assert ran.messages[0]["status"] == 1
    assert not list(tmp_path.iterdir())


@needs_fence
def test_hidden_things_of_a_home_are_read_only_by_what_lives_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter under `~/.pyenv` runs, and its own files are all that it reads there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    key = tmp_path / ".ssh" / "id_rsa"
    key.parent.mkdir()
    key.write_text("secret")
    environment = tmp_path / ".venvs" / "one"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    work = tmp_path / "work"
    work.mkdir()
    seen = tmp_path / "seen"
    seen.write_text("open")
    code = f"import json, sys; print(open({str(seen)!r}).read(), sys.prefix); open({str(key)!r})"
    job = Job(
        task="plain_command",
        payload={"argv": [str(environment / "bin/python"), "-c", code]},
        python=str(environment / "bin/python"),
        cwd=work,
    )
    ran = Launcher(level="L1").work(job)
    assert ran.stdout == f"open {environment}\n"
    assert "PermissionError" in ran.stderr


@needs_fence
def test_an_interpreter_that_does_not_run_is_told_of_as_ever(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(ProjectError, match=r"does not run \(broken\)"):
        identify(str(broken), Launcher(level="L1"))


@needs_fence
def test_nothing_is_installed(tmp_path: Path, python_exe) -> None:
    found = toolbox(python_exe("3.12"), Launcher(level="L1"), cache=tmp_path)
    assert found.path is None
    assert found.note.endswith("at L1 nothing can be installed.")
    assert not list(tmp_path.iterdir())


@needs_fence
def test_the_strongest_level_that_was_asked_for_is_used(tmp_path: Path) -> None:
    assert runner_at("L0", tmp_path).level == "L0"
    assert runner_at("L1", tmp_path).level == "L1"
    with pytest.raises(
        SandboxError, match=r"--sandbox L2 was asked for, but .* run at L1; give --sandbox L1"
    ):
        runner_at("L2", tmp_path)


def test_without_a_fence_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "trouble_of", lambda _: "Linux 6.12 or newer with Landlock is needed")
    with pytest.raises(
        SandboxError, match=r"run at L0 \(Linux 6.12 or newer with Landlock is needed\); give"
    ):
        runner_at("L1", tmp_path)


def test_what_holds_is_found_out_by_trying() -> None:
    """L0 has no fence, and it shows."""
    assert trouble_of(Launcher()) == "it does not hold that no connection is made, not even to this machine"


def test_where_git_keeps_a_token_is_private(make_project, tmp_path: Path) -> None:
    root = make_project({"a.py": "x = 1\n", "sub/b.py": "x = 1\n"})
    assert private_in(root / "sub") == (root / ".git",)
    tree = tmp_path / "tree"
    subprocess.run(["git", "-C", root, "worktree", "add", "--quiet", tree], check=True, capture_output=True)
    assert private_in(tree) == (tree / ".git", root / ".git/worktrees/tree", root / ".git")
