"""Run the same recipes on several mutants of one version, each in a forked process, until each is noticed.

payload: as for `observe`, and
    texts       the mutants
    expected    for each recipe the digests of the parts of its outcome (None: not compared)
    seconds     when to stop with what is done so far
messages: {"mutant", "noticed": [[index, how, outcome], ...]}: outcomes that are not as expected, a few at most;
whether they differ in a way that counts is judged by the receiver.
"""

from __future__ import annotations

import functools
import importlib
import sys
import time

from . import load
from .canon import digest
from .isolate import isolated
from .observe import Version

MAX_NOTICED = 3


def run(payload, send):
    deadline = time.monotonic() + payload["seconds"]
    first = Version(payload)
    for number, text in enumerate(payload["texts"]):
        left = deadline - time.monotonic()
        if left <= 0:
            return
        _forget(first)
        job = functools.partial(_noticed, payload, text, deadline)
        answer, how, _ = isolated(job, payload["seconds"], left + 2)
        if how == "timeout" and time.monotonic() > deadline:
            return  # the time that was given is over: this says nothing about the mutant
        send({"mutant": number, "how": how, "noticed": answer if how == "ok" else [[-1, how, answer]]})


def _forget(version):
    """Unload the project's own modules, so that a copy of this process imports them anew; the rest stays loaded."""
    for name, _ in version.own.modules():
        sys.modules.pop(name, None)
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, load.SubstituteFinder)]
    importlib.invalidate_caches()


def _noticed(payload, text, deadline):
    version = Version({**payload, "text": text})
    if not version.imported["ok"]:
        return [[-1, "import", version.imported]]
    found = []
    tried = zip(payload["recipes"], payload["expected"], payload["limits"])
    for index, (recipe, expected, limit) in enumerate(tried):
        if expected is None:
            continue
        if time.monotonic() > deadline:
            return found or [[-1, "unfinished", None]]
        outcome, how, _ = version.observe(recipe, limit)
        if how != "ok" or any(digest(outcome.get(part)) != value for part, value in expected.items()):
            found.append([index, how, outcome])
            if how != "ok" or len(found) >= MAX_NOTICED:
                break
    return found
