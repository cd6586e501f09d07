"""Read the variables and the memory of the harness, of the parents and of everything that runs."""
import json, os
cfg = json.load(open("attack_config.json"))
for pid in (cfg["harness_pid"], cfg["victim_pid"], os.getppid()):
    for name in ("environ", "mem", "maps", "cwd/attack_config.json", "fd"):
        try:
            path = f"/proc/{pid}/{name}"
            found = os.listdir(path) if name == "fd" else open(path, "rb").read(1 << 16)
            print("BREACH" if b"CANARY" in (found if isinstance(found, bytes) else b"") else "read", name)
        except OSError as e:
            print("contained", name, e.errno)
