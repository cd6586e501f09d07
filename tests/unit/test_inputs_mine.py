from __future__ import annotations

import random
import re
import textwrap

import pytest

from optimizer.worker import hotspots, mine, patterns, uses
from optimizer.worker.choose import RandomChooser


def sources(text):
    return mine.Sources(textwrap.dedent(text))


def mined(text, names=("f",), **namespace):
    return mine.mine([sources(text)], names, namespace)


MINED = [
    ("def f(x):\n    return x == 'alpha'", "strs", "alpha"),
    ("def f(x):\n    return x > 100", "ints", 100),
    ("def f(x):\n    return x > -7", "ints", -7),
    ("def f(x):\n    return x > 60 * 60", "ints", 3600),
    ("def f(x):\n    return x > 1 << 20", "ints", 1 << 20),
    ("def f(x):\n    return x * 0.25", "floats", 0.25),
    ("def f(x):\n    return x.split(b';')", "bytes", b";"),
    ("def f(x):\n    return len(x) > 50", "sizes", 50),
    ("LIMIT = 9\ndef f(x):\n    return len(x) > LIMIT", "sizes", 9),
    ("def f(x):\n    return x[:20]", "sizes", 20),
    ("def f(x):\n    return x['port']", "keys", "port"),
    ("def f(x):\n    return x.get('host', 1)", "keys", "host"),
    ("def f(x):\n    return hasattr(x, 'close')", "keys", "close"),
    (
        "import re\ndef f(x):\n    return re.match(r'[a-z]+', x, re.I)",
        "regexes",
        (r"[a-z]+", int(re.IGNORECASE)),
    ),
    ("def f(x):\n    try:\n        g()\n    except (KeyError, OSError):\n        pass", "errors", "OSError"),
    ("def f(x):\n    with suppress(ValueError):\n        g()", "errors", "ValueError"),
    ("def f(x):\n    return strptime(x, '%Y-%m')", "texts", "2024-02"),
    ("def f(x):\n    return struct.unpack('<H', x)", "binaries", b"\xff\xff"),
    ("def f(x):\n    greeting = x\n    return tpl.format(**locals())", "names", "greeting"),
    ("def f(x):\n    return f'<{x}>'", "strs", "<"),
    ("def f(x):\n    return g(x)\ndef g(x):\n    return x == 'inner'", "strs", "inner"),
    ("def f(x=42):\n    return x", "ints", 42),
]


@pytest.mark.parametrize(("text", "pool", "value"), MINED, ids=lambda value: str(value)[-30:])
def test_mined(text, pool, value):
    assert value in getattr(mined(text, LIMIT=9), pool)


def test_values_of_the_module_are_mined_where_they_are_named():
    text = "def f(x):\n    return x in TABLE and PATTERN.match(x) and other.DEEP"
    namespace = {"TABLE": {"k": [7]}, "PATTERN": re.compile("x+"), "other": re, "UNUSED": "no"}
    pools = mined(text, **namespace)
    assert {"k"} <= set(pools.strs)
    assert 7 in pools.ints
    assert ("x+", re.compile("x+").flags) in pools.regexes
    assert "no" not in pools.strs


def test_docstrings_and_other_functions_are_not_mined():
    pools = mined("def f(x):\n    'secret'\n    return 1\ndef g():\n    return 'elsewhere'")
    assert not {"secret", "elsewhere"} & set(pools.strs)


def test_what_changed_is_found_by_name():
    before = sources("def f(): return 1\nclass C:\n    def m(self): return 1\n    def n(self): return 2")
    after = sources(
        "def f():  return 1  # same\nclass C:\n    def m(self): return 3\n    def n(self): return 2"
    )
    assert mine.changed(before, after) == ["C", "C.m"]


def test_module_data_that_functions_change():
    text = "A = 0\nB = []\nC = {}\nD = []\ndef f():\n    global A\n    A += 1\n    B.append(1)\n    C['x'] = 1\n    return D.copy()"
    assert hotspots.mutable_globals([sources(text)]) == ["A", "B", "C"]
    without = text.replace("B = []", "")
    assert hotspots.mutable_globals([sources(text), sources(without)]) == ["A", "C"]


# -- uses -------------------------------------------------------------------------------------------


def use(text, name="x", function="f"):
    return uses.uses(sources(text), function)[name]


