"""Edits put into files: what changes, and what must not."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.propose.rewriting.apply import apply
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.propose.rewriting.wrap import wrap
from optimizer.transform import Constant, Edit, Import, Replace


def source(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def rewrite(text: str, make: Callable[[ast.Module], Edit], **options: object) -> str:
    tree = ast.parse(text)
    return apply(text, tree, make(tree), **options)


def find(tree: ast.Module, code: str) -> ast.AST:
    """The first node that reads like `code`."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt))
    return next(node for node in nodes if ast.unparse(node) == code)


def swap(old: str, new: str, last: str | None = None, **more: object) -> Callable[[ast.Module], Edit]:
    def make(tree: ast.Module) -> Edit:
        end = None if last is None else find(tree, last)
        return Edit(changes=(Replace(first=find(tree, old), code=new, last=end),), **more)

    return make


# --- nothing but the place changes ---


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("unit", ["    ", "\t", "  "])
@pytest.mark.parametrize("end", ["", "end"])
def test_keeps_line_ends_and_indentation(newline: str, unit: str, end: str) -> None:
    lines = [
        "class A:",
        "",
        "U@d  # odd   spacing",
        "Udef f(self,x):",
        'UU"""Doc',
        "  kept",
        '"""',
        "UUreturn old(x)",
    ]
    text = newline.join(lines).replace("U", unit) + (newline if end else "")
    after = rewrite(text, swap("return old(x)", "if x:\n    return new(x)\nreturn None"))
    expected = newline.join([*lines[:-1], "UUif x:", "UUUreturn new(x)", "UUreturn None"]).replace("U", unit)
    assert after == expected + (newline if end else "")


def test_the_rest_of_the_file_is_the_same_to_the_byte() -> None:
    text = "x = 1 ;y=2\n\x0c\ndef f( a ):\n    return (a+1)\n\n\n\ndef g(): return  [ 1 ]\n# end"
    assert rewrite(text, swap("a + 1", "a + 2")) == text.replace("(a+1)", "(a + 2)")


def test_a_form_feed_does_not_end_a_line() -> None:
    text = "A = 'é'\x0c\ndef f(x):\n    é = 'ü'; return old(x)\n"
    assert rewrite(text, swap("old(x)", "new(x)")) == text.replace("old", "new")


def test_statements_that_stay_keep_their_layout() -> None:
    text = source("""
        def f(path):
            stream = open(path)
            # first
            data = load(stream,
                        mode = 1)  # odd
            stream.close()
            return data
    """)
    code = "with open(path) as stream:\n    data = load(stream, mode=1)"
    assert rewrite(text, swap("stream = open(path)", code, last="stream.close()")) == source("""
        def f(path):
            with open(path) as stream:
                # first
                data = load(stream,
                            mode = 1)  # odd
            return data
    """)


# --- comments ---


def test_comments_of_what_is_replaced_stand_above_it() -> None:
    text = source("""
        def f(xs):
            # about
            out = []  # empty
            for x in xs:  # each
                # double
                out.append(2 * x)
            return out
    """)
    after = rewrite(
        text, swap("out = []", "out = [2 * x for x in xs]", last="for x in xs:\n    out.append(2 * x)")
    )
    assert after == source("""
        def f(xs):
            # about
            # empty
            # each
            # double
            out = [2 * x for x in xs]
            return out
    """)


def test_a_comment_at_the_end_of_the_line_stays_there() -> None:
    text = "def f(x):\n    y = old(x)  # why\n    return y\n"
    assert rewrite(text, swap("y = old(x)", "y = new(x)")) == text.replace("old", "new")


def test_a_comment_inside_an_expression_moves_above() -> None:
    text = source("""
        def f(x):
            return old(
                x,  # the first
            )
    """)
    assert rewrite(text, swap("old(x)", "new(x)")) == "def f(x):\n    # the first\n    return new(x)\n"


def test_comments_of_a_removed_statement_stay() -> None:
    text = "def f():\n    # why\n    x = 1  # one\n    return 2\n"
    assert rewrite(text, swap("x = 1", "")) == "def f():\n    # why\n    # one\n    return 2\n"


def test_a_constant_takes_its_comments_along() -> None:
    text = "def f(x):\n    # names\n    t = {\n        1: 2,  # two\n    }\n    return t[x]\n"

    def make(tree: ast.Module) -> Edit:
        assign = find(tree, "t = {1: 2}")
        value = ast.get_source_segment(text, assign.value)
        changes = (Replace(first=assign, code=""), Replace(first=find(tree, "t"), code="_T"))
        read = find(tree, "t[x]").value
        changes = (changes[0], Replace(first=read, code="_T"))
        return Edit(changes=changes, constants=(Constant(name="_T", value=value, comments=("# names",)),))

    assert rewrite(text, make) == "# names\n_T = {\n    1: 2,  # two\n}\n\n\ndef f(x):\n    return _T[x]\n"


