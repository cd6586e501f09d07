"""Draw arguments from specs, as source text: readable, equal in every process, easy to shrink.

Simple values come first in every list of options, so that whoever shrinks by taking earlier options
(hypothesis does) ends at the simplest text that still makes the point.
"""

from __future__ import annotations

from .specs import ANY, FLOAT, INT, STR
from .texts import Texts

_INTS = (0, 1, 2, 3, -1, 5, 4, 7, 10, -2, -3, 6, 12, -5, 100)
NEARLY_WHOLE = (10**15 - 1, 2**53 - 1, 67_108_865**2 - 1)
"""Whole numbers whose logarithm, to 10 or 2, or square root is rounded up to a whole number by floats."""

_LARGE_INTS = (
    *NEARLY_WHOLE,
    *(255, 256, 1000, 2**31 - 1, 2**31, 2**53 + 1, 2**62, 2**63 - 1, 2**63, 10**20),
    *(-(2**63), -(10**20), 10**6),
)
_FLOATS = (
    *(
        "0.0",
        "1.0",
        "0.5",
        "-1.0",
        "2.5",
        "0.1",
        "-0.0",
        "0.2",
        "0.3",
        "3.0",
        "1e16",
        "-1e16",
        "-2.5",
        "1e-9",
    ),
)
_ODD_FLOATS = (
    *("float('nan')", "float('inf')", "float('-inf')", "1e308", "5e-324", "1 / 3", "2.0**53", "1e22", "0.7"),
)
_BYTES = (b"\xff\x00", b"\x80", b"a\r\nb", b"\xc3\xa9", b"\n", b"  ")
_ERRORS = (
    *("ValueError", "KeyError", "TypeError", "AttributeError", "IndexError", "StopIteration", "RuntimeError"),
    *("OSError", "ZeroDivisionError", "LookupError"),
)
_DEPTH = 5
_SMALL, _LARGE = 4, 300
_MOST_LITERAL = 12


def of_any_size(choose):
    """A whole number whose number of bits, up to 64, is as likely as any other's; of either sign."""
    bits = choose.between(1, 64)
    number = choose.between(1 << (bits - 1), (1 << bits) - 1)
    return number if choose.chance(0.5) else -number


