"""Slow down, stop or limit processes that were there before."""
import json, os, resource, signal
cfg = json.load(open("attack_config.json"))
for what in (
    lambda: resource.prlimit(cfg["victim_pid"], resource.RLIMIT_CORE, (0, 0)),
    lambda: os.setpriority(os.PRIO_PROCESS, cfg["victim_pid"], 19),
    lambda: os.sched_setaffinity(cfg["victim_pid"], {0}),
    lambda: os.kill(cfg["victim_pid"], signal.SIGSTOP),
    lambda: os.kill(os.getppid(), signal.SIGSTOP),
):
    try:
        print("did", what())
    except OSError as e:
        print("contained", e.errno)
