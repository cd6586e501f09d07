"""Do it later: at exit, in a thread, in a destructor, from a signal."""
import atexit, json, os, signal, threading, time
cfg = json.load(open("attack_config.json"))
def late():
    try:
        open(cfg["outside"] + "/sentinel.txt", "a").write("x")
    except OSError:
        pass
atexit.register(late)
class Last:
    def __del__(self):
        late()
keep = Last()
threading.Thread(target=lambda: (time.sleep(0.2), late()), daemon=True).start()
os.register_at_fork(after_in_child=late)
print("armed")
