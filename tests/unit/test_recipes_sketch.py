from __future__ import annotations

import collections
import enum
import io

import pytest

from optimizer.worker.sketch import sketch


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __repr__(self):
        raise AssertionError("nobody's own repr is called")

    __eq__ = __hash__ = __iter__ = None


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class Level(enum.IntEnum):
    LOW = 1


def shared():
    row = [1]
    return [row, row]


TOLD_APART = [
    (1, True),
    (1, 1.0),
    (0.0, -0.0),
    ("a", b"a"),
    ([1], (1,)),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({1}, {True}),
    (shared(), [[1], [1]]),
    (collections.deque([1], 2), collections.deque([1])),
    (collections.defaultdict(int), collections.defaultdict(list)),
    (collections.OrderedDict(a=1), {"a": 1}),
    (Plain(x=1), Plain(x=2)),
    (Slotted(1), Slotted(2)),
    (Level.LOW, 1),
    (ValueError("a"), ValueError("b")),
    (io.StringIO("a"), io.StringIO("b")),
    (iter([1]), iter([2])),
]


@pytest.mark.parametrize(("one", "other"), TOLD_APART, ids=lambda value: type(value).__name__)
def test_told_apart(one, other):
    assert sketch(one, drain=True) != sketch(other, drain=True)


ALIKE = [
    ({1, 2, 3}, {3, 2, 1}),
    (float("nan"), -float("nan")),
    (Plain(x=[1]), Plain(x=[1])),
    (lambda: 1, lambda: 2),
]


@pytest.mark.parametrize(("one", "other"), ALIKE, ids=lambda value: type(value).__name__)
def test_alike(one, other):
    assert sketch(one) == sketch(other)


def test_iterators_are_only_read_when_asked():
    items = iter([1, 2])
    sketch(items)
    assert list(items) == [1, 2]


def test_what_holds_itself_comes_to_an_end():
    items = [1]
    items.append(items)
    assert sketch(items) == "list[1,<again 0>,]"
