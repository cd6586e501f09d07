"""A text that every match must hold: never one that a match can do without."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.hoisting._patterns import parsed
from transforms.hoisting._required_literal import required_literal


def literal(pattern: str | bytes, flags: int = 0) -> str | bytes | None:
    tree = parsed(pattern, flags)
    assert not isinstance(tree, str), tree
    return required_literal(tree, pattern)


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        ("a|b", 0),
        ("(ab)?", 0),
        ("(?:ab)*", 0),
        ("[ab]", 0),
        (".+", 0),
        ("abc", re.IGNORECASE),
        ("(?i)abc", 0),
        ("(?i:abc)", 0),
        ("(?=ab)", 0),
        ("(?!ab)c?", 0),
        (r"(a)?(?(1)b|c)", 0),
        ("ſ", re.IGNORECASE),
        ("Ⅷ", re.IGNORECASE),
    ],
)
def test_nothing_is_sure(pattern: str, flags: int) -> None:
    assert literal(pattern, flags) is None


@pytest.mark.parametrize(
    ("pattern", "flags", "expected"),
    [
        (r"(\w+)://\S+", 0, "://"),
        (r"\d+ab+c", 0, "a"),
        (r"\d(?:abc){2,}", 0, "abc"),
        (r"\d(abc|abd)", 0, "ab"),
        (r"\d+(?i:x)=y", 0, "=y"),
        (r"\d+-=x", re.IGNORECASE, "-="),
        ("<!--.*?-->", re.DOTALL, "<"),
        (r"\s+ - \s+", 0, " - "),
        (rb"\d+\xff\x00", 0, b"\xff\x00"),
        (
            r"""
         \d+   # digits
         x y
         """,
            re.VERBOSE,
            "xy",
        ),
        (r"^\d+\bend$", re.MULTILINE, "end"),
    ],
)
def test_what_is_sure(pattern: str | bytes, flags: int, expected: str | bytes) -> None:
    assert literal(pattern, flags) == expected


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        ("(", 0),
        ("[[a]", 0),
        ("a", re.DEBUG),
        (b"a", re.LOCALE),
        (b"(?L)a", 0),
        ("a++", 0),
        ("(?>a)", 0),
        (1, 0),
        ("a", "i"),
    ],
)
def test_patterns_that_have_to_stay_where_they_are(pattern: object, flags: object) -> None:
    because = parsed(pattern, flags)
    assert isinstance(because, str)
    assert because


ATOMS = st.sampled_from(
    ["a", "B", "-", "<", "[ab]", ".", r"\d", "(?:a-)", "(<)", "(?i:b)", "(?=a)", "(?:a|<)", r"\b"]
)
REPEATS = st.sampled_from(["", "", "", "?", "*", "+", "{2}", "{0,2}", "+?"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.tuples(ATOMS, REPEATS), min_size=1, max_size=5))
    pieces = [atom if atom in {r"\b", "(?=a)"} else atom + repeat for atom, repeat in parts]
    text = "".join(pieces)
    return f"{text}|{''.join(reversed(pieces))}" if draw(st.integers(0, 4)) == 0 else text


@given(patterns(), st.text("aAbB-<1 ", max_size=12), st.sampled_from([0, re.IGNORECASE]))
@settings(max_examples=400, deadline=None)
def test_a_text_without_it_never_matches(pattern: str, text: str, flags: int) -> None:
    sure = literal(pattern, flags)
    if isinstance(sure, str) and sure not in text:
        assert re.search(pattern, text, flags) is None
