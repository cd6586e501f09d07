"""What names mean: builtins, imports, constants, locals, and who may change them."""

from __future__ import annotations

import ast
import textwrap

import pytest

from optimizer.facts.facts import UNKNOWN, Facts, RepositoryFacts


def build(text: str, **others: str) -> Facts:
    """Facts of `package/module.py`, with other files of the repository by name."""
    source = textwrap.dedent(text)
    files = {
        "package/module.py": source,
        **{f"{name}.py": textwrap.dedent(code) for name, code in others.items()},
    }
    return Facts.build(source, path="package/module.py", repository=RepositoryFacts.build(files))


def last(facts: Facts, name: str) -> ast.Name:
    """The last read of a name in the text."""
    nodes = [node for node in ast.walk(facts.tree) if isinstance(node, ast.Name) and node.id == name]
    return max(
        (node for node in nodes if isinstance(node.ctx, ast.Load)),
        key=lambda node: (node.lineno, node.col_offset),
    )


@pytest.mark.parametrize(
    "text",
    [
        "len = 1\nlen(x)",
        "def f(len):\n    return len(x)",
        "def f():\n    def g():\n        return len(x)\n    len = 3",
        "def f():\n    global len\n    len = 3\nlen(x)",
        "from somewhere import *\nlen(x)",
        "def f():\n    try:\n        pass\n    except E as len:\n        len(x)",
        "match x:\n    case {'a': 1, **len}:\n        len(x)",
        "match x:\n    case [*len]:\n        len(x)",
        "class A:\n    len = 1\n    y = len(x)",
        "import a as len\nlen(x)",
        "import len.b\nlen(x)",
        "del len\nlen(x)",
        "for len in ():\n    pass\nlen(x)",
        "with a as len:\n    pass\nlen(x)",
        "[(len := 1) for y in ()]\nlen(x)",
        "def f():\n    [len(x) for len in ()]",
        "import builtins\nbuiltins.len = 1\nlen(x)",
        "__builtins__['len'] = 1\nlen(x)",
        "import builtins as b\nsetattr(b, name, 1)\nlen(x)",
        "globals()['len'] = 1\nlen(x)",
        "globals().update(a)\nlen(x)",
        "exec(code)\nlen(x)",
        "def f():\n    exec('global len')\nlen(x)",
        "vars()['len'] = 1\nlen(x)",
        "class A:\n    locals()['len'] = 1\n    len(x)",
    ],
)
def test_what_may_not_be_the_builtin(text):
    facts = build(text)
    assert not facts.is_builtin("len", last(facts, "len"))


@pytest.mark.parametrize(
    "text",
    [
        "len(x)",
        "def f():\n    len = 1\ndef g():\n    return len(x)",
        "class A:\n    len = 1\n    def f(self):\n        return len(x)",
        "def f(y=lambda len: len):\n    return len(x)",
        "def f():\n    [len for len in ()]\n    return len(x)",
        "z = globals()['len']\nlen(x)",
        "z = globals().get('len')\nlen(x)",
        "exec(code, {})\nlen(x)",
        "class A:\n    def f(self):\n        self.len = 1\n        return len(x)",
    ],
)
def test_what_is_the_builtin(text):
    facts = build(text)
    assert facts.is_builtin("len", last(facts, "len"))


@pytest.mark.parametrize(
    "other",
    [
        "import package.module\npackage.module.len = fake",
        "from package import module as m\nm.len = fake",
        "def test(monkeypatch, thing):\n    monkeypatch.setattr(thing, 'len', fake)",
        "from unittest import mock\nwith mock.patch('package.module.len'): pass",
        "with mock.patch('builtins.len'): pass",
        "@patch.object(module, 'len')\ndef test(): pass",
        "import builtins\nbuiltins.len = fake",
    ],
)
def test_patched_builtins_are_not_sure(other):
    facts = build("len(x)", test_module=other)
    assert not facts.is_builtin("len", last(facts, "len"))


def test_tests_that_stand_in_for_files_are_no_matter():
    stand_in = "with mock.patch('builtins.open', mock_open()): pass"
    facts = build("open(x)", test_module=stand_in)
    assert facts.is_builtin("open", last(facts, "open"))
    facts = build("open(x)", test_module="import builtins\nbuiltins.open = fake")
    assert not facts.is_builtin("open", last(facts, "open"))


def test_patches_of_other_modules_are_no_matter():
    facts = build("len(x)", test_module="import other\nother.len = 1\nclass A:\n    len = 3\nthing.len = 5\n")
    assert facts.is_builtin("len", last(facts, "len"))


def test_names_that_not_all_pythons_have_are_never_sure():
    facts = build("aiter(x)")
    assert not facts.is_builtin("aiter", last(facts, "aiter"))


