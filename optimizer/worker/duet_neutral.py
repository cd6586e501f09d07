"""Recorded arguments, written again so that either version of a class can rebuild its instances."""

from __future__ import annotations

import ast
import base64
import copyreg
import functools
import io
import pickle

from . import duet_diff

_OWN_WAYS = (
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
)


def rewrite(samples, namespace, payload):
    """The samples with neutral pickles; one that cannot be rewritten stays as it was recorded."""
    names = changed_classes(payload)
    owners = {value for name, value in namespace.items() if name in names and isinstance(value, type)}
    return [[_neutral(blob, owners), *rest] for blob, *rest in samples] if owners else samples


def changed_classes(payload):
    """The top-level classes that both versions have, and not the same."""
    old, new = (duet_diff.Version(payload[name], payload["file"]).classes() for name in ("before", "after"))
    return {
        name
        for name in old.keys() & new.keys()
        if "." not in name and ast.dump(old[name]) != ast.dump(new[name])
    }


def _neutral(blob, owners):
    stream = io.BytesIO()
    try:
        _NeutralPickler(stream, owners).dump(pickle.loads(base64.b64decode(blob)))
    except BaseException:
        return blob
    return base64.b64encode(stream.getvalue()).decode("ascii")


class _NeutralPickler(pickle.Pickler):
    """Writes instances of changed classes as calls of the constructor, or as attributes to set."""

    def __init__(self, stream, owners):
        super().__init__(stream, 4)
        self._owners = owners

    def reducer_override(self, obj):
        owner = type(obj)
        if owner not in self._owners or isinstance(obj, (type, tuple)) or _has_own_way(owner):
            return NotImplemented
        state = _attributes(obj)
        fields = getattr(owner, "__dataclass_fields__", {})
        made_of_fields = fields and set(fields) == set(state) and all(field.init for field in fields.values())
        if made_of_fields and not hasattr(owner, "__post_init__"):
            return _construction(owner, fields, state)
        return copyreg.__newobj__, (owner,), (None, state)


def _has_own_way(owner):
    return any(name in vars(base) for base in owner.__mro__[:-1] for name in _OWN_WAYS)


def _construction(owner, fields, state):
    positional = [name for name, field in fields.items() if not getattr(field, "kw_only", False)]
    keywords = {name: state[name] for name in fields if name not in positional}
    make = functools.partial(owner, **keywords) if keywords else owner
    return make, tuple(state[name] for name in positional)


def _attributes(obj):
    state = dict(getattr(obj, "__dict__", {}))
    for base in type(obj).__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(obj, name):
                state[name] = getattr(obj, name)
    return state
