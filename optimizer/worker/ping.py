"""Say which interpreter this is; the cheapest task there is."""

from __future__ import annotations

import platform
import sys


def run(payload, send):
    send(
        {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "executable": sys.executable,
            "prefix": sys.prefix,
            "path": sys.path,
            "echo": payload,
        }
    )
