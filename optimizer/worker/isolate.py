"""Run one function in a forked copy of this process and get its JSON answer, or how the copy ended.

The copy starts from exactly the state of this process, however often that is done, and nothing that it
does (globals, hooks, `os._exit`, an endless loop, all memory) reaches this process. Its time is limited by the
kernel: no `except` can catch that.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

MAX_ANSWER = 8 << 20
GRACE_SECONDS = 1.0
_MARK = 16
_HEAD = _MARK + 8


def isolated(function, cpu_seconds, wall_seconds):
    """(answer, how, seconds): how is ok, timeout, memory, flooded or died; without ok the answer is a text.

    `seconds` is the CPU time that the copy has used.
    """
    read_end, write_end = os.pipe()
    # Whoever writes into every descriptor does not know what an answer begins with.
    mark = os.urandom(_MARK)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.close(read_end)
            _limit(cpu_seconds)
            _answer(function, write_end, mark)
            status = 0
        finally:
            os._exit(status)
    os.close(write_end)
    try:
        data, how = _read(read_end, time.monotonic() + wall_seconds)
        data = data[_MARK:] if data[:_MARK] == mark else bytearray()
    finally:
        os.close(read_end)
    return _ended(pid, data, how)


def _limit(cpu_seconds):
    """The default action of SIGPROF ends the process."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)


def _answer(function, descriptor, mark):
    try:
        answer = function()
    except MemoryError:
        answer = {"out of memory": True}
    except BaseException as error:
        answer = {"not told": "%s: %s, in line %s" % (type(error).__name__, error, _line(error))}
    signal.setitimer(signal.ITIMER_PROF, 0)
    data = json.dumps(answer, separators=(",", ":")).encode("ascii")
    view = memoryview(mark + len(data).to_bytes(8, "big") + data)
    while view:
        view = view[os.write(descriptor, view) :]


def _line(error):
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return "%d of %s" % (trace.tb_lineno, os.path.basename(trace.tb_frame.f_code.co_filename))


def _read(descriptor, deadline):
    """The answer's bytes; what a grandchild still holds open is not waited for."""
    data = bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return data, "timeout"
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            return data, "ok"
        data += chunk
        if len(data) >= _HEAD and len(data) >= _HEAD + int.from_bytes(data[_MARK:_HEAD], "big"):
            return data, "ok"
        if len(data) > MAX_ANSWER:
            return data, "flooded"


def _wait(pid):
    """(status, CPU seconds) of a copy that has said all it has to say: it gets a moment to end by itself."""
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage.ru_utime + usage.ru_stime
        time.sleep(0.0005)
    os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return status, usage.ru_utime + usage.ru_stime


def _ended(pid, data, how):
    if how != "ok":
        os.kill(pid, signal.SIGKILL)
    status, seconds = _wait(pid)
    return (*_answered(status, data, how), seconds)


def _answered(status, data, how):
    if how != "ok":
        return "it did not end in time" if how == "timeout" else "its outcome is too large", how
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGPROF, signal.SIGXCPU):
            return "it did not end in time", "timeout"
        return "it was ended by %s" % signal.Signals(number).name, "died"
    if len(data) < 8 or len(data) != 8 + int.from_bytes(data[:8], "big"):
        return "it ended the process with status %d" % os.WEXITSTATUS(status), "died"
    answer = json.loads(bytes(data[8:]))
    if answer == {"out of memory": True}:
        return "it ran out of memory", "memory"
    if isinstance(answer, dict) and "not told" in answer:
        return "what it did cannot be told: " + answer["not told"], "died"
    return answer, "ok"
