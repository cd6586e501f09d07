"""Probes tell which branches of the changed lines were reached, and say in words which were not."""

from __future__ import annotations

import builtins
import textwrap

import pytest

from optimizer.verify.probes import PROBE, probed
from optimizer.verify.regions import change_between, find


def missed(source, call, lines=None):
    """What a call leaves unreached in a function `f`."""
    source = textwrap.dedent(source).strip() + "\n"
    found = probed(source, lines or range(1, 100))
    seen = set()

    def probe(number, condition):
        seen.add(2 * number + bool(condition))
        return condition

    setattr(builtins, PROBE, probe)
    try:
        namespace = {}
        exec(found.text, namespace)
        eval(call, namespace)
    finally:
        delattr(builtins, PROBE)
    return [sentence for number, sentence in found.sentences if number not in seen]


REACHED = [
    ("def f(x):\n    return 1 if x else 2", "[f(0), f(1)]"),
    ("def f(x):\n    while x: x -= 1", "f(1)"),
    ("def f(x):\n    return [a for a in x if a]", "f([0, 1])"),
    ("def f(x):\n    for a in x: pass", "f([1])"),
    ("def f(x):\n    try: x()\n    except ValueError: return 1", "f(lambda: int('x'))"),
    ("def f(x):\n    match x:\n        case 1: return 2\n        case _: return 3", "[f(1), f(2)]"),
    ("def f(x):\n    while True:\n        return x", "f(1)"),
    ("def f(x, y):\n    return x and y", "[f(0, 0), f(1, 1)]"),
    ("def f(): pass", "f()"),
]

MISSED = [
    ("def f(x):\n    return 1 if x else 2", "f(1)", "line 2: `x` was never false"),
    ("def f(x):\n    if x > 3:\n        return 1", "f(1)", "line 2: `x > 3` was never true"),
    ("def f(x):\n    return [a for a in x if a]", "f([1])", "line 2: `a` was never false"),
    ("def f(x):\n    for a in x: pass", "f([])", "line 2: the loop over `x` never had an item"),
    (
        "def f(x):\n    try: pass\n    except ValueError: pass",
        "f(1)",
        "line 3: `except ValueError` never caught",
    ),
    (
        "def f(x):\n    match x:\n        case 1: return 2\n        case _: return 3",
        "f(1)",
        "line 4: `case _` never",
    ),
    ("def f(x):\n    def g(): return 1\n    return 2", "f(1)", "`g` (line 2) was never entered"),
    ("def f(x, y):\n    return x and y", "f(1, 1)", "line 2: `x` was never false"),
]


@pytest.mark.parametrize(("source", "call"), REACHED)
def test_what_is_reached_is_not_missed(source, call):
    assert missed(source, call) == []


@pytest.mark.parametrize(("source", "call", "sentence"), MISSED)
def test_what_is_missed_is_said(source, call, sentence):
    (only,) = missed(source, call)
    assert only.startswith(sentence)


def test_only_the_lines_that_changed_are_probed():
    source = "def f(x):\n    if x: pass\n    if x: pass\n"
    assert [sentence.split(":")[0] for sentence in missed(source, "None", lines=[3])] == [
        "line 3",
        "line 3",
        "`f` (line 1) was never entered",
    ]


def test_a_block_that_changed_must_be_reached_whatever_leads_to_it():
    source = "def f(x):\n    if x:\n        return 1\n    return 2\n"
    assert missed(source, "f(0)", lines=[3]) == ["line 3 was never reached"]
    assert missed(source, "f(1)", lines=[3]) == []


def test_probes_change_nothing():
    source = "def f(x):\n    'doc'\n    total = 0\n    for a in x:\n        total += a if a else 1\n    return total\n"
    plain, instrumented = {}, {PROBE: lambda _, condition: condition}
    exec(source, plain)
    exec(probed(source, range(1, 10)).text, instrumented)
    assert instrumented["f"].__doc__ == "doc"
    assert plain["f"]([1, 0]) == instrumented["f"]([1, 0])


def test_a_change_is_told_by_lines_classes_and_imports():
    before = "import os\nfrom a import b as c\nclass A:\n    x = 1\nclass B:\n    y = 1\ndef f(): return 1\n"
    after = before.replace("x = 1", "x = 2").replace("return 1", "return 2")
    change = change_between(before, after)
    assert change.before_lines == change.after_lines == {4, 7}
    assert change.classes == ("A",)
    assert change.imported == {"os", "c"}


def test_a_definition_is_found_by_its_qualname():
    import ast

    tree = ast.parse("if 1:\n    class A:\n        def f(self): pass\n        def f(self): 'last'\n")
    assert ast.get_docstring(find(tree, "A.f")) == "last"
    assert find(tree, "A.g") is None
