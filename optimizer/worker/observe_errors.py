"""Write an exception as JSON: type, arguments, message, where it comes from, and what it is chained to."""

from __future__ import annotations

import opcode

from .canon_objects import state_of

_RAISE = opcode.opmap["RAISE_VARARGS"]
_MAX_CHAIN = 6
_INLINE = ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<lambda>")


def error_node(canon, error, place, length=0):
    """An exception as a dict.

    `explicit` is whether a `raise` statement made it, rather than an operation that failed; `direct` is whether the
    function that was called failed itself, rather than something that it called.
    """
    attributes = state_of(error) or {}
    kind = type(error)
    node = {
        "type": "%s.%s" % (kind.__module__, kind.__qualname__),
        "args": canon.write(error.args, (place, "args")),
        "text": canon.text(_message(error)),
        "attributes": [[name, canon.write(attributes[name], (place, name))] for name in sorted(attributes)],
        "explicit": _explicit(error),
        "direct": _direct(error),
    }
    if length < _MAX_CHAIN:
        node["chain"] = _chain(canon, error, place, length)
    return node


def _chain(canon, error, place, length):
    """What a traceback would show before it: the cause, or the context unless that is suppressed."""
    if error.__cause__ is not None:
        return ["cause", error_node(canon, error.__cause__, (place, "__cause__"), length + 1)]
    if error.__context__ is not None and not error.__suppress_context__:
        return ["context", error_node(canon, error.__context__, (place, "__context__"), length + 1)]
    return None


def _message(error):
    try:
        return str(error)
    except Exception as failed:
        return "no message: " + type(failed).__name__


def _explicit(error):
    """Whether the instruction that failed is a `raise` (or an `assert`)."""
    trace = error.__traceback__
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code.co_code
    return 0 <= trace.tb_lasti < len(code) and code[trace.tb_lasti] == _RAISE


def _direct(error):
    """Whether no other function of Python lies between the call that is observed and the failure."""
    names = []
    trace = error.__traceback__
    while trace is not None:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    inner = names[names.index("_call") + 2 :] if "_call" in names else names[1:]
    return all(name in _INLINE for name in inner)
