"""Processes that run the project's code: what they get, what stops them, what is believed of them."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.errors import SandboxError
from optimizer.ports import Job, Limits, Ran
from optimizer.safe_text import safe_text
from optimizer.sandbox.launch import WORKER, Launcher, allowed_environment

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
FIRST_WITH_SIGNALS = 6


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
    wait_until(lambda: not is_running(int(ran.stdout)))


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


DAEMON = """
import os, signal, time
def run(payload, send):
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
        if os.fork():
            os._exit(0)
        send_pid = os.open("daemon", os.O_WRONLY | os.O_CREAT)
        os.write(send_pid, str(os.getpid()).encode())
        os.rename("daemon", "daemon.pid")
        time.sleep(10_000)
    while not os.path.exists("daemon.pid"): time.sleep(0.01)
    END
"""


@linux
@pytest.mark.parametrize(
    ("end", "ended"),
    [("return", "ok"), ("os._exit(0)", "crashed"), ("time.sleep(10_000)", "timeout"), ("1 / 0", "crashed")],
)
def test_a_daemon_that_left_the_group_and_the_session_is_ended(end: str, ended: str, tmp_path: Path) -> None:
    assert hostile(DAEMON.replace("END", end), tmp_path, wall_seconds=4).ended == ended
    assert not is_there(int((tmp_path / "daemon.pid").read_text()))


@linux
def test_daemons_end_when_whoever_started_the_worker_is_killed(tmp_path: Path) -> None:
    (tmp_path / "hostile_task.py").write_text(DAEMON.replace("END", "time.sleep(10_000)"))
    worker = with_task(tmp_path)
    code = (
        "import sys; from pathlib import Path; from optimizer.ports import Job; from optimizer.sandbox.launch import Launcher\n"
        "job = Job(task='hostile_task', payload={}, python=sys.executable, cwd=Path(sys.argv[1]))\n"
        "Launcher(worker=Path(sys.argv[2])).work(job)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(worker)], cwd=WORKER.parent.parent
    )
    wait_until((tmp_path / "daemon.pid").exists)
    starter.kill()
    starter.wait()
    daemon = int((tmp_path / "daemon.pid").read_text())
    wait_until(lambda: not is_there(daemon))


@linux
@pytest.mark.parametrize("leave", ["", "os.setsid()"])
def test_a_fork_bomb_is_counted_and_ended(leave: str, tmp_path: Path) -> None:
    code = f"""
        import os
        def run(payload, send):
            while True:
                try:
                    if os.fork() == 0: {leave or "pass"}
                except OSError: pass
    """
    ran = hostile(textwrap.dedent(code), tmp_path, wall_seconds=20)
    assert ran.ended == "crashed"
    assert ran.seconds < 20
    assert not [pid for pid in pids() if str(tmp_path) in command_line(pid)]


@linux
def test_the_memory_of_all_processes_is_counted_together(tmp_path: Path) -> None:
    code = """
        import os, time
        def run(payload, send):
            for _ in range(2): os.fork()
            held = b"x" * (300 << 20)
            time.sleep(10_000)
    """
    ran = hostile(textwrap.dedent(code), tmp_path, wall_seconds=50, memory_bytes=700 << 20)
    assert ran.ended == "crashed"


@linux
@pytest.mark.parametrize(
    ("code", "limits"),
    [
        ("open('file%d' % n, 'wb').write(bytes(1 << 20))", {"disk_bytes": 64 << 20}),
        ("open('file%d' % n, 'w')", {"disk_files": 5000}),
        (
            "fd = os.memfd_create('m'); os.write(fd, bytes(32 << 20)); held.append(fd)",
            {"memory_bytes": 512 << 20},
        ),
    ],
)
def test_what_is_taken_of_the_disk_is_counted_together(
    code: str, limits: dict[str, int], tmp_path: Path
) -> None:
    code = f"""
        import os, itertools, time
        def run(payload, send):
            held = []
            try:
                for n in itertools.count(): {code}
            except OSError:
                time.sleep(1000)
    """
    ran = hostile(textwrap.dedent(code), tmp_path, wall_seconds=50, **limits)
    assert ran.ended == "crashed"


@linux
def test_limits_cannot_be_raised_again(tmp_path: Path) -> None:
    code = """
        import resource
        def run(payload, send):
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            send({"raised": True})
    """
    assert hostile(textwrap.dedent(code), tmp_path).messages == ()


@linux
@pytest.mark.parametrize("whom", ["os.getppid()", "STARTER"])
def test_no_signal_reaches_what_the_worker_did_not_start(whom: str, tmp_path: Path) -> None:
    if scopes_of_landlock() < FIRST_WITH_SIGNALS:
        pytest.skip("Linux 6.12 or newer is needed")
    code = f"""
        import os, signal
        def run(payload, send):
            try:
                os.kill({whom.replace("STARTER", str(os.getpid()))}, signal.SIGTERM)
            except PermissionError:
                send({{"refused": True}})
    """
    ran = hostile(textwrap.dedent(code), tmp_path)
    assert (ran.ended, ran.messages) == ("ok", ({"refused": True},))


def test_a_worker_may_end_what_it_started(tmp_path: Path) -> None:
    code = """
        import subprocess, sys
        def run(payload, send):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
            child.terminate()
            send({"status": child.wait()})
    """
    assert hostile(textwrap.dedent(code), tmp_path).messages == ({"status": -signal.SIGTERM},)


def hostile(code: str, folder: Path, **limits: float) -> Ran:
    (folder / "hostile_task.py").write_text(code)
    job = Job(
        task="hostile_task",
        payload={},
        python=sys.executable,
        cwd=folder,
        limits=Limits(**limits),  # type: ignore[arg-type]
    )
    return Launcher(worker=with_task(folder)).work(job)


def wait_until(holds: Callable[[], bool]) -> None:
    """The deadline is for a test that fails."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and bool(command_line(pid))


def pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def command_line(pid: int) -> str:
    """Empty for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def scopes_of_landlock() -> int:
    return int(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1))


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
        (b"##[error]no", "#\u200b#[error]no"),
        (b"12 passed ##[add-path]/tmp", "12 passed #\u200b#[add-path]/tmp"),
        (b"\x1b[31mred\x00", "\ufffd[31mred\ufffd"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("\u202ereversed", "\ufffdreversed"),
    ],
)
def test_text_of_unread_programs_is_made_safe(raw: bytes | str, safe: str) -> None:
    assert safe_text(raw) == safe


def test_only_the_end_of_long_text_is_kept() -> None:
    assert safe_text("ab" * 100, limit=3) == "bab"
