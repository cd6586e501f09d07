"""The neighbours of one call: edits that a caller's next call might amount to.

Each is a list of recipe operations with a label; the label says what kind of change it is, so that
the search can keep one of each kind. `outside` marks types that nobody recorded or annotated.
"""

from __future__ import annotations

import collections
import itertools
from inspect import Parameter as _Kind

from . import specs
from .near_values import Edit, ValueEdits, put, source
from .reach import source_of

_MUTABLE = (list, dict, set, bytearray, collections.deque)
_SIZED = (list, tuple, str, dict)
_CONVERTED = (list, tuple, set, frozenset, str)
_MOST_OTHER_CALLS = 12
_MOST_PARAMETERS = 6
_CONVERSIONS = (
    ("list", "list"),
    ("tuple_of", "tuple"),
    ("sequence", "tuple"),
    ("iterable", "tuple"),
    ("set", "set"),
    ("iterable", "set"),
    ("set", "frozenset"),
    ("dict", "keys"),
    ("dict", "dict"),
    ("deque", "deque"),
    ("iterator", "map"),
    ("bytes", "bytes"),
)
"""A kind that a parameter may have, and the edit that makes it from another container."""

_TWINS = (("float", "float"), ("int", "int"), ("bool", "bool"), ("zero", "float"))
"""The type of an equal value, and the kind that a parameter must have for a caller to pass it."""


class Neighbourhood:
    """Lists the edits for calls of one domain."""

    def __init__(self, domain, pools, choose):
        self._domain, self._pools, self._choose = domain, pools, choose

    def edits(self, args, kwargs):
        """Edits for a call with these arguments (made anew only to be looked at)."""
        places = list(self._places(args, kwargs))
        lengths = sorted({len(value) for _, _, value in places if isinstance(value, _SIZED)})
        for parameter, path, value in places:
            values = ValueEdits(parameter, self._pools, self._choose, lengths)
            yield from values.edits(path, value)
            if parameter is not None:
                yield from self._types(parameter, path, value, values.drawn)
        yield from _pairs(places)
        yield from self._after_others(places)
        yield from self._from_other_calls(places)
        yield from self._left_out(args, kwargs)

    def _places(self, args, kwargs):
        """(parameter or None, path, value) of each argument."""
        parameters = self._domain.parameters
        positional = [
            part for part in parameters if part.kind in (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD)
        ]
        several = next((part for part in parameters if part.kind == _Kind.VAR_POSITIONAL), None)
        for number, value in enumerate(args):
            yield (positional[number] if number < len(positional) else several), [number], value
        by_name = {part.name: part for part in parameters}
        for name, value in kwargs.items():
            yield by_name.get(name), [name], value

    # -- other types --------------------------------------------------------------------------------

    def _types(self, parameter, path, value, drawn):
        """Values of other types that the parameter takes, or that a careless caller may pass."""
        inside = set(specs.kinds(parameter.spec))
        taken = inside.union(*[specs.kinds(option) for option in parameter.others])
        if isinstance(value, (list, tuple, collections.deque)) and taken & {"iterator", "iterable"}:
            yield from _lazy_forms(path, len(value), not inside & {"iterator", "iterable"})
        for kind, op in _CONVERSIONS:
            if isinstance(value, _CONVERTED) and kind in taken:
                yield Edit("as " + op, ["to", path, op], outside=kind not in inside)
        for option in specs.options(parameter.spec):
            yield from (put("drawn %s" % option.kind, path, drawn(option)) for _ in range(3))
        for option in parameter.others:
            yield from (put("type %s" % option.kind, path, drawn(option), outside=True) for _ in range(4))
        if callable(value):
            yield from self._disturbing(path)

    def _disturbing(self, path):
        """A callback that changes another argument while it is worked on."""
        for number in range(len(self._domain.parameters[:_MOST_PARAMETERS])):
            if [number] != path:
                yield Edit("spy disturbs", ["disturbing_spy", path, "callback", [number]])

    # -- several arguments --------------------------------------------------------------------------

    def _from_other_calls(self, places):
        if len(places) < 2:
            return
        for call in self._domain.calls[:_MOST_OTHER_CALLS]:
            for parameter, path, _ in places:
                if parameter is not None:
                    yield put("from another call", path, source("double.recorded(%d, %r)" % (call, path)))

    def _after_others(self, places):
        """The call as it is, after another: with an equal argument of another type, or with the next value."""
        for parameter, path, value in places:
            known = set(specs.kinds(parameter.spec)) if parameter is not None else set()
            for kind, needed in _TWINS:
                if isinstance(value, (int, float, tuple)) and known & {needed, "any"}:
                    yield Edit("after a twin", ["twin", path, kind], earlier=True)
            yield Edit("after another", ["other", path], earlier=True)

    def _left_out(self, args, kwargs):
        """Optional arguments given or not."""
        parameters = self._domain.parameters
        given = {part.name for part in parameters[: len(args)]} | set(kwargs)
        values = ValueEdits(None, self._pools, self._choose, [])
        for part in parameters:
            if not part.optional:
                continue
            if part.name in kwargs:
                yield Edit("keyword dropped", ["drop", [part.name]])
            elif part.name not in given and part.kind != _Kind.POSITIONAL_ONLY:
                yield from (put("keyword given", [part.name], values.drawn(part.spec)) for _ in range(4))
        if 0 < len(args) <= len(parameters) and parameters[len(args) - 1].optional:
            yield Edit("argument dropped", ["drop", [len(args) - 1]])


def _lazy_forms(path, length, outside):
    """The same items from something that can be gone through once, or that fails on the way."""
    yield Edit("generator", ["lazy", path, None], outside=outside)
    yield Edit("iterator", ["to", path, "iterator"], outside=outside)
    for count in (0, 1, length):
        yield Edit("fails half way", ["lazy", path, count], outside=outside)
    yield Edit("breaking", ["breaking", path, 1], outside=outside)


def _pairs(places):
    """Two arguments swapped, equal, or one and the same object."""
    for (_, path, value), (parameter, other_path, other) in itertools.combinations(places, 2):
        if type(value) is type(other):
            yield Edit("swapped", ["swap", path, other_path])
            yield Edit("same object", ["alias", other_path, path])
            text = source_of(value) if isinstance(value, _MUTABLE) else None
            if text:
                yield put("equal arguments", other_path, source(text))
        elif isinstance(value, (list, tuple)) and value:
            free = parameter is not None and "annotated" not in parameter.sources
            yield Edit("item as argument", ["alias", other_path, [*path, 0]], outside=free)
