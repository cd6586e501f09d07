"""Whether the value that a statement leaves is read later, on any path."""

from __future__ import annotations

import ast
import textwrap

import pytest

from optimizer.facts.facts import Facts


def marked(body: str) -> tuple[Facts, ast.stmt]:
    """Facts of `def f(a, b, *c)` with that body, and the first statement of the line that ends with `# here`."""
    text = "def f(a, b, *c):\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
    line = next(number for number, each in enumerate(text.split("\n"), start=1) if each.endswith("# here"))
    facts = Facts.build(text)
    nodes = [node for node in ast.walk(facts.tree) if isinstance(node, ast.stmt) and node.lineno == line]
    return facts, nodes[0]


NOT_READ = [
    "x = 1  # here",
    "x = 1  # here\nx = 2\nuse(x)",
    "x = 0\nuse(x)\nx = 1  # here",
    "x = 1  # here\ndel x",
    "x = 1  # here\nfor x in a:\n    pass",
    "for y in a:\n    x = 1\n    use(x)\n    x = 2  # here",
    "if a:\n    x = 1  # here\nelse:\n    use(x)",
    "x = 1  # here\nreturn\nuse(x)",
    "while True:\n    x = 1  # here\n    break\n    use(x)",
    "for y in a:\n    use(x)\n    x = 1  # here\n    break",
    "try:\n    use(x)\nfinally:\n    x = 1  # here",
    "x = 1  # here\n[x for x in a]",
    "x = 1  # here\nx = g() if a else h()\nuse(x)",
    "for x in a:  # here\n    use(x)",
    "try:\n    raise a\nexcept E:\n    use(x)\nelse:\n    x = 1  # here",
    "while a:\n    x = 1  # here\n    x = use()\n    use(x)",
    "x = 1  # here\ndef g(x):\n    return x",
    "while True:\n    use(b)\nx = 1  # here",
]
READ = [
    "x = 1  # here\nuse(x)",
    "x = 1  # here\nx += 1",
    "x = 1  # here\nif a:\n    x = 2\nuse(x)",
    "x = 1  # here\nfor x in a:\n    pass\nuse(x)",
    "for y in a:\n    use(x)\n    x = 1  # here",
    "while use(x):\n    x = 1  # here",
    "for y in a:\n    if b:\n        use(x)\n        continue\n    x = 1  # here",
    "try:\n    x = 1  # here\n    g()\nexcept E:\n    use(x)",
    "x = 1\ntry:\n    x = g()  # here\nexcept E:\n    use(x)",
    "try:\n    x = 1  # here\n    x = g()\nfinally:\n    use(x)",
    "try:\n    x = 1  # here\n    return\nfinally:\n    use(x)",
    "for y in a:\n    try:\n        x = 1  # here\n        break\n    finally:\n        g()\nuse(x)",
    "for y in a:\n    try:\n        x = 1  # here\n        continue\n    finally:\n        g()\n    x = 2\nelse:\n    use(x)",
    "for y in a:\n    x = 1  # here\nelse:\n    use(x)",
    "for x in a:  # here\n    pass\nuse(x)",
    "x = 1  # here\nlambda: x",
    "x = 1  # here\ndef g():\n    return x",
    "x = 1  # here\nlocals()",
    "global x\nx = 1  # here",
    "x = 1  # here\nclass C:\n    y = x",
    "x = 1  # here\n[y for y in x]",
    "x = 1  # here\n[x for y in a]",
    "x = 1  # here\n(x for y in a)",
    "x = 1  # here\nmatch a:\n    case [x]:\n        pass\nuse(x)",
    "x = 1  # here\nb and (x := 2)\nuse(x)",
    "with a:\n    x = 1  # here\n    g()\n    x = 2\nuse(x)",
    "x = 1  # here\ntry:\n    x = g()\nexcept E:\n    pass\nuse(x)",
    "while True:\n    x = 1  # here\n    if a:\n        break\nuse(x)",
    "try:\n    pass\nexcept E:\n    x = 1  # here\nuse(x)",
    "x = 1  # here\nmatch a:\n    case 1 if use(x):\n        pass",
    "x = 1  # here\nx[0] = 2",
    "x = 1  # here\nx.y = 2",
    "x = 1  # here\nf'{x}'",
    "def g():\n    nonlocal x\n    x = 1  # here\nx = 2",
]


@pytest.mark.parametrize("body", NOT_READ)
def test_not_read_after(body):
    facts, stmt = marked(body)
    assert not facts.read_after("x", stmt)


@pytest.mark.parametrize("body", READ)
def test_read_after(body):
    facts, stmt = marked(body)
    assert facts.read_after("x", stmt)


def test_at_module_level_anything_may_read():
    facts = Facts.build("x = 1\nx = 2\n")
    assert facts.read_after("x", facts.tree.body[0])


@pytest.mark.parametrize(
    ("body", "bound"),
    [
        ("use(a)", True),
        ("x = 1\nuse(x)", True),
        ("if a:\n    x = 1\nuse(x)", False),
        ("if a:\n    x = 1\nelse:\n    x = 2\nuse(x)", True),
        ("for x in a:\n    pass\nuse(x)", False),
        ("for x in a:\n    use(x)", True),
        ("while True:\n    x = 1\n    break\nuse(x)", True),
        ("x = 1\ndel x\nuse(x)", False),
        ("try:\n    x = 1\nexcept E:\n    pass\nuse(x)", False),
        # Both ways into `finally` are taken to lead out of it: careful, not exact.
        ("try:\n    x = 1\nfinally:\n    pass\nuse(x)", False),
        ("try:\n    pass\nexcept E as x:\n    pass\nuse(x)", False),
        ("x: int\nuse(x)", False),
        ("with a as x:\n    use(x)", True),
        ("with a:\n    x = 1\nuse(x)", False),
        ("match a:\n    case x:\n        pass\nuse(x)", False),
        ("x = 1\ndef g():\n    nonlocal x\n    del x\nuse(x)", False),
    ],
)
def test_surely_bound(body, bound):
    facts, _ = marked(f"{body}\npass  # here")
    calls = [
        node
        for node in ast.walk(facts.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "use"
    ]
    assert facts.surely_bound(calls[-1].args[0]) is bound
    assert facts.may_raise(calls[-1].args[0]) is not bound
