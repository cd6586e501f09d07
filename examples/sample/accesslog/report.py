"""A summary as text or Markdown."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from accesslog.stats import Summary, top

DEFAULTS: dict[str, Any] = {
    "format": "text",
    "top": 10,
    "sections": ["totals", "statuses", "pages", "browsers", "referrers", "slow"],
}


def render(summary: Summary, **wanted: Any) -> str:
    """The report. `wanted` may set format, top, sections, and `without`, a section to leave out."""
    settings = options(**wanted)
    heading = heading_markdown if settings["format"] == "markdown" else heading_text
    table = table_markdown if settings["format"] == "markdown" else table_text
    text = ""
    for section in settings["sections"]:
        rows = section_rows(summary, section, settings["top"])
        if rows:
            text += heading(section.capitalize())
            text += table(rows)
            text += "\n"
    return text


def options(**wanted: Any) -> dict[str, Any]:
    settings = copy.deepcopy(DEFAULTS)
    without = wanted.pop("without", None)
    settings.update(wanted)
    if without in settings["sections"]:
        settings["sections"].remove(without)
    return settings


def section_rows(summary: Summary, section: str, limit: int) -> list[tuple[str, str]]:
    if section == "totals":
        return [
            ("requests", str(summary.requests)),
            ("visitors", str(summary.visitors)),
            ("sessions", str(summary.sessions)),
            ("traffic", human_size(summary.traffic)),
            ("mean time", f"{summary.mean_seconds:.3f} s"),
        ]
    if section == "statuses":
        return [(describe(name), str(number)) for name, number in summary.statuses.items()]
    if section == "slow":
        return [(path, "") for path in summary.slow[:limit]]
    return [(name, str(number)) for name, number in top(getattr(summary, section), limit)]


def describe(status_class: str) -> str:
    meanings = {
        "1xx": "informational",
        "2xx": "success",
        "3xx": "redirection",
        "4xx": "client error",
        "5xx": "server error",
    }
    return f"{status_class} {meanings.get(status_class, 'unknown')}"


def human_size(size: int) -> str:
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.1f} {unit}" if unit != "B" else f"{size} B"
        value /= 1024
    return f"{value:.1f} TiB"


def heading_text(title: str) -> str:
    return f"{title}\n{'-' * len(title)}\n"


def heading_markdown(title: str) -> str:
    return f"## {title}\n\n"


def table_text(rows: Sequence[tuple[str, ...]]) -> str:
    widths = tuple(max(len(cell) for cell in column) for column in zip(*rows))
    lines = []
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths))
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def table_markdown(rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| | |", "|---|---|"]
    for row in rows:
        lines.append("| " + " | ".join(escape(cell) for cell in row) + " |")
    return "\n".join(lines) + "\n"


def escape(cell: str) -> str:
    special = {
        "\\": "\\\\",
        "|": "\\|",
        "*": "\\*",
        "_": "\\_",
        "`": "\\`",
        "<": "&lt;",
        "&": "&amp;",
    }
    return "".join(special.get(character, character) for character in cell)
