"""Student's t distribution, without a library.

The distribution function is the regularised incomplete beta function (Abramowitz and Stegun 1964,
26.7.1), which is evaluated by its continued fraction (26.5.8) with Lentz's method. The quantile inverts it by
bisection: slower than Newton's method, and it cannot go astray.
"""

from __future__ import annotations

import math
from functools import lru_cache

_HALF = 0.5
_TINY = 1e-300
_PRECISION = 1e-15
_MOST_TERMS = 500


@lru_cache(maxsize=1024)
def quantile(probability: float, degrees: float) -> float:
    """The t below which `probability` (at least a half, below 1) of the distribution lies."""
    if not _HALF <= probability < 1 or degrees <= 0:
        message = f"No t quantile for probability {probability} with {degrees} degrees of freedom."
        raise ValueError(message)
    low, high = 0.0, 1.0
    while distribution(high, degrees) < probability:
        low, high = high, high * 2
    while high - low > _PRECISION * max(1.0, high):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if distribution(middle, degrees) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def distribution(t: float, degrees: float) -> float:
    """The share of the distribution with `degrees` of freedom that lies below `t`."""
    tail = 0.5 * _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))
    return 1 - tail if t > 0 else tail


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # The fraction converges fast only below the mean of the beta distribution; above it, use the mirror image.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
