"""Stand between a worker and whoever started it, so that nothing which the worker starts outlives it.

A process group can be left (`setsid`), a parent can be outlived; but every orphan below this process becomes
its child (a subreaper), and it ends only when it has none left. It answers SIGTERM, and the end of whoever
started it, by ending the worker with all that came of it. How many processes there may be is counted here,
because RLIMIT_NPROC binds no root, and so is their memory together, and what they take of the disks. Without
Linux only the group is ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

MOST_PROCESSES = 512
_SHARED_PLACES = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - they are watched
_IN_ANY_CASE = 4
_POLL_SECONDS = 0.1
_MOST_ROUNDS = 2000
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def split(result_fd, limits):
    """Go on in a copy of this process; this one stays behind, and ends as the copy has ended.

    Of `limits`, `memory_bytes`, `disk_bytes` and `disk_files` are for all processes together, 0 for any amount.
    """
    if not sys.platform.startswith("linux"):
        return
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    own = os.getpid()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *_ENDING})
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != own:
            os._exit(1)
        return
    os.close(result_fd)
    _go_first()
    _end_as(_status_of(pid, _Bounds(limits)))


def _go_first():
    """Where that is allowed, run before a thousand processes that want to run as well."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def _prctl(option, value):
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, int(value), 0, 0, 0)


class _Bounds:
    """What the machine tells cheaply says when it is worth looking at each process."""

    def __init__(self, limits):
        self._memory = limits.get("memory_bytes", 0)
        self._most_threads = threads() + MOST_PROCESSES
        self._least_free = _meminfo(b"MemAvailable:") - self._memory
        self._most_shared = _meminfo(b"Shmem:") + self._memory
        self._disks = _Disks(limits.get("disk_bytes", 0), limits.get("disk_files", 0))

    def are_broken(self):
        if threads() > self._most_threads and len(_descendants()) > MOST_PROCESSES:
            return True
        if self._disks.are_filled():
            return True
        if not self._memory or _meminfo(b"MemAvailable:") > self._least_free:
            return False
        if sum(map(_own_bytes, _descendants())) > self._memory:
            return True
        # Files in memory belong to no process.
        return _meminfo(b"Shmem:") > self._most_shared and _written() > self._memory


class _Disks:
    """What is left in the places where programs write, and whether it is these processes that use it up."""

    def __init__(self, most_bytes, most_files):
        self._most_bytes, self._most_files = most_bytes, most_files
        places = (os.getcwd(), os.environ.get("TMPDIR", "/tmp"), *_SHARED_PLACES)  # noqa: S108 - it is watched
        self._before = {place: _left(place) for place in places}

    def are_filled(self):
        for place, (space, files) in self._before.items():
            now = _left(place)
            gone = space - now[0]
            if self._most_bytes and gone > self._most_bytes and _written() > self._most_bytes:
                return True
            # Space can be taken without writing, too: when this much goes, nobody asks who it was.
            if self._most_bytes and gone > _IN_ANY_CASE * self._most_bytes:
                return True
            if self._most_files and files - now[1] > self._most_files:
                return True
        return False


def _left(place):
    """(bytes, files) that are free there."""
    try:
        told = os.statvfs(place)
    except OSError:
        return 0, 0
    return told.f_bavail * told.f_frsize, told.f_favail


def _written():
    """Bytes that this process and all below it have asked to write, those that have ended included."""
    return sum(_asked("/proc/%d/io" % pid, _written_of) for pid in (os.getpid(), *_descendants()))


def _written_of(text):
    return int(text.partition(b"wchar: ")[2].split()[0])


def _status_of(pid, bounds):
    """How the worker ended, once nothing that came of it is left."""
    status = None
    while status is None:
        told = signal.sigtimedwait({signal.SIGCHLD, *_ENDING}, _POLL_SECONDS)
        if told is not None and told.si_signo in _ENDING:
            _kill(os.killpg, pid)
        elif bounds.are_broken():
            _kill(os.killpg, pid)
            _end_all()
        status, _ = _reaped(pid)
    # The kernel ends a whole group at once, however fast it grows.
    _kill(os.killpg, pid)
    _end_rest()
    return status


def _reaped(pid):
    """(the status of `pid` when it is among those that have ended, whether there are any children left)."""
    status = None
    while True:
        try:
            ended, found = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status, False
        if ended == 0:
            return status, True
        status = found if ended == pid else status


def _end_rest():
    """Without children there are no descendants either, as all orphans come here."""
    for _ in range(_MOST_ROUNDS):
        if not _reaped(0)[1]:
            return
        _end_all()
        signal.sigtimedwait({signal.SIGCHLD}, 0.005)


def _end_all():
    for pid in _descendants():
        _kill(os.kill, pid)


def _kill(function, pid):
    with contextlib.suppress(OSError):
        function(pid, signal.SIGKILL)


def _descendants():
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            children.setdefault(_parent(name), []).append(int(name))
    found = []
    pending = [os.getpid()]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def _parent(name):
    return _asked("/proc/%s/stat" % name, lambda text: int(text.rpartition(b")")[2].split()[1]))


def _own_bytes(pid):
    """What is in memory and not shared with files."""
    return _asked("/proc/%d/statm" % pid, lambda text: (int(text.split()[1]) - int(text.split()[2])) * _PAGE)


def threads():
    """How many threads the machine has now: cheap to ask for, and what grows when processes do."""
    return _asked("/proc/loadavg", lambda text: int(text.split()[3].partition(b"/")[2]))


def _meminfo(name):
    """Bytes of the machine's memory, in one of the ways in which the kernel counts them."""
    return _asked("/proc/meminfo", lambda text: int(text.partition(name)[2].split()[0]) << 10)


def _asked(path, read):
    """What a file of the kernel says, 0 when it is not there (any more)."""
    try:
        with open(path, "rb") as stream:
            return read(stream.read())
    except (OSError, IndexError, ValueError):
        return 0


def _end_as(status):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)
