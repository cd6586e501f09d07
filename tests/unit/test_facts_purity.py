"""What may be evaluated again, once less or elsewhere, and what may have an effect."""

from __future__ import annotations

import ast
import textwrap

import pytest

from optimizer.facts.facts import Facts, RepositoryFacts
from optimizer.model import Evidence

PRELUDE = """
import math, os, re, sys, config
from functools import wraps
LIMIT = 10
NAMES = ["a"]
PAIR = (1, 2)
PATTERN = re.compile("a")
CHANGED = 1
CHANGED = 2
def helper(x):
    return x
"""


def build(body: str, head: str = "def f(a, b, s: str, xs: list[int]):") -> Facts:
    text = PRELUDE + head + "\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
    return Facts.build(text)


def asked(facts: Facts) -> ast.expr:
    """The argument of the only call of `use`."""
    calls = [
        node
        for node in ast.walk(facts.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "use"
    ]
    assert len(calls) == 1
    return calls[0].args[0]


PURE = [
    "1", "a", "None", "(a, b)", "[a, b]", "{'a': b}", "a is b", "not 'x'", "1 + 2", "'a' + 'b'", "len('ab')",
    "'a,b'.split(',')", "'x'.upper().strip()", "math.sqrt(2)", "math.pi", "os.sep", "re.sub('a', 'b', 'c')",
    "re.compile('a', re.I | re.M)", "isinstance(a, str)", "isinstance(a, (int, str))", "type(a)", "id(a)", "callable(a)",
    "sorted([2, 1])", "max(1, 2)", "sum(x for x in [1, 2])", "[x.upper() for x in 'ab']", "{x: 1 for x in 'ab'}",
    "', '.join(x for x in 'ab')", "f'{1}{\"a\"}'", "'a' in 'abc'", "1 in (1, 2)", "'a' in {'a', 'b'}", "1 if 'a' else 2",
    "'abc'[0]", "'abc'[1:2]", "[1, 2][0]", "{'a': 1}['a']", "{'a': 1}.get('a')", "{'a': 1}.get('a', b)", "tuple([a, b])", "list('ab')",
    "dict()", "set()", "str(1)", "range(3)", "[*'ab']", "{**{}}", "LIMIT + 1", "PAIR[0]", "PATTERN.sub('a', 'b')",
    "any(c == 'a' for c in 'abc')", "enumerate" , "config.value", "[i for i, c in enumerate('ab')]", "'a'.startswith(('a', 'b'))",
    "{1} | {2}", "frozenset({1})", "[1].copy()", "[1, 2].index(1)", "'%s-%s' % ('a', 1)",
]  # fmt: skip
IMPURE = [
    "re.compile('a', re.DEBUG)", "re.compile('a', LIMIT + len(s))", "a.b", "a()", "helper(1)", "a[0]", "a + b", "a == b", "a < b", "a in b", "not a", "a and b", "a if b else 1", "-a",
    "len(a)", "str(a)", "f'{a}'", "list(a)", "tuple(x for x in a)", "sorted(a)", "sorted([a, b])", "max(a, b)", "{a}",
    "{a: 1}", "[*a]", "{**a}", "bool(a)", "iter('ab')", "next(a)", "print('a')", "input()", "open('a')", "(x := 1)",
    "(x for x in 'ab')", "lambda: 1", "object()", "[1].append(2)", "[1].pop()", "{}.setdefault('a', [])", "'a'.format(b)",
    "'a'.join(a)", "', '.join([a])" , "re.sub('a', helper, 'c')", "re.sub(a, 'b', 'c')", "'%s' % a", "'%s' % (a,)", "isinstance(a, b)",
    "isinstance(a, helper)", "sorted([1], key=a)", "map(a, 'ab')", "enumerate('ab')", "zip('ab', 'c')", "getattr(a, 'b')", "hasattr(a, 'b')",
    "os.getcwd()", "os.environ['a']", "sys.stdin.read()", "wraps(a)", "a.upper()", "math.sqrt(a)", "helper", "[x for x in a]",
    "[x() for x in 'ab']", "[1 for x, y in [a]]", "a in [b]", "'a' in [a]", "a in {'a'}", "len(*a)", "str(**a)", "dict(a=1)", "set([a])",
    "int(a)", "abs(a)", "1 < a", "hash(a)", "globals()", "vars()", "id(a, b)", "format(a)", "repr([a])", "[a].index(1)",
]  # fmt: skip
IMPURE.remove("helper")
IMPURE.remove("', '.join([a])")


@pytest.mark.parametrize("expression", PURE)
def test_pure(expression):
    facts = build(f"use({expression})")
    assert facts.purity(asked(facts)).objections == ()
    assert facts.is_pure(asked(facts))


@pytest.mark.parametrize("expression", IMPURE)
def test_not_pure(expression):
    facts = build(f"use({expression})")
    purity = facts.purity(asked(facts))
    assert purity.objections
    assert not purity.proved
    assert not facts.is_pure(asked(facts))


@pytest.mark.parametrize(
    ("prelude", "expression"),
    [
        ("len = 1", "len('a')"),
        ("math.sqrt = len", "math.sqrt(2)"),
        ("from x import *", "len('a')"),
        ("def str(x): return x", "str(1)"),
        ("import re as math", "math.sqrt(2)"),
    ],
)
def test_shadowed_and_replaced_names_are_not_pure(prelude, expression):
    facts = Facts.build(f"{PRELUDE}\n{prelude}\nuse({expression})\n")
    assert not facts.is_pure(asked(facts))


def test_annotated_types_make_assumptions():
    facts = build("use(s.strip() + str(len(xs)))")
    purity = facts.purity(asked(facts))
    assert purity.objections == ()
    assert not purity.proved
    assert [(each.text, each.parameter, each.types) for each in purity.assumptions] == [
        ("`s` is exactly str", "s", ("str",)),
        ("`xs` is exactly list of int", "xs", ("list",)),
    ]
    assert all(each.evidence is Evidence.ANNOTATED for each in purity.assumptions)


CLASS = """
class Box{bases}:
    {body}
    def __init__(self):
        self.size = 3
    def f(self, xs: list):
        use(self.size)
"""


@pytest.mark.parametrize(
    ("bases", "body", "other", "pure"),
    [
        ("", "pass", "", True),
        ("(object)", "size = 0", "", True),
        ("", "@property\n    def size(self): return 1", "", False),
        ("", "size = make()", "", False),
        ("", "def __getattr__(self, name): return 1", "", False),
        ("", "def __getattribute__(self, name): return 1", "", False),
        ("(Base)", "pass", "", False),
        ("(metaclass=M)", "pass", "", False),
        ("", "pass", "class Sub(Box):\n    @property\n    def size(self): return 1", False),
        ("", "pass", "class Sub(Box):\n    size = 1", False),
        ("", "pass", "class Sub(m.Box):\n    def __getattr__(self, n): return 1", False),
        ("", "pass", "class Mid(Box): pass\nclass Sub(Mid):\n    def size(self): pass", False),
        ("", "pass", "from m import Box as B\nclass Sub(B):\n    def size(self): pass", False),
        ("", "pass", "Box.size = property(f)", False),
        ("", "pass", "monkeypatch.setattr(thing, 'size', 3)", False),
        ("", "pass", "class Sub(Box):\n    other = 1\nbox.size = 3", True),
        ("", "pass", "class Sub(Unknown, Box): pass", False),
        (
            "",
            "pass",
            "class Mix:\n    @property\n    def size(self): return 1\nclass Sub(Mix, Box): pass",
            False,
        ),
        ("", "pass", "class Mix(Unknown): pass\nclass Sub(Mix, Box): pass", False),
        ("", "pass", "class Mix: pass\nclass Sub(Mix, Box, object): pass", True),
    ],
)
def test_stored_attributes_are_pure_unless_a_class_makes_them_code(bases, body, other, pure):
    text = CLASS.format(bases=bases, body=body)
    repository = RepositoryFacts.build({"m.py": text, "other.py": other})
    facts = Facts.build(text, path="m.py", repository=repository)
    assert facts.is_pure(asked(facts)) is pure
    if pure:
        assert [each.evidence for each in facts.purity(asked(facts)).assumptions] == [Evidence.PROVED]


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    def f(self):\n        use(self.size)",
        "class A:\n    def f(self):\n        self.size = 1\n        self = other\n        use(self.size)",
        "class A:\n    def f(self, o):\n        self.size = 1\n        use(o.size)",
        "class A:\n    @classmethod\n    def f(cls):\n        cls.size = 1\n        use(cls.size)",
        "class A:\n    @staticmethod\n    def f(a):\n        a.size = 1\n        use(a.size)",
        "@decorate\nclass A:\n    def f(self):\n        self.size = 1\n        use(self.size)",
        "class A:\n    @decorate\n    def f(self):\n        self.size = 1\n        use(self.size)",
        "def f(self):\n    self.size = 1\n    use(self.size)",
    ],
)
def test_attributes_of_what_may_be_anything_are_not_pure(text):
    facts = Facts.build(text)
    assert not facts.is_pure(asked(facts))


