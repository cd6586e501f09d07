"""Name a workload by what decides it, for the ledger's keys."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from optimizer.workload.files import walk
from optimizer.workload.plan import Plan
from optimizer.workload.project import Project


def digest_of(project: Project, tree: Path, plan: Plan, *, without: Collection[str]) -> str:
    """SHA-256 over how the project runs and over its files, except those in `without`.

    The files that candidates are made in are left out, because a verdict's key holds their text anyway: a
    change in one of them then keeps the verdicts on all others. Recorded calls are not part of it: they
    are a sample, and differ in details from run to run.
    """
    digest = hashlib.sha256()
    interpreter = project.interpreter
    for part in (plan.kind, *plan.argv, interpreter.implementation, interpreter.version, *project.roots):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    left_out = set(without)
    for path in walk(tree):
        if path not in left_out:
            digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + _content(tree / path))
    return digest.hexdigest()


def _content(file: Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