# --- blocks of all shapes ---


def test_an_emptied_block_gets_a_pass() -> None:
    assert rewrite("if x:\n    y = 1\n", swap("y = 1", "")) == "if x:\n    pass\n"


def test_an_emptied_else_stays_valid() -> None:
    assert rewrite("if x:\n    y\nelse:\n    z\n", swap("z", "")) == "if x:\n    y\nelse:\n    pass\n"


def test_a_statement_among_others_on_its_line() -> None:
    assert rewrite("def f():\n    a(); b(); c()\n", swap("b()", "d()\ne()")) == (
        "def f():\n    a()\n    d()\n    e()\n    c()\n"
    )


def test_a_statement_after_a_colon() -> None:
    assert rewrite("if x: a()\n", swap("a()", "b()")) == "if x: b()\n"
    longer = rewrite(
        "if x: a()\n", lambda tree: Edit(changes=(Replace(first=tree.body[0].body[0], code="b()\nc()"),))
    )
    assert longer == "if x:\n    b()\n    c()\n"


# --- expressions ---


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        ("x = a * b\n", "a", "p + q", "x = (p + q) * b\n"),
        ("x = a + b\n", "a", "p * q", "x = p * q + b\n"),
        ("x = f(a)\n", "a", "p if q else r", "x = f(p if q else r)\n"),
        ("x = not a\n", "a", "p and q", "x = not (p and q)\n"),
        ("x = a and b\n", "a", "p and q", "x = p and q and b\n"),
        ("x = a or b\n", "a", "p and q", "x = p and q or b\n"),
        ("x = a.b\n", "a", "p + q", "x = (p + q).b\n"),
        ("x = a.b\n", "a", "1", "x = (1).b\n"),
        ("x = (a)\n", "a", "b", "x = b\n"),
        ("x = (a or b)\n", "a or b", "p or q", "x = (p or q)\n"),
        ("return_(x for x in y)\n", "(x for x in y)", "[x for x in y]", "return_([x for x in y])\n"),
        ("f(( x for x in y ), 1)\n", "(x for x in y)", "y", "f(y, 1)\n"),
        ("x = 1 if a else(b)\n", "b", "c", "x = 1 if a else(c)\n"),
        ("x in(1, 2)\n", "(1, 2)", "ONE", "x in(ONE)\n"),
        ("x = a, b\n", "(a, b)", "c", "x = c\n"),
        ("x = -a ** 2\n", "a", "p * q", "x = -(p * q) ** 2\n"),
        ("f(*a)\n", "a", "b or c", "f(*b or c)\n"),
        (
            "async def f():\n    return await a\n",
            "a",
            "b or c",
            "async def f():\n    return await (b or c)\n",
        ),
        ("x = lambda: a\n", "a", "(yield)", "x = lambda: (yield)\n"),
        ("with a as b: pass\n", "a", "c if d else e", "with c if d else e as b: pass\n"),
    ],
)
def test_parentheses_where_they_are_needed(text: str, old: str, new: str, after: str) -> None:
    assert rewrite(text, swap(old, new)) == after


def test_new_strings_take_the_quotes_of_the_file() -> None:
    text = "X = 'a', 'b'\n\ndef f(x):\n    return old(x)\n"
    assert "new('c', \"it's\")" in rewrite(text, swap("old(x)", 'new("c", "it\'s")'))


def test_several_changes_at_once() -> None:
    text = "def f(a):\n    return g(a, a) * a\n"

    def make(tree: ast.Module) -> Edit:
        reads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "a"]
        return Edit(changes=tuple(Replace(first=read, code="b + 1") for read in reads))

    assert rewrite(text, make) == "def f(a):\n    return g(b + 1, b + 1) * (b + 1)\n"


def test_changes_that_overlap_are_refused() -> None:
    def make(tree: ast.Module) -> Edit:
        outer = find(tree, "g(a)")
        return Edit(changes=(Replace(first=outer, code="x"), Replace(first=outer.args[0], code="y")))

    with pytest.raises(RewriteError, match="overlap"):
        rewrite("z = g(a)\n", make)


def test_code_that_does_not_parse_is_refused() -> None:
    with pytest.raises(RewriteError, match="does not parse"):
        rewrite("z = g(a)\n", swap("g(a)", "g(("))


# --- long lines ---


