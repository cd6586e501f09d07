"""A profile as one page with an icicle chart: who called whom from top to bottom, width is time.

Nothing is loaded and nothing is executed; every box is a link to its function's row in the table below, and says
its figures when pointed at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from zlib import crc32

from optimizer.model import Hotspot, Profile
from optimizer.report.profiled import heading
from optimizer.report.safe import one_line
from optimizer.report.sentences import share
from optimizer.safe_text import safe_text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_SMALLEST_SHARE = 0.001
_DEEPEST = 60
_ROWS = 200


@dataclass(slots=True)
class _Box:
    """One function below one chain of callers; `own` are the seconds that are in none of its children."""

    name: str
    seconds: float = 0.0
    own: float = 0.0
    children: dict[str, _Box] = field(default_factory=dict)

    def child(self, name: str) -> _Box:
        return self.children.setdefault(name, _Box(name))


def icicle_html(found: Profile, project: str) -> str:
    """The page."""
    title = _text(f"{project}: where the time goes")
    style = "".join(
        (files("optimizer.report") / name).read_text("utf-8") for name in ("style.css", "icicle.css")
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body class="wide">\n'
        + "\n".join(_body(found, title))
        + "\n</body>\n</html>\n"
    )


def _body(found: Profile, title: str) -> Iterator[str]:
    yield f"<h1>{title}</h1>"
    yield f'<p class="soft">{_text(heading(found))}</p>'
    yield "<h2>Who calls what</h2>"
    yield (
        '<p class="soft">A box is a function, the boxes below it are what it calls, and its width is its time. '
        "What is free below a box is spent in its own lines or outside of the project. "
        "Point at a box for its figures, click for its row.</p>"
    )
    numbers = {spot.target.name: number for number, spot in enumerate(found.hotspots[:_ROWS], 1)}
    root = _tree(found)
    drawn = "".join(_drawn(root, root.seconds, found.seconds, numbers))
    yield (
        f'<div class="icicle">{drawn}</div>'
        if root.children
        else "<p>None of it was spent in this project.</p>"
    )
    yield "<h2>Functions</h2>"
    yield _table(found, numbers)


def _tree(found: Profile) -> _Box:
    """All that was spent in or below the project's functions; the rest, such as the test runner, is no part of it."""
    root = _Box("in this project")
    for stack in (one for one in found.stacks if one.names):
        box = root
        box.seconds += stack.seconds
        for name in stack.names[:_DEEPEST]:
            box = box.child(name)
            box.seconds += stack.seconds
        if stack.inside:
            box.own += stack.seconds
    return root


def _drawn(box: _Box, shown: float, total: float, numbers: dict[str, int]) -> Iterator[str]:
    """A box and what is below it, widths in shares of the box itself; what is too narrow to see is left out.

    `shown` are the seconds of the whole chart, `total` those of the run.
    """
    module, _, qualname = box.name.rpartition(":")
    figures = f"{box.seconds * 1e3:,.0f} ms, {share(box.seconds / total if total else 0.0)} of the run"
    own = f"; {box.own * 1e3:,.0f} ms in its own lines" if module else ""
    text = qualname if module else f"{box.name}: {figures}"
    label = f'<span title="{_text(f"{box.name}: {figures}{own}")}">{_text(text)}</span>'
    number = numbers.get(box.name)
    link = f'<a href="#f{number}">{label}</a>' if number else label
    yield f'<div class="box"><div class="name" style="background:{_color(module)}">{link}</div><div class="below">'
    for child in sorted(box.children.values(), key=lambda one: -one.seconds):
        if child.seconds >= _SMALLEST_SHARE * shown:
            yield f'<div class="cell" style="width:{100 * child.seconds / box.seconds:.3f}%">'
            yield from _drawn(child, shown, total, numbers)
            yield "</div>"
    yield "</div></div>"


def _color(module: str) -> str:
    """One hue for each module, the same on every page; grey for what is no module's."""
    if not module:
        return "var(--line)"
    return f"hsl({crc32(module.encode('utf-8', 'surrogatepass')) % 360} 45% var(--light))"


def _table(found: Profile, numbers: dict[str, int]) -> str:
    head = "".join(
        f"<th{'' if first else ' class=number'}>{name}</th>"
        for name, first in (
            ("Function", True),
            ("Calls", False),
            ("Self", False),
            ("Cumulative", False),
            ("Share", False),
        )
    )
    rows = "".join(_row(spot, numbers[spot.target.name]) for spot in found.hotspots[:_ROWS])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(spot: Hotspot, number: int) -> str:
    where = f"{spot.target.path}:{spot.target.first_line}"
    cells = (
        f"{spot.calls:,}",
        f"{spot.self_seconds * 1e3:,.0f} ms",
        f"{spot.cumulative_seconds * 1e3:,.0f} ms",
        share(spot.share),
    )
    numbers = "".join(f'<td class="number">{_text(cell)}</td>' for cell in cells)
    name = f'<code>{_text(spot.target.name)}</code><div class="soft">{_text(where)}</div>'
    return f'<tr id="f{number}"><td>{name}</td>{numbers}</tr>'


def _text(text: str) -> str:
    return escape(safe_text(one_line(text)))
