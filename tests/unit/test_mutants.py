from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.verify.mutants import Mutant, mutants
from optimizer.verify.planting.splice import spliced


def planted(after, before="def f(*args): pass", limit=200):
    """The mutated texts of a function, without layout."""
    return {plain(mutant.text) for mutant in mutants(before, textwrap.dedent(after), ("f",), limit=limit)}


def plain(text):
    return ast.unparse(ast.parse(textwrap.dedent(text)))


LEFT_ALONE = [
    (
        "def f(xs): return sum([x for x in xs])",
        "def f(xs): return sum((x for x in xs))",
        "it is read to its end",
    ),
    (
        "def f(a, b): return 2 * a + 3 * b",
        "def f(a, b): return 3 * b + 2 * a",
        "numbers may be added in any order",
    ),
    (
        "def f(xs):\n    for x in list(xs): x()",
        "def f(xs):\n    for x in xs: x()",
        "the copy is neither kept nor changed",
    ),
    ("def f(xs):\n    xs = list(xs)\n    return len(xs)", "def f(xs):\n    return len(xs)", "as above"),
    (
        "def f(x): return isinstance(x, (int, float))",
        "def f(x): return isinstance(x, (float, int))",
        "alternatives have no order",
    ),
    (
        "T = {1: 2, 3: 4}\ndef f(x): return T.get(x)",
        "T = {3: 4, 1: 2}\ndef f(x): return T.get(x)",
        "a table that is only looked into has no order",
    ),
    (
        "T = ('a', 'b')\ndef f(x): return x in T",
        "T = ('b', 'a')\ndef f(x): return x in T",
        "as above",
    ),
    (
        "def f(xs): xs[:] = [x for x in xs]",
        "def f(xs): xs[:] = (x for x in xs)",
        "a slice reads to the end before it assigns",
    ),
    (
        "def f(a, b): return [x ^ y for x, y in zip(a, b)]",
        "def f(a, b): return [x ^ y for x, y in zip(b, a)]",
        "the operator takes its operands in any order",
    ),
    (
        "def f(xs):\n    ys = [x * x for x in xs]\n    return sum(ys)",
        "def f(xs):\n    ys = (x * x for x in xs)\n    return sum(ys)",
        "what is read once, to its end, need not be a list",
    ),
    ("def f(n): return str(abs(n))", "def f(n): return repr(abs(n))", "the text of a number is one"),
    ("def f(s): return s.split(' ')", "def f(s): return s.rsplit(' ')", "there is no limit"),
    ("def f(d, k): return d.get(k, None)", "def f(d, k): return d.get(k)", "None is what is given anyway"),
    (
        "@cache(maxsize=1)\ndef f(x): return x",
        "@cache(maxsize=2)\ndef f(x): return x",
        "decorators only change speed",
    ),
    (
        "def f(p): return open(p, encoding='utf-8')",
        "def f(p): return open(p)",
        "a hint that callers can hardly see",
    ),
    ("def f(x: 'int'): return x", "def f(x: 'in'): return x", "annotations do not run"),
    ("def f(x):\n    'Doc.'\n    return x", "def f(x):\n    'Doc.x'\n    return x", "docstrings do not run"),
    (
        "def f(xs: set): return [x for x in xs]",
        "def f(xs: set): return list({x for x in xs})",
        "a set repeats nothing",
    ),
    ("def f(n): return f'{n}'", "def f(n): return f'{n!r}'", "for most values that is the same text"),
    ("class C:\n    __slots__ = ('a', 'b')", "class C:\n    __slots__ = ('b', 'a')", "no order shows"),
]


@pytest.mark.parametrize(("after", "mutant", "because"), LEFT_ALONE, ids=lambda value: value[-40:])
def test_left_alone(after, mutant, because):
    assert plain(mutant) not in planted(after), because


