"""The command line."""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Sequence
from typing import IO, Optional

from accesslog.entry import Entry
from accesslog.filters import without_paths
from accesslog.parse import parse_lines
from accesslog.report import render
from accesslog.stats import summarize


def main(argv: Optional[Sequence[str]] = None) -> int:
    options = arguments().parse_args(argv)
    entries: list[Entry] = []
    ignored = list(options.ignore)
    try:
        for path in options.logs:
            entries.extend(read_log(path, strict=options.strict))
        if options.ignore_from:
            ignored += read_ignored(options.ignore_from)
    except (OSError, ValueError) as error:
        print(f"accesslog: {error}", file=sys.stderr)
        return 1
    summary = summarize(without_paths(entries, ignored), slow_seconds=options.slow)
    print(render(summary, format=options.format, top=options.top), end="")
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="accesslog", description="Summarize access logs.")
    parser.add_argument("logs", nargs="+", metavar="LOG", help="a log, plain or gzipped")
    parser.add_argument("--top", type=int, default=10, help="rows in each table (10)")
    parser.add_argument("--format", choices=["text", "markdown"], default="text")
    parser.add_argument("--ignore", action="append", default=[], metavar="PATH")
    parser.add_argument(
        "--ignore-from", metavar="FILE", help="a file with one path to ignore on each line"
    )
    parser.add_argument("--slow", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument(
        "--strict", action="store_true", help="stop at the first line that is malformed"
    )
    return parser


def read_log(path: str, strict: bool = False) -> list[Entry]:
    stream = open_log(path)
    entries = parse_lines(stream, strict=strict)
    stream.close()
    return entries


def open_log(path: str) -> IO[str]:
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return open(path, encoding="utf-8", errors="replace")


def read_ignored(path: str) -> list[str]:
    """Paths from a file; empty lines and comments do not count."""
    ignored = []
    stream = open(path, encoding="utf-8")
    for line in stream:
        name = line.partition("#")[0].strip()
        if not name.isprintable():
            raise ValueError(f"not a path: {name!r}")
        if name:
            ignored.append(name)
    stream.close()
    return ignored
