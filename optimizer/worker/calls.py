"""Recipes for whole calls, drawn from a domain; and what is done with an instance afterwards."""

from __future__ import annotations

import inspect
import types

from . import specs
from .beyond import mixed
from .specs import Spec
from .strategies import Drawer

_POSITIONAL_ONLY, _POSITIONAL, _MANY, _KEYWORD, _MANY_KEYWORDS = range(5)
_OPERATIONS = ("repr", "eq", "hash", "iter", "len", "lt", "unpack", "copy", "pickle", "bool", "str")


def draw_call(domain, choose, pools, found_by="strategy", beyond=0.15):
    """A recipe for one call; with a chance of `beyond`, one argument is of a kind beyond the domain."""
    drawer = Drawer(choose, pools)
    parameters = domain.parameters
    stranger = _stranger(parameters, choose) if choose.chance(beyond) else None
    texts = {}
    for part in choose.shuffled(parameters):
        if part.kind in (_MANY, _MANY_KEYWORDS):
            texts[part.name] = _several(part, drawer, choose)
        elif not part.optional or choose.chance(0.5):
            texts[part.name] = drawer.draw(_strange(part, choose) if part is stranger else part.spec)
    recipe = _written(parameters, texts)
    recipe["found_by"] = found_by
    if drawer.outside:
        recipe["outside"] = True
    return recipe


def _stranger(parameters, choose):
    found = [part for part in parameters if part.others and not part.only]
    return choose.pick(found) if found else None


def _strange(part, choose):
    """A kind of value beyond the domain: of the parameter itself, or of one item in it."""
    containers = [option for option in specs.options(part.spec) if option.kind in _HOLDERS]
    if containers and choose.chance(0.4):
        holder = choose.pick(containers)
        strange = [Spec("outside", (other,)) for other in mixed(holder.parts[-1])]
        either = specs.union([holder.parts[-1], Spec("union", strange)])
        return Spec(holder.kind, (*holder.parts[:-1], either), holder.data)
    return Spec("outside", (choose.pick(part.others),))


_HOLDERS = ("list", "tuple_of", "iterator", "set", "dict", "deque", "sequence", "iterable")


def _several(part, drawer, choose):
    count = choose.between(0, 3)
    if part.kind == _MANY:
        return [drawer.draw(part.spec) for _ in range(count)]
    names = [name for name in (*list(drawer.pools.keys)[:6], "a", "b") if name.isidentifier()]
    return {choose.pick(names): drawer.draw(part.spec) for _ in range(count)}


def _written(parameters, texts):
    """Positional where possible; what follows an argument that was left out goes by keyword."""
    ordered = [part for part in parameters if part.kind in (_POSITIONAL_ONLY, _POSITIONAL)]
    gap = next((number for number, part in enumerate(ordered) if part.name not in texts), len(ordered))
    positional = [texts[part.name] for part in ordered[:gap]]
    by_name = [part for part in parameters if part.kind == _KEYWORD]
    by_name += [part for part in ordered[gap:] if part.kind == _POSITIONAL]
    keywords = {part.name: texts[part.name] for part in by_name if part.name in texts}
    for part in parameters:
        if part.kind == _MANY and gap == len(ordered):
            positional += texts[part.name]
        elif part.kind == _MANY_KEYWORDS:
            keywords.update(texts[part.name])
    inner = "".join(text + ", " for text in positional)
    recipe = {"base": ["source", "(" + inner.rstrip() + ")"]}
    if keywords:
        recipe["kwargs"] = {name: {"source": text} for name, text in keywords.items()}
    return recipe


class Sequences:
    """Random sequences of what callers do with an instance of a class."""

    def __init__(self, kind, surveyor, choose, pools):
        self._choose, self._pools = choose, pools
        self._methods, self._attributes = [], []
        for name, value in _members(kind):
            if isinstance(value, types.FunctionType):
                self._methods.append(
                    (name, _bound(surveyor.domain(value, kind.__qualname__ + "." + name, [], {})))
                )
            elif isinstance(value, property):
                self._attributes.append(name)
        self._fields = [part for part in _field_names(kind) if part not in self._attributes]

    def single(self):
        """Each thing that can be done, alone."""
        for operation in _OPERATIONS:
            yield [["op", operation]]
        for name in [*self._attributes, *self._fields]:
            yield [["get", name]]
        for name in self._fields:
            yield [["change", name, "next"], ["op", "repr"], ["op", "eq"]]
        yield [["set", "another", "1"], ["op", "repr"], ["op", "eq"]]
        for name, domain in self._methods:
            for _ in range(4):
                yield [self._call(name, domain)]

    def mixed(self):
        """Several things one after another."""
        return [self._step() for _ in range(self._choose.between(2, 7))]

    def _step(self):
        choose = self._choose
        roll = choose.between(0, 9)
        if roll < 6 and self._methods:
            return self._call(*choose.pick(self._methods))
        names = [*self._attributes, *self._fields]
        if roll < 8 and names:
            return ["get", choose.pick(names)]
        if roll == 8 and self._fields:
            return ["change", choose.pick(self._fields), choose.pick(("next", "empty"))]
        return ["op", choose.pick(_OPERATIONS)]

    def _call(self, name, domain):
        return ["call", name, draw_call(domain, self._choose, self._pools)]


def _bound(domain):
    """The domain of a method as it is called on an instance."""
    domain.parameters = [part for part in domain.parameters if part.name not in ("self", "cls")]
    return domain


def _members(kind):
    found = {}
    for base in reversed(kind.__mro__):
        if base.__module__ == kind.__module__ and base is not object:
            found.update(vars(base))
    wanted = {"__getitem__", "__contains__", "__call__", "__add__", "__setitem__"}
    return [(name, value) for name, value in found.items() if not name.startswith("_") or name in wanted]


def _field_names(kind):
    names = list(getattr(kind, "__dataclass_fields__", ())) or list(getattr(kind, "_fields", ()))
    if not names:
        try:
            names = [name for name in inspect.signature(kind).parameters if name not in ("args", "kwargs")]
        except (ValueError, TypeError):
            names = []
    return [name for name in names if name.isidentifier()]
