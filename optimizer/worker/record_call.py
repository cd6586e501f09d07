"""What was bound to the parameters of one call, and how to call the function so again."""

from __future__ import annotations

import types

_VARARGS = 0x04
_VARKEYWORDS = 0x08
NO_DEFAULTS = ((), {})


class Signature:
    """The names of a code object's parameters.

    A call is a mapping from these names to values, such as the locals at entry.
    `without_first` is for constructors: calling a class does not pass the instance.
    """

    def __init__(self, code, without_first=False):
        names = code.co_varnames
        positional, keywords = code.co_argcount, code.co_kwonlyargcount
        rest = list(names[positional + keywords :])
        self.positional = names[:positional]
        self.keywords = names[positional : positional + keywords]
        self.star = rest.pop(0) if code.co_flags & _VARARGS else ""
        self.star_star = rest.pop(0) if code.co_flags & _VARKEYWORDS else ""
        self.first = names[0] if positional else ""
        self._skip = int(without_first and positional > 0)
        star = (self.star,) if self.star else ()
        star_star = (self.star_star,) if self.star_star else ()
        self.names = (*self.positional[self._skip :], *star, *self.keywords, *star_star)

    def bound(self, args, kwargs):
        """The call that was passed on, with every parameter given."""
        call = dict(zip(self.positional, args))
        if self.star:
            call[self.star] = args[len(self.positional) :]
        for name in self.keywords:
            call[name] = kwargs.pop(name)
        if self.star_star:
            call[self.star_star] = kwargs
        return call

    def recall(self, call, defaults):
        """(args, kwargs) that make this call again.

        `defaults` are the function's own. A value that is (identical to) its parameter's default is left
        out, because a copy of a sentinel or of a shared list would not be the default any more.
        """
        positional, keyword = defaults
        named = [call[name] for name in self.positional]
        star = call[self.star] if self.star else ()
        if not star:
            # A default may be left out only when everything behind it is.
            first = len(named) - len(positional)
            while len(named) > max(first, self._skip) and named[-1] is positional[len(named) - 1 - first]:
                named.pop()
        kwargs = {
            name: call[name]
            for name in self.keywords
            if not (name in keyword and keyword[name] is call[name])
        }
        kwargs.update(call[self.star_star] if self.star_star else ())
        return (*named[self._skip :], *star), kwargs


def defaults_of(namespace, qualname, line):
    """(defaults, keyword defaults) of the function at `qualname` of a module, if it starts in that line."""
    for function in _functions(namespace, qualname):
        if function.__code__.co_firstlineno == line:
            return function.__defaults__ or (), function.__kwdefaults__ or {}
    return NO_DEFAULTS


def _functions(namespace, qualname):
    """The function there, and those that it wraps as far as they are known."""
    found = raw_attribute(namespace, qualname)
    for _ in range(10):
        if isinstance(found, (staticmethod, classmethod)):
            found = found.__func__
        elif isinstance(found, property):
            yield from (
                part for part in (found.fget, found.fset, found.fdel) if type(part) is types.FunctionType
            )
            found = found.fget
        if type(found) is types.FunctionType:
            yield found
        names = (
            getattr(found, "__dict__", None) if type(found).__module__ in ("builtins", "functools") else None
        )
        found = names.get("__wrapped__") or names.get("func") if type(names) is dict else None
        if found is None:
            return


def raw_attribute(namespace, qualname):
    """What is at `qualname` of a module, by dicts alone; None when there is nothing."""
    found = None
    for name in qualname.split("."):
        found = namespace.get(name)
        namespace = found.__dict__ if isinstance(found, (type, types.ModuleType)) else {}
    return found


def made_by(first, name):
    """The class of the instance that an `__init__` or `__new__` with this first argument makes."""
    return first if name == "__new__" and isinstance(first, type) else type(first)


def has_own(kind, name, code):
    """Whether `kind` itself, not a base, has this code as its `name`."""
    function = kind.__dict__.get(name)
    function = getattr(function, "__func__", function)
    return getattr(function, "__code__", None) is code
