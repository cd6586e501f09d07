"""Types and size classes of arguments."""

from __future__ import annotations

import collections

import pytest

from optimizer.worker.record_features import described, shape, type_name


class Odd(type):
    def __hash__(cls):
        raise AssertionError

    def __eq__(cls, other):
        raise AssertionError


class Value(metaclass=Odd):
    def __len__(self):
        raise AssertionError

    def __getattribute__(self, name):
        raise AssertionError


class Numbers(list):
    pass


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ([], "list 0"),
        ([1, 2, 3], "list[int] 2-3"),
        ((1.5,), "tuple[float] 1"),
        (dict.fromkeys(range(9), "x"), "dict[int: str] 8-15"),
        ({"a"}, "set[str] 1"),
        (collections.deque([None]), "deque[NoneType] 1"),
        ("", "str 0"),
        ("abcd", "str 4-7"),
        ("über", "str 4-7 non-ascii"),
        (b"ab", "bytes 2-3"),
        (0, "int 0"),
        (-5, "int negative"),
        (17, "int <256"),
        (10**9, "int big"),
        (1.5, "float"),
        (-0.5, "float negative"),
        (float("nan"), "float not finite"),
        (True, "bool True"),
        (None, "NoneType"),
        (Numbers(), f"{__name__}.Numbers"),
    ],
)
def test_strata(value, name):
    assert described([shape(value)]) == name


def test_the_projects_code_is_not_run():
    assert shape(Value()) == (f"{__name__}.Value", "", "")


def test_no_arguments():
    assert described([]) == "no arguments"


def test_exact_types():
    assert type_name(bool) == "bool"
    assert type_name(collections.OrderedDict) == "collections.OrderedDict"
