"""Exact builtin types: proved, annotated, observed, or not known."""

from __future__ import annotations

import ast
import textwrap

import pytest

from optimizer.facts.facts import Facts
from optimizer.model import Evidence, Kind, Recording, Target


def answer(body: str, head: str = "def f(a, b):", prelude: str = "", recordings: tuple[Recording, ...] = ()):
    """What is known of the argument of the last call of `use`."""
    text = f"{prelude}\n{head}\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
    facts = Facts.build(text, path="m.py", recordings=recordings)
    calls = [
        node
        for node in ast.walk(facts.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "use"
    ]
    return facts.type_of(max(calls, key=lambda node: (node.lineno, node.col_offset)).args[0])


@pytest.mark.parametrize(
    ("expression", "name", "element"),
    [
        ("1", "int", ""), ("1.0", "float", ""), ("'a'", "str", "str"), ("b'a'", "bytes", ""), ("None", "NoneType", ""),
        ("True", "bool", ""), ("f'{a}b'", "str", "str"), ("f'{1}'", "str", "str"), ("[1, 2]", "list", "int"), ("[1, 'a']", "list", ""),
        ("[a]", "list", ""), ("('a', 'b')", "tuple", "str"), ("(*a, 1)", "tuple", ""), ("{1}", "set", "int"),
        ("{'a': 1}", "dict", "str"), ("{**a}", "dict", ""), ("[str(1) for x in a]", "list", "str"),
        ("{x: 1 for x in 'ab'}", "dict", "str"), ("(1 for x in a)", "generator", "int"), ("lambda: 1", "function", ""),
        ("not a", "bool", ""), ("a is b", "bool", ""), ("a in b", "bool", ""), ("1 == 2", "bool", ""),
        ("1 + 2", "int", ""), ("1 / 2", "float", ""), ("1 + 2.0", "float", ""), ("True + True", "int", ""),
        ("-True", "int", ""), ("True | False", "bool", ""), ("'a' + 'b'", "str", "str"), ("'a' * 2", "str", "str"),
        ("[1] + [2]", "list", "int"), ("'%s' % 1", "str", "str"), ("{1} | {2}", "set", "int"), ("2 ** 3", "", ""),
        ("1 if a else 2", "int", ""), ("1 if a else 'b'", "", ""), ("1 and 2", "int", ""), ("a or 2", "", ""),
        ("(y := 1)", "int", ""), ("len(a)", "int", ""), ("sorted(a)", "list", ""), ("list('ab')", "list", "str"),
        ("dict()", "dict", ""), ("isinstance(a, b)", "bool", ""), ("range(a)", "range", "int"), ("int(a)", "int", ""),
        ("str(1)", "str", "str"), ("abs(-1)", "int", ""), ("max(1, 2)", "int", ""), ("max(a, 2)", "", ""),
        ("sum([1, 2])", "int", ""), ("sum([1.0])", "", ""), ("'a'.upper()", "str", "str"), ("'a b'.split()", "list", "str"),
        ("'a'.encode()", "bytes", ""), ("', '.join(a)", "str", "str"), ("'a'.partition('b')", "tuple", "str"),
        ("'a'.find('b')", "int", ""), ("{}.items()", "dict_items", "tuple"), ("'abc'[0]", "str", "str"),
        ("'abc'[1:]", "str", "str"), ("[1][0]", "int", ""), ("[1][a]", "", ""), ("b'a'[0]", "int", ""),
        ("'a,b'.split(',')[0]", "str", ""), ("a == b", "", ""), ("a + b", "", ""), ("a.upper()", "", ""), ("a[0]", "", ""),
        ("a", "", ""), ("undefined", "", ""), ("await_", "", ""), ("1 .real", "", ""),
    ],
)  # fmt: skip
def test_expressions(expression, name, element):
    fact = answer(f"use({expression})")
    assert (fact.name, fact.element) == (name, element)
    assert fact.evidence is (Evidence.PROVED if name else Evidence.UNKNOWN)


def test_str_of_an_unknown_object_may_be_a_subclass():
    assert answer("use(str(a))").evidence is Evidence.ANNOTATED
    assert answer("use(f'{a}')").evidence is Evidence.ANNOTATED


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("x = 1\nuse(x)", "int"),
        ("x = 1\nx = 'a'\nuse(x)", "str"),
        ("x = 1\nif a:\n    x = 'a'\nuse(x)", ""),
        ("x = 1\nif a:\n    x = 2\nuse(x)", "int"),
        ("x = 0\nfor y in a:\n    x += 1\nuse(x)", "int"),
        ("x = 0\nfor y in a:\n    x += 1.5\nuse(x)", ""),
        ("x = 0\nfor y in a:\n    x += y\nuse(x)", ""),
        ("x = 0\nfor y in a:\n    x = x + 1\n    z = x\n    x = z\nuse(x)", "int"),
        ("x = ''\nwhile a:\n    x += 'b'\nuse(x)", "str"),
        ("x = []\nx += a\nuse(x)", "list"),
        ("for x in range(3):\n    use(x)", "int"),
        ("for x in 'ab':\n    use(x)", "str"),
        ("for x in a:\n    use(x)", ""),
        ("for i, x in enumerate('ab'):\n    use(i)", "int"),
        ("for i, x in enumerate(['a']):\n    use(x)", "str"),
        ("for i, x in enumerate(a, 1.5):\n    use(i)", ""),
        ("x, y = 1, 'a'\nuse(y)", "str"),
        ("x, *y = 1, 'a'\nuse(y)", ""),
        ("x, y = y, x\nuse(y)", ""),
        ("with a as x:\n    use(x)", ""),
        ("def g():\n    nonlocal x\n    x = 'a'\nx = 1\nuse(x)", ""),
        ("x = 1\ndef g():\n    return use(x)", "int"),
        ("x = 1\nuse([x for x in 'a'])", "list"),
        ("[use(x) for x in 'ab']", "str"),
        ("x = 1\nlambda: use(x)\nx = 'a'", ""),
        ("x: int = 'a'\nuse(x)", "str"),
        ("x: int\nx = 1\nuse(x)", "int"),
        ("import x\nuse(x)", ""),
        ("try:\n    x = 1\nexcept E as x:\n    pass\nuse(x)", ""),
        ("match a:\n    case x:\n        use(x)", ""),
        ("global x\nx = 1\nuse(x)", ""),
    ],
)
def test_locals(body, name):
    assert answer(body).name == name


