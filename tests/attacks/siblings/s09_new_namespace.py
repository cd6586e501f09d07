"""Become somebody else: namespaces, mounts, tracing, kernel keys, a ring of system calls."""
import ctypes, json, os
cfg = json.load(open("attack_config.json"))
libc = ctypes.CDLL(None, use_errno=True)
TRIES = {
    "user namespace": lambda: libc.unshare(0x10000000),
    "mount": lambda: libc.mount(b"none", cfg["outside"].encode(), b"tmpfs", 0, None),
    "trace": lambda: libc.ptrace(16, cfg["victim_pid"], 0, 0),
    "shared memory": lambda: min(libc.shmget(0, 4096, 0o1600), 0),
    "key": lambda: min(libc.syscall(248, b"user", b"x", b"y", 1, -3), 0),
    "ring": lambda: min(libc.syscall(425, 1, ctypes.create_string_buffer(120)), 0),
} if os.uname().machine == "x86_64" else {}
for name, what in TRIES.items():
    print("contained" if what() else "BREACH", name)