@pytest.mark.parametrize(
    ("text", "name", "origin"),
    [
        ("import re\nre", "re", "re"),
        ("import os.path\nos", "os", "os"),
        ("import os, os.path\nos", "os", "os"),
        ("import os.path as p\np", "p", "os.path"),
        ("from re import sub as s\ns", "s", "re.sub"),
        ("from . import a\na", "a", ".a"),
        ("from ..b import a\na", "a", "..b.a"),
        ("def f():\n    import re\n    return re", "re", "re"),
        ("if x:\n    import re\nre", "re", "re"),
        ("try:\n    import json\nexcept ImportError:\n    json = None\njson", "json", ""),
        ("try:\n    import a as json\nexcept ImportError:\n    import json\njson", "json", ""),
        ("import re\ndef f():\n    global re\n    re = 1\nre", "re", ""),
        ("import re\ndef f(re):\n    return re", "re", ""),
        ("import re\nfrom x import *\nre", "re", ""),
        ("import re\nglobals()['re'] = 1\nre", "re", ""),
        ("import re\ndel re\nre", "re", ""),
        ("re", "re", ""),
        ("class A:\n    def f(self):\n        import __x\n        return __x", "__x", ""),
    ],
)
def test_origins(text, name, origin):
    facts = build(text)
    assert facts.origin(last(facts, name)) == origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("import os\nx = os.path.join", "os.path.join"),
        ("import os.path as p\nx = p.join", "os.path.join"),
        ("import os\nos.path.join = fake\nx = os.path.join", ""),
        ("import os\nos.path = fake\nx = os.path.join", ""),
        ("import os\nsetattr(os, name, fake)\nx = os.sep", ""),
        ("import os\nx = os.environ['a'].lower", ""),
    ],
)
def test_origins_of_attributes(text, origin):
    facts = build(text)
    assert facts.origin(facts.tree.body[-1].value) == origin


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        ("re", True),
        ("src/re", True),
        ("re/__init__", True),
        ("package/re", False),
        ("package/re/__init__", False),
        ("other/re", True),
    ],
)
def test_a_top_level_module_of_the_repository_hides_the_standard_one(path, hidden):
    facts = build("import re\nx = re.sub", **{path: "", "package/__init__": ""})
    assert (facts.origin(facts.tree.body[-1].value) == "") is hidden


def test_a_patched_import_is_not_sure():
    facts = build("import re\nx = re.sub", test_module="mock.patch('package.module.re')")
    assert facts.origin(facts.tree.body[-1].value) == ""


@pytest.mark.parametrize(
    ("text", "others", "known"),
    [
        ("A = 1", {}, True),
        ("A: int = 1", {}, True),
        ("A = B = 1", {}, True),
        ("A: int", {}, False),
        ("A = 1\nA = 2", {}, False),
        ("A = 1\nA += 2", {}, False),
        ("A = 1\ndel A", {}, False),
        ("if x:\n    A = 1", {}, False),
        ("A, B = 1, 2", {}, False),
        ("A = 1\ndef f():\n    global A\n    A = 2", {}, False),
        ("A = 1\ndef f():\n    A = 2", {}, True),
        ("A = 1\nfrom x import *", {}, False),
        ("from x import *\nA = 1", {}, True),
        ("A = 1\nglobals()[x] = 1", {}, False),
        ("A = 1", {"test": "import package.module as m\nm.A = 2"}, False),
        ("A = 1", {"test": "def test(m):\n    m.A = 2"}, False),
        ("A = 1", {"test": "monkeypatch.setattr('package.module.A', 2)"}, False),
        ("A = 1", {"test": "mock.patch.multiple('package.module', A=2)"}, False),
        ("A = 1", {"test": "import package.module as m\nfor k, v in x: setattr(m, k, v)"}, False),
        ("A = 1", {"test": "with mock.patch.dict('package.module.A', {}): pass"}, False),
        ("A = 1", {"test": "def g(module):\n    setattr(module, name, A)"}, False),
        ("A = 1\nimport sys\nsys.modules[__name__].A = 2", {}, False),
        ("A = 1", {"test": "def g(module):\n    setattr(module, name, 1)"}, True),
        ("A = 1", {"test": "import other\nother.A = 2"}, True),
        ("A = 1", {"test": "class T:\n    def f(self):\n        self.A = 2"}, True),
        ("A = 1", {"test": "print('A')"}, True),
    ],
)
def test_module_values(text, others, known):
    assert (build(text, **others).module_value("A") is not None) is known


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'a' 'b'", "ab"),
        ("('a', -1, None)", ("a", -1, None)),
        ("'%s-%d' % ('a', 3)", "a-3"),
        ("PREFIX + 'b'", "pb"),
        ("re.I | re.M", 10),
        ("f'ab'", "ab"),
        ("frozenset({1, 2})", frozenset({1, 2})),
        ("frozenset('ab')", frozenset("ab")),
        ("frozenset()", frozenset()),
        ("2 * 3 + 1", 7),
        ("not 1", False),
        ("CHAIN", "pq"),
        ("[1]", UNKNOWN),
        ("f'{PREFIX}'", UNKNOWN),
        ("1 / 0", UNKNOWN),
        ("'a' + 1", UNKNOWN),
        ("'x' * 10 ** 9", UNKNOWN),
        ("'x' * 1000000000", UNKNOWN),
        ("'%1000000000d' % 1", UNKNOWN),
        ("'%*d' % (1000000000, 1)", UNKNOWN),
        ("LOOP", UNKNOWN),
        ("CHANGED", UNKNOWN),
        ("unknown", UNKNOWN),
        ("string.digits", "0123456789"),
    ],
)
def test_constant_values(expression, value):
    facts = build(
        f"""
        import re, string
        PREFIX = "p"
        CHAIN = PREFIX + "q"
        LOOP = LOOP + 1
        CHANGED = 1
        CHANGED = 2
        def f():
            return {expression}
        """,
    )
    returned = facts.tree.body[-1].body[0].value
    assert facts.constant_value(returned) == value
    assert (facts.constant_value(returned) is UNKNOWN) is (value is UNKNOWN)