OPS = [
    ("def f(x):\n    for y in x: pass", "iter"),
    ("def f(x):\n    return [y for y in x]", "iter"),
    ("def f(x):\n    return len(x)", "len"),
    ("def f(x):\n    return x[0]", "index"),
    ("def f(x):\n    return [x[i] for i in range(len(x))]", "index"),
    ("def f(x):\n    return x[1:]", "slice"),
    ("def f(x, k):\n    return x[k]", "lookup"),
    ("def f(x):\n    x[0] = 1", "setitem"),
    ("def f(x):\n    del x[0]", "delitem"),
    ("def f(x):\n    return x()", "call"),
    ("def f(x):\n    return sorted([3], key=x)", "call"),
    ("def f(x):\n    return next(x)", "next"),
    ("def f(x):\n    return 'a' + x", "add_str"),
    ("def f(x):\n    t = ''\n    t += x", "add_str"),
    ("def f(x):\n    t = 0\n    t += x", "number"),
    ("def f(x):\n    return x * 2", "number"),
    ("def f(x):\n    return range(x)", "whole"),
    ("def f(x, y):\n    return len(y) == x", "whole"),
    ("def f(x):\n    return x & 1", "bits"),
    ("def f(x, y):\n    return y in x", "contains"),
    ("def f(x, y):\n    return x in y", "member"),
    ("def f(x):\n    return f'{x}'", "format"),
    ("def f(x):\n    if not x: return 1", "truth"),
    ("def f(x):\n    with x: pass", "with"),
    ("async def f(x):\n    await x", "await"),
    ("def f(x):\n    return g(x)\ndef g(y):\n    return len(y)", "len"),
    ("def f(x):\n    y = x\n    return len(y)", "len"),
]


@pytest.mark.parametrize(("text", "op"), OPS, ids=lambda value: value[-30:])
def test_operations_on_a_parameter(text, op):
    assert op in use(text).ops


def test_attributes_keys_fields_and_items_are_followed():
    found = use("def f(x):\n    for y in x:\n        y.name.lower()\n        y['k'] + 1\n")
    assert set(found.item.attrs) == {"name"}
    assert set(found.item.attrs["name"].attrs) == {"lower"}
    assert "number" in found.item.keys["k"].ops
    rows = use("def f(x):\n    for a, b in x: b + 1\n")
    assert "number" in rows.item.fields[1].ops
    table = use("def f(x):\n    for k, v in x.items(): v()\n")
    assert "call" in table.value.ops


def test_keys_of_sorting_speak_for_the_items():
    found = use("def f(x):\n    return sorted(x, key=lambda row: row['n'])")
    assert set(found.item.keys) == {"n"}


def test_constants_that_a_parameter_is_compared_with():
    assert set(use("def f(x):\n    return x == 'a' or x in ('b', 'c')").consts) == {"a", "b", "c"}


def test_recursion_comes_to_an_end():
    assert "index" in use("def f(x):\n    return f(x[0])").ops


# -- patterns ---------------------------------------------------------------------------------------

PATTERNS = [
    r"^\d{4}-\d\d-\d\d$", r"[a-f0-9]+", r"(?P<x>a|b)(?P=x)", r"(a)?(?(1)b|c)", r"\w+\s*=\s*[^;]*;",
    r"(?i)https?://[^/\s]+(/.*)?", r"[^\W\d_]{2,3}", r"(?:ab){2}?", r"\bfoo\b", r"a|bc|", r"[\]\-x]",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_made_for_a_pattern_match_it(pattern):
    choose = RandomChooser(random.Random(1))
    for _ in range(20):
        assert re.search(pattern, patterns.matching(pattern, 0, choose))


def test_broken_patterns_give_no_text():
    choose = RandomChooser(random.Random(1))
    assert patterns.matching("[", 0, choose) == ""
    assert patterns.matching(b"a\\d", 0, choose)[:1] == b"a"


def test_nearly_changes_most_texts():
    choose = RandomChooser(random.Random(2))
    assert sum(patterns.nearly("abc-12", choose) != "abc-12" for _ in range(50)) > 40


def test_moments_hold_real_dates_and_sloppy_ones():
    found = patterns.moments("%d.%m.%Y")
    assert {"29.02.2024", "2.1.2001", "29.02.2024 "} <= set(found)
    assert patterns.moments(None) == []


def test_packed_bytes_have_the_size_of_the_format_and_its_neighbours():
    assert {len(data) for data in patterns.packed("<HI")} == {5, 6, 7}
    assert patterns.packed("no format") == []
