"""See calls through `sys.monitoring` (Python 3.12 and newer).

The event of entering a function is on for the whole process, and switched off for good at the first call of
any code that is not the project's, so other functions run as fast as always.
"""

from __future__ import annotations

import sys

from .record_places import constructor_name, is_function
from .record_takes import ASYNC_GENERATOR, Watched

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
        for event, told in self._of_generators():
            monitoring.register_callback(self._tool, event, told)
        monitoring.set_events(self._tool, monitoring.events.PY_START)

    def stop(self):
        if self._tool is not None:
            sys.monitoring.set_events(self._tool, 0)
            for entry in self._entries.values():
                if entry.takes:
                    sys.monitoring.set_local_events(self._tool, entry.code, 0)
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
            if entry.takes:
                # A frame of this code that has ended may have lain here.
                entry.takes.pop(id(frame_of(1)), None)
            if entry.calls >= entry.look_at:
                try:
                    look(entry, frame_of(1))
                except RecursionError:
                    # The project is near its limit, and looking needs some frames more.
                    return None
            return None

        return started

    def _of_generators(self):
        """(event, callback) by which a generator's calls are watched; on for its code alone, while there are any."""
        entries, frame_of, events = self._entries, sys._getframe, sys.monitoring.events

        def resumed(code, _offset):
            take = entries[id(code)].takes.get(id(frame_of(1)))
            if take is not None:
                take.asked += 1

        def yielded(code, _offset, value):
            take = entries[id(code)].takes.get(id(frame_of(1)))
            if take is not None:
                take.given(value, code.co_flags & ASYNC_GENERATOR)

        def returned(code, _offset, _value):
            takes = entries[id(code)].takes
            take = takes.pop(id(frame_of(1)), None)
            if take is not None and not takes:
                sys.monitoring.set_local_events(self._tool, code, 0)

        return (events.PY_RESUME, resumed), (events.PY_YIELD, yielded), (events.PY_RETURN, returned)

    def _watch(self, entry, frame, take):
        events = sys.monitoring.events
        if not entry.takes:
            wanted = events.PY_RESUME | events.PY_YIELD | events.PY_RETURN
            sys.monitoring.set_local_events(self._tool, entry.code, wanted)
        entry.takes[id(frame)] = take

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
        take = Watched(entry.receives) if entry.takes is not None else None
        self._recorder.look(entry, local, frame.f_globals, take)
        if take is not None and take.kept:
            self._watch(entry, frame, take)
        if type(local) is dict and local is not frame.f_globals:
            # Before 3.13 the frame keeps this dict, and with it the arguments, until the function returns.
            local.clear()
