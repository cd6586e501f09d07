"""Values as JSON: what a caller can tell apart is written differently, what he cannot is written the same."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import io
import json
import re
import threading
import types
from pathlib import PurePosixPath
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.worker.canon import Canon, digest, spell


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1


class Point(NamedTuple):
    x: int


class Other(NamedTuple):
    x: int


@dataclasses.dataclass
class Data:
    x: int


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


class Liar(list):
    """Says that it is empty, equal to everything, and never to be iterated."""

    def __len__(self):
        return 0

    def __iter__(self):
        raise AssertionError

    def __eq__(self, other):
        return True

    __hash__ = None


class MyInt(int):
    pass


class MyDict(dict):
    pass


def write(value, **options):
    return Canon(**options).write(value, (None, "value"))


def ordered(*pairs):
    return collections.OrderedDict(pairs)


SHARED = [1]
NAN = float("nan")

DIFFERENT = [
    (1, True, "bool is an int with another name"),
    (1, 1.0, "equal numbers of different types"),
    (0, False, "as above"),
    (0.0, -0.0, "the sign of zero"),
    (1.0, 1.0 + 2**-52, "the last bit"),
    (0.0, NAN, "NaN is no number"),
    (complex(0, 0.0), complex(0, -0.0), "the sign of zero inside"),
    ("a", b"a", "text and bytes"),
    ("1", 1, "text and number"),
    ("\u00e9", "e\u0301", "composed and decomposed"),
    (b"a", bytearray(b"a"), "bytes that can change"),
    ([1], (1,), "list and tuple"),
    ((1,), Point(1), "a named tuple is a type of its own"),
    (Point(1), Other(1), "two named tuples that are equal"),
    ({1: 2, 3: 4}, {3: 4, 1: 2}, "the order of a dict"),
    ({1}, {True}, "equal sets of different types"),
    ({1}, {1.0}, "as above"),
    ({1}, frozenset({1}), "a set that can change"),
    ({}, collections.OrderedDict(), "another kind of dict"),
    ({}, MyDict(), "a subclass of dict"),
    (ordered(("a", 1), ("b", 2)), ordered(("b", 2), ("a", 1)), "order, again"),
    (collections.defaultdict(int), collections.defaultdict(list), "another factory"),
    (collections.defaultdict(int), collections.defaultdict(None), "no factory"),
    (collections.deque([1]), collections.deque([1], maxlen=3), "a bound"),
    (collections.Counter("a"), {"a": 1}, "a counter"),
    ([1, 2], [2, 1], "order"),
    ([[1], [1]], [SHARED, SHARED], "two lists and one list twice"),
    ({"a": SHARED, "b": SHARED}, {"a": [1], "b": [1]}, "sharing under keys"),
    (decimal.Decimal("1.0"), decimal.Decimal("1.00"), "the exponent"),
    (fractions.Fraction(1, 2), 0.5, "a fraction"),
    (dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "a time zone"),
    (dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, fold=1), "the fold"),
    (dt.date(2020, 1, 1), dt.datetime(2020, 1, 1), "a date and a time"),
    (Colour.RED, "red", "a member and its value"),
    (Colour.RED, Colour.BLUE, "two members"),
    (Level.LOW, 1, "an IntEnum and an int"),
    (MyInt(1), 1, "a subclass of int"),
    (Data(1), Data(2), "an attribute"),
    (Data(1), Data(True), "the type of an attribute"),
    (types.SimpleNamespace(a=1), types.SimpleNamespace(b=1), "the name of an attribute"),
    (Slotted(a=1), Slotted(b=1), "a slot"),
    (Slotted(a=1), Slotted(a=1, b=None), "a slot that is not set"),
    (ValueError("a"), ValueError("b"), "the message"),
    (ValueError("a"), TypeError("a"), "the type"),
    (ValueError("a"), ValueError("a", 1), "the arguments"),
    (re.compile("a"), re.compile("a", re.IGNORECASE), "the flags"),
    (re.match("a", "ab"), re.match("a", "a"), "the text that was matched"),
    (range(3), range(4), "the end"),
    (slice(1), slice(1, None, 1), "the step"),
    (array.array("b", [1]), array.array("i", [1]), "the type code"),
    (memoryview(b"ab"), memoryview(bytearray(b"ab")), "memory that can change"),
    (int, bool, "two classes"),
    (len, sum, "two functions"),
    (functools.partial(int, base=2), functools.partial(int, base=8), "what is bound"),
    ([].append, [1].append, "the owner of a method"),
    (PurePosixPath("a"), "a", "a path"),
    (iter([1, 2]), iter([1]), "what is left"),
    (iter([1]), iter((1,)), "the kind of iterator"),
    (io.StringIO("ab"), io.StringIO("a"), "the content"),
    (lambda a: a, lambda b: b, "the names of parameters"),
    (lambda a=1: a, lambda a=1.0: a, "the default"),
    (Liar([1]), Liar([2]), "an object that lies about itself"),
    (Liar([1]), Liar([]), "as above"),
    (types.MappingProxyType({1: 2}), {1: 2}, "a view"),
    ({1: 2}.keys(), {1: 2}.items(), "another view"),
]

THE_SAME = [
    (lambda: NAN, lambda: float("nan"), "every NaN is the same"),
    (lambda: [1, "a", None], lambda: [1, "a", None], "equal lists"),
    (lambda: {3, 1, 2}, lambda: {3, 1, 2}, "equal sets"),
    (lambda: ["x" * 3, "xxx"], lambda: ["xxx", "xxx"], "whether equal texts are one object"),
    (lambda: [(1, 2), (1, 2)], lambda: [(1, 2)] * 2, "whether equal tuples are one object"),
    (object, object, "two plain objects"),
    (lambda: Data(1), lambda: Data(1), "equal instances"),
    (lambda: ValueError("at 0x7f00aa00"), lambda: ValueError("at 0x7f00bb00"), "addresses"),
    (lambda: 10**5000, lambda: 10**5000, "numbers too long to print"),
    (threading.Lock, threading.Lock, "locks"),
    (lambda: {1, 9, 17}, lambda: set({1: 0, 9: 0, 17: 0}), "sets made in one order"),
]


@pytest.mark.parametrize(("one", "other", "because"), DIFFERENT, ids=[row[2] for row in DIFFERENT])
def test_what_a_caller_can_tell_apart_is_written_differently(one, other, because):
    assert write(one) != write(other), because


@pytest.mark.parametrize(("one", "other", "because"), THE_SAME, ids=[row[2] for row in THE_SAME])
def test_what_a_caller_cannot_tell_apart_is_written_the_same(one, other, because):
    assert write(one()) == write(other()), because


def test_sharing_between_values_that_belong_together_is_seen():
    mine = [1]
    together, apart = Canon(), Canon()
    together.write(mine, (None, "arguments"))
    apart.write(mine, (None, "arguments"))
    assert together.write([mine], (None, "result")) == ["list", [["ref", "arguments"]]]
    assert apart.write([[1]], (None, "result")) == ["list", [["list", ["i1"]]]]


def test_a_module_level_object_is_known_by_its_place():
    table = {"a": [1]}
    first = Canon()
    first.write(table, (None, "global TABLE"))
    assert Canon(known=first.seen).write(table["a"], (None, "result")) == ["ref", "global TABLE[0]"]


def test_a_value_that_holds_itself_ends():
    value = [1]
    value.append(value)
    assert write(value) == ["list", ["i1", ["ref", "value"]]]


def test_a_chain_far_deeper_than_the_recursion_limit_ends_and_says_so():
    value = None
    for _ in range(100_000):
        value = [value]
    canon = Canon()
    json.dumps(canon.write(value, (None, "value")))
    assert canon.opaque


def test_a_huge_value_ends_and_says_so():
    canon = Canon(limit=100)
    canon.write([[n] for n in range(1000)], (None, "value"))
    assert canon.opaque


def test_what_cannot_be_looked_into_is_listed():
    canon = Canon()
    canon.write([(n for n in ()).gi_frame], (None, "value"))
    assert canon.opaque == {"what is inside frame": None}


def test_nothing_of_the_project_is_called():
    class Trap:
        def __getattribute__(self, name):
            raise AssertionError(name)

        def __eq__(self, other):
            raise AssertionError

        def __hash__(self):
            raise AssertionError

        def __reduce_ex__(self, protocol):
            raise AssertionError

    write([Trap()])


def test_reading_does_not_consume():
    iterator = iter([1, 2])
    write([iterator])
    assert list(iterator) == [1, 2]


def test_instances_of_a_class_of_the_project_show_what_kind_of_thing_they_are():
    def own(module):
        return module == "project"

    plain = type("Thing", (), {"__module__": "project"})
    slotted = type("Thing", (), {"__module__": "project", "__slots__": ()})
    compared = type("Thing", (), {"__module__": "project", "__eq__": lambda _, __: True})
    written = [json.dumps(write(kind(), own=own)) for kind in (plain, slotted, compared)]
    assert len(set(written)) == 3


def test_the_name_of_the_scratch_folder_is_not_compared():
    assert write("/tmp/run-1/cwd/a", folder="/tmp/run-1/cwd") == write(
        "/tmp/run-2/cwd/a", folder="/tmp/run-2/cwd"
    )


def test_places_are_spelled_for_people():
    assert spell(((((None, "result"), 0), "name"), (1, "key"))) == "result[0].name[key 1]"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_can_be_sent_and_has_one_digest(value):
    node = write(value)
    sent = json.loads(json.dumps(node))
    assert sent == node
    assert digest(sent) == digest(node)
