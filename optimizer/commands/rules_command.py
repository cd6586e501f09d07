"""`optimize rules`."""

from __future__ import annotations

import argparse
import inspect
import json
import sys

from optimizer.registry import load
from optimizer.transform import Transform


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """List the rewrites that the optimizer knows."""
    registry = load()
    if options.json:
        rules = [as_data(transform) for transform in registry.transforms]
        sys.stdout.write(json.dumps({"rules": rules, "broken": list(registry.broken)}, indent=2) + "\n")
        return 0
    width = max(len(transform.name) for transform in registry.transforms)
    family = None
    for transform in sorted(registry.transforms, key=lambda one: (one.family, one.name)):
        if transform.family is not family:
            sys.stdout.write(("\n" if family else "") + f"{transform.family.value}\n")
            family = transform.family
        sys.stdout.write(f"  {transform.name:{width}}  {summary(transform)}\n")
    for line in registry.broken:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write("\n`optimize explain RULE` shows when a rule applies, with examples.\n")
    return 0


def summary(transform: Transform) -> str:
    """The first line of a transform's docstring."""
    return documentation(transform).splitlines()[0]


def documentation(transform: Transform) -> str:
    """A transform's docstring without its indentation."""
    return inspect.getdoc(type(transform)) or transform.name


def as_data(transform: Transform) -> dict[str, object]:
    """A transform as plain JSON data."""
    return {
        "name": transform.name,
        "family": transform.family.value,
        "metric": transform.metric.value,
        "version": transform.version,
        "pythons": transform.pythons,
        "summary": summary(transform),
        "documentation": documentation(transform),
        "ratios": dict(transform.ratios),
        "examples": [
            {"before": one.before, "after": one.after, "because": one.because} for one in transform.examples
        ],
        "traps": [
            {"before": one.before, "wrong": one.wrong, "because": one.because} for one in transform.traps
        ],
    }
