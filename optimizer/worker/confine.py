"""Lower what this process may do, before it runs anything of the project.

Limits on its own use; and on Linux: no way to raise them again for root, and no signals to processes that it
did not start (Landlock, from Linux 6.12 on). What the system does not offer is left out.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

from .supervise import MOST_PROCESSES, threads

_PR_SET_NO_NEW_PRIVS = 38
_PR_CAPBSET_DROP = 24
_CAP_SYS_RESOURCE = 24
_MOST_CAPABILITIES = 64
_CAPABILITIES_VERSION = 0x20080522
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_SCOPE_SIGNAL = 2
_FIRST_WITH_SCOPES = 6


def confine(limits, *, fenced=False):
    """Never raises: a limit that cannot be had is one of the reasons for the other limits.

    A process that will be `fenced` keeps signals in by that: below another domain no file changes its folder.
    """
    _limit(limits)
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None, use_errno=True)
            _keep_limits(libc)
            if not fenced:
                _keep_signals(libc)


def _limit(limits):
    """A platform without `resource` has none."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: limits.get("memory_bytes"),
        resource.RLIMIT_FSIZE: limits.get("file_bytes"),
        resource.RLIMIT_NOFILE: limits.get("open_files"),
        resource.RLIMIT_CPU: limits.get("cpu_seconds"),
    }
    if (running := threads()) and os.getuid() != 0:
        # What the user runs besides counts as well, and is part of these.
        wanted[resource.RLIMIT_NPROC] = running + 2 * MOST_PROCESSES
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind, value in wanted.items():
        if value:
            _, hard = resource.getrlimit(kind)
            ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (ceiling, ceiling))


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _keep_limits(libc):
    """Give up the capability to raise limits, for this process and for what it starts."""
    keep_capabilities(libc, ~(1 << _CAP_SYS_RESOURCE))


def keep_capabilities(libc, mask):
    """Of root's capabilities keep those in `mask`, a bit each (a negative number has all the high bits)."""
    if os.geteuid() != 0:
        return
    header, data = _Header(_CAPABILITIES_VERSION, 0), (_Data * 2)()
    if libc.capget(ctypes.byref(header), data):
        return
    for number in range(_MOST_CAPABILITIES):
        if not mask >> number & 1:
            libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    for word in range(2):
        kept = mask >> 32 * word & 0xFFFFFFFF
        data[word].effective &= kept
        data[word].permitted &= kept
        data[word].inheritable &= kept
    libc.capset(ctypes.byref(header), data)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


def _keep_signals(libc):
    """A domain of its own, out of which no signal goes; everything else stays as it was."""
    if libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1) < _FIRST_WITH_SCOPES:
        return
    rules = _Ruleset(0, 0, _SCOPE_SIGNAL)
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), 0)
    if ruleset < 0:
        return
    if libc.syscall(_RESTRICT_SELF, ruleset, 0):
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
