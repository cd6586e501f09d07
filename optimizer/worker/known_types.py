"""Values of the types of the standard library, and of arrays and tables, as source."""

from __future__ import annotations

import argparse
import array
import contextlib
import datetime as dt
import decimal
import fractions
import io
import logging
import numbers
import os
import pathlib
import random
import re
import types
import typing
import uuid
from collections import abc

from .specs import ANY, BYTES, FLOAT, INT, STR, Spec, union

_DT = "__import__('datetime')."
_DATES = (
    "date(2024, 2, 29)",
    "date(1999, 12, 31)",
    "date(2024, 1, 1)",
    "date(1, 1, 1)",
    "date(9999, 12, 31)",
)
_MOMENTS = (
    "datetime(2024, 2, 29, 12, 30)",
    "datetime(1999, 12, 31, 23, 59, 59, 999999)",
    "datetime(2024, 1, 1)",
    "datetime(1970, 1, 1)",
    "datetime(2024, 3, 31, 2, 30, fold=1)",
)
_AWARE = (
    "datetime(2024, 2, 29, 12, 30, tzinfo=__import__('datetime').timezone.utc)",
    "datetime(2024, 7, 1).astimezone(__import__('datetime').timezone.max)",
)
_SPANS = ("timedelta(0)", "timedelta(days=1)", "timedelta(seconds=-1)", "timedelta(days=400, microseconds=1)")


def _one_of(*expressions):
    return Spec("one_of", (), expressions)


def _datetime(names):
    return _one_of(*[_DT + name for name in names])


def _decimal(text):
    return "__import__('decimal').Decimal(%r)" % text


DECIMAL = _one_of(
    *map(_decimal, ("0", "1", "1.0", "1.00", "-0", "0.1", "2.5", "-3", "1E+3", "NaN", "Infinity"))
)
FRACTION = _one_of(
    *["__import__('fractions').Fraction(%s)" % pair for pair in ("0", "1", "1, 3", "-7, 2", "4, 2")]
)
PATH = _one_of(
    *[
        "__import__('pathlib').PurePosixPath(%r)" % text
        for text in ("a/b.txt", "a", "", "a.tar.gz", ".hidden", "a/./b//c", "../up", "dir/.x.py", "A/B.TXT")
    ]
)
PATTERN = _one_of(
    *["__import__('re').compile(%r)" % text for text in (r"a", r"\d+", r"(\w)(\w)?", r"^$", r"[a-z]+")]
)
TEXT_IO, BINARY_IO = Spec("text_io"), Spec("binary_io")

KNOWN = {
    dt.date: _datetime((*_DATES, _MOMENTS[0])),
    dt.datetime: _datetime((*_MOMENTS, *_AWARE)),
    dt.time: _datetime(("time(0, 0)", "time(23, 59, 59, 999999)", "time(12, 30)")),
    dt.timedelta: _datetime(_SPANS),
    dt.tzinfo: _datetime(("timezone.utc", "timezone(__import__('datetime').timedelta(hours=2))")),
    dt.timezone: _datetime(("timezone.utc", "timezone(__import__('datetime').timedelta(hours=2))")),
    decimal.Decimal: DECIMAL,
    fractions.Fraction: FRACTION,
    numbers.Number: union((INT, FLOAT, DECIMAL)),
    numbers.Real: union((INT, FLOAT, FRACTION)),
    numbers.Integral: INT,
    pathlib.Path: _one_of(
        *["__import__('pathlib').Path(%r)" % text for text in ("a/b.txt", "a", "", "a.tar.gz", ".x")],
        *["__import__('pathlib').Path(double.file(%r))" % text for text in ("a\nb\n", "", "x,1\ny,2")],
    ),
    pathlib.PurePath: PATH,
    pathlib.PurePosixPath: PATH,
    os.PathLike: PATH,
    re.Pattern: PATTERN,
    re.Match: _one_of(
        "__import__('re').match(r'(\\w+)-(\\d+)?', 'ab-12')", "__import__('re').match('(a)(b)?', 'a')"
    ),
    uuid.UUID: _one_of("__import__('uuid').UUID(int=0)", "__import__('uuid').UUID(int=2**128 - 1)"),
    bytearray: _one_of("bytearray(b'')", "bytearray(b'ab')", "bytearray(b'a\\x00\\xff')"),
    memoryview: _one_of("memoryview(b'')", "memoryview(b'ab')", "memoryview(bytearray(b'abc'))"),
    range: _one_of("range(0)", "range(3)", "range(1, 10, 3)", "range(5, 0, -1)"),
    slice: _one_of("slice(None)", "slice(1, 3)", "slice(None, None, -1)", "slice(-2, None)"),
    type: _one_of("int", "str", "list", "dict"),
    io.StringIO: TEXT_IO,
    io.TextIOBase: TEXT_IO,
    io.TextIOWrapper: TEXT_IO,
    io.BytesIO: BINARY_IO,
    io.IOBase: BINARY_IO,
    io.BufferedIOBase: BINARY_IO,
    io.RawIOBase: BINARY_IO,
    typing.TextIO: TEXT_IO,
    typing.BinaryIO: BINARY_IO,
    typing.IO: TEXT_IO,
    types.SimpleNamespace: Spec("open", (), "__import__('types').SimpleNamespace"),
    argparse.Namespace: Spec("open", (), "__import__('argparse').Namespace"),
    random.Random: _one_of("__import__('random').Random(7)", "__import__('random').Random(1)"),
    array.array: _one_of("__import__('array').array('i', [3, 1, 2])", "__import__('array').array('d')"),
    logging.Logger: _one_of("__import__('logging').getLogger('given')"),
    abc.Hashable: union((INT, STR, Spec("tuple", (INT, STR)))),
    abc.Sized: union((Spec("list", (INT,)), STR)),
    abc.Awaitable: _one_of("double.async_call('f', returns=[1])()", "double.async_call('f', fails_at=1)()"),
    abc.Coroutine: _one_of("double.async_call('f', returns=[1])()", "double.async_call('f', fails_at=1)()"),
    contextlib.AbstractContextManager: Spec("context", (ANY,)),
    contextlib.AbstractAsyncContextManager: Spec("context", (ANY,)),
    types.FunctionType: Spec("call", (ANY,)),
    types.ModuleType: _one_of("__import__('math')"),
    BaseException: _one_of("ValueError('x')", "KeyError('k')", "Exception()"),
    Exception: _one_of("ValueError('x')", "KeyError('k')", "Exception()"),
}

