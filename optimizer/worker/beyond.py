"""What a careless caller may pass beyond the domain, without the function's own code ruling it out.

A rewrite must not treat such a thing differently either; but where both versions refuse it, how they
do so does not count.
"""

from __future__ import annotations

from . import specs
from .guess import NUMBERS, WHOLE, from_attributes
from .known_types import DECIMAL
from .specs import ANY, BOOL, BYTES, FLOAT, INT, NONE, STR, Spec, union


def beyond(spec, use, classes=()):
    """Specs of other types that a caller may pass to an unannotated parameter."""
    ops = use.ops if use else set()
    attributes = set(use.attrs) if use else set()
    found = [NONE, *specs.options(from_attributes(use, classes) or NONE)] if use else [NONE]
    for option in specs.options(spec):
        kind = option.kind
        if kind in ("str", "int", "float", "bool", "none", "bytes", "any", "complex"):
            found += _beyond_scalars(kind, ops, attributes)
        elif kind in (
            "list",
            "tuple",
            "tuple_of",
            "iterator",
            "deque",
            "set",
            "frozenset",
            "iterable",
            "sequence",
        ):
            found += _beyond_sequences(option, ops, attributes)
        elif kind in ("dict", "struct", "ordered_dict", "default_dict"):
            found += _beyond_mappings(option, ops)
        elif kind == "call":
            found += [Spec("one_of", (), ("len", "str", "int", "list", "max"))]
    return _without(found, spec)


def _beyond_scalars(kind, ops, attributes):
    """What else a caller may pass for a text or a number, unless the function's own code rules it out."""
    found = []
    if kind in _TEXTS:
        found += [STR if kind == "bytes" else BYTES] if attributes <= _BYTES_METHODS else []
        found += [INT] if not attributes else []
        found += [Spec("list", (STR,)), Spec("tuple", (STR,))] if not attributes and not ops & NUMBERS else []
    if kind in _WHOLE_NUMBERS:
        found += [FLOAT] if not ops & WHOLE else []
        found += [DECIMAL] if ops & {"number", "arithmetic"} and not ops & WHOLE else []
        found += [STR] if not ops & {"range", "bits"} else []
    if kind == "float":
        found += [INT, DECIMAL, STR]
    if ops & _COMPARED and not attributes:
        found += [Spec("list", (STR,))]
    return found


_TEXTS = {"str", "bytes", "any", "none"}
_WHOLE_NUMBERS = {"int", "bool", "any"}
_COMPARED = {"member", "hash", "subscript", "equal"}
_BYTES_METHODS = set(dir(bytes)) & set(dir(str))
_ORDERED = {"len", "index", "slice", "lookup", "subscript"}


def _beyond_sequences(option, ops, attributes):
    item = option.parts[0] if len(option.parts) == 1 else union(option.parts or (ANY,))
    changed = ops & {"setitem", "delitem"} or attributes
    if changed:
        return []
    if ops & {"lookup"}:
        return [Spec("list", (item,)), Spec("tuple_of", (item,))]
    found = [Spec("list", (item,)), Spec("tuple_of", (item,))]
    if ops & _ORDERED:
        return (
            found
            + ([STR] if "str" in specs.kinds(item) else [])
            + ([] if "slice" in ops else [Spec("deque", (item,))])
        )
    found += [Spec("iterator", (item,))]
    if set(specs.kinds(item)) <= {"str", "int", "float", "bool", "none", "bytes", "tuple"}:
        found += [Spec("set", (item,)), Spec("dict", (item, INT))]
    if "str" in specs.kinds(item) or item.kind == "any":
        found += [STR]
    return found


def _beyond_mappings(option, ops):
    if option.kind == "struct":
        values = union(option.parts) if option.parts else ANY
        return [Spec("default_dict", (STR, values)), Spec("ordered_dict", (STR, values))]
    return [Spec(kind, option.parts) for kind in ("default_dict", "ordered_dict") if kind != option.kind]


def mixed(spec):
    """What may stand among the items of a container although nobody was seen to put it there."""
    found = [NONE]
    for kind in specs.kinds(spec):
        found += {
            "int": [FLOAT, STR, BOOL, Spec("list", (INT,))],
            "float": [INT, STR],
            "str": [INT, BYTES, Spec("list", (STR,))],
            "bool": [INT],
            "bytes": [STR],
            "none": [INT],
        }.get(kind, [])
    return _without(found, spec)


def _without(found, spec):
    """`found` without repetitions and without what `spec` allows anyway."""
    allowed = {part.key() for part in specs.options(spec)}
    return [part for part in {part.key(): part for part in found}.values() if part.key() not in allowed]
