"""Load recorded calls in a fresh process, as every later stage will, and say which of them survive that.

The payload is {"samples": [base64...], "newborn": [whether the first argument of that call is an object
before its `__init__`...], "first": number of the first one to look at}. Messages are {"at": n} before and
{"fine": n} or {"lost": n, "why": "..."} after each, so that a value whose loading ends the process is known
by its number.
"""

from __future__ import annotations

import base64
import io
import pickle
import pickletools
import sys

from .record_pickle import Copier, Limits
from .record_ways import Lost

_BOOKKEEPING = {"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET"}
_ROOMY = Limits(max_bytes=64 << 20, max_seconds=10.0)


def run(payload, send):
    sys.stdout = sys.stderr = io.StringIO()
    for number in range(payload["first"], len(payload["samples"])):
        send({"at": number})
        why = trouble(base64.b64decode(payload["samples"][number]), payload["newborn"][number])
        send({"lost": number, "why": why} if why else {"fine": number})


def trouble(data, newborn=False):
    """Why this pickle of (args, kwargs) is of no use, "" when it is."""
    try:
        args, kwargs = pickle.loads(data)
    except BaseException as error:
        return "cannot be loaded again: %s: %s" % (type(error).__name__, str(error).split("\n")[0][:100])
    try:
        copier = Copier(_ROOMY)
        again = copier.copy((args, kwargs), args[0] if newborn else None)
        args, kwargs = pickle.loads(again)
        third = copier.copy((args, kwargs), args[0] if newborn else None)
    except Lost as lost:
        return "cannot be copied again: %s" % lost
    except BaseException as error:
        return "cannot be copied again: %s" % type(error).__name__
    if again == third or _content(again) == _content(third):
        return ""
    return "changes when it is copied"


def _content(data):
    """What a pickle says, whatever the order of its sets and the sharing of its strings."""
    return {
        (code.name, repr(argument))
        for code, argument, _ in pickletools.genops(data)
        if code.name not in _BOOKKEEPING
    }
