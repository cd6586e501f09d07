"""What user agents say about themselves, taken with a grain of salt."""

from __future__ import annotations

import re


def is_bot(agent: str) -> bool:
    if not agent or agent == "-":
        return True
    return (
        re.search(r"bot\b|crawl|spider|slurp|curl/|python-requests", agent, re.IGNORECASE)
        is not None
    )


def browser(agent: str) -> str:
    """The browser's family. Order matters: nearly everyone claims to be Safari."""
    if is_bot(agent):
        return "bot"
    for mark, name in (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ):
        if mark in agent:
            return name
    return "other"


def major_version(agent: str, name: str) -> int:
    """The version after the mark of `name`, 0 when there is none."""
    marks = {
        "Edge": "Edg/",
        "Opera": "OPR/",
        "Firefox": "Firefox/",
        "Chrome": "Chrome/",
        "Safari": "Version/",
    }
    _, found, rest = agent.partition(marks.get(name, "\0"))
    digits = re.match(r"\d+", rest, re.ASCII)
    return int(digits.group()) if found and digits else 0
