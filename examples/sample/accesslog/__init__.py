"""Summaries of web server access logs."""

from accesslog.entry import Entry
from accesslog.parse import ParseError, parse_line, parse_lines
from accesslog.report import render
from accesslog.stats import Summary, summarize

__all__ = ["Entry", "ParseError", "Summary", "parse_line", "parse_lines", "render", "summarize"]
