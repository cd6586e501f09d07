"""Where things stand: parents, blocks, loops, text and comments."""

from __future__ import annotations

import ast

import pytest

from optimizer.facts.facts import Facts

TEXT = '''
import os

@decorate(lambda: 1)
def outer(a, b=[x for x in ()]):
    """Doc."""
    for i in range(a):
        first(i)  # one
        while b:
            second("é", "ü"); third()
        else:
            fourth()

        class Inner:
            field = a

            def method(self):
                return [fifth(n) for n in self.all]
    try:
        sixth()
    except ValueError:
        seventh()
    finally:
        eighth()
    return (
        ninth()
    )
'''


@pytest.fixture
def facts():
    return Facts.build(TEXT, path="package/module.py")


def call(facts: Facts, name: str) -> ast.Call:
    return next(
        node
        for node in ast.walk(facts.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    )


@pytest.mark.parametrize(
    ("name", "loop"),
    [
        ("range", None),
        ("first", ast.For),
        ("second", ast.While),
        ("fourth", ast.For),
        ("fifth", None),
        ("sixth", None),
    ],
)
def test_the_loop_is_the_innermost_one_whose_body_runs_it(facts, name, loop):
    found = facts.loop_of(call(facts, name))
    assert (type(found) if found else None) is loop


def test_functions_and_classes_around(facts):
    inner = call(facts, "fifth")
    assert facts.function_of(inner).name == "method"
    assert facts.class_of(inner).name == "Inner"
    assert facts.qualname(inner) == "outer.<locals>.Inner.method"
    assert facts.function_of(call(facts, "decorate")) is None
    assert facts.function_of(facts.tree.body[1]) is None
    assert facts.qualname(facts.tree.body[1]) == "outer"
    assert facts.qualname(facts.tree.body[0]) == ""
    default = facts.tree.body[1].args.defaults[0]
    assert facts.at_module_level(default)
    assert not facts.at_module_level(call(facts, "first"))
    field = next(node for node in ast.walk(facts.tree) if isinstance(node, ast.Name) and node.id == "field")
    assert facts.in_class_body(field)
    assert not facts.in_class_body(inner)


def test_statements_and_their_neighbours(facts):
    second = facts.statement_of(call(facts, "second"))
    assert [ast.unparse(stmt) for stmt in facts.following(second)] == ["third()"]
    assert facts.preceding(second) == ()
    seventh = facts.statement_of(call(facts, "seventh"))
    assert facts.following(seventh) == ()
    for_loop = facts.tree.body[1].body[1]
    assert [type(stmt).__name__ for stmt in facts.preceding(for_loop)] == ["Expr"]
    assert [type(stmt).__name__ for stmt in facts.following(for_loop)] == ["Try", "Return"]
    assert facts.parent(for_loop) is facts.tree.body[1]
    assert list(facts.ancestors(for_loop)) == [facts.tree.body[1], facts.tree]


def test_only_bodies_of_try_are_caught(facts):
    assert [type(node).__name__ for node in facts.catches(call(facts, "sixth"))] == ["Try"]
    assert facts.catches(call(facts, "seventh")) == []
    assert facts.catches(call(facts, "eighth")) == []


def test_segments_count_characters_and_not_bytes(facts):
    assert facts.segment(call(facts, "second")) == 'second("é", "ü")'
    assert facts.segment(call(facts, "third")) == "third()"
    assert facts.segment(facts.tree.body[1]).startswith("@decorate(lambda: 1)\ndef outer")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_segments_in_files_with_any_newlines_and_form_feeds(newline):
    text = newline.join(["a = 'é'", "\x0c", "b = f(1,", "      2)  # c", "d = '\x1c\u2028'; e = 3", ""])
    facts = Facts.build(text)
    assert [facts.segment(stmt) for stmt in facts.tree.body] == [
        "a = 'é'",
        f"b = f(1,{newline}      2)",
        "d = '\x1c\u2028'",
        "e = 3",
    ]
    assert [facts.has_comments(stmt) for stmt in facts.tree.body] == [False, True, False, False]


def test_comments_inside_and_at_the_end_of_the_last_line_count(facts):
    assert facts.has_comments(facts.statement_of(call(facts, "first")))
    assert not facts.has_comments(facts.statement_of(call(facts, "second")))
    assert facts.has_comments(facts.tree.body[1])
    assert not facts.has_comments(facts.tree.body[0])


def test_a_hash_in_a_text_is_no_comment():
    facts = Facts.build('a = "#"\nb = f"""{a}#\n#"""\nc = 1 # here\n')
    assert [facts.has_comments(stmt) for stmt in facts.tree.body] == [False, False, True]
    assert facts.has_comments(facts.tree.body[0], facts.tree.body[2])


def test_nodes_of_another_tree_prove_nothing(facts):
    other = ast.parse("len([])", mode="eval").body
    assert facts.parent(other) is None
    assert not facts.is_pure(other)
    assert not facts.is_builtin("len", other)
    assert facts.function_of(other) is None
    assert facts.loop_of(other) is None
    with pytest.raises(LookupError, match="no statement of this file"):
        facts.statement_of(other)


def test_fresh_names_clash_with_nothing():
    facts = Facts.build('PATTERN = 1\ndef f():\n    "PATTERN_2"\n    # PATTERN_3\n    list_2 = 1\n')
    assert facts.fresh_global("PATTERN") == "PATTERN_4"
    assert facts.fresh_local("list", facts.tree.body[1]) == "list_3"
    assert facts.fresh_global("OTHER") == "OTHER"


def test_future_annotations():
    assert Facts.build("from __future__ import annotations\n").future_annotations
    assert not Facts.build("from __future__ import division\n").future_annotations


def test_kinds_of_functions():
    facts = Facts.build(
        "import functools as ft\n"
        "@ft.lru_cache(None)\n@staticmethod\n@unknown\ndef a():\n    return lambda: (yield)\n"
        "async def b():\n    def c():\n        yield 1\n",
    )
    _, a, b = facts.tree.body
    assert facts.decorators(a) == ("functools.lru_cache", "staticmethod", "")
    assert not facts.is_async(a)
    assert facts.is_async(b)
    assert not facts.is_generator(b)
    assert facts.is_generator(b.body[0])
