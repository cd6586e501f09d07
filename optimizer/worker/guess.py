"""Specs from how a function uses a parameter, for what is neither recorded nor annotated.

`guess` says what the original most likely works on. `beyond` says what else a careless caller may
pass without the function's own code ruling it out: a rewrite must not treat that differently.
"""

from __future__ import annotations

from . import specs
from .known_types import DECIMAL, METHODS
from .specs import ANY, BOOL, BYTES, COUNT, FLOAT, INT, NONE, STR, Spec, union

_DEPTH = 5
_MOST_FIELDS = 12
_OF_SEQUENCES = {
    *("iter", "len", "index", "lookup", "slice", "next", "setitem", "delitem", "contains", "add_list"),
}
_WHOLE = {"whole", "range", "bits"}
_NUMBERS = {"number", "arithmetic", "order", "to_abs", "to_round"}
_TEXT = {"add_str", "regex", "text", "json", "date_text", "path", "contains_str"}
_NAMES = {
    STR: (
        *("text", "line", "name", "s", "string", "msg", "message", "path", "word", "token", "key", "label"),
        *("title", "prefix", "suffix", "url", "ch", "char", "source", "value"),
    ),
    COUNT: (
        *("n", "k", "count", "size", "i", "j", "num", "limit", "width", "depth", "length", "times", "step"),
        *("start", "stop", "index", "offset", "total", "level"),
    ),
    "list": (
        *("xs", "ys", "items", "rows", "values", "vals", "lst", "seq", "data", "words", "names", "lines"),
        *("records", "nums", "numbers", "tokens", "parts", "elements"),
    ),
    "dict": (
        *("d", "mapping", "env", "config", "opts", "options", "params", "headers", "table", "counts"),
        *("attrs", "kw", "kwargs", "cache", "graph", "lookup"),
    ),
    "call": (
        *("f", "fn", "func", "callback", "cb", "predicate", "pred", "factory", "key_func", "on_done"),
        *("handler", "hook", "visit"),
    ),
}


def guess(use, name="", classes=(), depth=0):
    """The spec that `use` speaks for; `classes` are (attribute names, spec) of classes in the module."""
    if use is None or depth > _DEPTH:
        return ANY
    if use.classes & _LEAVES.keys():
        return union([_LEAVES[found] for found in sorted(use.classes & _LEAVES.keys())] + [STR, INT])
    for read in (_from_attributes, _from_keys, _from_operations):
        found = read(use, classes, depth)
        if found is not None:
            return found
    return _from_name(name)


_LEAVES = {"int": INT, "str": STR, "float": FLOAT, "bytes": BYTES, "bool": BOOL}


def _from_attributes(use, classes, depth):
    attributes = {name for name in use.attrs if not name.startswith("__")}
    if not attributes:
        return None
    found = [spec for names, spec in classes if attributes <= names]
    for label, (kind, spec) in METHODS.items():
        if all(hasattr(kind, name) for name in attributes):
            found.append(spec or _container(label, use, classes, depth))
    if len(found) > 3 and "call" not in {op for inner in use.attrs.values() for op in inner.ops}:
        found = found[:3]
    if not attributes & _BUILTIN_METHODS:
        found.append(_duck(use, classes, depth))
    return union(found)


_BUILTIN_METHODS = {name for kind in (str, list, dict, set) for name in dir(kind)}


def _duck(use, classes, depth):
    names = sorted(name for name in use.attrs if not name.startswith("__"))
    parts = []
    for name in names:
        inner = use.attrs[name]
        if "call" in inner.ops:
            parts.append(_called(inner, classes, depth))
        else:
            parts.append(guess(inner, name, classes, depth + 1))
    return Spec("duck", parts, tuple(names))


def _container(label, use, classes, depth):
    item = guess(use.item or use.value, "", classes, depth + 1)
    if label == "dict":
        key = guess(use.key, "key", classes, depth + 1) if use.key else union((STR, INT))
        return Spec("dict", (key, guess(use.value, "", classes, depth + 1)))
    return Spec(label, (item,))


def _from_keys(use, classes, depth):
    if not use.keys:
        return None
    parts = [guess(inner, name, classes, depth + 1) for name, inner in use.keys.items()]
    return Spec("struct", parts, tuple(use.keys))


def _from_operations(use, classes, depth):
    ops = use.ops
    if "call" in ops:
        return _called(use, classes, depth)
    if "with" in ops:
        return Spec("context", (ANY,))
    if ops & _WHOLE:
        return COUNT
    text = _text(use)
    if text is not None:
        return text
    if "mapping" in ops or ("contains" in ops and "lookup" in ops and "subscript" not in ops):
        return _container("dict", use, classes, depth)
    if use.fields and "unpack" in ops and "iter" not in ops:
        return _row(use, classes, depth)
    if ops & _OF_SEQUENCES:
        return _sequence(use, classes, depth)
    if ops & _NUMBERS:
        return INT if "order" in ops and "number" not in ops else union((INT, FLOAT))
    return STR if ops & {"to_str", "format", "to_int", "to_float"} else None


