"""A text that must stand in every match of a pattern."""

from __future__ import annotations

from collections.abc import Iterator
from re import RegexFlag
from typing import Any

_Run = list[int]
_END_OF_ASCII = 128


def required_literal(tree: Any, pattern: str | bytes) -> str | bytes | None:
    """Text without which the pattern (parsed as `tree`) matches nowhere; None when none is sure.

    For a pattern that starts with it, one rare character is better: the search for one character is
    quicker than that for two, and the pattern itself finds its start as quickly.
    """
    flags = int(tree.state.flags)
    runs = [run for run in _runs(tree, flags) if run]
    if not runs:
        return None
    best = max(runs, key=len)
    if _starts_with_literal(tree):
        rare = [code for run in runs for code in run if not chr(code).isalnum() and not chr(code).isspace()]
        best = rare[:1] or best
    if isinstance(pattern, bytes):
        return bytes(best)
    return "".join(map(chr, best))


def _runs(tree: Any, flags: int) -> Iterator[_Run]:
    """Runs of characters that follow each other in every match. A run ends where anything else may stand."""
    run: _Run = []
    for op, argument in tree:
        name = str(op)
        if name == "LITERAL" and _means_itself(argument, flags):
            run.append(argument)
            continue
        if name == "AT":
            continue
        yield run
        run = []
        yield from _inner_runs(name, argument, flags)
    yield run


def _inner_runs(name: str, argument: Any, flags: int) -> Iterator[_Run]:
    match name, argument:
        case "SUBPATTERN", (_, added, removed, part):
            yield from _runs(part, (flags | added) & ~removed)
        case (("MAX_REPEAT" | "MIN_REPEAT"), (least, _, part)) if least > 0:
            yield from _runs(part, flags)


def _means_itself(code: int, flags: int) -> bool:
    """Whether no other character matches: with IGNORECASE, signs of ASCII."""
    return not flags & RegexFlag.IGNORECASE or (code < _END_OF_ASCII and not chr(code).isalpha())


def _starts_with_literal(tree: Any) -> bool:
    for op, argument in tree:
        name = str(op)
        if name == "SUBPATTERN":
            return _starts_with_literal(argument[3])
        return name == "LITERAL"
    return False