INVARIANT = [
    "for x in a:\n    use(len('abc'))",
    "for x in a:\n    use(LIMIT + 1)",
    "for x in a:\n    use(math.sqrt(2))",
    "n = 'a'\nfor x in a:\n    use(n.upper())\n    g(n)",
    "ys = [1]\nfor x in 'ab':\n    use(len(ys))",
    "ys = [1]\nfor x in a:\n    use(len(ys))",
    "ys = [1]\nzs = []\nfor x in 'ab':\n    use(len(ys))\n    zs.append(x)",
    "ys = [1]\nfor x in a:\n    use(len(ys))\n    g(x)\ng(ys)",
    "ys = {'a': 1}\nfor x in a:\n    use(ys['a'])",
    "for x in a:\n    for y in b:\n        use(PAIR[0])",
    "while g():\n    use(a is None)",
    "n = 1\nfor x in a:\n    use(n + 1)\n    def h(): return n",
    "for x in a:\n    use(PATTERN.sub('a', 'b'))",
]
VARIANT = [
    "for x in a:\n    use(x)",
    "n = 1\nfor x in a:\n    use(n + 1)\n    n = 2",
    "n = 1\nfor x in a:\n    use(n + 1)\n    n += 1",
    "n = 1\nfor x in a:\n    use(n + 1)\n    (n := 2)",
    "n = 1\nfor x in a:\n    use(n + 1)\n    for n in 'ab': pass",
    "n = 1\ndef h():\n    nonlocal n\n    n = 2\nfor x in a:\n    use(n + 1)\n    h()",
    "ys = [1]\nfor x in a:\n    use(len(ys))\n    ys.append(x)",
    "ys = [1]\nzs = ys\nfor x in 'ab':\n    use(len(ys))\n    zs.append(x)",
    "ys = [1]\ng(ys)\nfor x in a:\n    use(len(ys))\n    g()",
    "ys = [1]\nfor x in a:\n    use(len(ys))\n    g(ys)",
    "ys = [1]\nfor x in a:\n    use(len(ys))\n    ys[0:1] = a",
    "ys = [1]\nfor x in a:\n    use(len(ys))\n    del ys[0]",
    "ys = [1]\nfor x in a:\n    use(len(ys))\n    b.c = ys",
    "ys = [1]\nb.append(ys)\nfor x in a:\n    use(len(ys))\n    x.f()",
    "ys = [1]\nh = lambda: ys.append(1)\nfor x in a:\n    use(len(ys))\n    h()",
    "for x in a:\n    use(len(NAMES))\n    g()",
    "for x in a:\n    use(len(NAMES))\n    NAMES.append(x)",
    "for x in a:\n    use(CHANGED)",
    "for x in a:\n    use(config.value)\n    g()",
    "for x in 'ab':\n    use(config.value)\n    config.value = x",
    "for x in a:\n    use(helper(1))",
    "for x in a:\n    use(a.b)",
    "for x in a:\n    use([1].pop())",
    "global n\nn = 1\nfor x in a:\n    use(n)",
    "n = 1\nfor x in a:\n    use(n + 1)\n    del n",
    "n = 1\nfor x in a:\n    use(n + 1)\n    try: pass\n    except E as n: pass",
    "n = 1\nfor x in a:\n    use(n + 1)\n    with x as n: pass",
    "n = 1\nfor x in a:\n    use(n + 1)\n    import n",
]


