"""Markdown as GitHub renders it, and what a reader could be led to by it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import cmarkgfm

_VOID = frozenset({"br", "input", "hr", "img"})
_CODE = frozenset({"code", "pre"})
# GitHub looks for these in the words after Markdown has been rendered, not inside code.
_LIVE = re.compile(
    r"(?<!\w)@[a-z\d]|#\d|\bGH-\d|://\w|\bwww\.\w|\bmailto:|:[a-z+_-]+:", re.IGNORECASE | re.ASCII
)
OURS = frozenset(
    [
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "code",
        "pre",
        "ul",
        "ol",
        "li",
        "strong",
        "h2",
        "h3",
        "br",
    ]
)
"""The elements that our own texts are made of."""


class Rendered(HTMLParser):
    """Elements, blocks of code and words of a Markdown text; every element must be closed."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.comments: list[str] = []
        self.blocks: list[str] = []
        self.words = ""
        self.feed(
            cmarkgfm.markdown_to_html_with_extensions(
                markdown,
                cmarkgfm.Options.CMARK_OPT_UNSAFE,
                ["table", "autolink", "strikethrough", "tasklist"],
            )
        )
        self.close()
        assert self.open == []

    @property
    def live(self) -> list[str]:
        """What GitHub would make a mention, a reference, a link or an emoji of."""
        return _LIVE.findall(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.words += "\n"
        if tag == "pre":
            self.blocks.append("")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if "pre" in self.open:
            self.blocks[-1] += data
        elif not _CODE & set(self.open):
            self.words += data
