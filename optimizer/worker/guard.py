"""Keep made-up inputs from doing harm, and from running for ever.

A text that a generator made up may reach `shutil.rmtree` or a socket. While `shielded` is on, an audit
hook refuses whatever would change files that were there before, start a process, or talk to the
network; the input is then dropped. It is a net under honest code, not a wall around hostile code.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys

_PATHS = {
    "os.remove": 1, "os.rename": 2, "os.rmdir": 1, "os.chmod": 1, "os.chown": 1, "os.truncate": 1,
    "os.link": 2, "os.symlink": 2, "os.utime": 1, "shutil.rmtree": 1, "shutil.move": 2,
    "shutil.chown": 1, "shutil.unpack_archive": 2, "shutil.make_archive": 1, "sqlite3.connect": 1,
}  # fmt: skip
_NEVER = {
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty"),
    *("os.kill", "os.killpg", "os.startfile", "signal.pthread_kill", "pty.spawn", "webbrowser.open"),
    *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"),
    *("socket.gethostbyname", "urllib.Request", "smtplib.connect", "ftplib.connect"),
}
_WAITING = 4
_STUCK = 3
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class TooLong(BaseException):
    """An input ran over its deadline. Not an `Exception`, so that ordinary handlers let it through."""


class Guard:
    """One for a process. `blocked` says whether the last shielded run tried something that is refused."""

    def __init__(self, deadline_seconds):
        self.blocked = False
        self._deadline = deadline_seconds
        self._shield = False
        self._armed = False
        self._made = set()
        sys.addaudithook(self._hook)
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._ring)
            signal.signal(signal.SIGPROF, self._ring)
            signal.signal(signal.SIGVTALRM, signal.SIG_DFL)

    @contextlib.contextmanager
    def watch(self, shielded):
        """Run the body under the deadline; a body stuck in C code takes the process down a little later."""
        self.blocked, self._shield, self._armed = False, shielded, True
        folder = os.getcwd()
        self._set_timers(self._deadline)
        try:
            yield
        finally:
            self.rest()
            if self._made:
                self._clean()
            if os.getcwd() != folder:
                os.chdir(folder)

    def rest(self):
        """Stop watching. Harmless to repeat, as after a deadline that fell into the end of a watch."""
        self._armed = self._shield = False
        self._set_timers(0)

    def _set_timers(self, seconds):
        """The deadline is on processor time: a busy machine is not the fault of an input."""
        if hasattr(signal, "setitimer"):
            again = seconds and 0.05
            signal.setitimer(signal.ITIMER_PROF, seconds, again)
            signal.setitimer(signal.ITIMER_REAL, seconds * _WAITING, again)
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds * _STUCK)

    def _ring(self, number, frame):
        if self._armed:
            raise TooLong

    def _hook(self, event, arguments):
        if not self._shield:
            return
        if event == "open":
            self._opening(*arguments)
        elif event == "os.mkdir":
            self._made.add(os.path.abspath(os.fsdecode(arguments[0])))
        elif event in _NEVER:
            self._refuse(event)
        elif event in _PATHS:
            for path in arguments[: _PATHS[event]]:
                if not self._is_own(path):
                    self._refuse(event)

    def _opening(self, path, mode, flags):
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        if not (flags or 0) & _WRITING and not set(mode or "") & set("wax+"):
            return
        path = os.path.abspath(os.fsdecode(path))
        if path in self._made or path == os.devnull:
            return
        if os.path.lexists(path):
            self._refuse("open")
        self._made.add(path)

    def _is_own(self, path):
        if isinstance(path, int):
            return True
        try:
            text = os.fsdecode(path)
        except (TypeError, ValueError):
            return True
        full = os.path.abspath(text)
        return text == ":memory:" or any(
            full == made or full.startswith(made + os.sep) for made in self._made
        )

    def _refuse(self, event):
        self.blocked = True
        message = "not while trying made-up inputs: " + event
        raise PermissionError(message)

    def _clean(self):
        for path in self._made:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    os.remove(path)
        self._made.clear()
