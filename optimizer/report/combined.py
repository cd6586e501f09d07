"""What several machines say about the changes of a bundle, for a terminal and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from optimizer.model import Build, Decision, Machine, Measurement, Verdict, Witness
from optimizer.report import sentences
from optimizer.report.bundle_reading import Bundle
from optimizer.report.names import function_of
from optimizer.report.safe import one_line
from optimizer.safe_text import safe_text

Heard = tuple[Decision, Sequence[Witness]]
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def combined_text(bundle: Bundle, decided: Sequence[Heard]) -> str:
    """The machines, then each change that the bundle's own run accepts with what every machine says, and the count.

    `decided` has one member for each of the bundle's entries.
    """
    return "".join(f"{safe_text(line.replace(chr(10), ' '))}\n" for line in _lines(bundle, decided))


def combined_html(bundle: Bundle, decided: Sequence[Heard]) -> str:
    """The same as a page that loads nothing."""
    style = (files("optimizer.report") / "style.css").read_text(encoding="utf-8")
    title = escape(one_line(f"tenpercent: {bundle.project}, {_machines_phrase(bundle, decided)}"))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<pre style="overflow-x: auto">{escape(combined_text(bundle, decided))}</pre>\n</body>\n</html>\n'
    )


def machine_phrase(machine: Machine) -> str:
    """`Example CPU 3000, 2 of 4 processors`."""
    return f"{machine.cpu or 'an unnamed processor'}, {machine.cores} of {machine.processors} processors"


def _lines(bundle: Bundle, decided: Sequence[Heard]) -> Iterator[str]:
    yield f"{bundle.project} at {bundle.commit[:12] or 'no commit'}, measured on:"
    numbers = {machine: number for number, machine in enumerate(machines_of(bundle, decided), 1)}
    for machine, number in numbers.items():
        yield f"  {number}. {', '.join(filter(None, [machine_phrase(machine), machine.system]))}"
        yield from (f"     {build_phrase(build)}" for build in machine.builds)
    first = heard_of(bundle, decided)
    for decision, witnesses in first:
        yield ""
        yield from _change(bundle, decision, witnesses, numbers)
    yield ""
    yield from count_phrases(first)


def build_phrase(build: Build) -> str:
    """`CPython 3.13.0 (GCC 13.2, --with-lto)`."""
    kinds = [
        name for name, holds in (("free-threaded", build.free_threaded), ("debug", build.debug)) if holds
    ]
    told = [
        option
        for option in build.options
        if option.startswith(("--enable-opt", "--with-lto", "--enable-exp"))
    ]
    details = ", ".join(filter(None, [build.compiler, *kinds, *told]))
    return f"{build.implementation} {build.version}" + (f" ({details})" if details else "")


def _change(
    bundle: Bundle, decision: Decision, witnesses: Sequence[Witness], numbers: dict[Machine, int]
) -> Iterator[str]:
    verdict = "accepted" if decision.verdict is Verdict.ACCEPT else "REFUSED"
    yield f"{verdict}  {function_of(decision.candidate)} ({decision.candidate.transform})"
    rows = [_row(numbers[bundle.machine], each, agrees="holds") for each in decision.measurements]
    for witness in witnesses:
        word = "disagrees" if witness.disagrees else "agrees"
        rows += [_row(numbers[witness.machine], each, agrees=word) for each in witness.measurements]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        yield f"  {'  '.join(cells)}  {row[3]}"
    if decision.verdict is Verdict.REFUSE:
        yield from (f"  because {reason.text}" for reason in decision.reasons)


def _row(number: int, measurement: Measurement, *, agrees: str) -> tuple[str, str, str, str]:
    gained = sentences.gain(measurement) if measurement.processes else "not measured"
    return f"machine {number}", f"Python {measurement.python or '?'}", gained, agrees


def heard_of(bundle: Bundle, decided: Sequence[Heard]) -> list[Heard]:
    """What was heard of the changes that the bundle's own run accepts."""
    return [heard for entry, heard in zip(bundle.entries, decided, strict=True) if entry in bundle.accepted]


def machines_of(bundle: Bundle, decided: Sequence[Heard]) -> tuple[Machine, ...]:
    """The bundle's own machine, and the others that were heard."""
    heard = (witness.machine for _, witnesses in decided for witness in witnesses)
    return tuple(dict.fromkeys((bundle.machine, *heard)))


def _machines_phrase(bundle: Bundle, decided: Sequence[Heard]) -> str:
    return sentences.count_of(len(machines_of(bundle, decided)), "machine")


def count_phrases(first: Sequence[Heard]) -> Iterator[str]:
    """How many changes stand, in one sentence or two."""
    if not first:
        yield "Nothing to combine: the first bundle's run has accepted no change."
        return
    yes = [witnesses for decision, witnesses in first if decision.verdict is Verdict.ACCEPT]
    lost = len(first) - len(yes)
    yield f"{sentences.count_of(len(yes), 'change')} accepted, {lost} refused because not all agree."
    alone = sum(not witnesses for witnesses in yes)
    if alone:
        verb = "was" if alone == 1 else "were"
        yield f"{alone} of the accepted {verb} measured on the first machine only."
