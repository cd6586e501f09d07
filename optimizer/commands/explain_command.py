"""`optimize explain RULE`."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator

from optimizer.commands.rules_command import documentation
from optimizer.registry import load
from optimizer.transform import Example, Transform, Trap


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("rule", metavar="RULE", help="a name from `optimize rules`")


def run(options: argparse.Namespace) -> int:
    """Show what a rule does, why it is faster, when it is safe, and when it keeps its hands off."""
    sys.stdout.write("\n".join(page(load().named(options.rule))) + "\n")
    return 0


def page(transform: Transform) -> Iterator[str]:
    """The lines of a rule's page."""
    yield f"{transform.name} ({transform.family.value})"
    yield ""
    yield documentation(transform)
    yield ""
    yield from _gain(transform)
    for example in transform.examples:
        if example.after is not None:
            yield from _rewritten(example)
    for example in transform.examples:
        if example.after is None:
            yield f"Left alone, because {example.because}:"
            yield from _code(example.before)
    for trap in transform.traps:
        yield from _trap(trap)


def _gain(transform: Transform) -> Iterator[str]:
    yield f"Gain in: {transform.metric.value}"
    if transform.pythons:
        yield f"Only for Python {transform.pythons}"
    if transform.ratios:
        ratios = ", ".join(f"{ratio:.2f}x on {python}" for python, ratio in transform.ratios)
        yield f"Measured on a small function of this shape: {ratios}."
        yield "Your function is measured by itself; this only says where to look."
    yield ""


def _rewritten(example: Example) -> Iterator[str]:
    yield "Before:"
    yield from _code(example.before)
    yield "After:"
    yield from _code(example.after or "")


def _trap(trap: Trap) -> Iterator[str]:
    yield f"Wrong, because {trap.because}:"
    yield from _code(trap.before)
    yield "is not"
    yield from _code(trap.wrong)


def _code(text: str) -> Iterator[str]:
    yield ""
    yield textwrap.indent(text.rstrip("\n"), "    ")
    yield ""
