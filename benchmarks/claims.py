"""How often "10% faster" is claimed of functions whose true ratio is known, by this project and by others.

usage: python benchmarks/claims.py --state FILE [--pairs N] [--method ours|pyperf|least ...] [--ratio R ...]
                                   [--python EXE ...] [--scale NAME ...] [--busy] [--for-seconds S]
                                   [--report FILE.md]

What is found is added to the state file, a line for each pair, so that a long run can be done in slices: each call
goes on where the last one ended, and ends after --for-seconds. Functions and ratios take turns, so what is
there at any time is a fair part of the whole. --report writes the tables of what is there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.claims_cases import SCALES, Pair, Template, make_pair, templates  # noqa: E402 - not installed
from benchmarks.claims_methods import Answer, methods  # noqa: E402 - as above
from benchmarks.claims_report import Row, report  # noqa: E402 - as above

RATIOS = (1.0, 1.05, 1.08, 1.12, 1.15)


class State:
    """Pairs that were made, and what was said of them, in a file that only grows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.pairs: dict[tuple[str, float, str], Pair] = {}
        self.rows: dict[tuple[str, bool, str, float, str], Row] = {}
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            self._take(json.loads(line))

    def add(self, what: str, values: dict[str, Any]) -> None:
        """Keep it, also in the file."""
        row = {"what": what, **values}
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        self._take(row)

    def _take(self, row: dict[str, Any]) -> None:
        what = row.pop("what")
        if what == "pair":
            pair = Pair(**row)
            self.pairs[pair.name, pair.target, pair.python] = pair
            return
        method, busy, key = row["method"], row["busy"], tuple(row["pair"])
        answer = Answer(**{**row["answer"], "reasons": tuple(row["answer"]["reasons"])})
        self.rows[method, busy, *key] = Row(method=method, busy=busy, pair=self.pairs[key], answer=answer)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do a slice of the work, write the report when that is asked for."""
    options = _options(arguments)
    state = State(Path(options.state))
    with _neighbours(busy=options.busy):
        _slice(state, options)
    if options.report:
        Path(options.report).write_text(report(list(state.rows.values())), encoding="utf-8")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--state", required=True, help="the file that keeps what was found")
    parser.add_argument("--pairs", type=int, default=200, help="functions for each ratio")
    parser.add_argument("--ratio", type=float, action="append", help="a true ratio; repeat for several")
    parser.add_argument("--method", action="append", choices=["ours", "pyperf", "least"])
    parser.add_argument("--busy", action="store_true", help="keep a busy neighbour on each core")
    parser.add_argument("--scale", action="append", choices=SCALES, help="only calls of this duration")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--python", action="append", help="an interpreter to measure; functions take turns")
    parser.add_argument("--seconds", type=float, default=60.0, help="the most for one gate")
    parser.add_argument(
        "--verify", type=int, default=8, help="processes that find out what the ratio really is"
    )
    parser.add_argument(
        "--for-seconds", type=float, default=1e9, help="end after this long, and go on next time"
    )
    parser.add_argument("--report", help="a Markdown file to write")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _neighbours(*, busy: bool) -> Iterator[None]:
    """A busy process for each core while the body runs."""
    count = (os.cpu_count() or 1) if busy else 0
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _slice(state: State, options: argparse.Namespace) -> None:
    until = time.monotonic() + options.for_seconds
    known = methods(options.seconds)
    for template, ratio, python in _work(options):
        for name in options.method or ("ours",):
            if (name == "pyperf" and python != sys.executable) or time.monotonic() > until:
                continue
            _one(state, options, template, ratio, python, name, known[name])


def _work(options: argparse.Namespace) -> Iterator[tuple[Template, float, str]]:
    pythons = options.python or [sys.executable]
    for number, template in enumerate(templates(options.seed, options.pairs)):
        if template.scale not in (options.scale or SCALES):
            continue
        for ratio in options.ratio or RATIOS:
            yield template, ratio, pythons[number % len(pythons)]


def _one(
    state: State,
    options: argparse.Namespace,
    template: Template,
    ratio: float,
    python: str,
    name: str,
    method: Callable[[Pair, Path], Answer],
) -> None:
    key = (template.name, ratio, python)
    if (name, options.busy, *key) in state.rows:
        return
    if key not in state.pairs:
        state.add("pair", asdict(make_pair(template, ratio, python=python, processes=options.verify)))
    pair = state.pairs[key]
    with tempfile.TemporaryDirectory(prefix="claims-") as folder:
        answer = method(pair, Path(folder))
    state.add("row", {"method": name, "busy": options.busy, "pair": key, "answer": asdict(answer)})
    print(
        f"{name} {ratio:.2f} {template.name}: true {pair.truth:.3f} +- {pair.truth_error:.3f}, found"
        f" {answer.ratio:.3f}, {'CLAIM' if answer.claim else 'no claim'}, {answer.processes} processes,"
        f" {answer.seconds:.1f} s",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