_NUMPY = (
    *("array([1, 2, 3])", "array([], dtype='int64')", "array([1.5, -0.0, float('nan')])"),
    *("array([[1, 2], [3, 4]])", "array([2**62, 2**62])", "array([True, False])", "array(5)"),
    *("array([3, 1, 1], dtype='int8')", "zeros((2, 0))", "array([0.1] * 10)", "array(['b', 'a'])"),
)
_FRAMES = (
    *("{'a': [1, 2, 2], 'b': ['x', 'y', 'x']}", "{'a': [], 'b': []}", "{'a': [1.5, None], 'b': [None, 'z']}"),
    *("{'a': [3], 'b': ['x']}", "{'a': [2, 1, 2], 'b': [0.0, -0.0, float('nan')]}, index=[5, 5, 1]"),
)
_SERIES = ("[1, 2, 2]", "[], dtype='float64'", "[1.5, None]", "['b', 'a'], index=[3, 3]", "[True, False]")


def by_name(kind):
    """Specs for types of packages that may not be installed, by their names."""
    root, name = kind.__module__.partition(".")[0], kind.__name__
    if root == "sqlite3" and name == "Connection":
        return _one_of("__import__('sqlite3').connect(':memory:')")
    if root == "numpy" and name == "ndarray":
        return _one_of(*["__import__('numpy')." + text for text in _NUMPY])
    if root == "pandas" and name == "DataFrame":
        return _one_of(*["__import__('pandas').DataFrame(%s)" % text for text in _FRAMES])
    if root == "pandas" and name == "Series":
        return _one_of(*["__import__('pandas').Series(%s)" % text for text in _SERIES])
    return None


METHODS = {
    "str": (str, STR),
    "bytes": (bytes, BYTES),
    "list": (list, None),
    "dict": (dict, None),
    "set": (set, None),
    "int": (int, INT),
    "float": (float, FLOAT),
    "text_io": (io.StringIO, TEXT_IO),
    "binary_io": (io.BytesIO, BINARY_IO),
    "deque": (__import__("collections").deque, None),
    "datetime": (dt.datetime, KNOWN[dt.datetime]),
    "date": (dt.date, KNOWN[dt.date]),
    "timedelta": (dt.timedelta, KNOWN[dt.timedelta]),
    "decimal": (decimal.Decimal, DECIMAL),
    "path": (pathlib.PurePath, PATH),
    "pattern": (re.Pattern, PATTERN),
    "match": (re.Match, KNOWN[re.Match]),
}
"""Types that a parameter may have when these are the attributes that are read from it."""