PLANTED = [
    ("boundary", "def f(a, b): return a < b", "def f(a, b): return a <= b"),
    ("boundary", "def f(a): return 0 < a <= 9", "def f(a): return 0 < a < 9"),
    ("number", "def f(a): return a[3:]", "def f(a): return a[4:]"),
    ("number", "def f(a): return a[-1]", "def f(a): return a[-2]"),
    ("length", "def f(a): return len(a)", "def f(a): return len(a) - 1"),
    ("range", "def f(n): return list(range(n))", "def f(n): return list(range(1, n))"),
    ("enumerate", "def f(a): return dict(enumerate(a))", "def f(a): return dict(enumerate(a, 1))"),
    ("first item", "def f(a):\n    for x in a: x()", "def f(a):\n    for x in list(a)[1:]: x()"),
    ("operator", "def f(a, b): return a - b", "def f(a, b): return a + b"),
    ("operator", "def f(a):\n    t = 1\n    t += a\n    return t", "def f(a):\n    t = 1\n    t -= a\n    return t"),
    ("operands", "def f(a, b): return a / b", "def f(a, b): return b / a"),
    ("operands", "def f(a): return 'x' + a", "def f(a): return a + 'x'"),
    ("condition", "def f(a):\n    if a: return 1", "def f(a):\n    if not a: return 1"),
    ("condition", "def f(a, b): return a and b", "def f(a, b): return a or b"),
    ("lost half", "def f(a, b): return a or b", "def f(a, b): return a"),
    ("branches", "def f(a): return 1 if a() else 2", "def f(a): return 2 if a() else 1"),
    ("membership", "def f(a, b): return a in b", "def f(a, b): return a not in b"),
    ("truth", "def f(a): return sorted(a, reverse=True)", "def f(a): return sorted(a, reverse=False)"),
    ("text", "def f(a): return a.split(',')", "def f(a): return a.split(',x')"),
    ("f-string", "def f(n): return f'{n:>3}'", "def f(n): return f'{n}'"),
    ("table", "T = ['a', 'b']\ndef f(x): return x in T", "T = ['a']\ndef f(x): return x in T"),
    ("table", "T = {'a': 1, 'b': 2}\ndef f(x): return T", "T = {'b': 2, 'a': 1}\ndef f(x): return T"),
    ("method", "def f(s): return s.startswith('a')", "def f(s): return s.endswith('a')"),
    ("method", "def f(s): return s.strip()", "def f(s): return s.lstrip()"),
    ("lost call", "def f(s): return s.lower()", "def f(s): return s"),
    ("function", "def f(a): return any(a)", "def f(a): return all(a)"),
    ("function", "def f(a): return sorted(a, key=len)", "def f(a): return list(a)"),
    ("key", "def f(a): return sorted(a, key=len)", "def f(a): return sorted(a)"),
    ("arguments", "def f(g, a, b): return g(a, b)", "def f(g, a, b): return g(b, a)"),
    ("argument", "def f(g, a, b): return g(a, b)", "def f(g, a, b): return g(a)"),
    ("empty case", "def f(d): return d.get('k', 0)", "def f(d): return d.get('k')"),
    ("empty case", "def f(a): return min(a, default=0)", "def f(a): return min(a)"),
    ("empty case", "def f(a): return min(a, default=None)", "def f(a): return min(a, default=0)"),
    ("empty case", "def f(a): return sum(a)", "def f(a): return sum(a, 0.0)"),
    ("lost effect", "def f(a):\n    a.clear()\n    return 1", "def f(a):\n    pass\n    return 1"),
    ("lost effect", "def f(a):\n    a[0] = 1\n    return a", "def f(a):\n    pass\n    return a"),
    ("lost effect", "def f(a):\n    a = a or 1\n    return a", "def f(a):\n    pass\n    return a"),
    ("order", "def f(a):\n    a.append(1)\n    a.pop()", "def f(a):\n    a.pop()\n    a.append(1)"),
    ("other end", "def f(a):\n    r = []\n    r.append(a)\n    return r", "def f(a):\n    r = []\n    r.insert(0, a)\n    return r"),
    ("eager", "def f(a): return (x for x in a)", "def f(a): return [x for x in a]"),
    ("eager", "def f(a):\n    yield from a", "def f(a):\n    yield from list(a)"),
    ("lazy", "def f(a): return [x for x in a]", "def f(a): return (x for x in a)"),
    ("shared", "def f(a): return list(a)", "def f(a): return a"),
    ("shared", "def f(a):\n    b = a.copy()\n    b.pop()\n    return b", "def f(a):\n    b = a\n    b.pop()\n    return b"),
    ("shared rows", "def f(n): return [[0] for _ in n]", "def f(n): return [[0]] * len(list(n))"),
    ("dropped if", "def f(a): return [x for x in a if x]", "def f(a): return [x for x in a]"),
    ("negated if", "def f(a): return [x for x in a if x]", "def f(a): return [x for x in a if not x]"),
    ("reversed", "def f(a): return [x for x in a]", "def f(a): return [x for x in list(a)[::-1]]"),
    ("repetition", "def f(a): return [x for x in a]", "def f(a): return list({x for x in a})"),
    ("result", "def f(a): return a + 1", "def f(a): return None"),
    ("result", "def f(a): return a + 1", "def f(a): return a"),
    ("exception", "def f(a): raise KeyError(a)", "def f(a): raise RuntimeError(a)"),
    ("handler", "def f(a):\n    try: a()\n    except KeyError: pass", "def f(a):\n    try: a()\n    except ZeroDivisionError: pass"),
    ("finally", "def f(a):\n    try:\n        a()\n    finally:\n        a.b()", "def f(a):\n    a()"),
    ("close", "def f(a):\n    with a as b:\n        b()", "def f(a):\n    b = a\n    b()"),
    ("loop else", "def f(a):\n    for x in a: x()\n    else: a()", "def f(a):\n    for x in a: x()"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "after", "mutant"), PLANTED, ids=lambda value: value[:34])
