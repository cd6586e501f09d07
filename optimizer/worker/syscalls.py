"""A seccomp filter that refuses what no honest test of a fenced project needs from the kernel.

Numbers are from the kernel's tables for x86_64 and for the generic ones that aarch64 uses; the programs are
classic BPF over `struct seccomp_data` (see seccomp(2)).
"""

from __future__ import annotations

import ctypes
import errno
import os

_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_NEW_NAMESPACES = 0x7E020080

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# name: (on x86_64, on aarch64), None where there is no such call.
_REFUSED = {
    "socket": (41, 198),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "sethostname": (170, 161),
    "syslog": (103, 116),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
}
# Programs ask for these and go on without them.
_NOT_OFFERED = {"io_uring_setup": (425, 425), "clone3": (435, 435)}
_NO_ATTRIBUTES = {
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
# As on a file system without modes: whoever copies a file with its mode goes on.
_WITHOUT_EFFECT = {"chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)}
# Which argument names another process; 0 is the caller itself.
_ABOUT_OTHERS = {
    "prlimit64": ((302, 261), 0),
    "sched_setaffinity": ((203, 122), 0),
    "sched_setscheduler": ((144, 119), 0),
    "sched_setparam": ((142, 118), 0),
    "sched_setattr": ((314, 274), 0),
    "setpriority": ((141, 140), 1),
}
_CLONE = (56, 220)


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("true", ctypes.c_uint8),
        ("false", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def deny(libc):
    """For this process and all that come of it; raises OSError when the system has no such filters."""
    try:
        architecture, column = _ARCHITECTURES[os.uname().machine]
    except KeyError:
        raise OSError("no filter for %s" % os.uname().machine) from None
    steps = _steps(architecture, column)
    filled = (_Step * len(steps))(*steps)
    program = _Program(len(steps), filled)
    if libc.prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError("seccomp is refused (%s)" % os.strerror(ctypes.get_errno()))


def _steps(architecture, column):
    found = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    for calls, number in (
        (_REFUSED, errno.EACCES),
        (_NOT_OFFERED, errno.ENOSYS),
        (_NO_ATTRIBUTES, errno.EOPNOTSUPP),
        (_WITHOUT_EFFECT, 0),
    ):
        for call in calls.values():
            found += _always(call[column], number)
    for call, argument in _ABOUT_OTHERS.values():
        found += _when(call[column], argument, (_EQUAL, 1, 0, 0))
    found += _when(_CLONE[column], 0, (_ANY_BIT, 0, 1, _NEW_NAMESPACES))
    return [*found, (_RETURN, 0, 0, _ALLOW)]


def _always(call, number):
    return [] if call is None else [(_EQUAL, 0, 1, call), (_RETURN, 0, 0, _ERRNO | number)]


def _when(call, argument, test):
    """Refuse `call` when the test of its argument goes on to the next step, allow it when that is left out."""
    return [
        (_EQUAL, 0, 4, call),
        (_LOAD, 0, 0, _ARGUMENTS + 8 * argument),
        test,
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
