"""Shut this process in for good, before it runs anything of the project: level L1 on top of L0.

Landlock: files are written only below the folders that are given, private folders are not read, no signal and
no abstract socket goes out. seccomp (`syscalls.py`): no sockets, no tracing, no new mounts or namespaces, no
modes or owners changed. Everything that comes of this process is shut in with it, and nothing opens it again.
"""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import stat
import sys

from .confine import keep_capabilities
from .syscalls import deny

_PR_SET_NO_NEW_PRIVS = 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_VERSION_FLAG = 1
_OLDEST = 6
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ALL = (1 << 16) - 1
_OF_FILES = _EXECUTE | 1 << 1 | _READ_FILE | 1 << 14 | 1 << 15
_SCOPES = 3
_FILE_CAPABILITIES = 0b11111
"""CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_PRIVATE = ("/etc/shadow", "/etc/gshadow", "/etc/ssh", "/run/secrets", "/run/user", "/var/run/secrets")


class NoFence(OSError):
    """This system does not offer what the fence is made of."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("folder", ctypes.c_int32))


def fence(rules):
    """Raises NoFence rather than leave anything open.

    `rules`: `writable` folders, `needed` paths that are read even in a private place, `homes` whose hidden
    entries are private, further `private` paths.
    """
    if not sys.platform.startswith("linux"):
        raise NoFence("Linux is needed")
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    if version < _OLDEST:
        raise NoFence("Linux 6.12 or newer with Landlock is needed")
    keep_capabilities(libc, _FILE_CAPABILITIES)
    _must(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    wanted = _Ruleset(_ALL, 0, _SCOPES)
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(ctypes.sizeof(wanted)), 0)
    _must(min(ruleset, 0), "a Landlock ruleset")
    for path, access in _allowed(rules):
        _allow(libc, ruleset, path, access)
    _must(libc.syscall(_RESTRICT_SELF, ruleset, 0), "Landlock")
    os.close(ruleset)
    deny(libc)


def _must(result, what):
    if result:
        raise NoFence("%s is refused (%s)" % (what, os.strerror(ctypes.get_errno())))


def _allowed(rules):
    """(path, what may be done beneath it) for every rule."""
    homes = {os.path.realpath(home) for home in (*rules["homes"], "/root", *glob.glob("/home/*"))} - {"/"}
    private = {os.path.realpath(path) for path in (*rules["private"], *_PRIVATE)}
    private.update(os.path.realpath(path) for home in homes for path in _hidden_in(home))
    yield "/", _READ_DIR
    yield from ((path, _READ) for path in _around("/", private))
    for needed in map(os.path.realpath, rules["needed"]):
        inside = {path for path in private if path != needed and _is_below(path, needed)}
        yield from ((path, _READ) for path in _around(needed, inside))
    yield from ((path, _READ | 1 << 1) for path in _DEVICES)
    yield from ((os.path.realpath(path), _ALL) for path in rules["writable"])


def _hidden_in(home):
    try:
        return [os.path.join(home, name) for name in os.listdir(home) if name.startswith(".")]
    except OSError:
        return []


def _around(folder, private):
    """The largest folders and files below `folder` that hold nothing private."""
    if folder in private:
        return
    if not any(_is_below(path, folder) for path in private):
        yield folder
        return
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield from _around(path, private)


def _is_below(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _allow(libc, ruleset, path, access):
    """What is not there cannot be allowed, and need not be."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            access &= _OF_FILES
        rule = _Beneath(access, opened)
        _must(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0), "a rule for " + path)
    finally:
        os.close(opened)
