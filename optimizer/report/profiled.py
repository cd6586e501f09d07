"""Where the time goes, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.model import Profile
from optimizer.report.names import fitted
from optimizer.report.safe import one_line
from optimizer.report.sentences import count_of, duration, share
from optimizer.safe_text import safe_text

_NAME_WIDTH = 58


def profile_text(found: Profile, *, top: int) -> str:
    """What was run, and the functions that took most of it, those with the biggest share first."""
    return "".join(f"{safe_text(line)}\n" for line in _lines(found, top))


def heading(found: Profile) -> str:
    """`pytest, 180 tests, 0.9 s of processor time on Python 3.13.0`."""
    tests = f", {count_of(found.tests, 'test')}" if found.tests else ""
    return f"{found.kind}{tests}, {duration(found.seconds)} of processor time on Python {found.python}"


def _lines(found: Profile, top: int) -> Iterator[str]:
    yield heading(found)
    spots = [spot for spot in found.hotspots if spot.calls or spot.cumulative_seconds][:top]
    if not spots:
        yield "None of it was spent in the functions of this project."
        return
    names = [fitted(one_line(spot.target.name), _NAME_WIDTH) for spot in spots]
    width = max(map(len, names))
    yield ""
    yield f"{'Function':<{width}}  {'Calls':>11}  {'Self':>9}  {'Cumulative':>10}  {'Share':>6}"
    for name, spot in zip(names, spots, strict=True):
        own, whole = _seconds(spot.self_seconds), _seconds(spot.cumulative_seconds)
        yield f"{name:<{width}}  {spot.calls:>11,}  {own:>9}  {whole:>10}  {share(spot.share):>6}"
    more = len(found.hotspots) - len(spots)
    yield ""
    if more:
        yield f"{count_of(more, 'further function')}; --top {len(found.hotspots)} shows all."
    yield "Self: in the function's own lines. Cumulative: with all that it calls. Share: of the whole run."


def _seconds(seconds: float) -> str:
    """`-` for what no sample of the stack has seen."""
    return f"{seconds * 1e3:,.0f} ms" if seconds else "-"
