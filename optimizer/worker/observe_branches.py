"""Run recipes on a text with probes (see `optimizer/verify/probes.py`) and tell which probes they reach.

payload: as for `observe`, and `points`, the numbers of all probes. The run ends when all are reached.
"""

from __future__ import annotations

import builtins
import os

from .isolate import isolated
from .observe import Version, wall_limit
from .observe_call import Story

PROBE = "__tenpercent_seen__"


def run(payload, send):
    seen = set()
    setattr(builtins, PROBE, _probe(seen))
    version = Version(payload)
    if not version.imported["ok"]:
        send({"imported": version.imported})
        return
    wanted = set(payload["points"]) - seen
    recipes = payload["recipes"]
    for index, recipe in enumerate(recipes):
        if not wanted:
            break
        reached = _reached(version, recipe, seen)
        new = wanted.intersection(reached)
        if new:
            wanted -= new
            send({"index": index, "reached": sorted(new)})
    send({"reached": sorted(seen.intersection(payload["points"]))})


def _probe(seen):
    def probe(number, condition):
        try:
            seen.add(2 * number + bool(condition))
        except Exception:
            return condition
        return condition

    return probe


def _reached(version, recipe, seen):
    """The numbers that one recipe reaches; they are written down before each may end the process."""
    folder = version.fresh_folder()

    def told():
        os.chdir(folder)
        Story(version, recipe, folder).tell()
        return sorted(seen)

    answer, how, _ = isolated(told, version.cpu_seconds, wall_limit(version.cpu_seconds))
    version.remove(folder)
    return answer if how == "ok" else []
