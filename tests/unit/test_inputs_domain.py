from __future__ import annotations

import contextlib
import inspect
import random
import sys
import textwrap
import types
from pathlib import Path

import pytest

from optimizer.worker.calls import draw_call
from optimizer.worker.choose import RandomChooser
from optimizer.worker.domain import Surveyor
from optimizer.worker.mine import Sources, mine
from optimizer.worker.neighbours import Neighbourhood
from optimizer.worker.recipes import Context, Unusable, materialise
from optimizer.worker.specs import describe

NAME = "surveyed_module"


@pytest.fixture
def survey(monkeypatch, tmp_path):
    """`survey(text, name, inputs)` is the domain of a function of a module with this text, and its context.

    Inputs that name a file write it into the current folder: an empty one.
    """
    monkeypatch.chdir(tmp_path)

    def survey(text, name="f", inputs=(), **restricted):
        text = textwrap.dedent(text)
        module = types.ModuleType(NAME)
        monkeypatch.setitem(sys.modules, NAME, module)
        exec(compile(text, NAME, "exec", dont_inherit=True), module.__dict__)
        file = tmp_path / "inputs.py"
        lines = "".join(f"    yield {call}\n" for call in inputs)
        file.write_text(f"from {NAME} import *\ndef inputs():\n{lines}    yield from ()\n")
        context = Context(module.__dict__, inputs_file=str(file))
        pools = mine([Sources(text)], [name], module.__dict__)
        surveyor = Surveyor(module.__dict__, text, pools, context)
        domain = surveyor.domain(getattr(module, name), name, list(range(len(inputs))), restricted)
        return domain, context, pools

    return survey


def drawn(domain, context, pools, count=150, **options):
    """(recipe, args, kwargs) of many drawn calls."""
    choose = RandomChooser(random.Random(5))
    recipes = [draw_call(domain, choose, pools, **options) for _ in range(count)]
    return [(recipe, *materialise(recipe, context)) for recipe in recipes]


def spec_of(domain, name):
    return describe(next(part.spec for part in domain.parameters if part.name == name))


ANNOTATED = [
    ("x: int", "int", int),
    ("x: 'int | None'", "int or none", (int, type(None))),
    ("x: Optional[str]", "str or none", (str, type(None))),
    ("x: list[int]", "list[int]", list),
    ("x: dict[str, list[float]]", "dict[str, list[float]]", dict),
    ("x: tuple[int, str]", "tuple[int, str]", tuple),
    ("x: tuple[int, ...]", "tuple_of[int]", tuple),
    ("x: Literal['a', 3]", "one of 'a', 3", (str, int)),
    ("x: Color", "one of Color.RED, Color.BLUE", object),
    ("x: Iterator[int]", "iterator[int]", object),
    ("x: Mapping[str, int]", "mapping[str, int]", dict),
    ("x: Alias", "list[int]", list),
    ("x: T", "int or str", (int, str)),
    ("x: 'Unknown | int'", "int", int),
    ("x: Unknown", "any", object),
    ("x: date", "one of", object),
    ("x: bytes", "bytes", bytes),
    ("x: set[str]", "set[str]", set),
    ("x: type[int]", "one of int", type),
    ("x: TextIO", "text_io", object),
    ("x: Annotated[int, 'meta']", "int", int),
    ("x: AsyncIterator[int]", "async_iterator[int]", object),
    ("x: Callable[[int], str]", "call[str]", object),
    ("x: Callable[[], Awaitable[int]]", "async_call[int]", object),
    ("x: AbstractContextManager", "context[any]", object),
    ("x: Path", "one of", Path),
]
HEADER = """
from __future__ import annotations
import enum
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Optional, Protocol, TextIO, TypedDict, TypeVar
T = TypeVar("T")
Alias = list[int]
class Color(enum.Enum):
    RED = 1
    BLUE = 2
@dataclass
class Node:
    value: int
    kids: list[Node] = field(default_factory=list)
class Point(NamedTuple):
    x: int
    y: float
class Row(TypedDict):
    id: int
    tag: str
class Plain:
    def __init__(self, size: int, name='n'):
        self.size, self.name = size, name
class Named(Protocol):
    name: str
    def greet(self) -> str: ...
"""