@pytest.mark.parametrize(
    ("expression", "constant"),
    [
        ("1", True), ("-1", True), ("1 + 2j", True), ("('a', (1, None))", True), ("frozenset([1])", True),
        ("f'a'", True), ("...", True), ("b'x'", True),
        ("[1]", False), ("(a,)", False), ("f'{a}'", False), ("frozenset(a)", False), ("1 + 1", False), ("{1}", False),
        ("a", False), ("(*a,)", False),
    ],
)  # fmt: skip
def test_constants(expression, constant):
    facts = build(f"x = {expression}")
    assert facts.is_constant(facts.tree.body[0].value) is constant


def test_reads_and_writes_follow_the_variable_and_not_the_word():
    facts = build(
        """
        x = 0
        def f(x):
            x += 1
            for x in y: pass
            with a as x: pass
            import x
            def g():
                nonlocal x
                x = x
                return [x for x in x]
            def h(x):
                return x
            class C:
                x = x
                def m(self):
                    return x
            del x
            return lambda: x
        """,
    )
    function = facts.tree.body[1]
    lines = lambda nodes: sorted(getattr(node, "lineno", 0) for node in nodes)  # noqa: E731
    assert lines(facts.reads("x", function)) == [4, 10, 11, 17, 19]
    assert lines(facts.writes("x", function)) == [3, 4, 5, 6, 7, 10, 18]
    assert lines(facts.reads("x", function.body[:1])) == [4]
    assert lines(facts.writes("x", facts.tree)) == [2]
    assert facts.writes("nothing", function) == []


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("v = 1\nuse(v)", True),
        ("v = 1\n[v for _ in y]", True),
        ("v = 1\nsum(v for _ in y)", True),
        ("v = 1\n(v for _ in y)", False),
        ("v = 1\nlambda: v", False),
        ("v = 1\ndef g(): return v", False),
        ("v = 1\ndef g():\n    nonlocal v", False),
        ("global v\nv = 1", False),
        ("v = 1\nlocals()", False),
        ("v = 1\neval(x)", False),
        ("v = 1\nvars(self)", False),
        ("v = 1\nclass C:\n    w = v", False),
    ],
)
def test_plain_locals(body, plain):
    facts = build("def f(p):\n" + textwrap.indent(body, "    "))
    assert facts.is_plain_local("v", facts.tree.body[0].body[-1]) is plain


def test_parameters_are_those_of_the_innermost_function():
    facts = build(
        "def f(a, /, b, *c, d, **e):\n    z = 1\n    def g(h):\n        return a, h\n    return z\n"
    )
    inside = facts.tree.body[0].body[0]
    assert [facts.is_parameter(name, inside) for name in "abcdez"] == [True] * 5 + [False]
    inner = facts.tree.body[0].body[1].body[0]
    assert not facts.is_parameter("a", inner)
    assert facts.is_parameter("h", inner)


@pytest.mark.parametrize(
    ("body", "uses"),
    [
        ("return 1", False),
        ("return locals()", True),
        ("return sys._getframe(1)", True),
        ("import inspect as i\nreturn i.stack()", True),
        ("return super().f()", True),
        ("return super(A, self).f()", False),
        ("return __class__", True),
        ("warnings.warn(a, stacklevel=2)", True),
        ("return a.__traceback__", True),
        ("def g():\n    return eval(x)", True),
        ("from traceback import format_exc\nreturn format_exc()", True),
        ("logging.info(a)", False),
    ],
)
def test_frames(body, uses):
    facts = build("def f(self):\n" + textwrap.indent(body, "    "))
    assert facts.uses_frames(facts.tree.body[0]) is uses
