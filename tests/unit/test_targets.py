"""What counts as a target, and what asks to be left alone."""

from __future__ import annotations

import ast
import textwrap
import tokenize

import pytest

from optimizer.discover.targets import find_targets
from optimizer.model import Kind, Skipped, Target


def found(source: str) -> list[Target | Skipped]:
    text = textwrap.dedent(source)
    return list(find_targets(text, ast.parse(text), path="pkg/a.py", module="pkg.a"))


def names(source: str) -> list[str]:
    return [one.qualname for one in found(source) if isinstance(one, Target) and one.qualname]


SKIPPED = [
    ("def f():  # optimizer: skip\n    pass", "on the line"),
    ("# optimizer: skip\ndef f():\n    pass", "on the line above"),
    (
        "# optimizer: skip\n# because it is hot\n@cache\ndef f():\n    pass",
        "in the comment above the decorators",
    ),
    ("@cache  # optimizer: skip\ndef f():\n    pass", "on a decorator"),
    ("@cache\n# optimizer: skip\ndef f():\n    pass", "between decorator and def"),
    ("def f(\n    a,\n):  # optimizer: skip (subtle)\n    pass", "on the last line of the signature"),
    ("def f(): pass  # noqa: E704  # Optimizer:Skip", "beside other marks, in any spelling"),
    (
        "def f():\n    # optimizer: skip\n    def g():\n        pass",
        "on a nested function: the outermost is meant",
    ),
    ("def f():\n    class A:\n        def m(self):  # optimizer: skip\n            pass", "deep inside"),
    ("async def f():  # optimizer: skip\n    pass", "async too"),
    ("if x:\n    # optimizer: skip\n    def f():\n        pass", "in a branch"),
]


@pytest.mark.parametrize(("source", "because"), SKIPPED, ids=[because for _, because in SKIPPED])
def test_a_skipped_function(source: str, because: str) -> None:
    del because
    assert names(source) == []
    (skipped,) = (one for one in found(source) if isinstance(one, Skipped))
    assert skipped.path == "pkg/a.py"
    assert skipped.because.startswith("f (line ")


NOT_SKIPPED = [
    ("def f():\n    return '# optimizer: skip'", "in a string"),
    ("'''\n# optimizer: skip\n'''\ndef f():\n    pass", "in a docstring above"),
    ("# optimizer: skip\n\ndef f():\n    pass", "not right above"),
    ("x = 1  # optimizer: skip\ndef f():\n    pass", "on another statement's line"),
    ("def f():\n    # optimizer: skip\n    return 1", "in the body"),
    ("def f():\n    return 1  # optimizer: skip", "on a statement of the body"),
    ("# optimizer: skipping\ndef f():\n    pass", "another word"),
    ("# optimizer: skip-some\ndef f():\n    pass", "another mark"),
]


@pytest.mark.parametrize(("source", "because"), NOT_SKIPPED, ids=[because for _, because in NOT_SKIPPED])
def test_not_skipped(source: str, because: str) -> None:
    del because
    assert names(source) == ["f"]


def test_comments_that_cannot_be_told_apart_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(readline: object) -> None:
        raise tokenize.TokenError

    source = "x = '# optimizer: skip'\ndef f():\n    pass"
    assert names(source) == ["f"]
    monkeypatch.setattr("tokenize.generate_tokens", give_up)
    assert names(source) == []


def test_a_skipped_class_takes_its_methods_along() -> None:
    source = """
    # optimizer: skip
    class A:
        def m(self): pass
        class B:
            def n(self): pass
    class C:
        # optimizer: skip
        def m(self): pass
        def n(self): pass
    """
    assert names(source) == ["C", "C.n"]
    assert [one.because for one in found(source) if isinstance(one, Skipped)] == [
        "A (line 3) says `# optimizer: skip`",
        "C.m (line 9) says `# optimizer: skip`",
    ]


def test_functions_methods_classes_and_the_module() -> None:
    source = """
    import os
    def f():
        def nested(): pass
        class Local:
            def method(self): pass
    class A:
        x = lambda self: 1
        def m(self): pass
        @property
        def p(self): return 1
        @p.setter
        def p(self, value): pass
        async def a(self): pass
        class Inner:
            @staticmethod
            def m(): pass
    """
    kinds = [(one.qualname, one.kind) for one in found(source) if isinstance(one, Target)]
    assert kinds == [
        ("", Kind.MODULE),
        ("f", Kind.FUNCTION),
        ("A", Kind.CLASS),
        ("A.m", Kind.METHOD),
        ("A.p", Kind.METHOD),
        ("A.p", Kind.METHOD),
        ("A.a", Kind.METHOD),
        ("A.Inner", Kind.CLASS),
        ("A.Inner.m", Kind.METHOD),
    ]


def test_definitions_in_branches() -> None:
    source = """
    if x:
        def a(): pass
    elif y:
        def b(): pass
    else:
        def c(): pass
    try:
        def d(): pass
    except OSError:
        def e(): pass
    else:
        def f(): pass
    finally:
        def g(): pass
    with x:
        for i in y:
            while z:
                def h(): pass
    match x:
        case 1:
            def i(): pass
    class A:
        if x:
            def m(self): pass
    """
    assert names(source) == [*"abcdefghi", "A", "A.m"]


def test_a_long_chain_of_branches_is_no_trouble() -> None:
    chain = "if x == 0:\n    pass\n" + "".join(f"elif x == {n}:\n    pass\n" for n in range(1, 700))
    assert names(chain + "else:\n    def f(): pass\n") == ["f"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_spans_are_whole_lines_with_decorators(newline: str) -> None:
    lines = [
        "'''doc",
        "\x0c\u2028\x85'''",
        "class A:",
        "    @cache",
        "    @other(",
        "    )",
        "    def m(self):",
    ]
    lines += ["        return 'ä'  # end", "", "x = 1"]
    text = newline.join(lines) + newline
    module, cls, method = find_targets(text, ast.parse(text), path="a.py", module="a")
    assert isinstance(module, Target)
    assert isinstance(cls, Target)
    assert isinstance(method, Target)
    assert (module.first_line, module.last_line, module.source) == (1, 10, text)
    assert (cls.first_line, cls.last_line, cls.source) == (3, 8, newline.join(lines[2:8]))
    assert (method.first_line, method.last_line, method.source) == (4, 8, newline.join(lines[3:8]))
    assert method.name == "a:A.m"
    assert module.name == "a:<module>"


def test_a_file_without_a_last_newline() -> None:
    module, function = found("x = 1\ndef f(): return 1")
    assert isinstance(module, Target)
    assert isinstance(function, Target)
    assert (module.last_line, function.source) == (2, "def f(): return 1")


def test_the_digest_is_of_the_source() -> None:
    one, other, same = (
        [t for t in found(s) if isinstance(t, Target)][1]
        for s in ("def f(): 1", "def f(): 2", "\ndef f(): 1")
    )
    assert one.digest == same.digest != other.digest
    assert len(one.digest) == 64
