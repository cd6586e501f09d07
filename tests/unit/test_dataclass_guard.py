"""When a dataclass may not become a named tuple, and the few cases when it may."""

from __future__ import annotations

import ast
import textwrap

import pytest

from optimizer.facts import masks
from optimizer.facts.dataclasses_guard import DataclassGuard
from optimizer.facts.facts import Facts, RepositoryFacts

HEAD = """
from dataclasses import dataclass
@dataclass(frozen=True, order=True)
class P:
    x: int
    y: int = 0
"""


def objections(text: str, *, library: bool = False, **others: str) -> list[str]:
    files = {
        "pkg/m.py": textwrap.dedent(text),
        **{f"{name}.py": textwrap.dedent(code) for name, code in others.items()},
    }
    repository = RepositoryFacts.build(files, library=library)
    facts = Facts.build(files["pkg/m.py"], path="pkg/m.py", repository=repository)
    node = next(node for node in ast.walk(facts.tree) if isinstance(node, ast.ClassDef) and node.name == "P")
    return DataclassGuard(facts, node).objections()


CLASSES = [
    "from dataclasses import dataclass\n@dataclass(slots=True)\nclass P:\n    x: int",
    "from dataclasses import dataclass\n@dataclass(kw_only=True)\nclass P:\n    x: int",
    "from dataclasses import dataclass\n@dataclass(eq=False)\nclass P:\n    x: int",
    "from dataclasses import dataclass\n@dataclass(repr=False)\nclass P:\n    x: int",
    "from dataclasses import dataclass\n@dataclass(frozen=FROZEN)\nclass P:\n    x: int",
    "from dataclasses import dataclass\n@dataclass(**options)\nclass P:\n    x: int",
    "from dataclasses import dataclass\n@other\n@dataclass\nclass P:\n    x: int",
    "from attrs import dataclass\n@dataclass\nclass P:\n    x: int",
    "from dataclasses import dataclass\n@dataclass\nclass P(Base):\n    x: int",
    "from dataclasses import dataclass\n@dataclass\nclass P(metaclass=M):\n    x: int",
    "from dataclasses import dataclass\ndef f():\n    @dataclass\n    class P:\n        x: int",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nP = wrap(P)",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    pass",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = []",
    "from dataclasses import dataclass, field\n@dataclass\nclass P:\n    x: list = field(default_factory=list)",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    _x: int",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    count: int",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    index: int",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: ClassVar[int]",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: 'InitVar[int]'",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: 1",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    z = 3",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    def __post_init__(self): pass",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    def __eq__(self, other): pass",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    def __len__(self): pass",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    def count(self): pass",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    def x(self): pass",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    @cached_property\n    def z(self): pass",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    def f(self): return super().f()",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    def f(self): self.x = 2",
]


@pytest.mark.parametrize("text", CLASSES)
def test_classes_of_another_shape(text):
    assert objections(text)