@pytest.mark.parametrize(("parameter", "spec", "kind"), ANNOTATED, ids=lambda value: str(value)[:30])
def test_values_come_from_annotations(survey, parameter, spec, kind):
    domain, context, pools = survey(f"{HEADER}\ndef f({parameter}): return x")
    assert spec_of(domain, "x").startswith(spec)
    for recipe, args, _ in drawn(domain, context, pools, 40, beyond=0):
        assert isinstance(args[0], kind), recipe


@pytest.mark.parametrize("name", ["Node", "Point", "Plain"])
def test_classes_are_made_through_their_constructors(survey, name):
    domain, context, pools = survey(f"{HEADER}\ndef f(x: {name}): return x")
    values = [args[0] for _, args, _ in drawn(domain, context, pools, 40, beyond=0)]
    assert {type(value).__name__ for value in values} == {name}
    assert len({repr(vars(v) if hasattr(v, "__dict__") else v) for v in values}) > 10


UNPACKED = [
    ("def f(rows): return [g(*row) for row in rows]\ndef g(a, b, c=0): return a", "list[tuple[any, any]]"),
    ("def f(rows): return len({P(*row) for row in rows})", "list[tuple[any, any]]"),
    ("def f(rows): return [print(*row) for row in rows]", "list[list[any]]"),
    ("def f(rows): return set(tuple(row) for row in rows)", "list[list[any]]"),
    ("def f(rows): return {row: 1 for row in rows}", "list[str or int]"),
]


@pytest.mark.parametrize(("text", "spec"), UNPACKED)
def test_what_is_unpacked_or_hashed_says_what_it_is_like(survey, text, spec):
    domain, _, _ = survey(f"class P:\n    def __init__(self, a, b): self.a = a\n{text}")
    assert spec_of(domain, "rows") == spec


def test_nobody_passes_look_alikes_of_what_a_package_makes(survey):
    text = "import pytest\ndef f(x): return x.size"
    domain, _, _ = survey(text, inputs=["(pytest.approx(1),)"])
    assert [spec.kind for spec in domain.parameters[0].others] == ["none"]
    domain, _, _ = survey(text, inputs=["(__import__('types').SimpleNamespace(size=1),)"])
    assert "duck" in [spec.kind for spec in domain.parameters[0].others] or "duck" in spec_of(domain, "x")


def test_typed_dicts_and_protocols(survey):
    domain, context, pools = survey(f"{HEADER}\ndef f(row: Row, named: Named): return row, named")
    for _, (row, named), _ in drawn(domain, context, pools, 40, beyond=0):
        assert set(row) <= {"id", "tag"} or len(row) <= 3
        assert not hasattr(named, "greet") or callable(named.greet)


def test_a_bare_list_is_filled_by_what_is_done_with_its_items(survey):
    domain, _, _ = survey("def f(x: list):\n    return [y['a'] + 1 for y in x]")
    assert spec_of(domain, "x") == "list[dict with a]"


class TestRecorded:
    def test_kinds_are_taken_from_calls(self, survey):
        domain, _, _ = survey("def f(x, k): return x", inputs=["([{'a': 1}], 'k')", "([], None)"])
        assert spec_of(domain, "x") == "list[dict with a]"
        assert spec_of(domain, "k") == "str or none"
        assert domain.known

    def test_words_in_calls_are_mined(self, survey):
        _, _, pools = survey("def f(x): return x", inputs=["('needle',)"])
        assert "needle" in pools.strs

    def test_objects_that_cannot_be_written_down_are_taken_from_the_call(self, survey):
        text = "class C:\n    def __init__(self, *rest): self.rest = rest\ndef f(x): return x.rest"
        domain, context, pools = survey(text, inputs=["(C(1, 2),)"])
        assert any(args[0].rest == (1, 2) for _, args, _ in drawn(domain, context, pools, 20, beyond=0))

    def test_without_calls_annotations_or_examples_nothing_is_known(self, survey):
        assert not survey("def f(x): return x")[0].known
        assert survey("def f(): return 1")[0].known
        assert survey("def f(x: int): return x")[0].known
        assert survey("def f(x):\n    '''\n    >>> f([1, 2])\n    [1, 2]\n    '''\n    return x")[0].known

    def test_examples_of_the_docstring_are_calls(self, survey):
        domain, _, _ = survey("def f(x, y=1):\n    '''\n    >>> f('a', y=2)\n    'a'\n    '''\n    return x")
        assert domain.documented == [("('a', )", {"y": "2"})]


