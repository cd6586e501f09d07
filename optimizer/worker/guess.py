"""Specs from how a function uses a parameter, for what is neither recorded nor annotated.

`guess` says what the original most likely works on; `refined` fills in what an annotation leaves open.
"""

from __future__ import annotations

from .known_types import METHODS
from .specs import ANY, BOOL, BYTES, COUNT, FLOAT, INT, STR, Spec, options, union

_DEPTH = 5
_MOST_FIELDS = 12
_OF_SEQUENCES = {
    *("iter", "len", "index", "lookup", "slice", "next", "setitem", "delitem", "contains", "add_list"),
}
WHOLE = {"whole", "range", "bits"}
NUMBERS = {"number", "arithmetic", "order", "to_abs", "to_round"}
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
    for read in (from_attributes, _from_keys, _from_operations):
        found = read(use, classes, depth)
        if found is not None:
            return found
    return _from_name(name)


_LEAVES = {"int": INT, "str": STR, "float": FLOAT, "bytes": BYTES, "bool": BOOL}


def from_attributes(use, classes, depth=0):
    """What has all the attributes that are read: classes of the module, well-known types, a stand-in."""
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
    if ops & WHOLE:
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
    if "hash" in ops and not ops & NUMBERS:
        return union((STR, INT))
    if ops & NUMBERS:
        return INT if "order" in ops and "number" not in ops else union((INT, FLOAT))
    return STR if ops & {"to_str", "format", "percent", "to_int", "to_float"} else None


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
    return Spec("tuple_of" if "hash" in use.ops else "list", (item,))


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
    if spec.kind == "union":
        return union(refined(part, use, classes, depth) for part in spec.parts)
    if spec.kind in _ITEM_KINDS and spec.parts:
        inner = use.item or use.fields.get(0)
        return Spec(spec.kind, [refined(part, inner, classes, depth + 1) for part in spec.parts], spec.data)
    if spec.kind in _DICT_KINDS:
        return _refined_dict(spec, use, classes, depth)
    return _opened(spec, use, classes, depth) if spec.kind == "open" else spec


def as_asked(spec, use, depth=0):
    """`spec` with the types that the code itself asks for, which nobody may have passed so far.

    Those are the classes of `isinstance`, and a tuple for `text % value`: there it is not the value but all of them.
    """
    if use is None or depth > _DEPTH:
        return spec
    known = options(spec)
    found = [_with_items_as_asked(option, use, depth) for option in known]
    leaves = union([option for option in known if option.kind in _LEAVES] or [INT])
    asked = sorted(name for name in use.classes & _ASKED.keys() if name not in map(_short, known))
    found += [_ASKED[name](leaves) for name in asked]
    if "percent" in use.ops:
        found.append(Spec("tuple", (ANY,)))
    return union(found)


def _with_items_as_asked(spec, use, depth):
    if spec.kind in _ITEM_KINDS and spec.parts:
        return Spec(spec.kind, [as_asked(part, use.item, depth + 1) for part in spec.parts], spec.data)
    return spec


def _short(spec):
    return {"tuple_of": "tuple", "struct": "dict"}.get(spec.kind, spec.kind)


_ASKED = {
    **{name: lambda item, leaf=leaf: leaf for name, leaf in _LEAVES.items()},
    "list": lambda item: Spec("list", (item,)),
    "tuple": lambda item: Spec("tuple_of", (item,)),
    "set": lambda item: Spec("set", (item,)),
    "dict": lambda item: Spec("dict", (union((STR, INT)), item)),
}


def _refined_dict(spec, use, classes, depth):
    key, value = spec.parts
    if key.kind == value.kind == "any" and use.keys:
        return _from_keys(use, classes, depth)
    key = union((STR, INT)) if key.kind == "any" else key
    return Spec(spec.kind, (key, refined(value, use.value, classes, depth + 1)), spec.data)


def _opened(spec, use, classes, depth):
    """An instance of an open class, with the attributes that are read."""
    names = sorted(name for name in use.attrs if not name.startswith("__"))
    return Spec(
        "make", [guess(use.attrs[name], name, classes, depth + 1) for name in names], (spec.data, names)
    )


_ITEM_KINDS = {
    *("list", "set", "frozenset", "deque", "iterator", "async_iterator", "iterable", "sequence"),
    *("tuple_of", "collection"),
}
_DICT_KINDS = {"dict", "mapping", "default_dict", "ordered_dict"}
