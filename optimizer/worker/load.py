"""Import the project's modules, with the candidate's text served for the one file that it changes."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys


class _Substitute(importlib.machinery.SourceFileLoader):
    """Loads a module from a given text, under its real file name, and never touches byte code caches."""

    def __init__(self, fullname, path, text):
        super().__init__(fullname, path)
        self._text = text

    def get_data(self, path):
        if os.path.realpath(path) == os.path.realpath(self.path):
            return self._text.encode("utf-8")
        return super().get_data(path)

    def get_code(self, fullname):
        text = self._text
        text = text.removeprefix("\ufeff")
        return compile(text, self.path, "exec", dont_inherit=True)


class SubstituteFinder:
    """Finds modules as usual, and swaps the loader of the one whose file is `path`.

    Without the base class in `importlib.abc`, which takes longer to import than all of this package.
    """

    def __init__(self, path, text):
        self._path = os.path.realpath(path)
        self._text = text
        self._busy = False

    def find_spec(self, fullname, path=None, target=None):
        if self._busy:
            return None
        self._busy = True
        try:
            spec = _first_spec(fullname, path, target)
        finally:
            self._busy = False
        if spec is None or not spec.origin or os.path.realpath(spec.origin) != self._path:
            return None
        spec.loader = _Substitute(fullname, spec.origin, self._text)
        return spec


def _first_spec(fullname, path, target):
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if find is None or isinstance(finder, SubstituteFinder):
            continue
        spec = find(fullname, path, target)
        if spec is not None:
            return spec
    return None


def serve(path, text):
    """From now on, importing the file `path` runs `text` (its `__file__` stays what it is)."""
    sys.meta_path.insert(0, SubstituteFinder(path, text))


def import_or_load(name, path, text):
    """Import the module `name`; when no import root leads to it, load `text` as the file at `path` under that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    spec = importlib.util.spec_from_loader(name, _Substitute(name, path, text), origin=path)
    spec.has_location = True
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def resolve(module, qualname):
    """The object at `module:qualname`; raises ImportError or AttributeError.

    The raw attribute of a class is returned (a `staticmethod`, `property`...), not what looking it
    up on the class would give.
    """
    owner = importlib.import_module(module)
    if not qualname:
        return owner
    *parents, last = qualname.split(".")
    for name in parents:
        owner = getattr(owner, name)
    if isinstance(owner, type):
        for base in owner.__mro__:
            if last in base.__dict__:
                return base.__dict__[last]
    return getattr(owner, last)
