"""One version of a module, loaded as it would be anywhere, with the bare functions to call kept at hand."""

from __future__ import annotations

import ast
import builtins
import functools
import sys

from . import duet_load, load
from .duet_diff import DEFINITIONS

_KEEP = "__tenpercent_keep__"


class Alone:
    """The one version, in the shape of a `duet_sides.Side`."""

    attributes = ()

    def __init__(self, name):
        self.name = name
        self.namespace = {}
        self.raw = {}
        self.own = {}

    def install(self):
        """Nothing is shared, so nothing has to be put in place."""

    def keep(self, function):
        """The innermost decorator: remember the bare function."""
        self.raw.setdefault(function.__qualname__, []).append(function)
        return function

    def adopt(self, module):
        """Take the module's names, and as its own what was defined in it."""
        self.namespace = vars(module)
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if isinstance(value, type):
                self._adopt_members(value)
            else:
                self.own[name] = value

    def _adopt_members(self, owner):
        for name, value in vars(owner).items():
            if isinstance(value, functools._lru_cache_wrapper):
                self.own["%s.%s" % (owner.__qualname__, name)] = value


def import_version(payload, name):
    """Import the module with the text of version `name`."""
    side = Alone(name)
    wanted = {*payload["qualnames"], *payload["sample_of"]}
    builtins.__tenpercent_keep__ = side.keep
    sys.meta_path.insert(0, _KeepingFinder(payload["file"], payload[name], wanted))
    loader = _KeepingLoader(payload["module"], payload["file"], payload[name])
    loader.wanted = wanted
    side.adopt(duet_load.checked(duet_load.imported(payload, loader), payload))
    return side


class _KeepingFinder(load.SubstituteFinder):
    def __init__(self, path, text, wanted):
        super().__init__(path, text)
        self._wanted = wanted

    def find_spec(self, fullname, path=None, target=None):
        spec = super().find_spec(fullname, path, target)
        if spec is not None:
            spec.loader = _KeepingLoader(fullname, spec.origin, self._text)
            spec.loader.wanted = self._wanted
        return spec


class _KeepingLoader(load._Substitute):
    """Serves the text with an innermost decorator on each wanted function, which remembers it bare."""

    wanted = frozenset()

    def get_code(self, fullname):
        tree = ast.parse(self._text.lstrip("\ufeff"), self.path)
        _keep_definitions(tree.body, "", self.wanted)
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)


def _keep_definitions(body, prefix, wanted):
    for node in body:
        if isinstance(node, DEFINITIONS) and prefix + node.name in wanted:
            node.decorator_list.append(ast.Name(id=_KEEP, ctx=ast.Load()))
        elif isinstance(node, ast.ClassDef):
            _keep_definitions(node.body, prefix + node.name + ".", wanted)
        elif isinstance(node, (ast.If, ast.Try, ast.ExceptHandler)):
            for field in ("body", "orelse", "handlers", "finalbody"):
                _keep_definitions(getattr(node, field, ()), prefix, wanted)
