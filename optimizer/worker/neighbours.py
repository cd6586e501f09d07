"""The neighbours of one call: edits that a caller's next call might amount to, most telling first.

Each is a list of recipe operations with a label; the label says what kind of change it is, so that
the search can keep one of each kind. `outside` marks types that nobody recorded or annotated.
"""

from __future__ import annotations

import collections
import io
import types

from . import guess, specs
from .edits import TEXT_CHANGES
from .patterns import matching, nearly
from .reach import source_of
from .specs import BYTES, FLOAT, INT, STR, Spec
from .strategies import Drawer

_DEPTH = 4
_HUGE = (10**20, 2**31, 2**53 + 1, 2**62, 2**63, -(2**63) - 1)
_LARGE_SIZES = (1000, -1000)
_SIZES = (60, 101)
_ITERATORS = (
    types.GeneratorType,
    map,
    filter,
    zip,
    enumerate,
    type(iter([])),
    type(iter(())),
    type(iter("")),
)
_MUTABLE = (list, dict, set, bytearray, collections.deque)
_MOST_MINED = 24
_MOST_ATTRIBUTES = 8


def _attributes(value):
    """Names of what an instance holds, in its dict or its slots."""
    if isinstance(getattr(value, "__dict__", None), dict):
        return [name for name in vars(value) if isinstance(name, str)]
    slots = [vars(kind).get("__slots__", ()) for kind in type(value).__mro__]
    names = [name for part in slots for name in ((part,) if isinstance(part, str) else part)]
    return [name for name in names if hasattr(value, name)] or list(getattr(value, "_fields", ()))


class Edit:
    """A change to a call: recipe operations, what kind of change, and whether it leaves the domain."""

    __slots__ = ("label", "ops", "outside")

    def __init__(self, label, ops, outside=False):
        self.label, self.ops, self.outside = label, ops, outside


_BY_TYPE = (
    (bool, "_bool"),
    (int, "_int"),
    (float, "_float"),
    ((str, bytes), "_text"),
    ((list, tuple, collections.deque), "_sequence"),
    ((set, frozenset), "_of_set"),
    (dict, "_dict"),
    (_ITERATORS, "_iterator"),
    (io.IOBase, "_stream"),
)


