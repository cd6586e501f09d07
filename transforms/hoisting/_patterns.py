"""Regular expressions as the standard library parses them."""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterator
from typing import Any

# The parser has no public name; its trees have been the same since it was written.
_parser = importlib.import_module("re._parser")
_NEW_IN_3_11 = frozenset({"POSSESSIVE_REPEAT", "ATOMIC_GROUP"})


def parsed(pattern: object, flags: object) -> Any | str:
    """The pattern's tree, or a sentence: why it cannot be compiled at import instead of in a call."""
    if not isinstance(pattern, str | bytes) or not isinstance(flags, int):
        return "The pattern is no text, or its flags are no flags."
    if flags & re.DEBUG:
        return "With re.DEBUG every call prints the pattern."
    if flags & re.LOCALE:
        return "With re.LOCALE the pattern means what the locale says when it is compiled."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _parser.parse(pattern, int(flags))
            re.compile(pattern, flags)
    except (re.error, Warning, OverflowError, RecursionError, ValueError) as error:
        return f"The pattern does not compile, or only with a warning ({error})."
    if tree.state.flags & re.LOCALE:
        return "With re.LOCALE the pattern means what the locale says when it is compiled."
    if any(op in _NEW_IN_3_11 for op, _ in nodes(tree)):
        return "Pythons before 3.11 cannot compile the pattern, and would fail to import the file."
    return tree


def nodes(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every node of a parsed pattern: the name of its operation, and the operation's arguments."""
    for op, argument in tree:
        yield str(op), argument
        for part in _subpatterns(argument):
            yield from nodes(part)


def _subpatterns(argument: Any) -> Iterator[Any]:
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _subpatterns(part)
