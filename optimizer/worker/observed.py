"""Specs from recorded values: what kinds of things a place has really held."""

from __future__ import annotations

import collections
import enum
import io
import types

from .doubles import Duck, Spy
from .hints import is_record
from .reach import reach, source_of
from .specs import ANY, BOOL, BYTES, FLOAT, INT, NONE, STR, Spec, union

_MOST = 60
_DEPTH = 5
_STRUCT_KEYS = 14
_LEAVES = {int: INT, float: FLOAT, str: STR, bytes: BYTES, bool: BOOL, type(None): NONE}
_ONE_ITEM = {list: "list", set: "set", frozenset: "frozenset", collections.deque: "deque"}
_TWO_ITEMS = {
    dict: "dict",
    collections.defaultdict: "default_dict",
    collections.OrderedDict: "ordered_dict",
    collections.Counter: "counter",
}
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
_CALLABLES = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, Spy)


class Observer:
    """Collects recorded values into specs and pools; `namespace` says which classes can be named."""

    def __init__(self, namespace, pools):
        self._namespace, self._pools = namespace, pools

    def spec(self, places, depth=0):
        """The spec of `places`: pairs of a value and how recipes reach it, as (call number, path)."""
        groups = {}
        for value, where in places[:_MOST]:
            groups.setdefault(type(value), []).append((value, where))
        return union(self._of_type(kind, group, depth) for kind, group in groups.items()) if groups else ANY

    def _of_type(self, kind, group, depth):
        if kind in _LEAVES:
            for value, _ in group:
                self._pools.add(value)
            return _LEAVES[kind]
        if depth > _DEPTH:
            return self._recorded(group)
        if kind in _ONE_ITEM or kind is tuple:
            return (
                self._tuple(group, depth)
                if kind is tuple
                else Spec(_ONE_ITEM[kind], (self._items(group, depth),))
            )
        if kind in _TWO_ITEMS:
            return self._dict(kind, group, depth)
        if issubclass(kind, _ITERATORS):
            return Spec("iterator", (self._drained(group, depth),))
        if kind in (io.StringIO, io.BytesIO):
            return self._stream(group)
        return self._other(kind, group, depth)

    def _stream(self, group):
        for value, _ in group:
            for line in value.getvalue().splitlines()[:20]:
                self._pools.add(line)
        return Spec("text_io" if isinstance(group[0][0], io.StringIO) else "binary_io")

    def _other(self, kind, group, depth):
        if issubclass(kind, enum.Enum) and reach(kind, self._namespace):
            expression = reach(kind, self._namespace)
            return Spec("one_of", (), tuple("%s.%s" % (expression, name) for name in kind.__members__))
        if issubclass(kind, (types.FunctionType, types.BuiltinFunctionType, Spy)) or kind in _CALLABLES:
            return union([self._recorded(group), Spec("call", (ANY,))])
        if is_record(kind) and reach(kind, self._namespace):
            made = self._record(kind, group, depth)
            return union([self._recorded(group), made]) if made else self._recorded(group)
        return self._recorded(group)

    def _items(self, group, depth):
        inner = [
            (item, where and not isinstance(value, (set, frozenset)) and (where[0], [*where[1], number]))
            for value, where in group
            for number, item in enumerate(list(value)[:_MOST])
        ]
        return self.spec(inner, depth + 1)

    def _drained(self, group, depth):
        """What iterators give: they are used up here, every input is made anew."""
        inner = []
        for value, _ in group[:10]:
            try:
                for item, _ in zip(value, range(20)):
                    inner.append((item, None))
            except Exception:
                continue
        return self.spec([pair for pair in inner if source_of(pair[0]) is not None], depth + 1)

    def _tuple(self, group, depth):
        lengths = {len(value) for value, _ in group}
        if len(lengths) == 1 and 0 < next(iter(lengths)) <= 8:
            columns = range(next(iter(lengths)))
            parts = [
                [(value[n], (where and (where[0], [*where[1], n]))) for value, where in group]
                for n in columns
            ]
            return Spec("tuple", [self.spec(part, depth + 1) for part in parts])
        return Spec("tuple_of", (self._items(group, depth),))

    def _dict(self, kind, group, depth):
        values = self._values_by_key(group)
        for name in values:
            if isinstance(name, str):
                self._pools.keys[name] = None
        named = all(type(name) is str for name in values)
        if kind is dict and 0 < len(values) <= _STRUCT_KEYS and named and depth:
            return Spec("struct", [self.spec(found, depth + 1) for found in values.values()], tuple(values))
        key = self.spec([(name, None) for name in values], depth + 1)
        everything = [pair for pairs in values.values() for pair in pairs]
        return Spec(_TWO_ITEMS[kind], (key, self.spec(everything, depth + 1)))

    @staticmethod
    def _values_by_key(group):
        """Pairs of a value and its place, for each key."""
        values = {}
        for value, where in group:
            for number, (name, item) in enumerate(list(value.items())[:_MOST]):
                values.setdefault(name, []).append((item, where and (where[0], [*where[1], number])))
        return values

    def _record(self, kind, group, depth):
        names = list(
            getattr(kind, "_fields", None) or [n for n, f in kind.__dataclass_fields__.items() if f.init]
        )
        parts = []
        for name in names:
            values = [
                (getattr(value, name, None), where and (where[0], [*where[1], name]))
                for value, where in group
            ]
            parts.append(self.spec(values, depth + 1))
        return Spec("make", parts, (reach(kind, self._namespace), tuple(names)))

    def _recorded(self, group):
        """Values that only the recorded calls can give."""
        made = ["double.recorded(%d, %r)" % where for _, where in group[:8] if where]
        texts = [source_of(value) for value, _ in group[:8]]
        found = tuple(dict.fromkeys([*made, *[text for text in texts if text]]))
        return Spec("one_of", (), found) if found else ANY


def is_double(value):
    """Whether a value is one of our own stand-ins."""
    return isinstance(value, (Spy, Duck))