GUESSED = [
    ("return x.upper()", "str"),
    ("return x.items()", "dict"),
    ("return x.append(1)", "list"),
    ("return x + 'a'", "str"),
    ("return [y + 1 for y in x]", "list["),
    ("return x[0]", "list["),
    ("return x['k']", "dict with k"),
    ("return x(1)", "call["),
    ("return next(x)", "iterator["),
    ("return range(x)", "int"),
    ("return x.width * x.height", "object with height, width"),
    ("return x.readline()", "text_io"),
    ("return isinstance(x, int)", "int or str"),
    ("with x: return 1", "context["),
    ("return open(x).read()", "file"),
    ("return [y if isinstance(y, list) else [y] for y in x]", "list[list["),
    ("return [a + b for a, b in x]", "list[tuple["),
]


@pytest.mark.parametrize(("body", "spec"), GUESSED)
def test_without_anything_else_the_use_of_a_parameter_decides(survey, body, spec):
    domain, _, _ = survey(f"def f(x):\n    {body}")
    assert spec_of(domain, "x").startswith(spec)


def test_what_is_awaited_can_be_awaited(survey):
    text = "async def f(g, xs):\n    found = await g()\n    async for x in xs: found += x\n    return found"
    domain, context, pools = survey(text)
    assert spec_of(domain, "g").startswith("async_call[")
    for _, (g, xs), _ in drawn(domain, context, pools, 20, beyond=0):
        assert inspect.iscoroutinefunction(g)
        assert hasattr(xs, "__aiter__")


def test_names_of_files_lead_to_files(survey):
    domain, context, pools = survey("def f(x):\n    with open(x) as s: return s.read()")
    names = [args[0] for _, args, _ in drawn(domain, context, pools, 30, beyond=0)]
    assert sum(Path(name).is_file() for name in names) > 15
    assert len({Path(name).read_text() for name in names if Path(name).is_file()}) > 5


def test_an_open_class_gets_the_attributes_that_are_read(survey):
    text = "import argparse\ndef f(o: argparse.Namespace): return o.verbose + 1 if o.name.upper() else 0"
    domain, context, pools = survey(text)
    for _, (options,), _ in drawn(domain, context, pools, 20, beyond=0):
        assert set(vars(options)) == {"verbose", "name"}


def test_a_class_of_the_module_fits_where_its_attributes_are_read(survey):
    text = "class Box:\n    def __init__(self, w: int): self.w = w\n    def size(self): return 1\ndef f(x):\n    return x.size()"
    domain, context, pools = survey(text, inputs=["(Box(1),)"])
    names = {type(args[0]).__name__ for _, args, _ in drawn(domain, context, pools, 80, beyond=0.5)}
    assert "Box" in names


class TestBeyondTheDomain:
    def test_other_types_are_marked(self, survey):
        domain, context, pools = survey("def f(x): return 'a' + x", inputs=["('b',)"])
        for recipe, args, _ in drawn(domain, context, pools, beyond=0.5):
            assert isinstance(args[0], str) or recipe["outside"]
        assert any("outside" in recipe for recipe, *_ in drawn(domain, context, pools, beyond=0.5))

    def test_annotated_parameters_stay_within_their_annotation(self, survey):
        domain, context, pools = survey("def f(x: str): return 'a' + x")
        for recipe, args, _ in drawn(domain, context, pools, beyond=1):
            assert isinstance(args[0], str)
            assert "outside" not in recipe

    def test_what_the_function_changes_is_not_replaced_by_what_cannot_change(self, survey):
        domain, context, pools = survey("def f(x):\n    x[0] = 1\n    return x", inputs=["([3],)"])
        kinds = {type(args[0]) for _, args, _ in drawn(domain, context, pools, beyond=0.5)}
        assert kinds <= {list, type(None)}

    def test_sizes_stay_whole_numbers(self, survey):
        domain, context, pools = survey("def f(x, n):\n    return len(x) == n", inputs=["([1], 1)"])
        for _, (_, n), _ in drawn(domain, context, pools, beyond=0.3):
            assert not isinstance(n, float)
            assert not isinstance(n, int) or abs(n) < 2**40


