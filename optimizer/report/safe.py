"""Text from programs that nobody has read, made safe for the place where it is shown."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_COMMAND = re.compile(r"^(\s*)(?=::)|(?<=#)(?=#\[)", re.MULTILINE)
_MARKUP = re.compile(r"[\\`*_{}\[\]#|~$]")
_MARKER = re.compile(r"^[-+=]")
_TICKS = re.compile(r"`([^`]+)`")
_REFERENCE = re.compile(r"@|&#35;(?=\w)|\bGH(?=-)|:(?=//)|www(?=\.)", re.IGNORECASE)
_BREAK = "\N{ZERO WIDTH SPACE}"


def for_terminal(text: str) -> str:
    """`text` without control characters, and without anything that a workflow would take for a command."""
    plain = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    return _COMMAND.sub(lambda found: f"{found[1] or ''}{_BREAK}", plain)


def one_line(text: str) -> str:
    """As `for_terminal`, on one line."""
    return for_terminal(" ".join(text.split()))


def clipped(text: str, limit: int = 300) -> str:
    """As `one_line`, with the middle left out when it is long."""
    line = one_line(text)
    half = (limit - 5) // 2
    return line if len(line) <= limit else f"{line[:half]} ... {line[-half:]}"


def for_markdown(text: str) -> str:
    """`text` as plain words of GitHub's Markdown: no markup, HTML, mention or link, only inline code."""
    parts = _TICKS.split(one_line(text))
    words = "".join(markdown_code(part) if odd % 2 else _words(part) for odd, part in enumerate(parts))
    return _MARKER.sub(lambda found: f"&#{ord(found[0])};", words)


def _words(text: str) -> str:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", plain)
    # Mentions and references are looked for after entities have been resolved.
    return _REFERENCE.sub(lambda found: f"{found[0]}{_BREAK}", plain)


def markdown_code(text: str) -> str:
    """`text` as inline code, also inside a table; GitHub links nothing in code."""
    plain = one_line(text).replace("|", "\\|")
    ticks = "`" * (1 + longest_run(plain, "`"))
    space = " " if "`" in plain or not plain else ""
    return f"{ticks}{space}{plain}{space}{ticks}"


def longest_run(text: str, character: str) -> int:
    """How often `character` stands in a row at most."""
    return max((len(run) for run in re.findall(re.escape(character) + "+", text)), default=0)
