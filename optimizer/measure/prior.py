"""The prior on how much processes differ, refitted from what the same code has measured against itself.

The gate starts from `PRIOR_SD`, twice the spread (`USUAL_SD`) that processes had on the machines where its error rates
were found. The log of a machine holds numbers whose true value is 0, so 1.4826 * median(|x|) estimates their spread
(the median absolute deviation of a normal distribution around a known centre), and no few wild processes
move it. The prior is as many times larger as that spread is larger than the usual one, and never smaller:

    prior_sd = PRIOR_SD * max(1, 1.4826 * median(|x|) / USUAL_SD)
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from optimizer.measure.gate import PRIOR_SD

USUAL_SD = 0.0075
FEWEST = 12
_NORMAL = 1.4826


def refitted_sd(same_code: Sequence[float]) -> float:
    """The prior's scale for a machine with this log (logs of A/A ratios, one for each process)."""
    if len(same_code) < FEWEST:
        return PRIOR_SD
    spread = _NORMAL * median(abs(x) for x in same_code)
    return PRIOR_SD * max(1.0, spread / USUAL_SD)