@pytest.mark.parametrize(
    ("body", "element"),
    [
        ("x = ['a']\nuse(x)", "str"),
        ("x = ['a']\nx.append(1)\nuse(x)", ""),
        ("x = ['a']\nx[0] = 1\nuse(x)", ""),
        ("x = ['a']\ny = x\ny.append(1)\nuse(x)", ""),
        ("x = ['a']\ng(x)\nuse(x)", ""),
        ("x = ['a']\nx += [1]\nuse(x)", ""),
        ("x = ['a']\nlambda: x.append(1)\nuse(list(x))", ""),
        ("x = ('a',)\ng(x)\nuse(x)", "str"),
        ("x = 'a,b'.split(',')\nlen(x)\nfor y in x: pass\nuse(list(x))", "str"),
    ],
)
def test_elements_hold_only_while_nothing_can_put_others_in(body, element):
    # `use` gets the list itself and could change it: what counts is what is known before.
    known = {"x = ['a']\nuse(x)": ""}
    assert answer(body).element == known.get(body, element)


@pytest.mark.parametrize(
    ("head", "name", "element"),
    [
        ("def f(x: list):", "list", ""),
        ("def f(x: list[int]):", "list", "int"),
        ("def f(x: 'str'):", "str", "str"),
        ("def f(x: List[str]):", "list", "str"),
        ("def f(x: dict[str, int]):", "dict", "str"),
        ("def f(x: tuple[int, ...]):", "tuple", "int"),
        ("def f(x: tuple[int, str]):", "tuple", ""),
        ("def f(x: float):", "", ""),
        ("def f(x: Sequence[int]):", "", ""),
        ("def f(x: int | None):", "", ""),
        ("def f(x: list = None):", "", ""),
        ("def f(x: list = []):", "list", ""),
        ("def f(x: Whatever):", "", ""),
        ("def f(x):", "", ""),
    ],
)
def test_annotations_are_evidence_of_their_own(head, name, element):
    fact = answer("use(x)", head, prelude="from typing import List, Sequence")
    assert (fact.name, fact.element) == (name, element)
    assert fact.evidence is (Evidence.ANNOTATED if name else Evidence.UNKNOWN)