class Neighbourhood:
    """Lists the edits for calls of one domain."""

    def __init__(self, domain, pools, choose):
        self._domain, self._pools, self._choose = domain, pools, choose
        self._free = False
        self._lengths = []

    def edits(self, args, kwargs):
        """Edits for a call with these arguments (made anew only to be looked at)."""
        places = list(self._places(args, kwargs))
        self._lengths = sorted(
            {len(value) for _, _, value in places if isinstance(value, (list, tuple, str, dict))}
        )
        for parameter, path, value in places:
            self._free = parameter is not None and "annotated" not in parameter.sources
            yield from self._value(path, value, 0)
            if parameter is not None:
                yield from self._types(parameter, path, value)
        yield from self._together(places)
        yield from self._missing(args, kwargs)

    def _places(self, args, kwargs):
        positional = [part for part in self._domain.parameters if part.kind in (0, 1)]
        several = next((part for part in self._domain.parameters if part.kind == 2), None)
        for number, value in enumerate(args):
            yield (positional[number] if number < len(positional) else several), [number], value
        by_name = {part.name: part for part in self._domain.parameters}
        for name, value in kwargs.items():
            yield by_name.get(name), [name], value

    # -- by value -----------------------------------------------------------------------------------

    def _value(self, path, value, depth):
        """Edits of what lies at `path`, by its type."""
        if depth > _DEPTH:
            return
        for kinds, method in _BY_TYPE:
            if isinstance(value, kinds):
                yield from getattr(self, method)(path, value, depth)
                return
        if callable(value) and not isinstance(value, type):
            yield from self._callable(path)
        else:
            yield from self._object(path, value, depth)

    def _bool(self, path, value, depth):
        yield Edit("flip", [["set", path, not value]])

    def _int(self, path, value, depth):
        parameter = self._parameter_at(path)
        huge = _LARGE_SIZES if parameter is not None and parameter.counts else _HUGE
        for new in (0, 1, -1, 2, -value, value + 1, value - 1, value + 2, 2 * value, True, False, *huge):
            if new != value or type(new) is bool:
                yield _set("int %s" % _int_label(new), path, new)
        for length in self._lengths[:6]:
            for new in (length, length - 1, length + 1, -length, -length - 1):
                yield _set("int near length", path, new)
        for constant in list(self._pools.ints)[:_MOST_MINED]:
            for new in (constant, constant - 1, constant + 1):
                yield _set("int mined", path, new)
        yield Edit("int subclass", [["subclass", path]])

    def _float(self, path, value, depth):
        for text in (
            "0.0",
            "-0.0",
            "float('nan')",
            "float('inf')",
            "float('-inf')",
            "1e308",
            "5e-324",
            "0.1",
            "1e16",
        ):
            yield _set("float " + text, path, {"source": text})
        yield Edit("negate", [["negate", path]])
        for new in (0, 1, True):
            yield _set("int for float", path, new)
        for constant in [*self._pools.floats, *self._pools.ints][:_MOST_MINED]:
            if abs(constant) < 10**300:
                yield _set("float mined", path, {"source": repr(float(constant))})
        yield Edit("float subclass", [["subclass", path]])

    def _text(self, path, value, depth):
        yield _set("text empty", path, {"source": repr(type(value)())})
        for change in TEXT_CHANGES:
            if isinstance(value, str) or change not in ("folded", "surrogate", "emoji"):
                yield Edit("text " + change, [["text", path, change]])
        yield Edit("first", [["first", path, 1]])
        for text in self._mined_texts():
            piece = {"source": repr(text if isinstance(value, str) else text.encode("utf-8", "replace"))}
            yield _set("text mined", path, piece)
            yield Edit("text with mined", [["splice", path, 0, piece]])
            yield Edit("text with mined", [["splice", path, None, piece]])
            yield Edit("text with mined", [["splice", path, len(value) // 2, piece]])
        for pattern, flags in list(self._pools.regexes)[:6]:
            if type(pattern) is type(value):
                for _ in range(4):
                    text = matching(pattern, flags, self._choose)
                    yield _set("text by pattern", path, {"source": repr(text)})
                    yield _set("text near pattern", path, {"source": repr(nearly(text, self._choose))})
        if self._pools.sizes:
            for size in list(self._pools.sizes)[:4]:
                for new in (size, size + 1):
                    yield Edit("text grown", [["grow", path, new, False]])
        yield Edit("text subclass", [["subclass", path]])

    def _mined_texts(self):
        found = dict.fromkeys([*self._pools.texts, *self._pools.strs, *self._pools.keys])
        return list(found)[:_MOST_MINED]

    def _sequence(self, path, value, depth):
        fixed = isinstance(value, tuple) and depth > 0
        if not fixed:
            yield from self._sizes(path, value)
            yield from self._additions(path, value)
        if len(value) > 1 and not fixed:
            yield Edit("rows tied", [["all_equal", path]])
            yield from self._columns(path, value[0])
            yield Edit("shared item", [["share_item", path, 0, len(value) - 1]])
        for number in dict.fromkeys(n for n in (0, 1, len(value) - 1) if 0 <= n < len(value)):
            yield from self._inner(path, number, value[number], depth)
        if type(value) in (list, tuple):
            yield Edit("subclass", [["subclass", path]])

    def _sizes(self, path, value):
        yield Edit("empty", [["empty", path]])
        yield Edit("first", [["first", path, 1]])
        yield Edit("first", [["first", path, 2]])
        yield Edit("last", [["tail", path, 1]])
        yield Edit("reverse", [["reverse", path]])
        yield Edit("rotate", [["rotate", path]])
        yield Edit("sorted", [["sort", path, False]])
        yield Edit("sorted", [["sort", path, True]])
        if not value:
            return
        yield Edit("duplicate", [["duplicate", path, 0, 1]])
        yield Edit("duplicate", [["duplicate", path, -1, 2]])
        yield Edit("repeated", [["grow", path, 2 * len(value), False]])
        yield Edit("without first", [["remove", path, 0]])
        wanted = [size + more for size in list(self._pools.sizes)[:4] for more in (0, 1, 10)]
        for size in dict.fromkeys([*wanted, *_SIZES]):
            if size > len(value):
                yield Edit("grown with ties", [["grow", path, size, False]])
                yield Edit("grown", [["grow", path, size, True]])
                yield Edit("grown backwards", [["grow", path, size, True], ["reverse", path]])
                for column in self._column_names(value[0]):
                    yield Edit(
                        "grown with tied column", [["grow", path, size, True], ["same_column", path, column]]
                    )

    def _additions(self, path, value):
        for item in list(value)[:2]:
            for new in _boundaries(item, self._free):
                yield Edit("item added", [["insert", path, None, {"source": new}]])
                yield Edit("item added first", [["insert", path, 0, {"source": new}]])
        if value and type(value[0]) is float:
            yield Edit(
                "same nan", [["insert", path, None, {"source": "float('nan')"}], ["duplicate", path, -1, 1]]
            )
        if not value:
            for new in self._new_items(path):
                yield Edit("item in empty", [["insert", path, None, {"source": new}]])

    def _new_items(self, path):
        parameter = self._parameter_at(path)
        if parameter is None:
            return
        for option in specs.options(parameter.spec):
            if option.kind in ("list", "tuple_of", "deque", "sequence", "iterable") and len(path) == 1:
                for _ in range(6):
                    yield Drawer(self._choose, self._pools).draw(option.parts[0], 1)

    def _parameter_at(self, path):
        parameters = self._domain.parameters
        if isinstance(path[0], int):
            return parameters[path[0]] if path[0] < len(parameters) else None
        return next((part for part in parameters if part.name == path[0]), None)

    def _column_names(self, row):
        if isinstance(row, (tuple, list)):
            return list(range(min(len(row), 4)))
        if isinstance(row, dict):
            return [name for name in list(row)[:4] if isinstance(name, str)]
        return list(getattr(row, "__dict__", ()))[:4]

    def _columns(self, path, row):
        for column in self._column_names(row):
            yield Edit("column tied", [["same_column", path, column]])

    def _inner(self, path, step, item, depth):
        inner = [*path, step]
        yield from self._value(inner, item, depth + 1)
        if self._free:
            yield from self._mixed(inner, item)

    def _mixed(self, path, item):
        spec = {str: STR, int: INT, float: FLOAT, bytes: BYTES}.get(type(item))
        if spec is None:
            if item is not None:
                yield Edit("item None", [["set", path, None]], True)
            return
        for other in guess.mixed(spec):
            text = Drawer(self._choose, self._pools).draw(other, 1)
            yield Edit("item %s" % other.kind, [["set", path, {"source": text}]], True)

    def _of_set(self, path, value, depth):
        yield Edit("empty", [["empty", path]])
        yield Edit("first", [["first", path, 1]])
        for item in sorted(value, key=repr)[:2]:
            for new in _boundaries(item, self._free):
                yield Edit("item added", [["insert", path, None, {"source": new}]])
        yield Edit("grown", [["grow", path, 60, True]])

    def _dict(self, path, value, depth):
        yield Edit("empty", [["empty", path]])
        if len(value) > 1:
            yield Edit("first", [["first", path, 1]])
            yield Edit("reverse", [["reverse", path]])
            yield Edit("rotate", [["rotate", path]])
        for number in range(min(len(value), 6)):
            yield Edit("key dropped", [["drop_key", path, number]])
        for key in list(dict.fromkeys([*self._pools.keys, *self._pools.strs]))[:_MOST_MINED]:
            if key not in value:
                for new in self._values_like(value):
                    yield Edit("key added", [["put_key", path, {"source": repr(key)}, {"source": new}]])
        for number, (key, item) in enumerate(list(value.items())[:6]):
            if isinstance(key, (str, int)) and not isinstance(key, bool):
                yield from self._key(path, number, key)
            yield from self._inner(path, number, item, depth)
            yield Edit("value None", [["set", [*path, number], None]], self._free)
        if value:
            yield Edit("grown", [["grow", path, 60, True]])
        if type(value) is dict:
            yield from self._other_dicts(path)

    @staticmethod
    def _other_dicts(path):
        for kind in ("default_dict", "list_dict", "ordered_dict"):
            yield Edit(kind, [["to", path, kind]])
        yield Edit("subclass", [["subclass", path]])
        yield Edit("missing", [["odd", path, "missing"]])

    def _values_like(self, value):
        found = [source_of(item) for item in list(value.values())[:2]]
        return list(dict.fromkeys([*[text for text in found if text], "None", "0", "''"]))[:3]

    def _key(self, path, number, key):
        place = [*path, ["key", number]]
        others = ("", "\u00e9", key.upper(), key + " ") if isinstance(key, str) else (0, -1, True, key + 1)
        for new in others:
            if new != key:
                yield _set("key changed", place, new)

    def _iterator(self, path, value, depth):
        yield Edit("lazy", [["lazy", path, None]])
        yield Edit("empty", [["empty", path]])
        for count in (0, 1, 2):
            yield Edit("fails half way", [["lazy", path, count]])
        yield Edit("longer", [["to", path, "list"], ["grow", path, 5, True], ["lazy", path, None]])
        yield Edit("longer", [["to", path, "list"], ["duplicate", path, 0, 3], ["lazy", path, None]])
        for new in self._new_items_of_iterator(path):
            yield Edit(
                "longer",
                [["to", path, "list"], ["insert", path, None, {"source": new}], ["lazy", path, None]],
            )

    def _new_items_of_iterator(self, path):
        parameter = self._parameter_at(path)
        for option in specs.options(parameter.spec) if parameter and len(path) == 1 else ():
            if option.kind == "iterator":
                for _ in range(4):
                    yield Drawer(self._choose, self._pools).draw(option.parts[0], 1)

    def _stream(self, path, value, depth):
        spec = Spec("text_io" if isinstance(value, io.TextIOBase) else "binary_io")
        for _ in range(12):
            yield _set("stream", path, {"source": Drawer(self._choose, self._pools).draw(spec)})

    def _callable(self, path):
        name = "argument %s" % ".".join(map(str, path))
        yield Edit("spy", [["spy", path, name]])
        for at in (1, 2, 3):
            yield Edit("spy fails", [["failing_spy", path, name, at]])
        for _ in range(8):
            text = Drawer(self._choose, self._pools).draw(Spec("call", (self._result_spec(path),)))
            yield _set("other callable", path, {"source": text})

    def _result_spec(self, path):
        parameter = self._parameter_at(path)
        for option in specs.options(parameter.spec) if parameter and len(path) == 1 else ():
            if option.kind == "call":
                return option.parts[0]
        return specs.ANY

    def _object(self, path, value, depth):
        """Edits of attributes; of private ones only where no other could have to agree with it."""
        for name in _attributes(value)[:_MOST_ATTRIBUTES]:
            if not name.startswith("_") or len(self._pools.private) <= 1:
                yield from self._inner(path, name, getattr(value, name, None), depth)

    # -- by type ------------------------------------------------------------------------------------

    def _types(self, parameter, path, value):
        """Values of other types that the parameter takes, or that a careless caller may pass."""
        if isinstance(value, (list, tuple, collections.deque)):
            yield from self._lazy_forms(parameter, path, value)
        for kind, op in _CONVERSIONS:
            if isinstance(value, (list, tuple, set, frozenset, str)) and self._takes(parameter, kind):
                yield Edit("as " + op, [["to", path, op]], not self._inside(parameter, kind))
        for option in specs.options(parameter.spec):
            yield from (_set("drawn %s" % option.kind, path, self._drawn(option)) for _ in range(3))
        for option in parameter.others:
            for _ in range(4):
                yield Edit("type %s" % option.kind, [["set", path, self._drawn(option)]], True)
        if callable(value):
            for container in self._containers(path):
                yield Edit("spy disturbs", [["disturbing_spy", path, "callback", container]])

    def _lazy_forms(self, parameter, path, value):
        if not self._takes(parameter, "iterator", "iterable"):
            return
        outside = not self._inside(parameter, "iterator", "iterable")
        yield Edit("generator", [["lazy", path, None]], outside)
        yield Edit("iterator", [["to", path, "iterator"]], outside)
        for count in (0, 1, len(value)):
            yield Edit("fails half way", [["lazy", path, count]], outside)
        yield Edit("breaking", [["breaking", path, 1]], outside)

    def _drawn(self, spec):
        return {"source": Drawer(self._choose, self._pools).draw(spec)}

    def _containers(self, path):
        return [[number] for number, part in enumerate(self._domain.parameters[:6]) if [number] != path]

    @staticmethod
    def _inside(parameter, *kinds):
        return bool(set(kinds) & set(specs.kinds(parameter.spec)))

    def _takes(self, parameter, *kinds):
        found = set(specs.kinds(parameter.spec))
        for option in parameter.others:
            found.update(specs.kinds(option))
        return bool(found & set(kinds))

    # -- several arguments --------------------------------------------------------------------------

    def _together(self, places):
        for number, (_, path, value) in enumerate(places):
            for _, other_path, other in places[number + 1 :]:
                if type(value) is type(other):
                    yield Edit("swapped", [["swap", path, other_path]])
                    yield Edit("same object", [["alias", other_path, path]])
                    text = source_of(value)
                    if isinstance(value, _MUTABLE) and text:
                        yield _set("equal arguments", other_path, {"source": text})
                elif isinstance(value, (list, tuple)) and value:
                    yield Edit("item as argument", [["alias", other_path, [*path, 0]]], self._free)
        for other in self._domain.calls[:12]:
            for parameter, path, _ in places:
                if parameter is not None and len(places) > 1:
                    source = "double.recorded(%d, %r)" % (other, path)
                    yield _set("from another call", path, {"source": source})

    def _missing(self, args, kwargs):
        for parameter in self._domain.parameters:
            if parameter.kind in (2, 4):
                continue
            if parameter.name in kwargs and parameter.optional:
                yield Edit("keyword dropped", [["drop", [parameter.name]]])
            given = parameter.name in kwargs or parameter in self._domain.parameters[: len(args)]
            if not given and parameter.optional:
                for _ in range(4):
                    text = Drawer(self._choose, self._pools).draw(parameter.spec)
                    yield _set("keyword given", [parameter.name], {"source": text})
        if (
            args
            and len(args) <= len(self._domain.parameters)
            and self._domain.parameters[len(args) - 1].optional
        ):
            yield Edit("argument dropped", [["drop", [len(args) - 1]]])


_CONVERSIONS = (
    ("list", "list"),
    ("tuple_of", "tuple"),
    ("set", "set"),
    ("set", "frozenset"),
    ("dict", "keys"),
    ("dict", "dict"),
    ("deque", "deque"),
    ("iterator", "map"),
    ("sequence", "tuple"),
    ("iterable", "tuple"),
    ("iterable", "set"),
    ("bytes", "bytes"),
)


def _set(label, path, value):
    return Edit(label, [["set", path, value]])


def _int_label(value):
    if isinstance(value, bool):
        return "bool"
    return "huge" if abs(value) > 2**30 else "small"


def _boundaries(item, free):
    """Sources of items to put beside `item`: equal ones of another type, borders, odd ones."""
    if isinstance(item, bool):
        return ["True", "False", "1"]
    if isinstance(item, int):
        twin = ["True"] if item == 1 else ["False"] if item == 0 else []
        return [
            *twin,
            "0",
            "-1",
            repr(item),
            repr(item + 1),
            repr(item - 1),
            "2**62",
            "10**20",
            "True",
            *(["%d.0" % item] if free and abs(item) < 2**53 else []),
        ]
    if isinstance(item, float):
        return [repr(item), "-0.0", "0.0", "float('nan')", "float('inf')", "1e16", "0.1", "1"]
    if isinstance(item, str):
        return [repr(item), "''", repr(item.upper()), repr(item + " "), "'\u00e9'", "' '", repr(item + "0")]
    text = source_of(item)
    found = [text] if text else []
    if isinstance(item, (list, dict)) and item:
        found.append(source_of(type(item)()))
    return [new for new in found if new]
