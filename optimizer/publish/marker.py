"""What tells our own pull requests, commits and dashboard apart, hidden where people do not look.

A pull request's text begins with a comment of data about the change, and a digest of the rest: a text that no
longer fits it was edited by a person. A commit's message names its own tree: a commit that a person amended
names another one.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace

from optimizer.ports import Commit
from optimizer.publish.fields import UnfitError, parse

DASHBOARD = "<!-- tenpercent dashboard -->"
BRANCHES = "optimizer/"
_GO = "<!-- tenpercent go -->"
_MARK = re.compile(r"<!-- tenpercent (\{[^\n]*?\}) -->\n?")
_REMARK = re.compile(r"<!-- tenpercent remark ([0-9a-f]{12}) -->\s*\Z")
_NAME = r"[0-9a-f]{12}"
_SHA = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Which change a pull request holds, made for which commit and blob of the base.

    `withdrawn` is whether we closed it ourselves; `digest` is that of the visible text.
    """

    fingerprint: str
    function: str
    transform: str
    path: str
    names: tuple[str, ...]
    base: str
    blob: str
    withdrawn: bool = False
    digest: str = ""


def marked(mark: Mark, text: str) -> str:
    """`text` with its mark on top."""
    data = json.dumps(asdict(replace(mark, digest=_digest(text))), sort_keys=True)
    # Nothing in the data may end the comment.
    safe = data.replace("-", "\\u002d").replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<!-- tenpercent {safe} -->\n{text}"


def mark_of(body: str) -> Mark | None:
    """The mark of a pull request's text; None when there is no sound one."""
    found = _MARK.match(body)
    if not found:
        return None
    try:
        data = parse(found[1].encode("utf-8", "replace"), "mark")
        return Mark(
            fingerprint=data.text("fingerprint", pattern=_NAME),
            function=data.text("function", pattern=_NAME),
            transform=data.text("transform", pattern=r"[a-z0-9-]+"),
            path=data.text("path"),
            names=data.texts("names"),
            base=data.text("base", pattern=_SHA),
            blob=data.text("blob", pattern=_SHA),
            withdrawn=data.flag("withdrawn"),
            digest=data.text("digest"),
        )
    except UnfitError:
        return None


def is_untouched(body: str) -> bool:
    """Whether the text is as we wrote it."""
    mark = mark_of(body)
    return mark is not None and mark.digest == _digest(_MARK.sub("", body, count=1))


def visible(body: str) -> str:
    """The text without its mark."""
    return _MARK.sub("", body, count=1)


def _digest(text: str) -> str:
    """Of the text, whatever a web form makes of its line ends."""
    return hashlib.sha256("\n".join(text.split("\r\n")).strip().encode("utf-8", "replace")).hexdigest()[:16]


def commit_message(title: str, *, fingerprint: str, base: str, tree: str) -> str:
    """The message of our commit for one change."""
    return f"{title}\n\nTenpercent-Change: {fingerprint}\nTenpercent-Base: {base}\nTenpercent-Tree: {tree}\n"


def is_ours(commit: Commit) -> bool:
    """Whether a commit is as we made it."""
    said = dict(re.findall(r"^Tenpercent-(Base|Tree): ([0-9a-f]+)$", commit.message, re.MULTILINE))
    return said == {"Base": "".join(commit.parents), "Tree": commit.tree}


def remark_mark(fingerprint: str) -> str:
    """What a suggestion's text ends with."""
    return f"<!-- tenpercent remark {fingerprint} -->"


def remark_of(body: str) -> str:
    """The fingerprint in a suggestion's text, "" without one."""
    found = _REMARK.search(body)
    return found[1] if found else ""


def box(*, ticked: bool) -> str:
    """The dashboard's box."""
    return f"- [{'x' if ticked else ' '}] {_GO} Open pull requests in this repository."


def is_ticked(body: str) -> bool:
    """Whether somebody has ticked the dashboard's box."""
    return re.search(rf"^- \[[xX]\] {re.escape(_GO)}", body, re.MULTILINE) is not None
