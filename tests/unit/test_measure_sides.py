"""Two versions over one set of classes: what each side has of its own, and what cannot be held together."""

from __future__ import annotations

import sys
import textwrap
import types

import pytest

from optimizer.worker.duet_diff import NotTogether
from optimizer.worker.duet_sides import build, public_entry, raw_function


@pytest.fixture
def sides():
    """`sides(before, after, entries)` is (before's side, after's side, the module)."""
    made = []

    def make(before, after, *entries, control=False):
        before, after = textwrap.dedent(before), textwrap.dedent(after)
        module = types.ModuleType("measured")
        module.__file__ = "measured.py"
        sys.modules["measured"] = module
        made.append(module)
        exec(compile(before, "measured.py", "exec"), module.__dict__)
        texts = {"before": before, "after": after}
        built = build(
            module, texts, "measured.py", entries or ["f"], control=control, order=["after", "before"]
        )
        return built["before"], built["after"], module

    yield make
    for module in made:
        sys.modules.pop(module.__name__, None)


def call(side, name, *args, **kwargs):
    side.install()
    return raw_function(side, name, (args, kwargs))(*args, **kwargs)


WRAPPED = """
import functools
def d(f):
    @functools.wraps(f)
    def inner():
        return f() + 1
    return inner
@d
def g():
    return 1
def f():
    return g()
"""
TOGETHER = {
    "a changed function": ("def f():\n    return 1\n", "def f():\n    return 2\n", 1, 2),
    "a changed helper": (
        "def h():\n    return 1\ndef f():\n    return h()\n",
        "def h():\n    return 2\ndef f():\n    return h()\n",
        1,
        2,
    ),
    "a helper of a helper": (
        "def h():\n    return 1\ndef g():\n    return h()\ndef f():\n    return g()\n",
        "def h():\n    return 2\ndef g():\n    return h()\ndef f():\n    return g()\n",
        1,
        2,
    ),
    "a new constant": ("def f():\n    return [1, 2]\n", "_T = [3]\ndef f():\n    return _T\n", [1, 2], [3]),
    "a new import": (
        "def f():\n    return 0\n",
        "from math import tau\ndef f():\n    return tau\n",
        0,
        6.283185307179586,
    ),
    "a changed constant that nothing mutates": (
        "K = 1\ndef f():\n    return K\n",
        "K = 2\ndef f():\n    return K\n",
        1,
        2,
    ),
    "a constant made with a changed helper": (
        "def h():\n    return 1\nK = h()\ndef f():\n    return K\n",
        "def h():\n    return 2\nK = h()\ndef f():\n    return K\n",
        1,
        2,
    ),
    "a shadowed builtin that goes": (
        "def len(x):\n    return 'mine'\ndef f():\n    return len([1])\n",
        "def f():\n    return len([1])\n",
        "mine",
        1,
    ),
    "a new class": (
        "def f():\n    return 1\n",
        "class Box:\n    value = 2\ndef f():\n    return Box().value\n",
        1,
        2,
    ),
    "a decorator of the module": (WRAPPED, WRAPPED.replace("return 1", "return 5"), 2, 6),
    "a function below an if": (
        "import sys\nif sys:\n    def f():\n        return 1\nelse:\n    def f():\n        return 0\n",
        "import sys\nif sys:\n    def f():\n        return 2\nelse:\n    def f():\n        return 0\n",
        1,
        2,
    ),
    "a global that is written": (
        "_n = 0\ndef g():\n    return _n\ndef f():\n    global _n\n    _n = 1\n    return g()\n",
        "_n = 0\ndef g():\n    return _n\ndef f():\n    global _n\n    _n = 2\n    return g()\n",
        1,
        2,
    ),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_each_side_runs_its_own_version(sides, name):
    before, after, old, new = TOGETHER[name]
    one, other, module = sides(before, after)
    assert (call(one, "f"), call(other, "f"), call(one, "f")) == (old, new, old)
    assert "__tenpercent" not in " ".join([*one.namespace, *other.namespace, *vars(module)])


CLASS = """
    class Base:
        def value(self):
            return 1

    class C(Base):
        def __init__(self, n=3):
            self.n = n
            self.__secret = 10

        def value(self):
            return super().value() + self.__secret

        @property
        def size(self):
            return self.n

        @size.setter
        def size(self, n):
            self.n = n * 2

        @classmethod
        def make(cls, n):
            return cls(n).n

        @staticmethod
        def add(a, b=2):
            return a + b

        def __len__(self):
            return self.n

        def total(self):
            return self.value() + self.size + self.add(1)

        class Inner:
            def get(self):
                return 1
"""


@pytest.mark.parametrize(
    ("entry", "old", "new", "expected"),
    [
        ("C.value", "super().value() + self.__secret", "super().value() + self.__secret + 100", (11, 111)),
        (
            "C.size",
            "        return self.n\n\n    @size",
            "        return self.n + 100\n\n    @size",
            (3, 103),
        ),
        (
            "C.__len__",
            "def __len__(self):\n        return self.n",
            "def __len__(self):\n        return 100",
            (3, 100),
        ),
        ("C.total", "super().value() + self.__secret", "super().value() + self.__secret + 100", (17, 117)),
    ],
)
def test_methods_run_on_the_recorded_receiver(sides, entry, old, new, expected):
    before = textwrap.dedent(CLASS)
    assert old in before
    one, other, module = sides(before, before.replace(old, new), entry)
    receiver = module.C()
    assert (call(one, entry, receiver), call(other, entry, receiver)) == expected
    assert one.namespace["C"] is other.namespace["C"] is module.C


def test_a_changed_method_is_on_the_class_while_its_side_runs(sides):
    before = textwrap.dedent(CLASS)
    one, other, module = sides(
        before, before.replace("return self.n\n\n    def total", "return 7\n\n    def total"), "C.__len__"
    )
    receiver = module.C()
    for side, size in ((one, 3), (other, 7), (one, 3)):
        side.install()
        assert len(receiver) == size


def test_setters_static_and_class_methods(sides):
    before = textwrap.dedent(CLASS)
    after = before.replace("self.n = n * 2", "self.n = n * 3").replace("return a + b", "return a - b")
    after = after.replace("return cls(n).n", "return cls(n).n + 50")
    one, other, module = sides(before, after, "C.size", "C.add", "C.make")
    assert (call(one, "C.add", 5), call(other, "C.add", 5)) == (7, 3)
    assert (call(one, "C.make", module.C, 1), call(other, "C.make", module.C, 1)) == (1, 51)
    receiver = module.C()
    call(one, "C.size", receiver, 4)
    assert receiver.n == 8
    call(other, "C.size", receiver, 4)
    assert receiver.n == 12
    other.install()
    receiver.size = 1
    assert (receiver.n, module.C.add(5), module.C.make(1)) == (3, 3, 51)


def test_new_removed_and_nested_members(sides):
    before = textwrap.dedent(CLASS)
    after = before.replace("def get(self):\n            return 1", "def get(self):\n            return 9")
    after = after.replace("def add(a, b=2):\n        return a + b", "def plus(a, b=2):\n        return a + b")
    one, other, module = sides(before, after, "C.Inner.get")
    assert (call(one, "C.Inner.get", module.C.Inner()), call(other, "C.Inner.get", module.C.Inner())) == (
        1,
        9,
    )
    one.install()
    assert (hasattr(module.C, "add"), hasattr(module.C, "plus")) == (True, False)
    other.install()
    assert (hasattr(module.C, "add"), module.C.plus(1)) == (False, 3)


def test_a_plain_class_attribute_belongs_to_its_side(sides):
    before = "class C:\n    def f(self):\n        return [1]\n"
    after = "class C:\n    _ONE = [2]\n    def f(self):\n        return self._ONE\n"
    one, other, module = sides(before, after, "C.f")
    assert (call(one, "C.f", module.C()), call(other, "C.f", module.C())) == ([1], [2])
    one.install()
    assert not hasattr(module.C, "_ONE")


def test_an_entry_is_built_for_both_sides_even_when_nothing_changes(sides):
    text = "def f(x):\n    return x\n"
    one, other, module = sides(text, text)
    functions = [raw_function(side, "f", ((1,), {})) for side in (one, other)]
    assert len({id(function.__code__) for function in [*functions, module.f]}) == 3


def test_a_control_has_the_earlier_version_twice(sides):
    one, other, _ = sides("def f():\n    return 1\n", "K = 2\ndef f():\n    return K\n", control=True)
    assert (call(one, "f"), call(other, "f")) == (1, 1)


def test_a_recorded_function_is_bare_and_a_public_one_decorated(sides):
    text = "import functools\n@functools.lru_cache(maxsize=None)\ndef f(x):\n    return [x]\n"
    one, _, _ = sides(text, text)
    assert call(one, "f", 1) is not call(one, "f", 1)
    assert public_entry(one, "f")(1) is public_entry(one, "f")(1)


def test_a_nested_function_that_closes_over_nothing_can_be_called_alone(sides):
    text = "def f(xs):\n    def key(x):\n        return -x\n    return sorted(xs, key=key)\n"
    one, _, _ = sides(text, text)
    assert call(one, "f.<locals>.key", 3) == -3


def test_a_closure_cannot_be_called_alone(sides):
    text = "def f(n):\n    def add(x):\n        return x + n\n    return add\n"
    one, _, _ = sides(text, text)
    with pytest.raises(LookupError, match="variables of the function around it"):
        raw_function(one, "f.<locals>.add", ((1,), {}))


@pytest.mark.parametrize(
    ("signature", "args", "kwargs", "fits"),
    [
        ("a, b=1", (1,), {}, True),
        ("a, b=1", (1, 2, 3), {}, False),
        ("a, b=1", (), {"b": 2}, False),
        ("a, *, k", (1,), {}, False),
        ("a, *, k", (1,), {"k": 2}, True),
        ("a, /, b", (1,), {"b": 2}, True),
        ("a, /, b", (), {"a": 1, "b": 2}, False),
        ("*a, **k", (1, 2), {"z": 3}, True),
        ("a", (1,), {"z": 3}, False),
    ],
)
def test_arguments_that_do_not_fit_are_not_timed_as_errors(sides, signature, args, kwargs, fits):
    text = f"def f({signature}):\n    return 1\n"
    one, _, _ = sides(text, text)
    if fits:
        assert raw_function(one, "f", (args, kwargs))(*args, **kwargs) == 1
    else:
        with pytest.raises(LookupError, match="do not fit"):
            raw_function(one, "f", (args, kwargs))


NOT_TOGETHER = {
    "other bases": ("class C:\n    pass\n", "class C(Exception):\n    pass\n"),
    "slots": ("class C:\n    pass\n", "class C:\n    __slots__ = ()\n"),
    "a field": ("class C:\n    x: int = 0\n", "class C:\n    x: int = 1\n"),
    "a class decorator": (
        "import dataclasses as d\n@d.dataclass\nclass C:\n    x: int = 0\n",
        "import dataclasses as d\n@d.dataclass(frozen=True)\nclass C:\n    x: int = 0\n",
    ),
    "a class that becomes another thing": (
        "class C:\n    pass\n",
        "import collections\nC = collections.namedtuple('C', '')\n",
    ),
    "a namedtuple made anew": (
        "import collections\nP = collections.namedtuple('P', 'a')\ndef f():\n    return P(1)\n",
        "import collections\nP = collections.namedtuple('P', 'a b')\ndef f():\n    return P(1, 2)\n",
    ),
    "a statement with an effect": ("T = {}\nT['f'] = 1\n", "T = {}\nT['f'] = 2\n"),
    "a table filled from outside": ("T = []\nT.append(1)\n", "T = [0]\nT.append(1)\n"),
    "a changed function that is registered": (
        "T = []\ndef h():\n    return 1\nT.append(h)\n",
        "T = []\ndef h():\n    return 2\nT.append(h)\n",
    ),
    "a decorator that belongs to an object": (
        "class App:\n    def route(self, f):\n        return f\napp = App()\n@app.route\ndef f():\n    return 1\n",
        "class App:\n    def route(self, f):\n        return f\napp = App()\n@app.route\ndef f():\n    return 2\n",
    ),
    "a registered implementation": (
        "import functools\n@functools.singledispatch\ndef f(x):\n    return 0\n@f.register(int)\ndef g(x):\n    return 1\n",
        "import functools\n@functools.singledispatch\ndef f(x):\n    return 0\n@f.register(int)\ndef g(x):\n    return 2\n",
    ),
    "a class body that uses what changes": (
        "def h():\n    return 1\nclass C:\n    x = h()\n",
        "def h():\n    return 2\nclass C:\n    x = h()\n",
    ),
    "a changed loop at the top": ("for i in range(2):\n    pass\n", "for i in range(3):\n    pass\n"),
}


@pytest.mark.parametrize("name", NOT_TOGETHER)
def test_what_one_process_cannot_hold(sides, name):
    before, after = NOT_TOGETHER[name]
    if "def f(" not in before:
        before, after = before + "def f():\n    return 1\n", after + "def f():\n    return 1\n"
    with pytest.raises(NotTogether):
        sides(before, after)


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    return 1\nif __name__ == '__main__':\n    f()\n",
        "import typing\nif typing.TYPE_CHECKING:\n    import json\ndef f():\n    return 1\n",
        "'''Doc.'''\nfrom __future__ import annotations\ndef f() -> Missing:\n    return 1\n",
    ],
)
def test_what_does_not_run_or_matter_is_no_obstacle(sides, text):
    one, other, _ = sides(text, text.replace("return 1", "return 2"))
    assert (call(one, "f"), call(other, "f")) == (1, 2)
