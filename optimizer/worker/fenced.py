"""Try from inside what a fence must prevent; each answer is whether it was prevented."""

from __future__ import annotations

import contextlib
import os
import signal
import socket


def run(payload, send):
    send(
        {
            "network": _fails(lambda: socket.create_connection(("127.0.0.1", payload["port"]), timeout=5)),
            "unix": _fails(lambda: socket.socket(socket.AF_UNIX).connect(payload["socket"])),
            "outside": _fails(lambda: _write(payload["outside"])),
            "private": _fails(lambda: _read(payload["private"])),
            "memory": _fails(lambda: _read("/proc/%d/environ" % payload["starter"])),
            "signals": _fails(lambda: os.kill(payload["starter"], signal.SIGCONT)),
        }
    )


def _fails(attack):
    with contextlib.suppress(OSError):
        attack()
        return False
    return True


def _write(path):
    with open(path, "a") as stream:
        stream.write("written")


def _read(path):
    with open(path, "rb") as stream:
        stream.read(1)