@pytest.mark.parametrize("body", INVARIANT)
def test_invariant(body):
    facts = build(body)
    loop = facts.loop_of(asked(facts))
    assert facts.is_invariant(asked(facts), outermost(facts, loop))


@pytest.mark.parametrize("body", VARIANT)
def test_not_invariant(body):
    facts = build(body)
    assert not facts.is_invariant(asked(facts), facts.loop_of(asked(facts)))


def outermost(facts: Facts, loop: ast.AST) -> ast.AST:
    while facts.loop_of(loop) is not None:
        loop = facts.loop_of(loop)
    return loop


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("a + LIMIT", {"a", "LIMIT"}),
        ("self.x.y + z.w()", {"self", "self.x", "self.x.y", "z", "z.w"}),
        ("[x for x in a if x > b]", {"a", "b"}),
        ("lambda x: x + a", {"a"}),
        ("a[0].b", {"a"}),
        ("{x: y for x, y in a.items()}", {"a", "a.items"}),
        ("1", set()),
    ],
)
def test_dependencies(expression, names):
    facts = build(f"use({expression})")
    assert facts.depends_on(asked(facts)) == names


@pytest.mark.parametrize(
    "stmt",
    [
        "pass", "x = 1", "x = a", "x = len('a')", "x: int = 1", "x = y = 1", "x, y = 1, 2", "if a is None:\n    x = 1",
        "for x in 'ab':\n    y = x", "return a", "x = a if 'b' else 1", "x = [a]", "'text'", "while True:\n    break",
        "x = 0\nx += 1",
    ],
)  # fmt: skip
def test_no_effects(stmt):
    facts = build(stmt)
    assert [facts.effects(each) for each in facts.tree.body[-1].body] == [()] * len(facts.tree.body[-1].body)


