"""The measures: complexipy's scores are compared with stored ones, because they are its own invention."""

from __future__ import annotations

import ast
import textwrap

import pytest
from complexipy import code_complexity

from optimizer.readability.layout import laid_out
from optimizer.readability.metrics import block_nesting, cognitive_complexity, token_count, units
from optimizer.readability.source import UnreadableError, parse

# source, the score that the pinned release of complexipy gives it
GOLDEN = [
    ("def f():\n    return 1\n", 0),
    ("def f():\n    if a:\n        return 1\n", 1),
    ("def f():\n    if a:\n        pass\n    elif b:\n        pass\n    else:\n        pass\n", 3),
    ("def f():\n    if a:\n        if b:\n            if c:\n                pass\n", 6),
    ("def f():\n    for a in b:\n        if a:\n            continue\n", 3),
    ("def f():\n    for a in b:\n        for c in a:\n            if c:\n                pass\n", 6),
    ("def f():\n    while a:\n        if b:\n            break\n    else:\n        c()\n", 3),
    ("def f():\n    with a:\n        if b:\n            pass\n", 1),
    ("def f():\n    try:\n        a()\n    except E:\n        b()\n    finally:\n        c()\n", 1),
    ("def f():\n    return a and b\n", 1),
    ("def f():\n    return a and b and c\n", 1),
    ("def f():\n    return a and b or c\n", 2),
    ("def f():\n    return a if b else c\n", 1),
    ("def f():\n    return a if b else c if d else e\n", 3),
    ("def f():\n    return [x for x in y]\n", 1),
    ("def f():\n    return [x for x in y if x]\n", 2),
    ("def f():\n    return [x for x in y for z in x if z if x]\n", 4),
    ("def f():\n    return {x: x for x in y}\n", 1),
    ("def f():\n    def g():\n        if a:\n            pass\n    return g\n", 1),
    ("def f():\n    return lambda: a if b else c\n", 2),
    (
        "def f():\n    match a:\n        case 1:\n            pass\n        case _:\n            if b:\n                pass\n",
        3,
    ),
    ("def f(n):\n    return f(n)\n", 1),
    (
        "class A:\n    def m(self):\n        if a:\n            pass\n\n    def n(self):\n        for b in c:\n            pass\n",
        2,
    ),
    ("for a in b:\n    if a:\n        pass\n", 3),
]

# What complexipy does not look into, what it scores, and what it comes to with everything visited.
HIDDEN = [
    ("x = [a for a in b if a][0]", 0, 2),
    ("x = not [a for a in b if a]", 0, 2),
    ("x = f(k=[a for a in b if a])", 0, 2),
    ("x = f(*[a for a in b if a])", 0, 2),
    ("x = 1 + (a if b else c)", 0, 1),
    ("x = (a if b else c).name", 0, 1),
    ("x = f'{a if b else c}'", 0, 1),
    ("x = p and (a if b else c)", 1, 2),
    ("x = list(filter(lambda a: a.ok, b))", 0, 2),
    ("x = any(a.ok for a in b)", 1, 2),
    ("match a if b else c:\n    case 1:\n        pass", 1, 2),
]


def body(source: str) -> tuple[ast.stmt, ...]:
    return parse(source).body


@pytest.mark.parametrize(("source", "score"), GOLDEN)
def test_complexipy_scores_as_it_did_when_its_release_was_chosen(source: str, score: int) -> None:
    assert code_complexity(source).complexity == score
    assert cognitive_complexity(body(source)) == score


@pytest.mark.parametrize(("source", "theirs", "ours"), HIDDEN)
def test_nothing_can_be_hidden_from_the_score(source: str, theirs: int, ours: int) -> None:
    assert code_complexity(source).complexity == theirs
    assert cognitive_complexity(body(source)) == ours


def test_a_comment_cannot_switch_the_score_off() -> None:
    source = "def f():  # noqa: complexipy\n    # complexipy: ignore\n    if a:\n        pass\n"
    assert cognitive_complexity(body(source)) == 1


@pytest.mark.parametrize(
    ("source", "depth"),
    [
        ("x = 1", 0),
        ("if a:\n    pass", 1),
        ("if a:\n    pass\nelif b:\n    pass\nelif c:\n    pass", 1),
        ("if a:\n    pass\nelse:\n    if b:\n        pass\n    x = 1", 2),
        ("with a:\n    with b:\n        pass", 0),
        ("for a in b:\n    while c:\n        try:\n            pass\n        finally:\n            pass", 3),
        ("def f():\n    if a:\n        pass", 1),
        ("def f():\n    def g():\n        if a:\n            pass", 2),
        ("class A:\n    def f(self):\n        if a:\n            pass", 1),
    ],
)
def test_nesting_counts_blocks_but_not_with_and_elif(source: str, depth: int) -> None:
    assert block_nesting(body(source)) == depth


def test_tokens_do_not_depend_on_layout_comments_docstrings_or_quotes() -> None:
    one = "def f(a):\n    return g(a, 'b')\n"
    other = 'def f(\n    a,\n):\n    """Text."""\n    # why\n    return (\n        g(a, "b",)\n    )\n'
    assert token_count(body(one)) == token_count(body(other)) == 13


