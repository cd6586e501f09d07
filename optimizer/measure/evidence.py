"""What processes show besides the ratio: why they make no claim, and what each class of inputs gains alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, median

from optimizer.measure.gate import Answer, Look, bounds
from optimizer.measure.processes import Process
from optimizer.measure.trial import Gated, Trial
from optimizer.model import Stratum

SLOWEST_STRATUM = math.log(0.98)
_FEWEST_FOR_STRATUM = 3
# What is timed is the processor's time, so hardly any of a call may be spent waiting.
_WAITING_SHARE = 0.95
# A busy neighbour lowers the processor's share too, but then the thread has not given it up by itself.
_WAITS_EACH_BLOCK = 0.25
_THREADS_SHARE = 0.1
_MOST_LOST = 0.5


def objections(gated: Gated, trial: Trial) -> Iterator[str]:
    """Why these processes do not make a claim, as sentences."""
    unfit = tuple(_unfit(gated.processes))
    yield from unfit
    if not gated.accepted and not unfit:
        yield _not_enough(gated.look, trial)
    yield from slower_strata(gated.processes)


def strata(processes: Sequence[Process]) -> Iterator[Stratum]:
    """Each class of inputs alone, the heaviest first."""
    found: dict[str, list[tuple[float, float]]] = {}
    for process in processes:
        for name, weight, x in process.strata:
            found.setdefault(name, []).append((weight, x))
    total = sum(fmean(weight for weight, _ in rows) for rows in found.values()) or 1.0
    for name, rows in sorted(found.items(), key=lambda item: -fmean(weight for weight, _ in item[1])):
        mean, low, high = bounds([x for _, x in rows])
        weight = fmean(weight for weight, _ in rows) / total
        yield Stratum(name=name, weight=weight, ratio=math.exp(mean), low=math.exp(low), high=math.exp(high))


def worst_call(processes: Sequence[Process]) -> float:
    """The ratio of the single recorded call that gains least (or loses most)."""
    found: dict[int, list[float]] = {}
    for process in processes:
        for index, x in process.calls:
            # Below 0 are calls as nobody has recorded them.
            if index >= 0:
                found.setdefault(index, []).append(x)
    return math.exp(min(fmean(values) for values in found.values()))


def _unfit(processes: Sequence[Process]) -> Iterator[str]:
    share = median(process.cpu_share for process in processes)
    waits = median(process.waits / process.blocks for process in processes)
    if share < _WAITING_SHARE and waits > _WAITS_EACH_BLOCK:
        yield (
            f"It mostly waits (the processor works {share:.0%} of the time of a call),"
            " so a ratio of times says little about the code."
        )
    others = median(process.other_threads_share for process in processes)
    if others > _THREADS_SHARE:
        yield f"Other threads do {others:.0%} of the work, so the time of a call says little about the code."
    lost = max(process.lost_share for process in processes)
    if lost > _MOST_LOST:
        why = "; ".join(processes[0].lost_reasons)
        yield f"{lost:.0%} of the recorded calls could not be rebuilt ({why}), so the rest does not stand for them."


def _not_enough(look: Look, trial: Trial) -> str:
    wanted = f"{trial.threshold:.2f}x"
    if look.answer is Answer.UNDECIDED:
        return (
            f"{interval(look)} after {look.count} processes, and no time for more in {trial.seconds:.0f} s:"
            f" {wanted} is not shown."
        )
    return f"{interval(look)} over {look.count} processes is not {wanted} for certain."


def interval(look: Look) -> str:
    """The point with its bounds, for a sentence."""
    return f"{math.exp(look.mean):.2f}x (between {math.exp(look.low):.2f}x and {math.exp(look.high):.2f}x)"


def slower_strata(processes: Sequence[Process], *, slowest: float = SLOWEST_STRATUM) -> Iterator[str]:
    """Classes of inputs that surely get slower than `slowest` (the log of a ratio) allows, as sentences."""
    if len(processes) < _FEWEST_FOR_STRATUM:
        return
    for stratum in strata(processes):
        if math.log(stratum.high) < slowest:
            share = f" ({stratum.weight:.0%} of the calls)" if stratum.is_recorded else ""
            yield (
                f"Calls with {stratum.name or 'no arguments'}{share} get slower:"
                f" {stratum.ratio:.2f}x, at most {stratum.high:.2f}x."
            )
