"""Bring back the code of a local function or lambda where a recorded call is loaded.

Byte code fits one version of Python. Elsewhere the function is compiled anew from the file of its module, which must
be the very same as when the call was recorded, and only where one piece of code there can be meant.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import marshal
import os
import types


def place(code, module):
    """Where `code` stands in the source of a module, for `code_at`; None where that cannot be said."""
    file = getattr(module, "__file__", None)
    if type(file) is not str or os.path.realpath(code.co_filename) != os.path.realpath(file):
        return None
    text = _text(file)
    return None if text is None else (hashlib.sha256(text).hexdigest(), *_looks(code))


def code_at(magic, data, name, where):
    """The code: `data` (marshalled; None where it must not be used) if this Python understands it, else from source.

    Raises LookupError.
    """
    if data is not None and magic == importlib.util.MAGIC_NUMBER:
        return marshal.loads(data)  # noqa: S302  # it lies in a pickle that our own recorder has made
    if where is None:
        raise LookupError("the byte code of another Python, and no source to compile instead")
    module = importlib.import_module(name)
    digest, *looks = where
    file = getattr(module, "__file__", None) or ""
    found = [code for code in _all_of(file, digest) if list(_looks(code)) == looks]
    if len(found) != 1:
        what = "may be one of several" if found else "is not found again"
        raise LookupError("the function %s in line %d of %s %s" % (looks[0], looks[1], name, what))
    return found[0]


def _looks(code):
    """What a piece of code has in common on all Pythons."""
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount
    arguments = code.co_varnames[: counts[0] + counts[2]]
    flags = code.co_flags & _SHAPE
    return code.co_name, code.co_firstlineno, counts, arguments, code.co_freevars, flags


_SHAPE = 0x04 | 0x08 | 0x20 | 0x80 | 0x200  # *args, **kwargs, and generators, coroutines and both in one


@functools.lru_cache(maxsize=64)
def _text(file):
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except (OSError, ValueError):
        return None


@functools.lru_cache(maxsize=64)
def _all_of(file, digest):
    """All code in a file, if it has this digest."""
    text = _text(file)
    if text is None or hashlib.sha256(text).hexdigest() != digest:
        return ()
    return tuple(_inside(compile(text, file, "exec", dont_inherit=True)))


def _inside(code):
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _inside(constant)