def test_a_line_that_becomes_too_long_is_wrapped() -> None:
    text = "def f(value):\n    return old(value)\n"
    new = "find_the_longest(value, default) if 'something' in value else the_default_of(value)"
    assert rewrite(text, swap("old(value)", new), line_length=60) == source("""
        def f(value):
            return (
                find_the_longest(value, default)
                if 'something' in value
                else the_default_of(value)
            )
    """)


def test_a_line_that_was_too_long_before_stays_as_it_is() -> None:
    text = f"def f(value):\n    return old(value, {'x' * 90})\n"
    assert rewrite(text, swap("old", "new")) == text.replace("old", "new")


@pytest.mark.parametrize(
    ("code", "wrapped"),
    [
        ("x = f(aaaaaaaaaa, bbbbbbbbbb)", "x = f(\n    aaaaaaaaaa, bbbbbbbbbb\n)"),
        ("x = f(aaaaaaaaaaaaa, bbbbbbbbbbbbb)", "x = f(\n    aaaaaaaaaaaaa,\n    bbbbbbbbbbbbb,\n)"),
        ("if aaaaaaaaaaaaa and not bbbbbbbbbbb:", "if (\n    aaaaaaaaaaaaa\n    and not bbbbbbbbbbb\n):"),
        (
            "x = [a for aaaaaa in bbbbbb if ccc]",
            "x = [\n    a\n    for aaaaaa in bbbbbb\n    if ccc\n]",
        ),
        ("x = [aaaaaaaaa, bbbbbbbbbbbb]", "x = [\n    aaaaaaaaa,\n    bbbbbbbbbbbb,\n]"),
        ("x = {'a': 1, 'b': 2,}", "x = {\n    'a': 1,\n    'b': 2,\n}"),
        ("x = (\n  1,)", "x = (1,)"),
        ("x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", "x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"),
        ("x = f'{aaaaaaaaaaaa!r:>{b}}' 'bbbbbbbb'", "x = (\n    f'{aaaaaaaaaaaa!r:>{b}}'\n    'bbbbbbbb'\n)"),
        ("x = f(  # why\n  a)", "x = f(  # why\n  a)"),
    ],
)
def test_wraps_like_black(code: str, wrapped: str) -> None:
    assert wrap(code, room=26, unit="    ") == wrapped


# --- constants and imports ---


def constant(value: str = "1", *, imports: tuple[Import, ...] = ()) -> Callable[[ast.Module], Edit]:
    return swap("old", "_NEW", constants=(Constant(name="_NEW", value=value),), imports=imports)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\n\n\ndef f():\n    old\n", "import a\n\n_NEW = 1\n\n\ndef f():\n    _NEW\n"),
        ("def f():\n    old\n", "_NEW = 1\n\n\ndef f():\n    _NEW\n"),
        ("x = 1\n\ndef f():\n    old\n", "x = 1\n\n_NEW = 1\n\ndef f():\n    _NEW\n"),
        ("X = 1\n\n\ndef f():\n    old\n", "X = 1\n_NEW = 1\n\n\ndef f():\n    _NEW\n"),
        (
            "def g():\n    pass\n\n\n# about f\n@d\nclass A:\n    def f():\n        old\n",
            "def g():\n    pass\n\n\n_NEW = 1\n\n\n# about f\n@d\nclass A:\n    def f():\n        _NEW\n",
        ),
        (
            "import a\n# -----\n\n\ndef f():\n    old\n",
            "import a\n# -----\n\n_NEW = 1\n\n\ndef f():\n    _NEW\n",
        ),
        ("#!/bin/x\ndef f():\n    old\n", "#!/bin/x\n_NEW = 1\n\n\ndef f():\n    _NEW\n"),
        ("if x:\n    old\n", "_NEW = 1\nif x:\n    _NEW\n"),
    ],
)
def test_constants_stand_above_the_statement(before: str, after: str) -> None:
    assert rewrite(before, constant()) == after


def test_a_constant_needs_its_names_above() -> None:
    with pytest.raises(RewriteError, match="re is not defined"):
        rewrite("def f():\n    old\n\nimport re\n", constant("re.compile('a')"))
    with pytest.raises(RewriteError, match="re is not defined"):
        rewrite("if x:\n    import re\n\ndef f():\n    old\n", constant("re.compile('a')"))


def test_a_constant_needs_a_free_name() -> None:
    with pytest.raises(RewriteError, match="already used"):
        rewrite("def f(_NEW):\n    old\n", constant())


