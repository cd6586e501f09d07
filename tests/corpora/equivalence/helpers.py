"""Names that the argument expressions of `cases.jsonl` may use."""

import collections  # noqa: F401
import decimal  # noqa: F401
import fractions  # noqa: F401
import functools  # noqa: F401
import io  # noqa: F401
import itertools  # noqa: F401
import math  # noqa: F401
import types  # noqa: F401
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple  # noqa: F401
from decimal import Decimal  # noqa: F401
from fractions import Fraction  # noqa: F401
from types import SimpleNamespace  # noqa: F401

nan = float("nan")
inf = float("inf")
LOG = []


def gen(*items):
    """A generator that logs how far it was read."""
    for item in items:
        LOG.append(("yield", item))
        yield item
    LOG.append(("end",))


def boom(*items):
    """A generator that raises where it would end."""
    yield from items
    raise RuntimeError("boom")


def spy(name, function=lambda *arguments: arguments[0] if arguments else None):
    """A callable that logs its calls."""

    def inner(*arguments):
        LOG.append((name, repr(arguments)))
        return function(*arguments)

    return inner
