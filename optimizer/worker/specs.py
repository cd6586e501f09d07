"""What values a place can take: one small tree, whatever it was learned from.

A `Spec` has a kind, parts and data:

- int float str bytes bool none complex any: data are words about the use ("count", "regex", ...)
- list set frozenset deque iterator async_iterator iterable sequence tuple_of collection: (item,)
- dict default_dict ordered_dict counter mapping: (key, value)
- tuple: one spec a field; struct: a dict, one spec a key, data are the keys
- make: one spec a parameter, data is (expression of the callable, names); None is positional
- open: data is the expression of a class that takes any keyword as an attribute
- duck: one spec an attribute, data are the names
- call, async_call: (result,); context: (what it gives,)
- text_io, binary_io, and file: the name of one that is there
- one_of: data are source expressions; union: the options
- lazy: data is a function that gives the spec, since a class may hold itself
- outside: (what is plausible beyond what was recorded or annotated,)
"""

from __future__ import annotations


class Spec:
    """One node of the tree; see the table above."""

    __slots__ = ("data", "kind", "parts")

    def __init__(self, kind, parts=(), data=()):
        self.kind, self.parts, self.data = kind, tuple(parts), data

    def __repr__(self):
        inner = ", ".join(map(repr, self.parts))
        return self.kind + (("[" + inner + "]") if inner else "")

    def key(self):
        """What makes two specs the same."""
        data = self.data if not callable(self.data) else id(self.data)
        return self.kind, tuple(part.key() for part in self.parts), str(data)


ANY = Spec("any")
NONE = Spec("none")
INT, FLOAT, STR, BYTES, BOOL, COMPLEX = map(Spec, ("int", "float", "str", "bytes", "bool", "complex"))
COUNT = Spec("int", (), frozenset({"count"}))
NUMBER = Spec("union", (INT, FLOAT))

_DEEPEST = 3
_LEAVES = ("int", "float", "str", "bytes", "bool", "none", "complex", "any")


def union(options):
    """One spec for all `options`: nested unions are flattened, equal ones kept once."""
    flat = {}
    for option in options:
        for part in option.parts if option.kind == "union" else (option,):
            flat.setdefault(part.key(), part)
    found = list(flat.values())
    return found[0] if len(found) == 1 else Spec("union", found)


def kinds(spec):
    """The kinds at the top of a spec, options of a union one by one."""
    if spec.kind == "union":
        return [kind for part in spec.parts for kind in kinds(part)]
    if spec.kind == "lazy":
        return kinds(spec.data())
    return [spec.kind]


def options(spec):
    """The options of a union, or the spec itself alone."""
    return list(spec.parts) if spec.kind == "union" else [spec]


def describe(spec, depth=0):
    """For people: `list[int or str]`."""
    if spec.kind == "lazy" and depth <= _DEEPEST:
        return describe(spec.data(), depth + 1)
    if spec.kind == "union":
        return " or ".join(dict.fromkeys(describe(part, depth) for part in spec.parts))
    if spec.kind == "make":
        return spec.data[0]
    if spec.kind in ("struct", "duck"):
        return "%s with %s" % ("dict" if spec.kind == "struct" else "object", ", ".join(map(str, spec.data)))
    if spec.kind == "one_of":
        return "one of " + ", ".join(spec.data[:4]) + (", ..." if len(spec.data) > 4 else "")
    if spec.kind in ("lazy", *_LEAVES) or not spec.parts or depth > _DEEPEST:
        return spec.kind
    return "%s[%s]" % (spec.kind, ", ".join(describe(part, depth + 1) for part in spec.parts))
