"""How values are put into a pickle that pickle itself cannot put there, or not so that they come back right.

Every way gives a callable and arguments from the standard library (for local functions, of `rebuild`), so that a
plain `pickle.loads` in any worker brings the value back.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import itertools
import marshal
import operator
import os
import re
import sys
import threading
import types
import weakref

from . import rebuild

MARK = "__tenpercent_"
"""How names begin that the recorder puts into code that it watches (see `record_rewrite`)."""

_WITHOUT_SHARING = 2
_COUNT = re.compile(r"count\((-?\d+)(?:, (-?\d+))?\)")


class Lost(Exception):
    """These arguments cannot be kept; the message is the reason, as people read and count it."""


class Do:
    """Stands in a pickle for the result of `function(*arguments)`, computed where it is loaded."""

    def __init__(self, function, *arguments):
        self.function = function
        self.arguments = arguments

    def __call__(self):
        """What it stands for may be a function, so pickle asks for one here too."""
        raise TypeError("what a pickle is to compute is not computed where it is written")


def attribute(owner, name):
    """The reduction to an attribute of something that pickle can name."""
    return operator.attrgetter(name), (owner,)


def main_name():
    """The name under which what runs as `__main__` can be imported, "" when there is none."""
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return spec.name if spec.name != "__main__" else ""
    file = getattr(main, "__file__", None)
    return os.path.splitext(os.path.basename(file))[0] if file else ""


def _of_main(qualname):
    """A name of the script that runs as `__main__`: looked up in the module that it is otherwise."""
    if not main_name():
        raise Lost("a class or function that cannot be imported again")
    return attribute(sys.modules["__main__"], qualname)


def _owner(module_name, qualname, value):
    """The module in which `qualname` is this very object, None when there is none."""
    module = found = sys.modules.get(module_name or "")
    if module is None:
        return None
    for name in qualname.split("."):
        names = found.__dict__ if isinstance(found, (types.ModuleType, type)) else {}
        found = names.get(name)
    if isinstance(found, staticmethod):
        found = found.__func__
    return module if found is value else None


def class_way(kind):
    """Classes go by name."""
    if kind in _WITHOUT_NAME:
        return NotImplemented
    if kind in _NAMES_IN_TYPES:
        return attribute(types, _NAMES_IN_TYPES[kind])
    owner = _owner(kind.__module__, kind.__qualname__, kind)
    if owner is None:
        what = "local class" if "<locals>" in kind.__qualname__ else "class that is not where its name says:"
        raise Lost("a %s %s" % (what, kind.__qualname__))
    return NotImplemented if owner.__name__ != "__main__" else _of_main(kind.__qualname__)


def _function(function):
    """Functions go by name where they have one, else by value."""
    owner = _owner(function.__module__, function.__qualname__, function)
    if owner is None:
        return _by_value(function)
    return NotImplemented if owner.__name__ != "__main__" else _of_main(function.__qualname__)


def _by_value(function):
    """A lambda or local function as its code, defaults and closure, on the globals of its module."""
    module = sys.modules.get(function.__globals__.get("__name__", ""))
    if module is None or module.__dict__ is not function.__globals__:
        raise Lost("a function that is not a module's")
    name = module.__name__ if module.__name__ != "__main__" else main_name()
    namespace = Do(*_flat(attribute(module, "__dict__")))
    code = Do(rebuild.code_at, *_described(function.__code__, module, name))
    arguments = (code, namespace, function.__name__, None, function.__closure__)
    state = {
        "__defaults__": function.__defaults__,
        "__kwdefaults__": function.__kwdefaults__,
        "__qualname__": function.__qualname__,
        "__module__": name,
    }
    return types.FunctionType, arguments, (function.__dict__ or None, state)


def _described(code, module, name):
    """What `rebuild.code_at` takes. A recorder's own lines must not come back, so such code does from source only."""
    where = rebuild.place(code, module) if name else None
    if any(each.startswith(MARK) for each in code.co_names):
        if where is None:
            raise Lost("a local function of a file that is being recorded")
        return importlib.util.MAGIC_NUMBER, None, name, where
    return importlib.util.MAGIC_NUMBER, _marshalled(code), name, where