def test_a_long_constant_is_wrapped() -> None:
    after = rewrite("def f():\n    old\n", constant("max(1234567890123456, 12345678901234)"), line_length=40)
    assert after.startswith("_NEW = max(\n    1234567890123456, 12345678901234\n)\n\n\n")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("import os\nimport sys\n", "import os\nimport re\nimport sys\n"),
        ("import re\n", "import re\n"),
        ("from __future__ import annotations\n", "from __future__ import annotations\n\nimport re\n"),
        ('"""Doc."""\n', '"""Doc."""\n\nimport re\n'),
        ("from os import path\n", "import re\nfrom os import path\n"),
        ("import numpy\n", "import re\n\nimport numpy\n"),
        ("import os\n\nimport numpy\n", "import os\nimport re\n\nimport numpy\n"),
        (
            "from . import near\nfrom typing import Any\n",
            "from . import near\nimport re\nfrom typing import Any\n",
        ),
    ],
)
def test_imports_find_their_place(head: str, expected: str) -> None:
    text = f"{head}\n\ndef f(x):\n    return old(x)\n"
    after = rewrite(text, swap("old(x)", "re.escape(x)", imports=(Import(module="re"),)))
    assert after == f"{expected}\n\ndef f(x):\n    return re.escape(x)\n"


def test_an_import_under_another_name_serves() -> None:
    text = "import collections as c\n\ndef f(x):\n    return old(x)\n"
    after = rewrite(text, swap("old(x)", "collections.deque(x)", imports=(Import(module="collections"),)))
    assert after == "import collections as c\n\ndef f(x):\n    return c.deque(x)\n"


def test_a_name_joins_the_import_from_its_module() -> None:
    text = "from collections import Counter\n\ndef f(x):\n    return old(x)\n"
    after = rewrite(text, swap("old(x)", "deque(x)", imports=(Import(module="collections", name="deque"),)))
    assert after.startswith("from collections import Counter, deque\n")


@pytest.mark.parametrize("taken", ["re = 1\n", "try:\n    import re\nexcept ImportError:\n    re = None\n"])
def test_an_import_needs_its_name(taken: str) -> None:
    with pytest.raises(RewriteError):
        rewrite(
            f"{taken}\ndef f(x):\n    return old(x)\n",
            swap("old(x)", "re.escape(x)", imports=(Import(module="re"),)),
        )


def test_an_import_is_not_hidden_by_a_local() -> None:
    text = "import re\n\ndef f(re):\n    return old(re)\n"
    with pytest.raises(RewriteError, match="something else"):
        rewrite(text, swap("old(re)", "re.escape(re)", imports=(Import(module="re"),)))


def test_an_import_lands_above_its_constant() -> None:
    after = rewrite("def f():\n    old\n", constant("re.compile('a')", imports=(Import(module="re"),)))
    assert after == "import re\n\n_NEW = re.compile('a')\n\n\ndef f():\n    _NEW\n"


# --- properties, over our own sources ---

OWN = sorted(Path(__file__).parents[2].glob("optimizer/**/*.py"))


@pytest.mark.parametrize("path", OWN[::10], ids=lambda path: path.name)
def test_putting_code_in_its_own_place_changes_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    expressions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.BinOp | ast.Compare | ast.Attribute)
        and node.lineno == node.end_lineno
    ]
    inside_f_strings = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    }
    for node in [each for each in expressions if id(each) not in inside_f_strings][::15]:
        code = ast.get_source_segment(text, node) or ""
        assert apply(text, tree, Edit(changes=(Replace(first=node, code=code),))) == text


# --- statements put above others ---


def above(statement: str, code: str, *swaps: tuple[str, str]) -> Callable[[ast.Module], Edit]:
    def make(tree: ast.Module) -> Edit:
        first = Replace(first=find(tree, statement), code=code, above=True)
        return Edit(changes=(first, *(Replace(first=find(tree, old), code=new) for old, new in swaps)))

    return make


def test_a_statement_goes_above_another_below_its_comments() -> None:
    text = "def f(x):\n    a()\n\n    # why\n    if x.b():  # end\n        return 1\n"
    assert rewrite(text, above("if x.b():\n    return 1", "y = x.b()", ("x.b()", "y"))) == (
        "def f(x):\n    a()\n\n    # why\n    y = x.b()\n    if y:  # end\n        return 1\n"
    )


def test_a_statement_goes_above_one_of_several_on_a_line() -> None:
    assert rewrite("a(); b()\n", above("b()", "c()")) == "a()\nc()\nb()\n"


def test_nothing_goes_above_an_elif() -> None:
    with pytest.raises(RewriteError):
        rewrite("if a:\n    b\nelif c:\n    d\n", above("if c:\n    d", "e = 1"))