def test_values_in_an_f_string_count_and_its_text_does_not() -> None:
    assert token_count(body("f'some long text {a.b}'")) == token_count(body("f'{a.b}'"))
    assert token_count(body("f'{a.b} {c}'")) > token_count(body("f'{a.b}'"))


@pytest.mark.parametrize(
    ("source", "nodes", "depth", "clauses"),
    [
        ("x = 1", 2, 1, 0),
        ("x.y.z = a.b.c", 2, 1, 0),
        ("return f(a)", 3, 2, 0),
        ("x = [a for a in b if a and c]", 9, 3, 3),
        ("x = a if b else (lambda: c)", 7, 3, 2),
        ("if a and b or c:\n    x = 1", 5, 3, 2),
        ("x = {'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5}", 8, 2, 0),
        ("x = frozenset({'a', 'b', 'c', 'd', 'e', 'f', 'g'})", 7, 3, 0),
        ("x = f'{a} {b.c} {d}'", 2, 1, 0),
    ],
)
def test_the_density_of_a_statement(source: str, nodes: int, depth: int, clauses: int) -> None:
    first = next(units(body(source)))
    assert (first.nodes, first.depth, first.clauses) == (nodes, depth, clauses)


def test_a_block_is_not_part_of_its_head() -> None:
    heads = [unit.text for unit in units(body("for a in b:\n    if c:\n        d()\n"))]
    assert heads == ["for a in b:", "if c:", "d()"]


def lines(source: str, width: int = 40) -> list[str]:
    return laid_out(body(source), line_length=width, format_code=None)


def test_layout_is_the_same_for_every_spelling() -> None:
    one = "x = f(a, b)\n"
    other = "# why\nx = f(\n    a,\n\n    b,\n)\n"
    assert lines(one) == lines(other) == ["x = f(a, b)"]


LAID_OUT = [
    (
        "result = compute_something(first_argument, second_argument)",
        ["result = compute_something(", "    first_argument, second_argument", ")"],
    ),
    (
        "return [element.name for element in elements if element.is_active]",
        ["return [", "    element.name", "    for element in elements", "    if element.is_active", "]"],
    ),
    (
        "return first_condition and second_condition and third_condition",
        ["return (", "    first_condition", "    and second_condition", "    and third_condition", ")"],
    ),
    (
        "if first_condition(a) or second_condition(b) or c:\n    pass",
        ["if (", "    first_condition(a)", "    or second_condition(b)", "    or c", "):", "    pass"],
    ),
    (
        "value = {'a_long_key': 1, 'another_key': 2, 'third': 3}",
        ["value = {", "    'a_long_key': 1,", "    'another_key': 2,", "    'third': 3", "}"],
    ),
    (
        "x = 'a text that is too long for a line and cannot be split'",
        ["x = (", "    'a text that is too long for a line and cannot be split'", ")"],
    ),
]


@pytest.mark.parametrize(("source", "expected"), LAID_OUT)
def test_long_lines_are_split_as_formatters_do(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize("source", [source for source, _ in LAID_OUT])
def test_what_is_laid_out_is_the_same_code(source: str) -> None:
    again = "\n".join(lines(source))
    assert ast.dump(ast.parse(again)) == ast.dump(ast.parse(textwrap.dedent(source)))


def test_the_projects_own_formatter_is_used_when_there_is_one() -> None:
    found = laid_out(body("x = 1"), line_length=88, format_code=lambda text: text.replace("=", "\n=\n\n"))
    assert found == ["x ", "=", " 1"]


@pytest.mark.parametrize(
    "source",
    [
        "    def m(self):\n        return 1\n",
        "\ufeffx = 1\n",
        "x = 1\r\nif x:\r\n    y = 2\r\n",
        "",
        "# only\n",
    ],
)
def test_pieces_and_odd_files_can_be_read(source: str) -> None:
    assert parse(source).body is not None


@pytest.mark.parametrize("source", ["def f(:\n", "x = '\n", "x = 1\n  y = 2\n", "\0"])
def test_what_is_no_python_is_said_to_be_unreadable(source: str) -> None:
    with pytest.raises(UnreadableError):
        parse(source)


@pytest.mark.parametrize(
    ("source", "crowded", "semicolons"),
    [
        ("if a: b()\n", 1, 0),
        ("if a:\n    b()\nelse: c()\n", 1, 0),
        ("for a in b: c(); d()\n", 1, 1),
        ("try: a()\nexcept E: b()\n", 2, 0),
        ("class A: ...\n", 0, 0),
        ("def f(): pass\n", 0, 0),
        ("def f(): return 1\n", 1, 0),
        ("if x[1:2]:  # why\n    f(lambda: 1)\n", 0, 0),
        ("while lambda: 1:\n    pass\n", 0, 0),
        ("x = {1: 2}\ny: int = 3\n", 0, 0),
        ("s = 'if a: b; c'\n", 0, 0),
    ],
)
def test_crowded_lines_and_semicolons(source: str, crowded: int, semicolons: int) -> None:
    found = parse(source)
    assert (found.crowded, found.semicolons) == (crowded, semicolons)


def test_conditions_in_a_tuple_are_conditions() -> None:
    (unit,) = units(body("x = all((a, b, c, d))"))
    assert unit.clauses == 3
