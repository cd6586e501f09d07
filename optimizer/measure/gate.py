"""The sequential gate: from one number per process to a claim, and at which price.

A number is log(time before / time after) of one process. Processes differ by a bias that more samples in
one of them never show, so the gate counts processes, not samples. Each look has its own share of the
error of one in a thousand, and a prior on the spread keeps a few lucky, equal numbers from deciding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, variance

from optimizer.measure.student import quantile

LOOKS = (3, 6, 10, 16, 28)
ALPHA = (0.0, 0.0002, 0.0002, 0.0003, 0.0003)
PRIOR_SD = 0.015
PRIOR_WEIGHT = 4
THRESHOLD = math.log(1.10)
_FUTILE = 0.95
_BOUND = 0.999


class Answer(StrEnum):
    """What a look comes to."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The gate's state at one look. All values are logs of ratios; the bounds are one-sided.

    `low` holds at the confidence that this look decides with (0.999 where it cannot accept), `high` at 0.95.
    """

    answer: Answer
    mean: float
    low: float
    high: float
    count: int

    @property
    def ratio(self) -> float:
        """The point as a ratio."""
        return math.exp(self.mean)


def look(values: Sequence[float], *, threshold: float = THRESHOLD, prior_sd: float = PRIOR_SD) -> Look:
    """Decide from the numbers of so many processes as one of `LOOKS` says.

    A larger `prior_sd` (a noisy machine) makes it harder to accept, and does not put off a refusal: so whatever
    is accepted with it is accepted with the usual one too.
    """
    count = len(values)
    alpha = ALPHA[LOOKS.index(count)]
    mean, low, high = bounds(values, alpha=alpha, prior_sd=max(prior_sd, PRIOR_SD))
    futile = bounds(values)[2] < threshold
    answer = Answer.UNDECIDED
    if alpha and low > threshold:
        answer = Answer.ACCEPT
    elif futile or count == LOOKS[-1]:
        answer = Answer.REFUSE
    return Look(answer=answer, mean=mean, low=low, high=high, count=count)


def bounds(
    values: Sequence[float], *, alpha: float = 0.0, prior_sd: float = PRIOR_SD
) -> tuple[float, float, float]:
    """The mean with its lower bound (at 1 - alpha, or 0.999 without one) and its upper bound (at 0.95)."""
    count = len(values)
    mean = fmean(values)
    spread = variance(values) if count > 1 else 0.0
    degrees = count + PRIOR_WEIGHT - 1
    error = math.sqrt((PRIOR_WEIGHT * prior_sd**2 + (count - 1) * spread) / degrees / count)
    low = mean - quantile(1 - alpha if alpha else _BOUND, degrees) * error
    return mean, low, mean + quantile(_FUTILE, degrees) * error


def run_gate(
    draw: Callable[[], float],
    *,
    threshold: float = THRESHOLD,
    enough_time: Callable[[int], bool] = lambda _more: True,
    prior_sd: float = PRIOR_SD,
) -> Look:
    """Draw processes and look, until a look decides or there is not `enough_time` for so many more.

    Running out of time refuses: what is not shown is not claimed.
    """
    values: list[float] = []
    seen: Look | None = None
    for count in LOOKS:
        if seen is not None and not enough_time(count - len(values)):
            return Look(
                answer=Answer.UNDECIDED, mean=seen.mean, low=seen.low, high=seen.high, count=seen.count
            )
        values += [draw() for _ in range(count - len(values))]
        seen = look(values, threshold=threshold, prior_sd=prior_sd)
        if seen.answer is not Answer.UNDECIDED:
            return seen
    message = "the last look always decides"
    raise AssertionError(message)
