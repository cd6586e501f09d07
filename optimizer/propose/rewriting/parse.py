"""Parse source without the warnings that its author has seen already."""

from __future__ import annotations

import ast
import warnings


def parse_quietly(text: str) -> ast.Module:
    """The tree of a text; odd escapes in it warn nobody, and are no errors where warnings are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
