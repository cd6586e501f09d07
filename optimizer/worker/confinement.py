"""Look from inside at what keeps a worker apart from whoever started it; each answer is whether that holds."""

from __future__ import annotations

import os
import sys


def run(payload, send):
    send(
        {
            "environment": payload["canary"] not in os.environ,
            "home": os.path.realpath(os.path.expanduser("~")) != os.path.realpath(payload["home"]),
            "stdin": os.read(0, 1) == b"",
            "descriptors": not _is_open(payload["descriptor"]),
            "session": os.getsid(0) != payload["session"],
            "limits": _limited(payload["limits"]),
        }
    )


def _is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _limited(limits):
    """Whether nothing here may use more than was allowed, and no memory image is written after a crash."""
    try:
        import resource
    except ImportError:
        return False
    kinds = {
        "memory_bytes": resource.RLIMIT_AS,
        "file_bytes": resource.RLIMIT_FSIZE,
        "open_files": resource.RLIMIT_NOFILE,
    }
    if sys.platform == "darwin":
        # Accepted there, and not enforced.
        del kinds["memory_bytes"]
    found = {name: resource.getrlimit(kind)[1] for name, kind in kinds.items()}
    small = all(0 <= found[name] <= limits[name] for name in found)
    return small and resource.getrlimit(resource.RLIMIT_CORE)[1] == 0
