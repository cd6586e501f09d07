"""Globs as in .gitignore: which paths a list of patterns matches."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence


def matches(patterns: Sequence[str], path: str) -> bool:
    """Whether `patterns` match `path` (POSIX, relative to the root) or a folder above it.

    As in .gitignore the last pattern that matches decides, and one that begins with `!` takes back.
    """
    matched = False
    for pattern in patterns:
        negated = pattern.startswith("!")
        if _compiled(pattern.removeprefix("!")).fullmatch(path):
            matched = not negated
    return matched


def names(patterns: Sequence[str], path: str, part: str) -> bool:
    """Whether a pattern that matches `path` spells `part`, one of the path's folders or its file name.

    `*.py` and `src/**` match a lot without having any `part` in mind.
    """
    return any(
        _compiled(pattern).fullmatch(path) and any(_spells(piece, part) for piece in pattern.split("/"))
        for pattern in patterns
        if not pattern.startswith("!")
    )


def _spells(piece: str, part: str) -> bool:
    is_literal = re.search(r"\w", piece.removesuffix(".py")) is not None
    return is_literal and re.fullmatch(_translated(piece), part) is not None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.strip("/")
    anchored = "/" in pattern.rstrip("/")
    start = "" if anchored else "(?:.*/)?"
    end = "/.*" if pattern.endswith("/") else "(?:/.*)?"
    try:
        return re.compile(start + _translated(body) + end, re.DOTALL)
    except re.error:
        # A range like [z-a] holds no character.
        return re.compile("(?!)")


_PIECES = re.compile(
    r"(?P<any_folders>(?<![^/])\*\*/)|(?P<inside>(?<=/)\*\*$)|\*+|\?|\[[!^]?\]?[^\]/]*\]|\\?.", re.DOTALL
)


def _translated(pattern: str) -> str:
    return "".join(_regex(piece) for piece in _PIECES.finditer(pattern))


def _regex(match: re.Match[str]) -> str:
    piece = match.group()
    if match["any_folders"]:
        return "(?:.*/)?"
    if match["inside"]:
        return ".*"
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece.startswith("[") and len(piece) > 1:
        return _character_class(piece)
    return re.escape(piece.removeprefix("\\") or "\\")


def _character_class(piece: str) -> str:
    inside = piece[1:-1]
    negated = inside[:1] in {"!", "^"}
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside[1:] if negated else inside)
    return f"(?!/)[{'^' if negated else ''}{members}]"