def _text(use):
    """The kind of text that is asked for, or None for what need not be text."""
    ops = use.ops
    if "path" in ops:
        return Spec("file")
    if ops & _TEXT or any(isinstance(const, str) for const in use.consts):
        return (
            BYTES if "add_bytes" in ops else Spec("str", (), frozenset(ops & {"regex", "json", "date_text"}))
        )
    is_bytes = "add_bytes" in ops or any(isinstance(const, bytes) for const in use.consts)
    return BYTES if is_bytes else None


def _called(use, classes, depth):
    """A callable, or one whose result is awaited."""
    result = use.result
    if result is not None and "await" in result.ops:
        return Spec("async_call", (guess(result.result, "", classes, depth + 1),))
    return Spec("call", (guess(result, "", classes, depth + 1),))


def _row(use, classes, depth):
    most = max([*use.fields, *[count for count in use.counts if count < _MOST_FIELDS]])
    parts = [guess(use.fields.get(n), "", classes, depth + 1) for n in range(most + 1)]
    return Spec("tuple", parts)


def _sequence(use, classes, depth):
    inner = use.item
    if inner is not None and inner.fields and "unpack" in inner.ops:
        item = _row(inner, classes, depth + 1)
    elif inner is not None and inner.known():
        item = guess(inner, "", classes, depth + 1)
    else:
        item = guess(use.fields.get(0) or use.value, "", classes, depth + 1)
    if inner is not None and "list" in inner.classes:
        item = union((Spec("list", (item if item.kind != "any" else INT,)), INT, STR))
    if "async" in use.ops:
        return Spec("async_iterator", (item,))
    if "next" in use.ops:
        return Spec("iterator", (item,))
    if "setitem" in use.ops and "lookup" in use.ops:
        return union((Spec("list", (item,)), Spec("dict", (union((STR, INT)), item))))
    return Spec("list", (item,))


def _from_name(name):
    short = name.lower().strip("_")
    for kind, names in _NAMES.items():
        if short in names:
            if isinstance(kind, Spec):
                return kind
            return {
                "list": Spec("list", (ANY,)),
                "dict": Spec("dict", (union((STR, INT)), ANY)),
                "call": Spec("call", (ANY,)),
            }[kind]
    return ANY


def refined(spec, use, classes, depth=0):
    """`spec` with what it leaves open (a bare `list`, `object`) filled in from the use."""
    if use is None or depth > _DEPTH:
        return spec
    if spec.kind == "any":
        return guess(use, "", classes, depth)
    if spec.kind == "open":
        names = sorted(name for name in use.attrs if not name.startswith("__"))
        parts = [guess(use.attrs[name], name, classes, depth + 1) for name in names]
        return Spec("make", parts, (spec.data, names))
    if spec.kind == "union":
        return union(refined(part, use, classes, depth) for part in spec.parts)
    if spec.kind in _ITEM_KINDS and spec.parts:
        inner = use.item or use.fields.get(0)
        return Spec(spec.kind, [refined(part, inner, classes, depth + 1) for part in spec.parts], spec.data)
    if spec.kind in ("dict", "mapping", "default_dict", "ordered_dict"):
        if spec.parts[0].kind == spec.parts[1].kind == "any" and use.keys:
            return Spec(
                "struct", [guess(u, k, classes, depth + 1) for k, u in use.keys.items()], tuple(use.keys)
            )
        key, value = spec.parts
        key = union((STR, INT)) if key.kind == "any" else key
        return Spec(spec.kind, (key, refined(value, use.value, classes, depth + 1)), spec.data)
    return spec


_ITEM_KINDS = {
    "list",
    "set",
    "frozenset",
    "deque",
    "iterator",
    "iterable",
    "sequence",
    "tuple_of",
    "collection",
}


# -- beyond what was seen ---------------------------------------------------------------------------


def beyond(spec, use, classes=()):
    """Specs of other types that a caller may pass to an unannotated parameter."""
    ops = use.ops if use else set()
    attributes = set(use.attrs) if use else set()
    found = [NONE, *specs.options(_from_attributes(use, classes, 0) or NONE)] if use else [NONE]
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
    found = []
    if kind in ("str", "bytes", "any", "none"):
        if attributes <= _BYTES_METHODS:
            found += [BYTES if kind != "bytes" else STR]
        if not attributes:
            found += [INT]
        if not attributes and not ops & _NUMBERS:
            found += [Spec("list", (STR,)), Spec("tuple", (STR,))]
    if kind in ("int", "bool", "any"):
        if not ops & _WHOLE:
            found += [FLOAT]
            found += [DECIMAL] if ops & {"number", "arithmetic"} else []
        found += [STR] if not ops & {"range", "bits"} else []
    if kind == "float":
        found += [INT, DECIMAL, STR]
    if ops & {"member", "hash", "subscript", "equal"} and not attributes:
        found += [Spec("list", (STR,))]
    return found


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
