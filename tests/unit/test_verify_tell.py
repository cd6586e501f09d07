"""What was seen, in words that a reader of a counterexample understands."""

from __future__ import annotations

import pytest

from optimizer.verify.tell import shown

NODES = [
    (["list", ["i1", "sa", "N"]], "[1, 'a', None]"),
    (["dict", [["sa", "i1"]]], "{'a': 1}"),
    (
        ["code.Stack {dict weakref}", [["items", ["list", []]], ["size", "i0"]]],
        "code.Stack(items=[], size=0)",
    ),
    (["code.Empty {dict}", []], "code.Empty()"),
    (["function", "builtins:len"], "<function builtins:len>"),
    (["ref", "arguments[0]"], "<the very object at arguments[0]>"),
]


@pytest.mark.parametrize(("node", "text"), NODES, ids=[row[1] for row in NODES])
def test_nodes_read_like_python(node, text):
    assert shown(node) == text
