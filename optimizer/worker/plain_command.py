"""Run one command line of no task, inside whatever this worker is confined to."""

from __future__ import annotations

import subprocess


def run(payload, send):
    """Its output is that of the worker."""
    try:
        status = subprocess.run(payload["argv"], stdin=subprocess.DEVNULL, check=False).returncode
    except OSError as error:
        send({"status": 127, "trouble": error.strerror or "it cannot be started"})
    else:
        send({"status": status, "trouble": ""})
