"""The shortest expression that gives a class in the module under test, for the source of an input."""

from __future__ import annotations

import sys


def reach(thing, namespace):
    """An expression for a class or function, or "" when there is no way to it."""
    name = getattr(thing, "__name__", "")
    if name.isidentifier() and namespace.get(name) is thing:
        return name
    for alias, value in namespace.items():
        if value is thing and alias.isidentifier() and not alias.startswith("__"):
            return alias
    return _from_its_module(thing, namespace)


def _from_its_module(thing, namespace):
    module, path = getattr(thing, "__module__", None), getattr(thing, "__qualname__", "")
    if not module or not path or "<locals>" in path:
        return ""
    owner = sys.modules.get(module)
    found = owner
    for part in path.split("."):
        found = getattr(found, part, None)
    if found is not thing:
        return ""
    if owner.__dict__ is namespace or module == "builtins":
        return path
    return "__import__(%r, fromlist=['*']).%s" % (module, path)


def source_of(value, depth=0):
    """Source that gives an equal value of exactly these types, or None: plain builtin values only."""
    kind = type(value)
    if value is None or kind in (bool, int, str, bytes):
        return repr(value)
    if kind is float:
        return "float(%r)" % repr(value) if value != value or value in (_INF, -_INF) else repr(value)
    if depth > _DEEPEST or kind not in (list, tuple, set, frozenset, dict):
        return None
    return _of_dict(value, depth) if kind is dict else _of_items(value, kind, depth)


_DEEPEST = 8
_INF = float("inf")


def _of_dict(value, depth):
    pairs = [(source_of(key, depth + 1), source_of(item, depth + 1)) for key, item in value.items()]
    if any(part is None for pair in pairs for part in pair):
        return None
    return "{" + ", ".join("%s: %s" % pair for pair in pairs) + "}"


def _of_items(value, kind, depth):
    ordered = value if kind in (list, tuple) else sorted(value, key=repr)
    parts = [source_of(item, depth + 1) for item in ordered]
    if None in parts:
        return None
    inner = ", ".join(parts)
    if kind is list:
        return "[" + inner + "]"
    if kind is tuple:
        return "(" + inner + ("," if len(parts) == 1 else "") + ")"
    if kind is set:
        return "{" + inner + "}" if parts else "set()"
    return "frozenset([" + inner + "])"