class Drawer:
    """Draws values for one call. `outside` tells afterwards whether something beyond the domain was drawn."""

    def __init__(self, choose, pools):
        self._choose, self.pools = choose, pools
        self._texts = Texts(choose, pools)
        self.outside = False
        self._drawn = {"int": [], "count": [], "str": [], "float": []}
        self._lengths = []

    def draw(self, spec, depth=0):
        """Source text of a value of `spec`."""
        return getattr(self, "_" + spec.kind)(spec, depth)

    # -- leaves -------------------------------------------------------------------------------------

    def _int(self, spec, depth):
        if "count" in spec.data:
            return self._again("count", lambda: repr(self._count()))
        return self._again("int", lambda: repr(self._number()))

    def _number(self):
        choose, pools = self._choose, self.pools
        roll = choose.between(0, 19)
        if 9 <= roll < 14 and pools.ints:
            return choose.pick(list(pools.ints)) + choose.pick((0, 1, -1))
        if 14 <= roll < 16 and self._lengths:
            return self._near_length()
        if roll == 16:
            return choose.pick((True, False))
        if roll == 17:
            return choose.between(-30, 300) if choose.chance(0.5) else of_any_size(choose)
        return choose.pick(_LARGE_INTS if roll > 17 else _INTS)

    def _count(self):
        choose = self._choose
        roll = choose.between(0, 9)
        if 4 <= roll < 7 and self._lengths:
            return self._near_length()
        small = [number for number in self.pools.ints if abs(number) <= _LARGE]
        if 7 <= roll < 9 and small:
            return choose.pick(small) + choose.pick((0, 1, -1))
        return choose.pick(_INTS[:14] if roll < 9 else (True, 20, 60, 101, -100))

    def _near_length(self):
        length = self._choose.pick(self._lengths)
        return self._choose.pick((length, length - 1, length + 1, -length, -length - 1))

    def _float(self, spec, depth):
        return self._again("float", self._any_float)

    def _any_float(self):
        choose, pools = self._choose, self.pools
        roll = choose.between(0, 9)
        if roll == 5 and (pools.floats or pools.ints):
            return repr(float(min(choose.pick([*pools.floats, *pools.ints]), 10**300)))
        if roll == 6:
            return repr(choose.between(-2000, 2000) / choose.pick((4, 10, 3, 7)))
        if roll == 7:
            return repr(choose.pick(_INTS))
        return choose.pick(_FLOATS if roll < 6 else _ODD_FLOATS)

    def _str(self, spec, depth):
        return self._again("str", lambda: repr(self._texts.draw(frozenset(spec.data))))

    def _bytes(self, spec, depth):
        choose, found = self._choose, [*self.pools.bytes, *self.pools.binaries]
        if found and choose.chance(0.4):
            return repr(choose.pick(found))
        if choose.chance(0.2):
            return repr(choose.pick(_BYTES))
        return repr(self._texts.draw().encode("utf-8", "replace"))

    def _bool(self, spec, depth):
        return self._choose.pick(("False", "True"))

    def _none(self, spec, depth):
        return "None"

    def _complex(self, spec, depth):
        return self._choose.pick(("0j", "1j", "(1+2j)", "complex('nan')"))

    def _any(self, spec, depth):
        choose = self._choose
        roll = choose.between(0, 11 if depth < _DEPTH else 7)
        if roll < 4:
            return self._int(ANY, depth)
        if roll < 7:
            return self._str(ANY, depth)
        if roll == 7:
            return choose.pick(("None", "1.5", "True", "b'a'", "-0.0"))
        inner = [self._any(spec, depth + 2) for _ in range(choose.between(0, 3))]
        return _written(choose.pick(("list", "tuple", "list", "dict")), inner)

    def _again(self, kind, draw):
        """Sometimes a value that this call holds already: equal values in two places make branches meet."""
        drawn = self._drawn[kind]
        if drawn and self._choose.chance(0.2):
            return self._choose.pick(drawn)
        text = draw()
        drawn.append(text)
        return text

    # -- containers ---------------------------------------------------------------------------------

    def _items(self, spec, depth):
        """Texts of items: few, or as many as a size in the source asks for; often some are repeated."""
        size = self._size(depth)
        self._lengths.append(size)
        if spec.kind == "any":
            # Mixtures mostly fail: items that nobody knows are as a rule all of one kind.
            spec = self._choose.pick((spec, INT, STR, FLOAT, spec))
        if size > _MOST_LITERAL:
            distinct = [self.draw(spec, depth + 1) for _ in range(self._choose.pick((2, 1, 5, 9, size)))]
            return [self._choose.pick(distinct) for _ in range(size)]
        found = []
        for _ in range(size):
            if found and self._choose.chance(0.2):
                found.append(self._choose.pick(found))
            else:
                found.append(self.draw(spec, depth + 1))
        return found

    def _size(self, depth):
        choose = self._choose
        if depth >= _DEPTH:
            return 0
        sizes = [size for size in self.pools.sizes if _SMALL < size <= _LARGE]
        if depth == 0 and sizes and choose.chance(0.25):
            return max(choose.pick(sizes) + choose.pick((1, 0, -1, 10)), 0)
        if depth == 0 and choose.chance(0.02):
            return choose.pick((20, 60, 101))
        return choose.pick((2, 0, 1, 3, 3, 4, 6))

    def _list(self, spec, depth):
        return _written("list", self._items(spec.parts[0], depth))

    def _tuple_of(self, spec, depth):
        return _written("tuple", self._items(spec.parts[0], depth))

    def _set(self, spec, depth):
        return _written("set", self._items(spec.parts[0], depth))

    def _frozenset(self, spec, depth):
        return "frozenset(%s)" % self._list(spec, depth)

    def _deque(self, spec, depth):
        limit = self._choose.pick(("", "", "", ", maxlen=3"))
        return "__import__('collections').deque(%s%s)" % (self._list(spec, depth), limit)

    def _iterator(self, spec, depth):
        items = self._list(spec, depth)
        return (
            self._choose.pick(
                ("iter(%s)", "double.lazy(%s)", "double.lazy(%s)", "double.lazy(%s, fails=True)")
            )
            % items
        )

    def _iterable(self, spec, depth):
        kind = self._choose.pick(("list", "tuple_of", "iterator", "iterator", "set", "dict_keys", "breaking"))
        if kind == "breaking":
            return "double.breaking(%s)" % self._list(spec, depth)
        return self._of_kind(kind, spec, depth)

    def _collection(self, spec, depth):
        return self._of_kind(
            self._choose.pick(("list", "tuple_of", "set", "dict_keys", "deque")), spec, depth
        )

    def _sequence(self, spec, depth):
        return self._of_kind(self._choose.pick(("list", "list", "tuple_of")), spec, depth)

    def _of_kind(self, kind, spec, depth):
        hashable = _hashable(spec.parts[0])
        if kind == "dict_keys":
            return "dict.fromkeys(%s)" % self._list(spec, depth) if hashable else self._list(spec, depth)
        if kind == "set" and not hashable:
            kind = "list"
        return getattr(self, "_" + kind)(spec, depth)

    def _dict(self, spec, depth):
        key, value = spec.parts
        keys = dict.fromkeys(self._items(key, depth))
        return "{" + ", ".join("%s: %s" % (text, self.draw(value, depth + 1)) for text in keys) + "}"

    def _mapping(self, spec, depth):
        kind = self._choose.pick(("dict", "dict", "dict", "ordered_dict", "default_dict"))
        return getattr(self, "_" + kind)(spec, depth)

    def _default_dict(self, spec, depth):
        factory = self._choose.pick(("int", "list", "lambda: 'made'"))
        return "__import__('collections').defaultdict(%s, %s)" % (factory, self._dict(spec, depth))

    def _ordered_dict(self, spec, depth):
        return "__import__('collections').OrderedDict(%s)" % self._dict(spec, depth)

    def _counter(self, spec, depth):
        return "__import__('collections').Counter(%s)" % self._dict(spec, depth)

    def _tuple(self, spec, depth):
        return _written("tuple", [self.draw(part, depth + 1) for part in spec.parts])

    def _struct(self, spec, depth):
        pairs = [
            "%r: %s" % (name, self.draw(part, depth + 1))
            for name, part in zip(spec.data, spec.parts)
            if not self._choose.chance(0.1)
        ]
        if self._choose.chance(0.1):
            pairs.append("%r: %s" % (self._texts.draw(), self._any(ANY, depth + 1)))
        if self._choose.chance(0.15):
            pairs = self._choose.shuffled(pairs)
        return "{" + ", ".join(pairs) + "}"

    # -- objects ------------------------------------------------------------------------------------

    def _make(self, spec, depth):
        expression, names = spec.data
        texts = [self.draw(part, depth + 1) for part in spec.parts]
        named = ["%s=%s" % (name, text) if name else text for name, text in zip(names, texts)]
        return "%s(%s)" % (expression, ", ".join(named))

    def _duck(self, spec, depth):
        pairs = ["%s=%s" % (name, self.draw(part, depth + 1)) for name, part in zip(spec.data, spec.parts)]
        if self._choose.chance(0.3 if self.pools.asks_for_attributes else 0.1 * (len(pairs) > 1)):
            pairs.pop()
        maker = self._choose.pick(("duck", "slotted"))
        return "double.%s(%s)" % (maker, ", ".join(["'duck'", *pairs]))

    def _call(self, spec, depth):
        choose, result = self._choose, spec.parts[0]
        roll = choose.between(0, 9)
        if roll < 2:
            return "double.call('f')"
        returns = "[%s]" % ", ".join(self.draw(result, depth + 1) for _ in range(choose.between(1, 4)))
        if roll < 6:
            return "double.call('f', returns=%s)" % returns
        if roll < 9:
            known = list(self.pools.errors) * 3 + list(_ERRORS)
            return "double.call('f', returns=%s, fails_at=%d, error=%s)" % (
                returns,
                choose.between(1, 3),
                choose.pick(known),
            )
        return choose.pick(("str", "len", "bool", "lambda *a: None", "lambda *a: a", "repr", "abs"))

    def _async_call(self, spec, depth):
        results = [self.draw(spec.parts[0], depth + 1) for _ in range(self._choose.between(1, 3))]
        returns = "[%s]" % ", ".join(results)
        if self._choose.chance(0.3):
            error = self._choose.pick(list(self.pools.errors) * 3 + list(_ERRORS))
            return "double.async_call('f', returns=%s, fails_at=2, error=%s)" % (returns, error)
        return "double.async_call('f', returns=%s)" % returns

    def _async_iterator(self, spec, depth):
        fails = self._choose.pick(("", "", ", fails=True"))
        return "double.async_lazy(%s%s)" % (self._list(spec, depth), fails)

    def _context(self, spec, depth):
        value = self.draw(spec.parts[0], depth + 1) if spec.parts[0].kind != "any" else "None"
        return "double.context(%s%s)" % (value, self._choose.pick(("", "", ", swallows=True")))

    def _file(self, spec, depth):
        if self._choose.chance(0.15):
            return repr(self._choose.pick(("no such file", "")))
        return "double.file(%r)" % self._lines()

    def _text_io(self, spec, depth):
        return "__import__('io').StringIO(%r)" % self._lines()

    def _lines(self):
        """A text of a few lines, whose words may turn up in other arguments."""
        lines = [self._texts.draw() for _ in range(self._choose.between(0, 5))]
        for line in lines:
            self._drawn["str"].append(repr(line.strip("\n")))
        return "\n".join(lines) + self._choose.pick(("\n", "")) if lines else ""

    def _binary_io(self, spec, depth):
        return "__import__('io').BytesIO(%s)" % self._bytes(spec, depth)

    def _open(self, spec, depth):
        return "%s()" % spec.data

    def _one_of(self, spec, depth):
        return self._choose.pick(spec.data)

    def _union(self, spec, depth):
        return self.draw(self._choose.pick(spec.parts), depth)

    def _lazy(self, spec, depth):
        return "None" if depth > _DEPTH + 3 else self.draw(spec.data(), depth + 1)

    def _outside(self, spec, depth):
        self.outside = True
        return self.draw(spec.parts[0], depth)


def _hashable(spec):
    if spec.kind in ("list", "dict", "set", "struct", "any", "deque", "duck", "make", "default_dict"):
        return False
    return all(map(_hashable, spec.parts)) if spec.kind in ("union", "tuple", "tuple_of") else True


def _written(kind, items):
    inner = ", ".join(items)
    if kind == "list":
        return "[" + inner + "]"
    if kind == "set":
        return "{" + inner + "}" if items else "set()"
    if kind == "dict":
        return "{" + ", ".join("%r: %s" % (chr(97 + n), item) for n, item in enumerate(items)) + "}"
    return "(" + inner + ("," if len(items) == 1 else "") + ")"