def test_planted(kind, after, mutant):
    assert plain(mutant) in planted(after), kind


class TestRegion:
    BEFORE = "def f(a):\n    b = a + 1\n    return b * 2\n\n\ndef g(a):\n    return a - 7\n"

    def test_only_what_changed_is_mutated(self):
        after = self.BEFORE.replace("return b * 2", "return (b << 1) % 64 if b > 5 else b + b")
        found = mutants(self.BEFORE, after, ("f",))
        assert len(found) > 6
        assert all(mutant.description.startswith("line 3:") for mutant in found)
        assert all("a - 7" in mutant.text and "b = a + 1" in mutant.text for mutant in found)

    def test_where_little_is_new_the_rest_of_the_function_stands_in(self):
        after = self.BEFORE.replace("b * 2", "2 * b")
        lines = {mutant.description.split(":")[0] for mutant in mutants(self.BEFORE, after, ("f",))}
        assert lines == {"line 2", "line 3"}

    def test_the_old_version_is_no_mutant_of_the_new_one(self):
        after = self.BEFORE.replace("a + 1", "a - 1")
        assert plain(self.BEFORE) not in {
            plain(mutant.text) for mutant in mutants(self.BEFORE, after, ("f",))
        }

    def test_new_constants_are_part_of_it(self):
        after = "_KNOWN = ('x', 'y')\n" + self.BEFORE.replace("return b * 2", "return b in _KNOWN")
        assert any("_KNOWN = ('x',)" in plain(m.text) for m in mutants(self.BEFORE, after, ("f",)))

    def test_everything_else_keeps_its_layout(self):
        after = "# first\n" + self.BEFORE.replace("return b * 2", "return  b*3   # why")
        for mutant in mutants(self.BEFORE, after, ("f",)):
            assert mutant.text.startswith("# first\ndef f(a):\n")
            assert mutant.text.endswith("def g(a):\n    return a - 7\n")


AFTERS = [text for _, text, _ in PLANTED]


@given(st.sampled_from(AFTERS), st.integers(1, 12))
def test_mutants_parse_differ_and_keep_to_the_limit(after, limit):
    found = mutants("def f(*args): pass", after, ("f",), limit=limit)
    assert found == mutants("def f(*args): pass", after, ("f",), limit=limit)
    assert len(found) <= limit
    texts = [plain(mutant.text) for mutant in found]
    assert len(set(texts)) == len(texts)
    assert plain(after) not in texts
    assert all(isinstance(mutant, Mutant) and mutant.description.startswith("line ") for mutant in found)


def test_a_limit_leaves_many_kinds():
    after = "def f(a, b):\n    t = []\n    for x in a:\n        if x > 1 and x < b:\n            t.append(x * 2)\n    return sorted(t, key=len)"
    shapes = {
        mutant.description.split("`")[1] for mutant in mutants("def f(*args): pass", after, ("f",), limit=10)
    }
    assert len(shapes) >= 6


def test_short_code_has_other_names():
    found = planted("def f(a, b):\n    c = a.get(b)\n    return c")
    assert plain("def f(a, b):\n    c = b.get(b)\n    return c") in found
    assert plain("def f(a, b):\n    c = a.get(a)\n    return c") in found
    copied = planted("def f(a):\n    c = a[:]\n    c.sort()\n    return len(c)")
    assert plain("def f(a):\n    c = a[:]\n    c.sort()\n    return len(a)") not in copied, (
        "equal to what it is made from"
    )


def test_short_code_has_second_choices():
    found = planted("def f(a, b): return [x ^ y for x, y in zip(a, b)]")
    assert plain("def f(a, b): return [x & y for x, y in zip(a, b)]") in found
    assert plain("def f(a, b): return [x ^ y for x, y in list(zip(a, b))[:-1]]") in found
    lines = "\n".join(f"    if a > {n}: b += {n}" for n in range(9))
    assert not any("a & b" in text for text in planted(f"def f(a, b):\n{lines}\n    return a ^ b"))


def test_a_text_of_newer_python_has_no_mutants():
    assert mutants("def f(): pass", "def f(: pass", ("f",)) == ()


class TestSplice:
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_lines_end_as_they_did(self, newline):
        text = newline.join(["é = 1", "def f():", "    return ['ü', é]", ""])
        node = ast.parse(text).body[1].body[0].value.elts[1]
        assert spliced(text, node, node, ast.Constant(value=5)) == text.replace("é]", "5]")

    def test_statements_keep_their_indentation(self):
        text = "if a:\n    b()\n    c()\n"
        first, last = ast.parse(text).body[0].body
        new = ast.parse("for x in y:\n    z()").body
        assert spliced(text, first, last, new) == "if a:\n    for x in y:\n        z()\n"

    def test_nothing_becomes_pass(self):
        text = "def f(): a()"
        node = ast.parse(text).body[0].body[0]
        assert spliced(text, node, node, []) == "def f(): pass"
