"""Which lines and branches of the changed functions an input reaches that none reached before it."""

from __future__ import annotations

import sys
import types

MONITORING = getattr(sys, "monitoring", None)


def codes_of(function, file):
    """The code objects of a function and of what is nested in it, without code that was generated."""
    found, todo = [], [getattr(function, "__code__", None)]
    while todo:
        code = todo.pop()
        if code is None or code.co_filename != file:
            continue
        found.append(code)
        todo += [part for part in code.co_consts if isinstance(part, types.CodeType)]
    return found


def functions_in(value, module_name, depth=0):
    """The plain functions behind a module's attribute: through wrappers, properties and classes."""
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    wrapped = getattr(value, "__wrapped__", None)
    if isinstance(value, types.FunctionType):
        yield value
        if isinstance(wrapped, types.FunctionType):
            yield wrapped
    elif isinstance(value, property):
        yield from (part for part in (value.fget, value.fset, value.fdel) if part is not None)
    elif isinstance(value, type) and value.__module__ == module_name and depth < 3:
        for part in list(vars(value).values()):
            yield from functions_in(part, module_name, depth + 1)
    elif wrapped is not None:
        yield from functions_in(wrapped, module_name, depth + 1)
    elif isinstance(getattr(value, "func", None), types.FunctionType):
        yield value.func


class Tracker:
    """Notes what is reached in some code objects; `fresh()` gives what is new since it was last asked."""

    def __init__(self, codes):
        self._names = {code: number for number, code in enumerate(codes)}
        self.reached = set()
        self._new = []
        if MONITORING:
            self._start_monitoring()

    def fresh(self):
        """New lines and branches since the last call."""
        new, self._new = self._new, []
        return new

    def lines_missed(self):
        """Lines of the code objects that nothing has reached, with the first line of their function."""
        seen = {(arc[0], arc[2]) for arc in self.reached if arc[1] == "line"}
        return sorted(
            {
                line
                for code, number in self._names.items()
                for line in _lines(code)
                if (number, line) not in seen and line != code.co_firstlineno
            }
        )

    def _note(self, arc):
        if arc not in self.reached:
            self.reached.add(arc)
            self._new.append(arc)

    # -- 3.12 and later -----------------------------------------------------------------------------

    def _start_monitoring(self):
        free = [number for number in (4, 3, 2, 1, 0) if MONITORING.get_tool(number) is None]
        if not free:
            return
        tool, events = free[0], MONITORING.events
        MONITORING.use_tool_id(tool, "tenpercent inputs")
        branches = [
            getattr(events, name)
            for name in ("BRANCH", "BRANCH_LEFT", "BRANCH_RIGHT")
            if hasattr(events, name)
        ]
        if len(branches) == 3:
            branches = branches[1:]
        MONITORING.register_callback(tool, events.LINE, self._line)
        wanted = events.LINE
        for event in branches:
            MONITORING.register_callback(tool, event, self._branch)
            wanted |= event
        for code in self._names:
            MONITORING.set_local_events(tool, code, wanted)

    def _line(self, code, line):
        number = self._names.get(code)
        if number is not None:
            self._note((number, "line", line))
        return MONITORING.DISABLE

    def _branch(self, code, offset, target):
        number = self._names.get(code)
        if number is not None:
            self._note((number, "branch", offset, target))

    # -- before 3.12 --------------------------------------------------------------------------------

    def trace(self, frame, event, argument):
        """For `sys.settrace`: follows only frames of the watched functions."""
        number = self._names.get(frame.f_code)
        if number is None:
            return None
        last = [0]

        def local(frame, event, argument):
            if event == "line":
                self._note((number, "line", frame.f_lineno))
                self._note((number, "branch", last[0], frame.f_lineno))
                last[0] = frame.f_lineno
            return local

        return local


def _lines(code):
    if hasattr(code, "co_lines"):
        return {line for _, _, line in code.co_lines() if line}
    import dis

    return {line for _, line in dis.findlinestarts(code)}
