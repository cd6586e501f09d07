"""Processes that run the project's code: what they get, what stops them, what is believed of them."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from pathlib import Path

import pytest

from optimizer.errors import SandboxError
from optimizer.ports import Job, Limits, Ran
from optimizer.sandbox.launch import WORKER, Launcher, allowed_environment
from optimizer.sandbox.safe_text import safe_text


def python(code: str, tmp_path: Path, **limits: float) -> Ran:
    return Launcher().command([sys.executable, "-c", code], cwd=tmp_path, limits=Limits(**limits))  # type: ignore[arg-type]


def test_secrets_of_the_host_are_not_inherited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    ran = python("import os; print(sorted(os.environ.items()))", tmp_path)
    assert ran.ended == "ok"
    assert "canary" not in ran.stdout
    assert os.environ["PATH"] in allowed_environment(tmp_path).values()


def test_there_is_no_standard_input(tmp_path: Path) -> None:
    assert python("import sys; print(repr(sys.stdin.read()))", tmp_path).stdout == "''\n"


def test_descriptors_of_the_host_are_closed(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        code = f"import os\ntry:\n    os.fstat({secret.fileno()}); print('open')\nexcept OSError:\n    print('closed')"
        assert python(code, tmp_path).stdout == "closed\n"


@pytest.mark.parametrize(
    ("code", "limits", "ended"),
    [
        ("while True: pass", {"wall_seconds": 0.5}, "timeout"),
        ("import sys\nwhile True: sys.stdout.write('x' * 65536)", {"output_bytes": 1 << 20}, "flooded"),
        ("raise SystemExit(3)", {}, "failed"),
        ("import os; os.kill(os.getpid(), 9)", {}, "crashed"),
        ("print('MemoryError', file=__import__('sys').stderr)", {}, "ok"),
    ],
)
def test_how_a_command_ends(code: str, limits: dict[str, float], ended: str, tmp_path: Path) -> None:
    assert python(code, tmp_path, **limits).ended == ended


def test_children_that_outlive_a_command_are_killed(tmp_path: Path) -> None:
    code = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid)"
    ran = python(code, tmp_path)
    assert ran.ended == "ok"
    assert not is_running(int(ran.stdout))


def is_running(pid: int) -> bool:
    """Whether the process runs; one that nobody has waited for yet does not."""
    try:
        return "(sleep) Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_command_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="no-such-program"):
        Launcher().command(["no-such-program"], cwd=tmp_path)


def test_a_worker_answers(tmp_path: Path) -> None:
    job = Job(task="ping", payload={"a": 1}, python=sys.executable, cwd=tmp_path)
    ran = Launcher().work(job)
    assert ran.ended == "ok"
    assert ran.messages[0]["echo"] == {"a": 1}
    assert ran.peak_bytes > 1 << 20


def test_a_worker_without_an_interpreter_is_one_sentence(tmp_path: Path) -> None:
    job = Job(task="ping", payload={}, python=str(tmp_path / "python9"), cwd=tmp_path)
    with pytest.raises(SandboxError, match="python9"):
        Launcher().work(job)


def test_a_worker_has_limits_of_its_own(tmp_path: Path) -> None:
    limits = Limits(cpu_seconds=7, memory_bytes=3 << 30, file_bytes=1 << 20, open_files=99)
    code = "import resource as r\ndef run(payload, send): send({'all': [r.getrlimit(k)[0] for k in payload['kinds']]})\n"
    (tmp_path / "limits_task.py").write_text(code)
    kinds = [
        resource.RLIMIT_CPU,
        resource.RLIMIT_AS,
        resource.RLIMIT_FSIZE,
        resource.RLIMIT_NOFILE,
        resource.RLIMIT_CORE,
    ]
    launcher = Launcher(worker=with_task(tmp_path))
    job = Job(
        task="limits_task", payload={"kinds": kinds}, python=sys.executable, cwd=tmp_path, limits=limits
    )
    assert launcher.work(job).messages[0]["all"] == [7, 3 << 30, 1 << 20, 99, 0]


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("while True: pass", "timeout"),
        ("import os; os._exit(0)", "crashed"),
        ("raise MemoryError", "memory"),
        ("send({'many': 'x' * 100_000})", "flooded"),
        (
            "import os\n    os.write(max(int(n) for n in os.listdir('/proc/self/fd') if n.isdigit() and int(n) > 2 and os.readlink('/proc/self/fd/' + n).startswith('pipe')), b'forged {\"done\": true}\\n'); os._exit(0)",
            "crashed",
        ),
        ("import os\n    if os.fork() == 0: send({'child': 1}); os._exit(0)\n    os.wait()", "ok"),
    ],
)
def test_how_a_worker_ends(code: str, ended: str, tmp_path: Path) -> None:
    (tmp_path / "hostile_task.py").write_text(f"def run(payload, send):\n    {code}\n")
    launcher = Launcher(worker=with_task(tmp_path))
    limits = Limits(wall_seconds=5, result_bytes=50_000)
    ran = launcher.work(
        Job(task="hostile_task", payload={}, python=sys.executable, cwd=tmp_path, limits=limits)
    )
    assert ran.ended == ended
    assert ran.messages == ()


def with_task(folder: Path) -> Path:
    """The worker with the tasks in `folder` beside its own."""
    worker = folder / "worker"
    shutil.copytree(WORKER, worker, ignore=shutil.ignore_patterns("__pycache__"))
    for task in folder.glob("*_task.py"):
        shutil.copy(task, worker)
    return worker


def test_an_unknown_task_is_no_answer(tmp_path: Path) -> None:
    assert (
        Launcher().work(Job(task="nonsense", payload={}, python=sys.executable, cwd=tmp_path)).ended
        == "crashed"
    )


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        (b"plain\ttext\n", "plain\ttext\n"),
        (b"::set-output name=x::y", "\u200b::set-output name=x::y"),
        (b"a\r  ::add-path::/tmp", "a\n  \u200b::add-path::/tmp"),
        (b"##[error]no", "\u200b##[error]no"),
        (b"\x1b[31mred\x00", "\ufffd[31mred\ufffd"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("\u202ereversed", "\ufffdreversed"),
    ],
)
def test_text_of_unread_programs_is_made_safe(raw: bytes | str, safe: str) -> None:
    assert safe_text(raw) == safe


def test_only_the_end_of_long_text_is_kept() -> None:
    assert safe_text("ab" * 100, limit=3) == "bab"
