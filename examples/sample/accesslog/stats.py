"""Numbers about many requests."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accesslog.agents import browser
from accesslog.entry import Entry
from accesslog.filters import is_page, sessions, visitors


@dataclass
class Summary:
    requests: int = 0
    traffic: int = 0
    visitors: int = 0
    sessions: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)
    browsers: dict[str, int] = field(default_factory=dict)
    referrers: dict[str, int] = field(default_factory=dict)
    mean_seconds: float = 0.0
    slow: list[str] = field(default_factory=list)


def summarize(entries: Sequence[Entry], slow_seconds: float = 1.0) -> Summary:
    timed = [entry.seconds for entry in entries if entry.seconds is not None]
    return Summary(
        requests=len(entries),
        traffic=total([entry.size for entry in entries]),
        visitors=len(visitors(entries)),
        sessions=len(sessions(entries)),
        statuses=status_classes(entries),
        pages=count(entry.path for entry in entries if is_page(entry.path) and not entry.is_error),
        browsers=count(browser(entry.agent) for entry in entries),
        referrers=count(entry.referrer for entry in entries if entry.referrer),
        mean_seconds=mean(timed),
        slow=slow_paths(entries, slow_seconds),
    )


def total(sizes: list[int]) -> int:
    result = 0
    for size in sizes:
        result += size
    return result


def mean(values: Sequence[float]) -> float:
    if not values:
        return 0.0
    result = 0.0
    for value in values:
        result += value
    return result / len(values)


def count(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def status_classes(entries: Iterable[Entry]) -> dict[str, int]:
    counts = {"2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0}
    for entry in entries:
        name = f"{entry.status // 100}xx"
        counts[name] = counts.get(name, 0) + 1
    return counts


def slow_paths(entries: Iterable[Entry], limit: float) -> list[str]:
    """Paths that took longer than `limit` at least once, slowest first."""
    worst: dict[str, float] = {}
    for entry in entries:
        if entry.seconds is not None and entry.seconds > limit:
            worst[entry.path] = max(entry.seconds, worst.get(entry.path, 0.0))
    return sorted(worst, key=lambda path: (-worst[path], path))


def top(counts: dict[str, int], limit: int) -> list[tuple[str, int]]:
    """The most frequent names, those with equal counts by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]


def merge_counts(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    """Counts of two logs together; neither is changed."""
    merged = copy.deepcopy(first)
    for name, number in second.items():
        merged[name] = merged.get(name, 0) + number
    return merged
