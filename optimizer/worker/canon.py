"""Write any value as plain JSON in which two values are equal only if a caller could not tell them apart.

Scalars are strings with a tag ("i5", "f0x1.8p+0", "stext"); everything else is a list that starts with the
exact type. Order, sharing (a second visit is `["ref", PLACE]`), the sign of zero, float bits, factories and
bounds are all in it. No method of the project is called: an overridden `__eq__`, `__iter__` or `__len__`
cannot change what is written. What cannot be looked into is written by its type and listed in `opaque`.
"""

from __future__ import annotations

import json
import re
import types

from .canon_numeric import numeric
from .canon_objects import (
    BASES,
    DESCRIPTORS,
    FUNCTIONS,
    has_state,
    has_state_of_c,
    how_far,
    name_of,
    plain,
    signature,
    state_of,
    traits_of,
)
from .canon_writers import IDENTITYLESS, SCALARS, SHOWN, VALUE_MODULES, WRITERS, special_writer
from .digests import sha256

MAX_DEPTH = 300
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}")


class Canon:
    """Writes values that belong together: what is shared between them is seen.

    `known` maps ids of objects that exist before to their places. `own` says whether a module's name is
    one of the project's. `folder` is the scratch folder, written as `<cwd>` in texts. `limit` bounds how many
    values are visited; beyond it only types are written, and `opaque` says so.
    """

    def __init__(self, known=None, own=None, folder="", limit=60_000):
        self.known = known if known is not None else {}
        self.seen = {}
        self.opaque = {}
        self.iterators = []
        self.functions = []
        self._own = own or (lambda module: False)
        self._folder = folder
        self.left = limit
        self._keep = []
        self._traits = {}

    def write(self, value, place):
        """`value` as JSON. `place` is where it is: a pair (place of the owner or None, key)."""
        return self.node(value, place, 0)

    def text(self, value):
        """A string without addresses and without the name of the scratch folder."""
        if self._folder and self._folder in value:
            value = value.replace(self._folder, "<cwd>")
        return _ADDRESS.sub("0x", value) if "0x" in value else value

    def where(self, value):
        """The place at which an object was met before, as text, or None."""
        found = self.known.get(id(value)) or self.seen.get(id(value))
        return None if found is None else spell(found)

    def remember(self, value, place):
        """Take an object as met at `place`."""
        self.seen[id(value)] = place
        self._keep.append(value)

    def not_seen(self, what):
        """Note that something could not be looked into."""
        self.opaque[what] = None

    def node(self, value, place, depth):
        kind = type(value)
        scalar = SCALARS.get(kind)
        if scalar is not None:
            return scalar(self, value)
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            self.not_seen("what lies deeper in a very large or deep value")
            return [name_of(kind), "..."]
        if not issubclass(kind, IDENTITYLESS) and kind.__module__ not in VALUE_MODULES:
            found = self.where(value)
            if found is not None:
                return ["ref", found]
            self.remember(value, place)
        writer = WRITERS.get(kind) or SHOWN.get((kind.__module__, kind.__qualname__))
        if writer is not None:
            return [name_of(kind), *writer(self, value, place, depth + 1)]
        return self._other(value, kind, place, depth + 1)

    def items(self, items, place, depth):
        return [self.node(item, (place, number), depth) for number, item in enumerate(items)]

    def pairs(self, pairs, place, depth):
        return [
            [self.node(key, (place, (number, "key")), depth), self.node(item, (place, number), depth)]
            for number, (key, item) in enumerate(pairs)
        ]

    def set_of(self, value, place, depth):
        """Sorted, and beside it the order in which iteration gives the items."""
        items = [json.dumps(node) for node in self.items(value, place, depth)]
        order = sorted(range(len(items)), key=items.__getitem__)
        return [[json.loads(items[number]) for number in order], {"order": order}]

    def _other(self, value, kind, place, depth):
        if issubclass(kind, type):
            return ["class", self._class(value)]
        if issubclass(kind, (*FUNCTIONS, *DESCRIPTORS)):
            return self._function(value, kind, place, depth)
        special = special_writer(kind)
        if special is not None:
            return [self._class(kind), *special(self, value, place, depth)]
        foreign = numeric(self, value, kind, place, depth)
        if foreign is not None:
            return [name_of(kind), *foreign]
        if hasattr(kind, "__next__") and not has_state(value):
            return self._iterator(value, kind, place)
        return self._instance(value, kind, place, depth)

    def _iterator(self, value, kind, place):
        number = len(self.iterators)
        self.iterators.append((place, value))
        return [name_of(kind), "iterator %d" % number, how_far(value)]

    def _function(self, value, kind, place, depth):
        label = getattr(value, "_tenpercent_callback_", None) if kind is types.FunctionType else None
        if label is not None:
            return ["callback", label]
        owner = getattr(value, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType):
            return ["method", value.__name__, self.node(owner, (place, "__self__"), depth)]
        name = "%s:%s" % (getattr(value, "__module__", None), getattr(value, "__qualname__", value.__name__))
        if kind is types.FunctionType:
            if self._own(value.__module__) or "<" in name:
                self.functions.append((place, value))
            if "<" in name:
                return ["function", value.__name__, signature(self, value, place, depth)]
        return ["function", name]

    def _instance(self, value, kind, place, depth):
        node = [self._class(kind)]
        content = self._content(value, kind, place, depth)
        if content is not None:
            node.append(content)
        attributes = state_of(value)
        if attributes is not None:
            node.append(
                [
                    [name, self.node(attributes[name], (place, name), depth)]
                    for name in sorted(attributes, key=str)
                ]
            )
        if content is None and has_state_of_c(kind, attributes):
            node.append(self._reduced(value, kind, place, depth))
        if hasattr(kind, "__next__"):
            node.append(self._iterator(value, kind, place)[1])
        return node

    def _content(self, value, kind, place, depth):
        """What an instance of a subclass of a builtin type holds as such."""
        for base in BASES:
            if issubclass(kind, base):
                content = plain(value, base)
                scalar = SCALARS.get(base)
                return scalar(self, content) if scalar else WRITERS[base](self, content, place, depth)
        return None

    def _reduced(self, value, kind, place, depth):
        """What pickling would keep, for types of C; else the type alone, and a note."""
        try:
            reduced = value.__reduce_ex__(2)
        except Exception:
            self._list_opaque(kind)
            return []
        if isinstance(reduced, str):
            return ["global", reduced]
        parts = [list(part) if index > 2 and part is not None else part for index, part in enumerate(reduced)]
        return self.items(parts, (place, "state"), depth)

    def _list_opaque(self, kind):
        self.not_seen("what is inside %s" % name_of(kind))

    def _class(self, kind):
        """A class's name; for the project's own with what a caller can tell of its instances."""
        if not self._own(kind.__module__):
            return name_of(kind)
        traits = self._traits.get(kind)
        if traits is None:
            traits = self._traits[kind] = "%s {%s}" % (name_of(kind), " ".join(traits_of(kind, self._own)))
        return traits


def spell(place):
    """A place as text: `result[0].name`."""
    parts = []
    while place is not None:
        place, key = place
        if isinstance(key, tuple):
            parts.append("[%s %s]" % (key[1], key[0]))
        else:
            parts.append("[%d]" % key if isinstance(key, int) else "." + key if place else key)
    return "".join(reversed(parts))


def root_of(place):
    """The first key of a place: `result`, `arguments`, `global TABLE`."""
    while place[0] is not None:
        place = place[0]
    return place[1]


def digest(node):
    """A short name for a node: equal nodes have equal digests."""
    return sha256(json.dumps(node, separators=(",", ":")).encode()).hexdigest()[:32]
