"""Which code objects are the project's, and what is counted for each."""

from __future__ import annotations

import os
import sys

from .record_call import NO_DEFAULTS, Signature
from .record_sink import NEVER
from .record_takes import receives, yields

_OPTIMIZED = 0x01
CONSTRUCTORS = ("__init__", "__new__")


class Files:
    """The project's files: relative paths, looked up by whatever a code object or module calls its file."""

    def __init__(self, tree, paths):
        self._tree = tree
        self._relative = {os.path.realpath(os.path.join(tree, path)): path for path in paths}
        self._known = {}

    def relative(self, file):
        """The path relative to the tree, None when the file is not one of the project's."""
        if not isinstance(file, str):
            return None
        if file not in self._known:
            self._known[file] = self._relative.get(os.path.realpath(os.path.join(self._tree, file)))
        return self._known[file]

    def of_class(self, kind):
        """The file that the class says it comes from."""
        module = sys.modules.get(kind.__module__)
        return self.relative(getattr(module, "__dict__", {}).get("__file__"))


def is_function(code):
    """Whether this is a `def`: no module, class body, lambda or comprehension."""
    return bool(code.co_flags & _OPTIMIZED) and not code.co_name.startswith("<")


def constructor_name(code):
    """`__init__` or `__new__` for a generated constructor, "" for any other code.

    A named tuple's is a lambda that is only called `__new__`.
    """
    if not code.co_filename.startswith("<"):
        return ""
    if code.co_name in CONSTRUCTORS:
        return code.co_name
    return "__new__" if code.co_name == "<lambda>" and code.co_varnames[:1] == ("_cls",) else ""


class Entry:
    """Counts the calls of one code object. `look_at` is the number of the call to look at next.

    A look is a glance at the types of the arguments; from call number `full_at` on, or when these types are
    not among those `glanced` at before (by id), it takes everything in.
    `key` is (path, first line, name), None for generated code. `sinks` are (number of target, whether it is a
    class). `settled` is how many calls are attributed to tests already. `takes` are, for a recorded generator, what
    becomes of its calls by the id of their frames; `receives`: it uses what is sent into it.
    """

    __slots__ = (
        "calls",
        "code",
        "constructor",
        "defaults",
        "full_at",
        "glanced",
        "key",
        "look_at",
        "looked_at",
        "module",
        "qualname",
        "receives",
        "settled",
        "signature",
        "sinks",
        "takes",
        "tests",
    )

    def __init__(self, key, qualname="", sinks=()):
        self.key = key
        self.qualname = qualname
        self.sinks = sinks
        self.code = self.signature = self.constructor = None
        self.module = ""
        self.defaults = NO_DEFAULTS
        self.calls = self.looked_at = self.settled = 0
        self.look_at = 1 if sinks else NEVER
        self.full_at = 1
        self.glanced = set()
        self.tests = set()
        self.takes = None
        self.receives = False

    def connect(self, code):
        """Hold on to the code, so that nothing else gets its id, and to the names of its parameters."""
        self.code = code
        if self.sinks:
            self.signature = Signature(code)
            self.constructor = Signature(code, without_first=True)
            if yields(code):
                self.takes, self.receives = {}, receives(code)
