"""The combined log format, with the request time that many nginx setups append."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from accesslog.entry import Entry


class ParseError(ValueError):
    """A line that is not in the combined log format."""


def parse_lines(lines: Iterable[str], strict: bool = False) -> list[Entry]:
    """Parse all lines; what cannot be parsed is dropped unless `strict` is set."""
    entries = []
    for line in lines:
        if not line.strip():
            continue
        try:
            entries.append(parse_line(line))
        except ParseError:
            if strict:
                raise
    return entries


def parse_line(line: str) -> Entry:
    match = re.match(
        r"""
        (?P<host>\S+) \s+ \S+ \s+ (?P<user>\S+) \s+
        \[ (?P<when>[^\]]+) \] \s+
        "(?P<method>[A-Z]+) \s+ (?P<target>\S+) (?:\s+HTTP/[\d.]+)?" \s+
        (?P<status>\d{3}) \s+ (?P<size>\d+|-)
        (?: \s+ "(?P<referrer>[^"]*)" \s+ "(?P<agent>[^"]*)" )?
        (?: \s+ (?P<seconds>\d+\.\d+) )?
        \s* $
        """,
        line,
        re.VERBOSE | re.IGNORECASE,
    )
    if match is None:
        raise ParseError(f"not in the combined log format: {line[:80]!r}")
    seconds = match["seconds"]
    return Entry(
        host=match["host"],
        user="" if match["user"] == "-" else match["user"],
        when=parse_time(match["when"]),
        method=match["method"].upper(),
        target=match["target"],
        status=int(match["status"]),
        size=0 if match["size"] == "-" else int(match["size"]),
        referrer=clean_referrer(match["referrer"] or ""),
        agent=match["agent"] or "",
        seconds=float(seconds) if seconds else None,
    )


def parse_time(text: str) -> datetime:
    """`10/Oct/2000:13:55:36 -0700`, whatever the locale calls its months."""
    try:
        date, hour, minute, second = text.split(" ")[0].split(":")
        day, month, year = date.split("/")
        offset = parse_offset(text.split(" ")[1])
        return datetime(
            int(year),
            month_number(month),
            int(day),
            int(hour),
            int(minute),
            int(second),
            tzinfo=offset,
        )
    except (ValueError, IndexError) as error:
        raise ParseError(f"not a time: {text!r}") from error


def month_number(name: str) -> int:
    months = {
        "Jan": 1,
        "Feb": 2,
        "Mar": 3,
        "Apr": 4,
        "May": 5,
        "Jun": 6,
        "Jul": 7,
        "Aug": 8,
        "Sep": 9,
        "Oct": 10,
        "Nov": 11,
        "Dec": 12,
    }
    if name not in months:
        raise ValueError(f"no month: {name!r}")
    return months[name]


def parse_offset(text: str) -> timezone:
    sign = -1 if text.startswith("-") else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5])))


def clean_referrer(url: str) -> str:
    """The site that a referrer names; empty for none and for bookmarks."""
    match = re.match(r"https?://(?:www\.)?([^/:?#]+)", url, flags=re.IGNORECASE | re.ASCII)
    return match.group(1).lower() if match else ""
