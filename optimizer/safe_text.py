"""Text of unread programs, made safe for a terminal and for a log that a workflow parses."""

from __future__ import annotations

import re

BREAK = "\N{ZERO WIDTH SPACE}"
"""What keeps two characters apart without being seen."""
# GitHub's runner obeys `::` at the start of a line, and the older form wherever it stands.
_WORKFLOW_COMMAND = re.compile(r"^([^\S\n]*)(?=::)|(?<=#)(?=#\[)", re.MULTILINE)
# What cannot be seen, or makes what can be seen lie: controls, half characters, line ends that only some readers
# know, marks of direction, blanks without a width. Our own breaks stay, so that a safe text is left as it is.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200c-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    rf"|{BREAK}(?!::|(?<=#{BREAK})#\[)"
)


def safe_text(raw: bytes | str, *, limit: int | None = None) -> str:
    """The last `limit` characters of `raw`: nothing that cannot be seen, no line that a workflow would obey."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text if limit is None else text[max(0, len(text) - limit) :]
    text = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return _WORKFLOW_COMMAND.sub(lambda found: f"{found[1] or ''}{BREAK}", text)


def is_seen(text: str) -> bool:
    """Whether `text` is all that a reader sees of it, with line ends that every program knows."""
    return not _UNSEEN.search(text) and BREAK not in text
