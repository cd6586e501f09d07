"""Make text of unread programs safe for a terminal and for a log that a workflow parses."""

from __future__ import annotations

import re

# GitHub's runner obeys `::` at the start of a line, and the older form wherever it stands.
_WORKFLOW_COMMAND = re.compile(r"^(\s*)(?=::)|(?<=#)(?=#\[)", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def safe_text(raw: bytes | str, *, limit: int = 20_000) -> str:
    """The last `limit` characters of `raw`: no control characters, no line that a workflow would obey."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[-limit:])
    return _WORKFLOW_COMMAND.sub(lambda found: f"{found[1] or ''}\N{ZERO WIDTH SPACE}", text)
