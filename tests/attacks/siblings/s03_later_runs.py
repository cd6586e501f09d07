"""Leave something behind that others will run: hooks of git, start-up files of Python and of shells."""
import json, os, sysconfig
cfg = json.load(open("attack_config.json"))
for place in (
    cfg["outside"] + "/.git/hooks/post-checkout", cfg["home"] + "/.profile", cfg["home"] + "/.bashrc",
    sysconfig.get_path("purelib") + "/zz_attack.pth" if cfg["fenced"] else cfg["outside"] + "/zz_attack.pth",
):
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "a").write("# CANARY\n")
        print("did", place)
    except OSError as e:
        print("contained", place, e.errno)
