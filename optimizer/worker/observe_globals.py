"""What modules and classes hold: the data at module level, in class attributes and on functions.

The state before a call is written once, when the module has been imported; after a call only what changed
is told.
"""

from __future__ import annotations

import sys
import types

from .canon import Canon, digest, root_of

MAX_NODES = 4_000
MAX_MODULES = 60
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
    """The data of several modules: `known` places of its objects, and what a call changed."""

    def __init__(self, main, others, own):
        self._own = own
        self._modules = [("", main), *((name + ":", module) for name, module in others)]
        self.known = {}
        self.nodes = {}
        self.opaque = {}
        self._before = self._written(self.nodes)

    def _written(self, nodes=None):
        digests = {}
        for prefix, module in self._modules:
            canon = Canon(own=self._own, limit=MAX_NODES)
            for name, value in data_of(module.__dict__, module.__name__):
                node = canon.write(value, (None, "global " + prefix + name))
                digests[prefix + name] = digest(node)
                if nodes is not None:
                    nodes[prefix + name] = node
            if nodes is not None:
                self.known.update(canon.seen)
                self.opaque.update(canon.opaque)
                self._kept = [getattr(self, "_kept", []), canon]
        return digests

    def changes(self, canon):
        """[name, node] of every datum that is not as it was, written with `canon` (which has seen the result)."""
        return [self._told(canon, name) for name in self._changed()]

    def _changed(self):
        now = self._written()
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
        return [name, writer.write(data[key], (None, "global " + name))]


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
