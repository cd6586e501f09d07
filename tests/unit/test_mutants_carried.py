"""Literals that a change only carries over are not mistaken; all other literals are."""

from __future__ import annotations

import textwrap

import pytest

from optimizer.verify.adequacy import Planted
from optimizer.verify.mutants import mutants

TABLE = """
    def f(x):
        table = {"a": 1, "b": 2, "c": 3}
        return table.get(x)
"""
HOISTED = """
    TABLE = {"a": 1, "b": 2, "c": 3}

    def f(x):
        return TABLE.get(x)
"""
REGEX = """
    import re

    def f(x):
        return re.split("[.]", x)
"""
COMPILED = """
    import re

    DOT = re.compile("[.]")

    def f(x):
        return DOT.split(x)
"""

CARRIED = [
    (TABLE, HOISTED, "TABLE =", ["TABLE = ({})"]),
    (REGEX, COMPILED, "DOT =", ["DOT = re.compile('')"]),
    (
        "def f(x): return x in [(1, -2), 'a']",
        "K = {(1, -2), 'a'}\ndef f(x): return x in K",
        "K =",
        ["K = ({*()})"],
    ),
    ("def f(x): return x in ['a', 'b']", "K = ('a', 'b')\ndef f(x): return x in K", "K =", ["K = (())"]),
]

MISTAKEN = [
    (TABLE, HOISTED.replace("2", "4"), "TABLE =", "another value"),
    (TABLE, HOISTED.replace('"b": 2, "c": 3', '"c": 3, "b": 2'), "TABLE =", "another order"),
    (TABLE, HOISTED.replace('"a": 1, ', ""), "TABLE =", "an item less"),
    (REGEX, COMPILED.replace("[.]", "."), "DOT =", "another pattern"),
    ("def f(x): return x in [1, 2]", "def f(x): return x in {1.0, 2}", "return", "another type"),
    ("def f(x): return x in [1, (2, 3)]", "def f(x): return x in {1, 2, 3}", "return", "another nesting"),
    ("def f(x): return x + 'ab'", "def f(x): return 'ab' + x", "return", "a text inside of the function"),
]


def texts(before, after):
    found = mutants(textwrap.dedent(before), textwrap.dedent(after), ("f",), limit=200)
    return [mutant.text for mutant in found]


def line_of(text, mark):
    return next(line for line in text.splitlines() if mark in line)


def changed_literal(before, after, mark):
    """The mutants whose line with `mark` reads differently than in `after`."""
    line = line_of(textwrap.dedent(after), mark)
    return [text for text in texts(before, after) if mark not in text or line_of(text, mark) != line]


@pytest.mark.parametrize(("before", "after", "mark", "lost"), CARRIED)
def test_mistaken_only_as_a_whole(before, after, mark, lost):
    assert [line_of(text, mark) for text in changed_literal(before, after, mark)] == lost


@pytest.mark.parametrize(("before", "after", "mark", "because"), MISTAKEN)
def test_mistaken_all_the_same(before, after, mark, because):
    assert changed_literal(before, after, mark), because


def test_what_uses_the_literal_is_mistaken():
    assert len(texts(TABLE, HOISTED)) >= 2
    assert len(texts(REGEX, COMPILED)) >= 2


@pytest.mark.parametrize(
    ("made", "noticed", "enough"), [(0, 0, True), (6, 6, True), (6, 5, False), (9, 8, False), (10, 9, True)]
)
def test_nine_of_ten_must_be_noticed_however_few_there_are(made, noticed, enough):
    assert Planted(made=made, noticed=noticed).enough is enough


def test_what_there_was_no_time_for_in_the_second_run_has_survived():
    first = Planted(made=4, noticed=1, survivors=(("a", "1"), ("b", "2"), ("c", "3")))
    second = Planted(made=2, noticed=1, survivors=(("b", "2"),), gone=frozenset({"1"}))
    assert first.after(second).names == ("b", "c")
    assert first.after(second).noticed == 2
