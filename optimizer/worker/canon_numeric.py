"""Write values of numpy and pandas, when the project has loaded them, by what their users rely on.

Read through the objects' own methods: these are libraries, not code that is being judged.
"""

from __future__ import annotations

import sys

from .digests import sha256


def numeric(canon, value, kind, place, depth):
    """The parts that describe a value of numpy or pandas, or None for any other value."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(kind, (numpy.ndarray, numpy.generic, numpy.dtype)):
        return _of_numpy(numpy, canon, value, place, depth)
    pandas = sys.modules.get("pandas")
    if pandas is not None and hasattr(pandas, "DataFrame"):
        return _of_pandas(pandas, canon, value, place, depth)
    return None


def _of_numpy(numpy, canon, value, place, depth):
    if isinstance(value, numpy.dtype):
        return [str(value.descr) if value.names else value.str]
    if isinstance(value, numpy.generic):
        return [value.dtype.str, _nan_free(numpy, value)]
    flags = [value.flags.c_contiguous, value.flags.f_contiguous, value.flags.writeable]
    described = [value.dtype.str, list(value.shape), flags, _owner(canon, value, place)]
    if value.dtype.hasobject:
        return [*described, canon.items(value.ravel().tolist(), place, depth)]
    return [*described, _nan_free(numpy, value)]


def _nan_free(numpy, value):
    """The bytes of an array, every NaN written the same."""
    if value.dtype.kind == "f":
        value = numpy.where(numpy.isnan(value), numpy.asarray(numpy.nan, dtype=value.dtype), value)
    data = numpy.ascontiguousarray(value).tobytes()
    return data.hex() if len(data) <= 2000 else "%d %s" % (len(data), sha256(data).hexdigest())


def _owner(canon, value, place):
    """Whether an array has memory of its own or looks into another's, and whose."""
    base = value.base
    if base is None:
        return "own"
    while getattr(base, "base", None) is not None:
        base = base.base
    found = canon.where(base)
    if found is None:
        canon.remember(base, place)
        return "view"
    return "view of " + found


def _of_pandas(pandas, canon, value, place, depth):
    kind = type(value)
    if issubclass(kind, pandas.DataFrame):
        columns = [_series(canon, value.iloc[:, n], (place, n), depth) for n in range(value.shape[1])]
        return [_index(canon, value.columns, place, depth), _index(canon, value.index, place, depth), columns]
    if issubclass(kind, pandas.Series):
        series = _series(canon, value, place, depth)
        return [_index(canon, value.index, place, depth), series, canon.node(value.name, place, depth)]
    if issubclass(kind, pandas.Index):
        return _index(canon, value, place, depth)
    if kind.__module__.startswith("pandas"):
        return [canon.text(repr(value))]
    return None


def _series(canon, value, place, depth):
    return [str(value.dtype), canon.items(value.tolist(), place, depth)]


def _index(canon, value, place, depth):
    names = canon.items(list(value.names), place, depth)
    return [type(value).__name__, str(value.dtype), names, canon.items(value.tolist(), place, depth)]
