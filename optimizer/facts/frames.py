"""Code that looks at the frames it runs in: changing variables or call depth under it changes what it sees."""

from __future__ import annotations

import ast

from optimizer.facts.imports import Imports
from optimizer.facts.names import Names

_NAMES = frozenset({"locals", "vars", "dir", "eval", "exec", "globals", "__class__"})
_ATTRIBUTES = frozenset(
    {
        "_getframe", "_getframemodulename", "currentframe", "f_back", "f_locals", "f_globals", "f_code", "f_lineno",
        "tb_frame", "tb_lineno", "tb_next", "gi_frame", "cr_frame", "__traceback__", "with_traceback", "findCaller",
        "settrace", "setprofile", "co_varnames", "co_names", "__code__", "__closure__",
    },
)  # fmt: skip
_MODULES = frozenset({"inspect", "traceback", "pdb", "faulthandler", "linecache"})
_KEYWORDS = frozenset({"stacklevel", "stack_info"})


class Frames:
    """Which functions look at frames."""

    def __init__(self, names: Names, imports: Imports) -> None:
        self.names = names
        self.tree = names.tree
        self.imports = imports

    def uses_frames(self, function: ast.AST) -> bool:
        """Whether anything in `function` may look at frames, its own variables or its call depth."""
        return any(self._looks(node) for node in self.tree.walk(function))

    def _looks(self, node: ast.AST) -> bool:
        match node:
            case ast.Name(id=name):
                return name in _NAMES or self._from_modules(node)
            case ast.Attribute(attr=attr):
                return attr in _ATTRIBUTES or self._from_modules(node)
            case ast.keyword(arg=arg):
                return arg in _KEYWORDS
            case ast.Call(func=ast.Name(id="super"), args=[]):
                # It needs the first argument and the `__class__` cell of exactly this function.
                return True
            case _:
                return False

    def _from_modules(self, node: ast.Name | ast.Attribute) -> bool:
        return self.imports.origin(node).partition(".")[0] in _MODULES