def _marshalled(code):
    """Bytes that are the same for equal code: this format says nothing of which objects are shared."""
    try:
        return marshal.dumps(code, _WITHOUT_SHARING)
    except ValueError:
        # Constants that are newer than that format, such as slices.
        return marshal.dumps(code)


def _flat(reduction):
    function, arguments = reduction
    return (function, *arguments)


def _code(code):
    """Byte code fits one version of Python: on another one, the look-up of its magic number fails."""
    table = {importlib.util.MAGIC_NUMBER: marshal.dumps(code)}
    magic = Do(*_flat(attribute(importlib.util, "MAGIC_NUMBER")))
    return marshal.loads, (Do(operator.getitem, table, magic),)


def _cell(cell):
    try:
        content = cell.cell_contents
    except ValueError:
        return types.CellType, ()
    return types.CellType, (), (None, {"cell_contents": content})


def _module(module):
    if module is sys.modules["__main__"] and main_name():
        return importlib.import_module, (main_name(),)
    if sys.modules.get(module.__name__) is module and module.__name__ != "__main__":
        return importlib.import_module, (module.__name__,)
    raise Lost("a module that cannot be imported")


def _lock(lock):
    """A new lock for a free one."""
    if repr(lock).startswith("<locked"):
        raise Lost("a lock that is held")
    return (threading.RLock if type(lock) is _RLOCK else threading.Lock), ()


def _count(counter):
    """A counter shows its state only as a text; asking it otherwise would warn, or count."""
    found = _COUNT.fullmatch(repr(counter))
    if found is None:
        raise Lost("an iterator of itertools")
    return itertools.count, (int(found[1]), int(found[2] or 1))


def _keys(view):
    return dict.keys, (dict.fromkeys(view),)


def _values(view):
    return dict.values, (dict(enumerate(view)),)


def _items(view):
    return dict.items, (dict(view),)


def _match(match):
    """The same match, found again at the place where it starts."""
    for method in ("match", "fullmatch"):
        again = getattr(match.re, method)(match.string, match.start(), match.endpos)
        if again is not None and again.regs == match.regs:
            found = Do(getattr, match.re, method)
            return operator.methodcaller("__call__", match.string, match.start(), match.endpos), (found,)
    raise Lost("a match that is not found again where it starts")


def refusal(kind):
    """Why no value of this type can be kept, "" when some may."""
    if type(kind) is type and kind in _REFUSED:
        return _REFUSED[kind]
    if kind.__module__ == "itertools":
        return "an iterator of itertools"
    if kind.__module__ == "unittest.mock":
        return "a mock"
    if issubclass(kind, io.IOBase) and kind not in (io.BytesIO, io.StringIO):
        return "an open file"
    return ""


_RLOCK = type(threading.RLock())
_WITHOUT_NAME = (type(None), type(NotImplemented), type(Ellipsis))
_NAMES_IN_TYPES = {
    kind: name
    for name, kind in vars(types).items()
    if isinstance(kind, type) and kind.__module__ == "builtins"
}
_NAMES_IN_TYPES = {kind: name for kind, name in _NAMES_IN_TYPES.items() if kind not in _WITHOUT_NAME}
SPECIAL = {
    types.FunctionType: _function,
    types.ModuleType: _module,
    types.CodeType: _code,
    types.CellType: _cell,
    type(threading.Lock()): _lock,
    _RLOCK: _lock,
    type(itertools.count()): _count,
    type({}.keys()): _keys,
    type({}.values()): _values,
    type({}.items()): _items,
    re.Match: _match,
    Do: lambda do: (do.function, do.arguments),
}
_REFUSED = {
    types.GeneratorType: "a generator",
    types.CoroutineType: "a coroutine",
    types.AsyncGeneratorType: "an asynchronous generator",
    types.FrameType: "a frame",
    types.TracebackType: "a traceback",
    weakref.ReferenceType: "a weak reference",
    weakref.ProxyType: "a weak reference",
    weakref.CallableProxyType: "a weak reference",
}
