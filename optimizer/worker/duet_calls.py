"""The calls to replay: recorded ones (pickles), or argument tuples from an inputs file."""

from __future__ import annotations

import base64
import itertools
import pickle
import types

INPUTS_CAP = 2000
FIRST_ITEM = ", if only the first item is taken"
_CONSTANT = (type(None), bool, int, float, complex, str, bytes, type, types.ModuleType)


class Call:
    """One call. `fresh()` gives arguments that nobody has touched, as (args, kwargs).

    `public` says that a caller's view of the function is meant, with its decorators: somebody wrote these
    arguments down. A recorder sees the frames of bare functions. `taken` is how many items of the result
    the caller took, 0 for all of them, None where nobody knows.
    """

    def __init__(self, index, entry, stratum, weight, fresh, public=False, taken=None):
        self.index = index
        self.entry = entry
        self.stratum = stratum
        self.weight = weight
        self.fresh = fresh
        self.public = public
        self.taken = taken

    def weighing(self, weight):
        """The same call with another weight."""
        return Call(self.index, self.entry, self.stratum, weight, self.fresh, self.public, self.taken)

    def first_item(self):
        """The same call by somebody who takes the first item only. It has no weight, but is a stratum of its own."""
        stratum = self.stratum + FIRST_ITEM
        return Call(-1 - self.index, self.entry, stratum, 0.0, self.fresh, self.public, taken=1)


def load(payload):
    """All calls, and what was lost as (weight, reason). Weights are as given; they need not sum to 1."""
    calls, lost = _from_samples(payload)
    if payload.get("inputs_file"):
        calls += _from_file(payload["inputs_file"], payload["qualnames"][0], len(payload["samples"]))
    return calls, lost


def choose(calls, cap, turn):
    """At most `cap` calls that still stand for all: every stratum keeps its weight, and turns take turns."""
    if len(calls) <= cap:
        return calls
    strata = {}
    for call in calls:
        strata.setdefault(call.stratum, []).append(call)
    heaviest = sorted(strata.values(), key=lambda group: -sum(call.weight for call in group))[:cap]
    total = sum(call.weight for call in calls)
    chosen = []
    for group in heaviest:
        weight = sum(call.weight for call in group)
        count = min(len(group), 1 + int((cap - len(heaviest)) * weight / (total or 1)))
        picked = [group[(turn * count + offset) % len(group)] for offset in range(count)]
        mass = sum(call.weight for call in picked) or 1
        chosen.extend(call.weighing(call.weight * weight / mass) for call in picked)
    return sorted(chosen, key=lambda call: call.index)


def fingerprint(value):
    """Bytes that change when `value` is changed in place; None where that cannot be seen."""
    try:
        return pickle.dumps(value, 4)
    except BaseException:
        return None


def copier(call):
    """A cheaper `fresh` for arguments that pickle; the call's own otherwise."""
    arguments = call.fresh()
    data = fingerprint(arguments)
    if data is None:
        return call.fresh, 0
    try:
        pickle.loads(data)
    except BaseException:
        return call.fresh, 0
    return (lambda: pickle.loads(data)), len(data)


def watch(arguments):
    """What to compare before and after a call to see whether it changed its arguments; None: cannot be seen."""
    args, kwargs = arguments
    seen = []
    for value in (*args, *kwargs.values()):
        if isinstance(value, _CONSTANT) or _stateless(value):
            continue
        data = fingerprint(value)
        if data is None:
            return None
        # A class may hide its caches from pickle, so look at the attributes themselves too.
        attributes = getattr(value, "__dict__", None)
        seen.append(
            (data, {key: id(each) for key, each in attributes.items()} if type(attributes) is dict else None)
        )
    return seen


def size_name(arguments):
    """The stratum of arguments from an inputs file: exact types, with sizes by powers of two."""
    args, kwargs = arguments
    return ", ".join(
        itertools.chain(map(_describe, args), (key + "=" + _describe(kwargs[key]) for key in kwargs))
    )


def _describe(value):
    name = type(value).__name__
    if isinstance(value, bool) or value is None:
        return name
    if isinstance(value, int):
        return "%s<2**%d" % (name, value.bit_length()) if value.bit_length() > 8 else name
    try:
        size = len(value)
    except BaseException:
        return name
    return "%s[<%d]" % (name, 1 << size.bit_length())


def _stateless(value):
    if isinstance(value, types.FunctionType):
        return value.__closure__ is None and not value.__dict__
    if isinstance(value, types.BuiltinFunctionType):
        return value.__self__ is None or isinstance(value.__self__, types.ModuleType)
    return False


def _from_samples(payload):
    calls, lost = [], []
    names = payload.get("sample_of") or []
    for index, (blob, stratum, weight, *taken) in enumerate(payload["samples"]):
        entry = names[index] if index < len(names) else payload["qualnames"][0]
        try:
            data = base64.b64decode(blob)
            pickle.loads(data)
        except BaseException as error:
            lost.append((weight, "%s: %s" % (type(error).__name__, error)))
            continue
        known = taken[0] if taken else None
        calls.append(Call(index, entry, stratum, weight, _unpickle(data), taken=known))
    return calls, lost


def _unpickle(data):
    def fresh():
        args, kwargs = pickle.loads(data)
        return tuple(args), kwargs

    return fresh


def _from_file(path, entry, offset):
    with open(path, "rb") as stream:
        code = compile(stream.read(), path, "exec", dont_inherit=True)
    first = list(itertools.islice(_inputs(code, path), INPUTS_CAP))
    calls = []
    for place, args in enumerate(first):
        if not isinstance(args, tuple):
            given = type(args).__name__
            raise ValueError(
                "inputs() of %s yields a %s as item %d; yield argument tuples" % (path, given, place)
            )
        fresh = _again(code, path, place)
        calls.append(Call(offset + place, entry, size_name((args, {})), 1 / len(first), fresh, public=True))
    return calls


def _inputs(code, path):
    """What the file yields when it runs anew: an earlier run's values may have been changed by calls."""
    module = types.ModuleType("tenpercent_inputs")
    module.__file__ = path
    exec(code, module.__dict__)
    return iter(module.inputs())


def _again(code, path, place):
    def fresh():
        return next(itertools.islice(_inputs(code, path), place, None)), {}

    return fresh