USES = [
    ("def f(n, log): log(P(n))", "no code of the repository"),
    ("def f(n):\n    a = [P(n)]\n    b = a\n    c = b[0]\n    return '%s' % c", "formats an instance"),
    ("def f(n):\n    a = []\n    b = a\n    b.append(P(n))\n    for q in a:\n        x, y = q", "unpacks"),
    (
        "def f(n):\n    rows = [[]]\n    for row in rows:\n        row.append(P(n))\n    return [*rows[0][0]]",
        "spreads",
    ),
    ("def f(n):\n    t = [[]]\n    s = t[0]\n    s.append(P(n))\n    return t[0][0] + ()", "operator"),
    ("def make(n): return P(n)\nmk = make", "handed on"),
    ("g = lambda n: P(n)", "hands out"),
    ("def f(n, s):\n    seen = set()\n    seen.add(P(n))\n    seen.add(s)", "another tuple"),
    ("def f(n):\n    return P(n) == (n, 0)", "another tuple"),
    ("def f(n, other):\n    return P(n) == other", "another tuple"),
    ("def f(n):\n    return P(n) in [(1, 2)]", "another tuple"),
    ("def f(n, d):\n    d[P(n)] = 1", "not known"),
    ("def f(n, d):\n    d[n] = P(n)", "not known"),
    ("def f(p: P):\n    p.x = 3", "is set"),
    ("def f(p: P):\n    del p.x", "is set"),
    ("def f(p: P):\n    setattr(p, 'x', 3)", "no code of the repository"),
    ("def f(p: P):\n    object.__setattr__(p, 'x', 3)", "no code of the repository"),
    ("xs = list(map(P, range(3)))", "the class is handed on"),
    ("import pickle\ndef f(n): return pickle.dumps([P(n)])", "no code of the repository"),
    ("import json\ndef f(n): return json.dumps({'a': P(n)})", "no code of the repository"),
    ("import weakref\ndef f(n): return weakref.ref(P(n))", "no code of the repository"),
    ("from dataclasses import asdict\ndef f(p: P): return asdict(p)\nf(P(1))", "tells dataclasses"),
    ("from dataclasses import replace\ndef f(p: P): return replace(p, x=1)", "no code of the repository"),
    ("def f(n): return type(P(n))(3)", "hands on the class"),
    ("def f(n): return P(n).__dict__", "from inside"),
    ("def f(n): return P(n).__class__", "from inside"),
    ("def f(n): return P.x", "the class is handed on"),
    ("def f(n): return P(n)[0]", "indexes"),
    ("def f(n): return len(P(n))", "iterate"),
    ("def f(n):\n    for x in P(n): pass", "iterated"),
    ("def f(n):\n    yield P(n)\ndef g():\n    return [isinstance(p, tuple) for p in f(3)]", "may be true"),
    ("from typing import Iterable\ndef f(p: P): return isinstance(p, (int, Iterable))", "may be true"),
    ("def f(p: P):\n    match p:\n        case [a, b]: pass", "sequence pattern"),
    ("def f(p: P):\n    match [p]:\n        case [tuple()]: pass", "may match"),
    ("class Q(P): pass", "derived"),
    ("import functools\n@functools.lru_cache\ndef f(n): return P(n)", "is decorated"),
    ("@app.route('/')\ndef f(n): return P(n)", "is decorated"),
    ("class C:\n    @property\n    def p(self): return P(1)\ndef g(c): a, b = c.p", "unpacks"),
    ("class C:\n    def __iter__(self): yield P(1)", "implicitly"),
    ("def f(**kw): return [*kw['p']]\ndef g(n): return f(p=P(n))", "spreads"),
    ("def f(*args): return '%s' % args[0]\ndef g(n): return f(P(n))", "formats"),
    ("def f(p=P(1)): return '%s' % p", "formats"),
    ("def f():\n    p = P(1)\n    def g(): return [*p]\n    return g()", "spreads"),
    ("def f():\n    p = P(1)\n    return locals()", "may see instances"),
    ("X = {'P': 1}", "may name the class"),
    ("def f(n):\n    with open('a') as h: h.write(P(n))", "no code of the repository"),
    ("class E(Exception): pass\ndef f(n): raise E(P(n))", "no code of the repository"),
    ("def f(p: P): return max(p, (1, 2))", "another tuple"),
    ("def f(p: P, q): return sorted([p, q])", "another tuple"),
    ("def f(p: P): return {p: 1, (1, 2): 2}", "another tuple"),
    ("def f(p: P): return hasattr(p, 'x')", "no code of the repository"),
    ("def f(p: P): return p + (1,)", "operator"),
    ("async def f(): return P(1)\nasync def g():\n    a, b = await f()", "unpacks"),
    ("def f():\n    while (p := P(1)):\n        print(*p)", "spreads"),
    ("class C:\n    p = P(1)\ndef f(c): return '%s' % c.p", "formats"),
    (
        "def f(n):\n    d = {}\n    d.setdefault(n, []).append(P(n))\n    for ps in d.values():\n        for a, b in ps: pass",
        "no code of the repository",
    ),
]


@pytest.mark.parametrize(("code", "words"), USES)
def test_uses_that_could_tell(code, words):
    found = "; ".join(objections(f"{HEAD}\n{code}"))
    assert any(word in found for word in words.split("|")), found


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("from pkg.m import make as mk\ndef g():\n    return '%s' % mk(1)", "formats"),
        ("from pkg.m import *\ndef g():\n    x, y = make(3)", "unpacks"),
        ("import pkg.m as m\ndef g():\n    return [*m.make(3)]", "spreads"),
        ("from pkg.m import P as Q\nxs = [Q]", "the class is handed on"),
        ("from pkg.m import P\ndef test():\n    assert P(1) == (1, 0)", "another tuple"),
        ("from dataclasses import FrozenInstanceError\nfrom pkg.m import P\n", "tells dataclasses"),
        ("import pkg.m\nclass S(pkg.m.P): pass", "derived"),
        ("def g(k):\n    import json\n    return json.dumps(k.kept)", "no code of the repository"),
    ],
)
def test_uses_in_other_files(other, words):
    text = f"{HEAD}\ndef make(n): return P(n)\nclass K:\n    def __init__(self): self.kept = [make(1)]\n"
    assert words in "; ".join(objections(text, other=other))
    assert objections(text) == []


