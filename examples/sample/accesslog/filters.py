"""Which requests count."""

from __future__ import annotations

from collections.abc import Iterable

from accesslog.entry import Entry


def without_paths(entries: Iterable[Entry], ignored: list[str]) -> list[Entry]:
    """Everything but requests for these very paths."""
    ignored = [path if path.startswith("/") else "/" + path for path in ignored]
    kept = []
    for entry in entries:
        if entry.path not in ignored:
            kept.append(entry)
    return kept


def is_page(path: str) -> bool:
    """Whether a path looks like something a person asked for."""
    name = path.rsplit("/", 1)[-1]
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return extension not in [
        "css",
        "js",
        "map",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "ico",
        "webp",
        "woff",
        "woff2",
        "ttf",
        "txt",
        "xml",
        "json",
    ]


def visitors(entries: Iterable[Entry]) -> list[str]:
    """Hosts in the order of their first request."""
    seen: list[str] = []
    for entry in entries:
        if entry.host not in seen:
            seen.append(entry.host)
    return seen


def sessions(entries: Iterable[Entry], gap_seconds: int = 1800) -> list[list[Entry]]:
    """Requests of one host that are never further apart than `gap_seconds`."""
    by_host: dict[str, list[list[Entry]]] = {}
    for entry in sorted(entries, key=lambda entry: entry.when):
        runs = by_host.setdefault(entry.host, [])
        if runs and (entry.when - runs[-1][-1].when).total_seconds() <= gap_seconds:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return [run for runs in by_host.values() for run in runs]
