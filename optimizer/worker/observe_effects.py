"""Log, in order, what a call does to the world outside its arguments.

Output, log records, warnings, files that are written, processes and connections that are opened go
into one log together with the calls of spies, so that their order can be compared. Installed in a process
that runs one input only; nothing is ever put back.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
import zlib

KEPT_CHARACTERS = 20_000
KEPT_BYTES = 1 << 20
MAX_EVENTS = 5_000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_AUDITED = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.utime",
    "os.kill",
    "os.fork",
    "os.forkpty",
    "os.system",
    "os.startfile",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "subprocess.Popen",
    "socket.bind",
    "socket.connect",
    "socket.sendto",
    "socket.getaddrinfo",
    "shutil.rmtree",
    "urllib.Request",
    "webbrowser.open",
    "signal.pthread_kill",
)


class Effects:
    """Everything that is logged while `on` is true.

    `text` makes a text comparable (see `Canon.text`); `raw` is a file that takes what does not go through
    Python's streams.
    """

    def __init__(self, log, text, raw):
        self.log = log
        self.on = False
        self.written = []
        self.unclosed = 0
        self._text = text
        self._raw = raw

    def install(self):
        """Redirect this process's output and hook into logging, warnings and the audit events."""
        self._raw.truncate(0)
        self._raw.seek(0)
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(self._raw.fileno(), 1)
        os.dup2(self._raw.fileno(), 2)
        sys.stdout = sys.__stdout__ = _Stream.text("stdout", self)
        sys.stderr = sys.__stderr__ = _Stream.text("stderr", self)
        self._hook_logging()
        warnings.simplefilter("always")
        warnings.showwarning = self._warned
        sys.addaudithook(self._audited)
        sys.unraisablehook = lambda unraisable: None

    def add(self, *event):
        """Log one event; a flood of them is only counted."""
        if not self.on:
            return
        if len(self.log) < MAX_EVENTS:
            self.log.append(list(event))
        elif self.log[-1][0] == "more":
            self.log[-1][1] += 1
        else:
            self.log.append(["more", 1])

    def output(self, stream, text):
        """Add to the last event when that is output of the same stream: how it is cut up is not compared."""
        if not self.on or not text:
            return
        if not self.log or self.log[-1][:2] != ["output", stream]:
            self.add("output", stream, "", 0, 0)
        last = self.log[-1]
        if last[0] == "output":
            last[2] += text[: max(0, KEPT_CHARACTERS - len(last[2]))]
            last[3] += len(text)
            last[4] = zlib.crc32(text.encode("utf-8", "surrogatepass"), last[4])

    def past_python(self):
        """What was written to the descriptors 1 and 2 without Python's streams."""
        size = self._raw.seek(0, os.SEEK_END)
        self._raw.seek(0)
        return [size, self._text(self._raw.read(KEPT_CHARACTERS).decode("utf-8", "replace"))] if size else []

    def files(self):
        """The files that were opened for writing or removed, with what they hold now."""
        return [[self._text(path), self._content(path)] for path in dict.fromkeys(self.written)]

    def _content(self, path):
        if os.path.isdir(path):
            return "directory"
        try:
            with open(path, "rb") as stream:
                data = stream.read(KEPT_BYTES)
                return [os.fstat(stream.fileno()).st_size, self._text(data.decode("latin-1"))]
        except OSError as error:
            return type(error).__name__

    def _hook_logging(self):
        handle = logging.Logger.handle
        effects = self

        def logged(logger, record):
            try:
                message = record.getMessage()
            except Exception as error:
                message = "cannot be formatted: " + type(error).__name__
            error = record.exc_info[0] if record.exc_info else None
            name = getattr(error, "__name__", None)
            effects.add("logged", record.name, record.levelname, effects._text(message), name)
            return handle(logger, record)

        logging.Logger.handle = logged
        logging.raiseExceptions = False
        logging.root.setLevel(1)

    def _warned(self, message, category, filename, lineno, file=None, line=None):
        if issubclass(category, ResourceWarning):
            self.unclosed += self.on
            return
        self.add("warned", category.__name__, self._text(str(message)))

    def _audited(self, event, arguments):
        if not self.on:
            return
        if event == "open":
            self._opened(*arguments)
        elif event in _AUDITED:
            self.add("did", event, [self._argument(argument) for argument in arguments])

    def _opened(self, path, mode, flags):
        if not flags & _WRITING or isinstance(path, int) or path == os.devnull:
            return
        name = os.path.abspath(os.fsdecode(path))
        self.written.append(name)
        self.add("did", "open", [self._text(name), mode, flags & _WRITING])

    def _argument(self, value):
        if isinstance(value, (str, bytes, os.PathLike)):
            return self._text(os.fsdecode(value))
        if isinstance(value, (list, tuple)):
            return [self._argument(item) for item in value]
        return repr(value) if isinstance(value, (int, type(None))) else type(value).__name__


class _Stream(io.BufferedIOBase):
    """A binary stream whose bytes go to the log."""

    def __init__(self, name, effects):
        super().__init__()
        self._name, self._effects = name, effects

    @classmethod
    def text(cls, name, effects):
        return io.TextIOWrapper(
            cls(name, effects), encoding="utf-8", errors="backslashreplace", write_through=True
        )

    def writable(self):
        return True

    def fileno(self):
        return 1 if self._name == "stdout" else 2

    def write(self, data):
        self._effects.output(self._name, bytes(data).decode("utf-8", "surrogateescape"))
        return len(data)
