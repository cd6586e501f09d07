"""Names of functions, shortened so that a reader still knows which function is meant."""

from __future__ import annotations

from optimizer.model import Candidate, Decision

_ELLIPSIS = "…"


def function_of(candidate: Candidate) -> str:
    """`package.module:Class.method` of the first target (and how many more there are), or the path."""
    if not candidate.targets:
        return candidate.path
    more = len(candidate.targets) - 1
    return candidate.targets[0].name + (f" (+{more})" if more else "")


def line_of(candidate: Candidate) -> int:
    """The first line of the first target; 1 without one."""
    return candidate.targets[0].first_line if candidate.targets else 1


def place_of(decision: Decision) -> str:
    """`package/module.py:12`."""
    return f"{decision.candidate.path}:{line_of(decision.candidate)}"


def fitted(name: str, width: int) -> str:
    """`name` in at most `width` characters: packages go first, then module, class, the middle."""
    if len(name) <= width:
        return name
    module, _, qualname = name.rpartition(":")
    last = module.rpartition(".")[2]
    own = qualname.rpartition(".")[2]
    for shorter in (f"{_ELLIPSIS}{last}:{qualname}", qualname, f"{_ELLIPSIS}{own}"):
        if len(shorter) <= width:
            return shorter
    head = max(1, (width - 1) // 2)
    tail = max(1, width - 1 - head)
    return f"{qualname[:head]}{_ELLIPSIS}{qualname[-tail:]}"
