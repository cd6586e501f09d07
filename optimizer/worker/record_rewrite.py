"""See calls through a line put in front of each function's body, where there is no `sys.monitoring`.

`sys.setprofile` would do without, but it slows everything down three to four times, and up to 3.10 it keeps
the locals of every frame alive, which tests of weak references notice. The line calls a counter in C
for functions that are only counted, and passes on the arguments of those that are recorded. Names, line
numbers, signatures and docstrings stay as they are.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib.abc
import importlib.machinery
import inspect
import itertools
import sys
import types

from . import record_lines
from .record_places import CONSTRUCTORS, constructor_name, is_function
from .record_sink import NEVER
from .record_takes import Told, delegates
from .record_ways import MARK

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Rewriter:
    """`recorder` gives entries and takes looks; see `record.Recorder`."""

    def __init__(self, recorder):
        self._recorder = recorder
        self._numbers = itertools.count()
        self._counted = []
        self._finder = _Finder(self)

    def start(self):
        sys.meta_path.insert(0, self._finder)

    def stop(self):
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        self.settle()
        self._recorder.silence()

    def settle(self):
        """Read the counters of functions that are only counted."""
        for entry, counter in self._counted:
            # How it is pickled says what it would give next; reading it otherwise would count.
            entry.calls = counter.__reduce__()[1][0]

    def relative(self, file):
        return self._recorder.files.relative(file)

    def compiled(self, source, path, module="__main__"):
        """The code of a module or script, with the lines put in where it is the project's."""
        relative = self.relative(path)
        if relative is None:
            return compile(source, path, "exec", dont_inherit=True)
        tree = ast.parse(source, path)
        lines = _Lines(self._numbers)
        lines.visit(tree)
        pending = lines.lines
        wanted = {
            place: self._entry(place, relative, qualname) for place, (qualname, _, _) in pending.items()
        }
        for place, (_, number, node) in pending.items():
            name = "%s%d__" % (MARK, number)
            record_lines.put_in(node, name, passes_arguments=bool(wanted[place].sinks))
        code = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
        for found in _codes(code):
            place = (found.co_firstlineno, found.co_name)
            if is_function(found) and place in pending:
                wanted[place].module = module
                self._connect(wanted[place], found, pending[place][1])
        return code

    def _entry(self, place, relative, qualname):
        return self._recorder.entry_at((relative, *place), qualname)

    def _connect(self, entry, code, number):
        entry.connect(code)
        if entry.sinks:
            hook = self._hook(entry)
        else:
            counter = itertools.count()
            self._counted.append((entry, counter))
            hook = counter.__next__
        setattr(builtins, "%s%d__" % (MARK, number), hook)

    def _hook(self, entry):
        look = self._recorder.look_at_arguments
        has_takes, receives = entry.takes is not None, entry.receives
        passes_on = has_takes and delegates(entry.code)

        def entered(*args, **kwargs):
            entry.calls += 1
            if entry.calls >= entry.look_at:
                take = Told(receives, passes_on) if has_takes else None
                try:
                    look(entry, args, kwargs, take)
                except RecursionError:
                    # The project is near its limit, and looking needs some frames more.
                    return None
                return take if take is not None and take.kept else None
            return None

        return entered

    def made(self, module):
        """Record the generated constructors of the classes of `module` that are wanted."""
        for kind in self._recorder.wanted_classes(
            module.__dict__, self.relative(module.__dict__.get("__file__"))
        ):
            for name in CONSTRUCTORS:
                function = getattr(kind.__dict__.get(name), "__func__", kind.__dict__.get(name))
                if type(function) is types.FunctionType and constructor_name(function.__code__) == name:
                    self._wrap(kind, name, function)

    def _wrap(self, kind, name, function):
        entry = self._recorder.generated_of(kind, name, function.__code__)
        hook = self._hook(entry)

        @functools.wraps(function)
        def made(*args, **kwargs):
            if entry.look_at != NEVER:
                bound = _bound(function, args, kwargs)
                if bound is not None:
                    hook(*bound[0], **bound[1])
            return function(*args, **kwargs)

        setattr(kind, name, staticmethod(made) if name == "__new__" else made)


def _bound(function, args, kwargs):
    """(args, kwargs) with every parameter given, None when the call does not fit."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        return None
    bound.apply_defaults()
    return bound.args, bound.kwargs


def _codes(code):
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


class _Lines(ast.NodeVisitor):
    """Finds every `def`, as {(first line, name): (qualname, number of its line, node)}."""

    def __init__(self, numbers):
        self.lines = {}
        self._numbers = numbers
        self._scope = []

    def visit_FunctionDef(self, node):
        first = min([node.lineno] + [decorator.lineno for decorator in node.decorator_list])
        qualname = ".".join([*self._scope, node.name])
        self.lines[first, node.name] = (qualname, next(self._numbers), node)
        self._inside(node, [node.name, "<locals>"])

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self._inside(node, [node.name])

    def _inside(self, node, names):
        self._scope += names
        self.generic_visit(node)
        del self._scope[-len(names) :]


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, rewriter):
        self._rewriter = rewriter
        self._busy = False

    def find_spec(self, fullname, path=None, target=None):
        if self._busy:
            return None
        self._busy = True
        try:
            spec = self._first(fullname, path, target)
        finally:
            self._busy = False
        if spec is None or self._rewriter.relative(spec.origin) is None:
            return None
        if type(spec.loader) is not importlib.machinery.SourceFileLoader:
            return None
        spec.loader = _Loader(spec.loader.name, spec.loader.path, self._rewriter)
        return spec

    def _first(self, fullname, path, target):
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is not self and find is not None:
                spec = find(fullname, path, target)
                if spec is not None:
                    return spec
        return None


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname, path, rewriter):
        super().__init__(fullname, path)
        self._rewriter = rewriter

    def get_code(self, fullname):
        """Never from or to a cache of byte code."""
        path = self.get_filename(fullname)
        return self._rewriter.compiled(self.get_data(path), path, fullname)

    def exec_module(self, module):
        super().exec_module(module)
        self._rewriter.made(module)