@pytest.mark.parametrize(
    "code",
    [
        "def f(n): return P(n).x",
        "def f(n):\n    seen = set()\n    for i in range(n):\n        seen.add(P(i))\n    return len(seen)",
        "def f(n): return P(n) == P(n)",
        "def f(n, other: P): return P(n) == other",
        "def f(n, other: 'P | None'): return P(n) == other",
        "def f(n): return {P(n): 1}",
        "def f(n): return sorted(P(i) for i in range(n))[0].x",
        "def f(n): return max([P(i) for i in range(n)], key=lambda p: p.x).y",
        "def f(n):\n    yield P(n)\ndef g():\n    for p in f(3):\n        print(p.x, p, f'{p}', str(p), repr(p))",
        "class K:\n    def __init__(self): self.kept = []\n    def add(self, n): self.kept.append(P(n))\n    def all(self): return [p.x for p in self.kept]",
        "X: 'dict[str, P]' = {}\ndef f(k): return X.get(k)\ndef g(k): return f(k) or P(2)",
        "def f():\n    with g() as p: return p.x\nfrom contextlib import contextmanager\n@contextmanager\ndef g(): yield P(1)",
        "def f(p: P):\n    match p:\n        case P(x, y): return x\n        case None: return 0",
        "def f(p): return isinstance(p, (P, int, str))\nf(P(1))",
        "def f(n): return type(P(n)).__name__",
    ],
)
def test_uses_that_cannot_tell(code):
    assert objections(f"{HEAD}\n{code}") == []


def test_methods_that_stay():
    text = (
        HEAD
        + "    def moved(self, by: int) -> 'P': return P(self.x + by)\n    @classmethod\n    def zero(cls): return cls(0)\n"
    )
    assert objections(f"{text}\ndef f(): return P.zero().moved(1).y") == []


def test_fields_that_are_not_equal_to_themselves():
    text = HEAD.replace("y: int = 0", "y: float = 0.0")
    assert objections(f"{text}\ndef f(n): return P(n).y") == []
    assert "not equal to itself" in objections(f"{text}\ndef f(n): return P(n) == P(n)")[0]
    assert "not equal to itself" in objections(f"{text}\ndef f(n): return len({{P(n)}})")[0]


def test_libraries_keep_what_their_users_can_reach():
    assert "public interface" in objections(HEAD, library=True)[0]
    private = HEAD.replace("class P", "class _Q\n").replace("class _Q\n", "class P")
    repository = RepositoryFacts.build({"pkg/_m.py": private + "def f(n): return P(n)\n"})
    facts = Facts.build(repository.sources["pkg/_m.py"], path="pkg/_m.py", repository=repository)
    assert DataclassGuard(facts, facts.tree.body[1]).objections() == []
    shown = RepositoryFacts.build(
        {**repository.sources, "pkg/api.py": "from pkg._m import f\ndef g(n): return f(n)\n"}
    )
    facts = Facts.build(repository.sources["pkg/_m.py"], path="pkg/_m.py", repository=shown)
    assert "gives instances to anybody" in DataclassGuard(facts, facts.tree.body[1]).objections()[0]


def test_too_many_files_are_not_followed():
    others = {f"n{number}": "from pkg.m import P\n" for number in range(70)}
    assert "more files than are followed" in objections(HEAD, **others)[0]


@pytest.mark.parametrize(
    ("mask", "wrapped"),
    [
        (masks.INSTANCE, masks.HELD),
        (masks.HELD, masks.DEEPER),
        (masks.INSTANCE | masks.OTHER, masks.HELD | masks.HELD_OTHER),
        (masks.NOTHING, masks.NOTHING),
        (masks.UNKNOWN, masks.HELD_OTHER | masks.DEEPER_OTHER),
    ],
)
def test_masks_wrap_and_unwrap(mask, wrapped):
    assert masks.wrap(mask) == wrapped
    assert masks.element(wrapped) & mask == mask


def test_masks_mix_at_one_level():
    assert masks.mixes(masks.INSTANCE, masks.OTHER)
    assert masks.mixes(masks.HELD_OTHER, masks.HELD)
    assert not masks.mixes(masks.INSTANCE, masks.HELD_OTHER)
    assert not masks.mixes(masks.INSTANCE, masks.INSTANCE)
