"""What modules and classes hold: the data at module level, in class attributes and on functions.

The state before a call is written once, when the module has been imported; after a call only what changed
is told.
"""

from __future__ import annotations

import collections
import marshal
import sys
import types

from .canon import Canon, digest, root_of
from .digests import sha256

MAX_NODES = 3_000
MAX_NODES_ELSEWHERE = 100
MAX_DATA = 10
MAX_BYTES = 1 << 20
MAX_MODULES = 60
_SIZED = (list, dict, set, collections.deque)
_LENGTHS = tuple(kind.__len__ for kind in _SIZED)
_CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    staticmethod,
    classmethod,
    property,
    types.MemberDescriptorType,
    types.GetSetDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.MethodWrapperType,
)
_HOUSEKEEPING = ("_abc_impl", "_fields_defaults", "_field_defaults", "_fields", "_is_protocol")


def data_of(namespace, module_name):
    """The (name, value) pairs of data in a namespace; attributes of its own classes and functions follow them."""
    found = []
    for name, value in list(namespace.items()):
        if not isinstance(name, str) or _dunder(name):
            continue
        if isinstance(value, type):
            found += _of_class(name, value, module_name)
        elif isinstance(value, types.FunctionType):
            found += _of_function(name, value, module_name)
        elif not isinstance(value, _CODE) and not _generated(value):
            found.append((name, value))
    return found


def _of_class(name, cls, module_name):
    if cls.__module__ != module_name or cls.__qualname__ != name:
        return []
    found = []
    for key, value in list(cls.__dict__.items()):
        if _dunder(key) or key in _HOUSEKEEPING:
            continue
        if isinstance(value, types.FunctionType):
            found += _of_function("%s.%s" % (name, key), value, module_name)
        elif not isinstance(value, (*_CODE, type)) and not _generated(value):
            found.append(("%s.%s" % (name, key), value))
    return found


def _of_function(name, function, module_name):
    if function.__module__ != module_name:
        return []
    found = [("%s.%s" % (name, key), value) for key, value in function.__dict__.items() if not _dunder(key)]
    defaults = [value for value in function.__defaults__ or () if isinstance(value, (list, dict, set))]
    return [*found, (name + ".__defaults__", defaults)] if defaults else found


def _dunder(name):
    return name.startswith("__") and name.endswith("__")


def _generated(value):
    """Things that stand for code: caches around functions, type variables and aliases, descriptors of C."""
    kind = type(value)
    if kind.__module__ in ("typing", "_typing", "typing_extensions"):
        return True
    return kind.__name__ in (
        "_lru_cache_wrapper",
        "_tuplegetter",
        "GenericAlias",
        "UnionType",
        "cached_property",
    )


class ModuleState:
    """The data of several modules: `known` places of its objects, and what a call changed.

    Every datum is looked at after every call, so each is looked at in the cheapest way that fits: plain data
    through `marshal`, small other data in full, and the rest only for what it is and how long it is.
    """

    def __init__(self, main, others, own):
        self._own = own
        self._modules = [("", main), *((name + ":", module) for name, module in others)]
        self.known = {}
        self.nodes = {}
        self.opaque = {}
        self._looks = {}
        self._kept = []
        self._originals = {}
        for prefix, module in self._modules:
            self._learn(prefix, module)
        self._before = self._signatures()

    def _learn(self, prefix, module):
        """Write everything once, and choose how to look at it from now on."""
        most = MAX_NODES if not prefix else MAX_NODES_ELSEWHERE
        canon, in_all, deep = Canon(own=self._own), MAX_DATA * most, most // 2
        for name, value in data_of(module.__dict__, module.__name__):
            canon.left = limit = min(most, in_all)
            node = canon.write(value, (None, "global " + prefix + name))
            used = limit - canon.left
            in_all -= used
            look = self._look_for(value, canon.left > 0 and used <= deep)
            deep -= used if look == self._in_full else 0
            self._looks[prefix + name] = look
            self._originals[prefix + name] = value
            self.nodes[prefix + name] = (
                node if canon.left > 0 or look is not _plain else ["large", _plain(value)]
            )
            if look is _shape and not prefix:
                self.opaque["changes inside the global " + name] = None
        self.known.update(canon.seen)
        self._kept.append(canon)

    def _look_for(self, value, in_full):
        if _plain(value) is not None:
            return _plain
        return self._in_full if in_full else _shape

    def _in_full(self, value):
        return digest(Canon(own=self._own, limit=MAX_NODES).write(value, (None, "global")))

    def _signatures(self):
        found = {}
        for prefix, module in self._modules:
            for name, value in data_of(module.__dict__, module.__name__):
                look = self._looks.get(prefix + name, _shape)
                found[prefix + name] = (type(value), look(value), self._is_another(prefix + name, value))
        return found

    def _is_another(self, name, value):
        """Whether a new container lies where another one did: who holds the old one sees no change."""
        return isinstance(value, (*_SIZED, bytearray)) and value is not self._originals.get(name, value)

    def changes(self, canon):
        """[name, node] of every datum that is not as it was; what `canon` has met in the result is seen.

        Where a container was replaced by another one, the list says so.
        """
        return [self._told(canon, name) for name in self._changed()]

    def _changed(self):
        now = self._signatures()
        return sorted(name for name in {**self._before, **now} if now.get(name) != self._before.get(name))

    def _told(self, canon, name):
        prefix, _, key = name.rpartition(":")
        module = dict(self._modules)[prefix + ":" if prefix else ""]
        data = dict(data_of(module.__dict__, module.__name__))
        if key not in data:
            return [name, "gone"]
        writer = Canon(own=self._own, limit=MAX_NODES)
        writer.seen = {
            number: place for number, place in canon.seen.items() if not root_of(place).startswith("global ")
        }
        told = [name, writer.write(data[key], (None, "global " + name))]
        return [*told, "a new object in its place"] if self._is_another(name, data[key]) else told


def _plain(value):
    """A short name for nested plain data, made by C code that calls nothing of the project; None for other data."""
    try:
        data = marshal.dumps(value, 0)
    except (ValueError, TypeError):
        return None
    return [len(data), sha256(data).hexdigest()] if len(data) <= MAX_BYTES else None


def _shape(value):
    kind = type(value)
    length = len(value) if issubclass(kind, _SIZED) and kind.__len__ in _LENGTHS else None
    return (id(value), length)


class Owners:
    """Tells modules of the project from those that it only uses."""

    def __init__(self, roots, always):
        self._roots = tuple(root.rstrip("/") + "/" for root in roots if root)
        self._known = dict.fromkeys(always, True)

    def __call__(self, name):
        if name not in self._known:
            self._known[name] = self._inside(sys.modules.get(name))
        return self._known[name]

    def _inside(self, module):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or "/site-packages/" in path or "/dist-packages/" in path:
            return False
        return path.startswith(self._roots)

    def modules(self):
        """The loaded modules of the project, by name."""
        return [(name, module) for name, module in list(sys.modules.items()) if self(name)][:MAX_MODULES]