def test_stars_are_proved():
    assert answer("use(x)", "def f(*x):").name == "tuple"
    assert answer("use(x)", "def f(**x):").name == "dict"
    assert answer("use(x)", "def f(*x):").proved


def test_shadowed_names_give_nothing():
    assert answer("use(len(a))", prelude="def len(x): return ''").name == ""
    assert answer("use(x)", "def f(x: list):", prelude="class list: pass").name == ""


def recording(*types: tuple[str, int], path: str = "m.py") -> Recording:
    target = Target(
        path=path,
        module="m",
        qualname="f",
        kind=Kind.FUNCTION,
        first_line=1,
        last_line=2,
        source="",
        digest="",
    )
    return Recording(target=target, calls_seen=9, samples=(), types=(("x", types),))


def test_recorded_calls_are_evidence_when_they_saw_one_type():
    fact = answer("use(x)", "def f(x):", recordings=(recording(("list", 9)),))
    assert (fact.name, fact.evidence, fact.observed) == ("list", Evidence.OBSERVED, 9)
    assert answer("use(x)", "def f(x):", recordings=(recording(("list", 8), ("tuple", 1)),)).name == ""
    assert answer("use(x)", "def f(x):", recordings=(recording(("list", 9), path="other.py"),)).name == ""
    assert answer("x = x + 1\nuse(x)", "def f(x):", recordings=(recording(("list", 9)),)).name == ""


def test_annotation_and_recorded_calls_must_agree():
    fact = answer("use(x)", "def f(x: list):", recordings=(recording(("list", 9)),))
    assert (fact.name, fact.evidence, fact.observed) == ("list", Evidence.ANNOTATED, 9)
    assert answer("use(x)", "def f(x: list):", recordings=(recording(("tuple", 9)),)).name == ""


def test_recordings_by_function():
    facts = Facts.build(
        "def f(x):\n    pass\ndef g(x):\n    pass\n", path="m.py", recordings=[recording(("int", 9))]
    )
    assert facts.observed_types(facts.tree.body[0], "x") == (("int", 9),)
    assert facts.observed_types(facts.tree.body[0], "y") == ()
    assert facts.observed_types(facts.tree.body[1], "x") == ()
    assert facts.recording_of(facts.tree.body[1]) is None


def test_long_chains_end():
    lines = ["x0 = 1", *(f"x{n + 1} = x{n} + x{n}" for n in range(300)), "use(x300)"]
    assert answer("\n".join(lines)).name in {"int", ""}
    assert answer("use(" + " + ".join(["'a'"] * 900) + ")").name in {"str", ""}
    assert answer("x = y = 0\nwhile a:\n    x = y + 1\n    y = x + 1\nuse(x)").name == "int"


def test_bindings_that_all_depend_on_each_other_are_found_together():
    names = [f"x{number}" for number in range(30)]
    steps = [f"    {left} += {right} + {names[0]}" for left in names for right in names]
    body = "\n".join([*(f"{name} = 1" for name in names), "while a:", *steps, f"use({names[-1]})"])
    assert answer(body).name in {"int", ""}
    body = "\n".join(
        ["x = y = z = ''", "while a:", *["    x += y", "    y += z", "    z += x"] * 10, "use(x)"]
    )
    assert answer(body).name == "str"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("m = re.search('a', a)\nuse(m)", "re.Match"),
        ("m = re.compile('a').fullmatch(a)\nuse(m.end())", "int"),
        ("for m in re.finditer('a', a):\n    use(m)", "re.Match"),
        ("for m in re.compile('a').finditer(a):\n    use(m.groups())", "tuple"),
        ("use(re.compile('a').match(a).group())", ""),
    ],
)
def test_matches_of_patterns(body: str, name: str) -> None:
    assert answer(body, prelude="import re").name == name


def test_a_match_that_is_annotated() -> None:
    fact = answer("use(a)", head="def f(a: re.Match[str], b):", prelude="import re")
    assert (fact.name, fact.evidence) == ("re.Match", Evidence.ANNOTATED)
