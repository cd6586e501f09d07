"""See calls through `sys.monitoring` (Python 3.12 and newer).

The event of entering a function is on for the whole process, and switched off for good at the first call of
any code that is not the project's, so other functions run as fast as always.
"""

from __future__ import annotations

import sys

from .record_places import constructor_name, is_function

_NAME = "tenpercent"
_UNASSIGNED = (4, 3, 5)
"""The tool ids that Python keeps for nobody first: debuggers, coverage and profilers have their own."""


class Monitor:
    """`recorder` gives entries and takes looks; see `record.Recorder`."""

    def __init__(self, recorder):
        self._recorder = recorder
        self._entries = {}
        self._tool = None

    def start(self):
        monitoring = sys.monitoring
        self._tool = next(tool for tool in _UNASSIGNED if monitoring.get_tool(tool) is None)
        monitoring.use_tool_id(self._tool, _NAME)
        monitoring.register_callback(self._tool, monitoring.events.PY_START, self._callback())
        monitoring.set_events(self._tool, monitoring.events.PY_START)

    def stop(self):
        if self._tool is not None:
            sys.monitoring.set_events(self._tool, 0)
            sys.monitoring.free_tool_id(self._tool)
            self._tool = None

    def settle(self):
        """Counts are always up to date here."""

    def compiled(self, source, path):
        return compile(source, path, "exec", dont_inherit=True)

    def _callback(self):
        # Everything that runs at each call of the project's functions is in these few lines.
        get, admit, look, frame_of = self._entries.get, self._admit, self._look, sys._getframe

        def started(code, _offset):
            entry = get(id(code))
            if entry is None:
                return admit(code, frame_of(1))
            entry.calls += 1
            if entry.calls >= entry.look_at:
                try:
                    look(entry, frame_of(1))
                except RecursionError:
                    # The project is near its limit, and looking needs some frames more.
                    return None
            return None

        return started

    def _admit(self, code, frame):
        """The first call of a code object: keep an entry for it, or never hear of it again."""
        entry = self._entry(code, frame)
        if entry is None:
            return sys.monitoring.DISABLE
        self._entries[id(code)] = entry
        entry.calls = 1
        if entry.look_at == 1:
            self._look(entry, frame)
        return None

    def _entry(self, code, frame):
        path = self._recorder.files.relative(code.co_filename)
        if path is not None:
            return self._recorder.entry(code, path, code.co_qualname) if is_function(code) else None
        name = constructor_name(code)
        return self._recorder.generated(code, name, self._first(code, frame)) if name else None

    @staticmethod
    def _first(code, frame):
        return frame.f_locals[code.co_varnames[0]] if code.co_argcount else None

    def _look(self, entry, frame):
        local = frame.f_locals
        self._recorder.look(entry, local, frame.f_globals)
        if type(local) is dict and local is not frame.f_globals:
            # Before 3.13 the frame keeps this dict, and with it the arguments, until the function returns.
            local.clear()