WANTED = [
    (
        "def f(x): return x",
        "([1, 2],)",
        [([],), ([1],), ([2, 1],), ([1, 1, 2],), ([1, 2, 0],), ([1, -1],)],
    ),
    ("def f(x): return x", "([1],)", [([True],), ([1, True],), ([10**20],), ([1, 1.0],)]),
    ("def f(x: list[float]): return x", "([2.0],)", [([-0.0],), ([2.0, 1],), ([float("inf")],)]),
    (
        "def f(x): return x.split(' ')",
        "('a b',)",
        [("",), ("a  b",), ("a\tb",), (" a b ",), ("a b\u00e9\u0301\u00df\u0130\u01c4",)],
    ),
    ("def f(x): return x == 'go'", "('a',)", [("go",), ("goa",), ("ago",)]),
    ("def f(x): return x > 90", "(1,)", [(89,), (90,), (91,)]),
    ("def f(x, n): return x[:n]", "([5, 6], 0)", [([5, 6], 1), ([5, 6], 2), ([5, 6], 3), ([5, 6], -3)]),
    ("def f(d): return d.get('port')", "({'a': 1},)", [({},), ({"a": 1, "port": 1},), ({"a": None},)]),
    ("def f(a, b): return a", "([1], [2])", [([2], [1]), ([1], [1])]),
    ("def f(x, y=None): return x", "(1,)", [(1,)]),
    ("def f(x): return len(x) > 5", "('a',)", [("aaaaa",), ("aaaaaa",)]),
]


class TestNeighbours:
    @pytest.fixture
    def near(self, survey):
        """`near(text, call)` are the sketches of arguments next to one recorded call."""

        def near(text, call, **names):
            domain, context, pools = survey(text, inputs=[call])
            base = {"base": ["call", 0]}
            edits = Neighbourhood(domain, pools, RandomChooser(random.Random(3))).edits(
                *materialise(base, context)
            )
            found = []
            for edit in list(edits):
                with contextlib.suppress(Unusable):
                    found.append(materialise({**base, "ops": edit.ops}, context)[0])
            return found

        return near

    @pytest.mark.parametrize(("text", "call", "wanted"), WANTED, ids=lambda value: str(value)[:40])
    def test_the_neighbourhood_holds(self, near, text, call, wanted):
        found = [repr(args) for args in near(text, call)]
        assert not [args for args in wanted if repr(args) not in found]

    def test_sizes_above_a_threshold_with_and_without_ties(self, near):
        text = "def f(rows):\n    return rows if len(rows) > 50 else sorted(rows, key=lambda r: r[1])"
        rows = [args[0] for args in near(text, "([('a', 1), ('b', 2)],)") if isinstance(args[0], list)]
        rows = [found for found in rows if all(isinstance(row, tuple) for row in found)]
        sizes = {(len(found), len({str(row[1:]) for row in found}) == 1) for found in rows}
        assert {(50, True), (51, False), (51, True), (60, True)} <= sizes

    def test_callables_are_spied_on_made_to_fail_and_to_disturb(self, near):
        kinds = [args[0] for args in near("def f(g, xs): return [g(x) for x in xs]", "(len, [[]])")]
        assert any(getattr(g, "_fails_at", 0) == 2 for g in kinds)
        assert any(getattr(g, "_changes", None) is not None for g in kinds)

    def test_iterables_become_lazy_where_only_their_items_count(self, near):
        lazy = [
            args
            for args in near("def f(xs): return [x for x in xs]", "([1, 2],)")
            if hasattr(args[0], "__next__")
        ]
        assert lazy
        indexed = near("def f(xs): return [xs[i] for i in range(len(xs))]", "([1, 2],)")
        assert not [args for args in indexed if hasattr(args[0], "__next__")]