@pytest.mark.parametrize(
    ("stmt", "words"),
    [
        ("a()", "`a` may have effects"),
        ("a.b = 1", "changes `a.b`"),
        ("a[0] = 1", "changes `a[0]`"),
        ("x = []\nx.append(1)", "changes `x`"),
        ("global x\nx = 1", "binds `x`"),
        ("def g(): return x\nx = 1", "binds `x`"),
        ("del a.b", "changes `a.b`"),
        ("raise a", "may run any code"),
        ("with a: pass", "may run any code"),
        ("import a", "may run any code"),
        ("x = a + b", "type is not known"),
        ("if a: pass", "tests `a`"),
        ("for x in a: pass", "iterates over `a`"),
        ("x, y = a", "unpacks `a`"),
        ("yield 1", "hands control"),
        ("await a", "hands control"),
        ("a += b", "adds to `a`"),
        ("x = []\nx += [1]", "in place"),
        ("try:\n    pass\nexcept E:\n    a()", "`a` may have effects"),
        ("print(1)", "`print` may have effects"),
    ],
)
def test_effects(stmt, words):
    facts = build(stmt, "async def f(a, b):")
    assert words in "; ".join(text for each in facts.tree.body[-1].body for text in facts.effects(each))


@pytest.mark.parametrize(
    ("stmt", "raises"),
    [
        ("pass", False), ("x = 1", False), ("x = a", False), ("x = [a, b]", False), ("x = a is b", False), ("return a", False),
        ("x = lambda: y", False), ("x = not 'a'", False), ("x = 'a' and 1", False), ("break_ = 1", False),
        ("x = y", True), ("x = a.b", True), ("x = a[0]", True), ("x = a()", True), ("x = a + b", True), ("x = not a", True),
        ("x = lambda y=z: y", True), ("a.b = 1", True), ("x, y = a", True), ("del a", True), ("x = {a}", True), ("x = f'{a}'", True),
        ("x = LIMIT", True), ("assert a", True), ("x = a == b", True),
    ],
)  # fmt: skip
def test_may_raise(stmt, raises):
    facts = build(stmt)
    assert facts.may_raise(facts.tree.body[-1].body[0]) is raises


@pytest.mark.parametrize(
    ("body", "escapes"),
    [
        ("x = []\nx.append(1)\nlen(x)\nfor y in x: pass\nx[0]\nif x: pass", False),
        ("x = []\nreturn x", True),
        ("x = []\ng(x)", True),
        ("x = []\na.b = x", True),
        ("x = []\ny = x", True),
        ("x = []\ny = [x]", True),
        ("x = []\nyield x", True),
        ("x = []\nlambda: x", True),
        ("x = a", True),
        ("x = y = []", True),
        ("x = []\nx.append(x)", True),
        ("x = []\nz = x.append", True),
        ("x = {}\nfor y in x.items(): pass", False),
        ("x = {}\ny = x.items()", True),
        ("x = 1\ng(x)", False),
        ("x = a.split()", True),
        ("x = 'a b'.split()\nsorted(x)", False),
        ("x = []\nif x == a: pass", True),
        ("x = []\nif x == [1] or x is a: pass", False),
        ("for x in a: g(x)", True),
        ("x = []\n'a'.join(x)", False),
    ],
)
def test_escapes(body, escapes):
    facts = build(body)
    assert facts.escapes("x", facts.tree.body[-1].body[0]) is escapes


def test_parameters_always_escape():
    facts = build("len(xs)")
    assert facts.escapes("xs", facts.tree.body[-1].body[0])


@pytest.mark.parametrize(
    ("stmt", "mutated"),
    [
        ("x.append(1)", True), ("x[0] = 1", True), ("del x[0]", True), ("x += [1]", True), ("x = []", True), ("g(x)", True),
        ("x.sort()", True), ("y = x", True), ("x.unknown()", True), ("x.attr = 1", True),
        ("len(x)", False), ("x[0]", False), ("x.index(1)", False), ("for y in x: pass", False), ("g(y)", False), ("if x: pass", False),
    ],
)  # fmt: skip
def test_mutated_in(stmt, mutated):
    facts = build(f"x = [1]\n{stmt}\nx = []")
    assert facts.mutated_in("x", facts.tree.body[-1].body[1]) is mutated


@pytest.mark.parametrize(
    ("before", "escaped"),
    [
        ("x = []", False),
        ("x = []\nx.append(1)", False),
        ("x = []\ng(x)", True),
        ("x = []\nif a:\n    g(x)", True),
        ("x = []\nif a:\n    g(x)\n    return", False),
        ("x = a", True),
    ],
)
def test_escaped_before(before, escaped):
    facts = build(f"{before}\nfor y in a:\n    x.append(y)\nreturn x")
    loop = next(node for node in ast.walk(facts.tree) if isinstance(node, ast.For))
    assert facts.escaped_before("x", loop) is escaped
