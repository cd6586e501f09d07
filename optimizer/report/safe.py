"""Text from programs that nobody has read, made safe for the place where it is shown."""

from __future__ import annotations

import re

from optimizer.safe_text import BREAK, safe_text

_MARKUP = re.compile(r"[\\`*_{}\[\]#|~$]")
# What opens a list, a heading's underline or a table's second row at the start of a line.
_MARKER = re.compile(r"^(?:[-+=:]|\d{1,9}(?=[.)](?:\s|$)))")
_TICKS = re.compile(r"`([^`]+)`")
# Mentions, numbers of issues, links, and names of emoji.
_REFERENCE = re.compile(
    r"@|#(?=\w)|\bGH(?=-)|:(?=//|[\w+-]+:)|www(?=\.)|mailto(?=:)|xmpp(?=:)", re.IGNORECASE
)
_LONGEST_TITLE = 200
_MOST_TICKS = 70


def one_line(text: str) -> str:
    """As `safe_text`, on one line."""
    return safe_text(" ".join(text.split()))


def clipped(text: str, limit: int = 300) -> str:
    """As `one_line`, with the middle left out when it is long."""
    line = one_line(text)
    half = (limit - 5) // 2
    return line if len(line) <= limit else f"{line[:half]} ... {line[-half:]}"


def for_title(text: str) -> str:
    """`text` as a short line that is not Markdown, such as a title: nothing in it mentions, refers or links."""
    return _unlinked(clipped(text, _LONGEST_TITLE))


def for_markdown(text: str) -> str:
    """`text` as plain words of GitHub's Markdown: no markup, HTML, mention or link, only inline code."""
    parts = _TICKS.split(one_line(text))
    words = "".join(markdown_code(part) if odd % 2 else _words(part) for odd, part in enumerate(parts))
    return _MARKER.sub(_entity_in, words)


def _words(text: str) -> str:
    plain = _unlinked(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(_entity_in, plain)


def _unlinked(text: str) -> str:
    """GitHub looks for these in what is shown, after entities have been resolved."""
    return _REFERENCE.sub(lambda found: f"{found[0]}{BREAK}", text)


def _entity_in(found: re.Match[str]) -> str:
    """The last character as an entity."""
    return f"{found[0][:-1]}&#{ord(found[0][-1])};"


def markdown_code(text: str) -> str:
    """`text` as inline code, also inside a table; GitHub links nothing in code."""
    plain = one_line(text)
    if "|" in plain or "\\" in plain or not is_fenceable(plain):
        # Tables are cut at `|`, and how a backslash before it counts, also in code, is not agreed on.
        return f"<code>{_words(plain)}</code>"
    ticks = "`" * (1 + longest_run(plain, "`"))
    space = " " if "`" in plain or not plain else ""
    return f"{ticks}{space}{plain}{space}{ticks}"


def fenced(text: str, language: str) -> list[str]:
    """The lines of a block of code that nothing in `text` can close, for a text that `is_fenceable`."""
    fence = "`" * max(3, longest_run(text, "`") + 1)
    return [f"{fence}{language}", text, fence]


def is_fenceable(text: str) -> bool:
    """Whether backticks can enclose `text`: programs that read Markdown lose count of very many in a row."""
    return longest_run(text, "`") < _MOST_TICKS


def longest_run(text: str, character: str) -> int:
    """How often `character` stands in a row at most."""
    return max((len(run) for run in re.findall(re.escape(character) + "+", text)), default=0)
