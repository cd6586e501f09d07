"""Reach outside through links that look like own files."""
import json, os, shutil
cfg = json.load(open("attack_config.json"))
target = cfg["outside"] + "/sentinel.txt"
for make, name in ((os.symlink, "soft"), (os.link, "hard")):
    try:
        make(target, name)
        open(name, "a").write("x")
        os.chmod(name, 0o777)
        print("did", name)
    except OSError as e:
        print("contained", name, e.errno)
os.makedirs("deep", exist_ok=True)
os.symlink(cfg["outside"], "deep/folder")
here = os.getcwd()
try:
    for _ in range(2000):
        os.mkdir("d" * 50)
        os.chdir("d" * 50)
finally:
    os.chdir(here)
