"""How deep in containers an instance of a watched class may sit, and what else may sit beside it.

A mask has three levels for the watched class (itself, in a container, deeper) and three for "something
else that may be a tuple". Unknown values are "something else" at every level.
"""

from __future__ import annotations

INSTANCE = 1
HELD = 2
DEEPER = 4
OTHER = 8
HELD_OTHER = 16
DEEPER_OTHER = 32
NOTHING = 0
UNKNOWN = OTHER | HELD_OTHER | DEEPER_OTHER
ALL_LEVELS = INSTANCE | HELD | DEEPER
IN_CONTAINERS = HELD | DEEPER | HELD_OTHER | DEEPER_OTHER


def wrap(mask: int) -> int:
    """The mask of a container of such values."""
    held = (mask & (INSTANCE | OTHER)) << 1
    deeper = DEEPER if mask & (HELD | DEEPER) else 0
    deeper_other = DEEPER_OTHER if mask & (HELD_OTHER | DEEPER_OTHER) else 0
    return held | deeper | deeper_other


def element(mask: int) -> int:
    """The mask of what is taken out of such a container."""
    taken = (mask & (HELD | HELD_OTHER)) >> 1
    if mask & DEEPER:
        taken |= HELD | DEEPER
    if mask & DEEPER_OTHER:
        taken |= HELD_OTHER | DEEPER_OTHER
    return taken


def watched(mask: int) -> bool:
    """Whether an instance may be there at any level."""
    return bool(mask & ALL_LEVELS)


def mixes(left: int, right: int) -> bool:
    """Whether comparing the two may compare an instance with something else."""
    return any(
        (left & level and right & level << 3) or (right & level and left & level << 3)
        for level in (INSTANCE, HELD, DEEPER)
    )
