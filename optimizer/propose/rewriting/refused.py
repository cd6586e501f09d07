"""How the engine says that an edit cannot be put into a file."""

from __future__ import annotations


class RewriteError(Exception):
    """The edit cannot be applied here without harm; the message is a sentence for the maintainer."""
