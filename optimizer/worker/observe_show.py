"""Say what recipes come to: the arguments as their authors would write them. Only for people to read.

Apart from observing, because a project's own `__repr__` may have effects.
"""

from __future__ import annotations

import functools
import os

from .isolate import isolated
from .observe import Version, wall_limit
from .recipes import materialise

_LONGEST = 2_000


def run(payload, send):
    version = Version(payload)
    if not version.imported["ok"]:
        return
    for index, recipe in enumerate(payload["recipes"]):
        folder = version.fresh_folder()
        job = functools.partial(_shown, version, recipe, folder)
        answer, how, _ = isolated(job, version.cpu_seconds, wall_limit(version.cpu_seconds))
        version.remove(folder)
        send({"index": index, "arguments": answer if how == "ok" else "(%s)" % answer})


def _shown(version, recipe, folder):
    os.chdir(folder)
    args, kwargs = materialise(recipe, version.context)
    text = repr(tuple(args))
    if kwargs:
        text = "%s, **%r" % (text, kwargs)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
