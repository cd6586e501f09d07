"""Propose rewrites: one walk over each file for all transforms, each edit alone a candidate."""

from optimizer.propose.engine import hits, propose

__all__ = ["hits", "propose"]
