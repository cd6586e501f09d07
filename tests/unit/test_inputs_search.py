from __future__ import annotations

import base64
import itertools
import json
import pickle
import sys
import textwrap

import pytest

from optimizer.model import Assumption, Evidence, Sample, Subject
from optimizer.verify.inputs import search
from optimizer.worker import explore, trials
from optimizer.worker.recipes import Context, Unusable, materialise
from optimizer.worker.shrink import smaller, smaller_texts
from optimizer.worker.sketch import sketch

HEADER = "from watched import *\nfrom types import SimpleNamespace\n"


@pytest.fixture
def project(tmp_path):
    """`project(before, after, calls)` is a subject in a folder of its own."""

    def project(before, after, calls=(), **fields):
        before, after = textwrap.dedent(before), textwrap.dedent(after)
        (tmp_path / "watched.py").write_text(before)
        inputs = tmp_path / "its_inputs.py"
        lines = "".join(f"    yield {call}\n" for call in calls)
        inputs.write_text(f"{HEADER}def inputs():\n{lines}    yield from ()\n")
        usual = {
            "file": str(tmp_path / "watched.py"),
            "module": "watched",
            "qualnames": ("f",),
            "before": before,
            "after": after,
            "python": sys.executable,
            "cwd": str(tmp_path),
            "sys_path": (str(tmp_path),),
            "inputs_file": str(inputs),
        }
        return Subject(**{**usual, **fields})

    return project


def hunt(subject, runner, **options):
    return search(subject, runner, **{"seconds": 1.5, "with_hypothesis": False, **options})


def told(subject, text, recipe):
    """What one version does with a recipe."""
    namespace = {"__name__": "watched"}
    exec(compile(text, "watched", "exec", dont_inherit=True), namespace)
    samples = [sample.call for sample in subject.samples]
    known = Context(namespace, samples, subject.inputs_file)
    args, kwargs = materialise(recipe, known)
    try:
        result = namespace[subject.qualnames[0]](*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever the code under test raises is its outcome
        result = type(error)
    return sketch((result, args, kwargs), drain=True), list(known.log), sketch(namespace.get("DATA"))


def separates(subject, recipe, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        return told(subject, subject.before, recipe) != told(subject, subject.after, recipe)
    except Unusable:
        return False


FAMILIES = {
    "empty text": (
        "def f(s: str): return s[-1] == '/'",
        "def f(s: str): return s.endswith('/')",
        ["('a/',)"],
    ),
    "runs of blanks": ("def f(s: str): return s.split(' ')", "def f(s: str): return s.split()", ["('a b',)"]),
    "a mined word": (
        "def f(s: str): return 1 if s == 'omega-9' else 2",
        "def f(s: str): return 2",
        ["('x',)"],
    ),
    "a mined number": (
        "def f(n: int): return n - 1 if n > 90210 else n",
        "def f(n: int): return n",
        ["(1,)"],
    ),
    "a size with ties": (
        "def f(rows: list[tuple[str, int]]): return sorted(rows, key=lambda r: r[1])[:2]",
        "def f(rows: list[tuple[str, int]]): return (sorted(rows) if len(rows) > 40 else sorted(rows, key=lambda r: r[1]))[:2]",
        ["([('b', 1), ('a', 2)],)"],
    ),
    "n past the length": (
        "def f(xs: list, n: int): return xs[len(xs) - n:] if n <= len(xs) else list(xs)",
        "def f(xs: list, n: int): return xs[-n:]",
        ["([1, 2, 3], 2)"],
    ),
    "equal but of another type": (
        "def f(xs): return [f'{x!r}' for x in xs]",
        "def f(xs): return [{x: f'{x!r}' for x in xs}[x] for x in xs]",
        ["([1, 2],)"],
    ),
    "unhashable": ("def f(x): return x in ['a']", "def f(x): return x in {'a'}", ["('a',)"]),
    "an iterator": ("def f(xs): return sum(1 for _ in xs)", "def f(xs): return len(xs)", ["([1],)"]),
    "how often a callback is called": (
        "def f(g, x): return 0 <= g(x) and g(x) < 9",
        "def f(g, x): return 0 <= g(x) < 9",
        ["(abs, 3)"],
    ),
    "order of callbacks": (
        "def f(g, xs): return [g(x) for x in xs]",
        "def f(g, xs): return [g(x) for x in reversed(xs)][::-1]",
        ["(str, [1, 2])"],
    ),
    "what is left in an iterator": (
        "def f(it): return next((x for x in it if x), None)",
        "def f(it): return ([x for x in it if x] or [None])[0]",
        ["(iter([0, 1]),)"],
    ),
    "arguments changed before an error": (
        "def f(xs, out):\n    for x in xs: out.append(int(x))",
        "def f(xs, out): out.extend([int(x) for x in xs])",
        ["(['1'], [])"],
    ),
    "one object in two places": (
        "def f(a, b):\n    b.append(1)\n    return len(a)",
        "def f(a, b):\n    n = len(a)\n    b.append(1)\n    return n",
        ["([1], [2])"],
    ),
    "a stored None": (
        "def f(d): return d['k'] if 'k' in d else 0",
        "def f(d): return d.get('k') or 0",
        ["({'k': 1},)", "({},)"],
    ),
    "a default factory": (
        "def f(d):\n    try: return d['k']\n    except KeyError: return 0",
        "def f(d): return d.get('k', 0)",
        ["({'k': 1},)", "({},)"],
    ),
    "a duck": (
        "def f(o): return o.size",
        "def f(o): return o.__dict__['size']",
        ["(SimpleNamespace(size=1),)"],
    ),
    "case folding": (
        "def f(a: str, b: str): return a.casefold() == b.casefold()",
        "def f(a: str, b: str): return a.lower() == b.lower()",
        ["('A', 'a')"],
    ),
    "a date": (
        "from datetime import datetime\ndef f(s): return datetime.strptime(s, '%Y-%m-%d').day",
        "def f(s): return int(s[8:])",
        ["('2024-01-02',)"],
    ),
    "an overflowing total": (
        "def f(xs: list[int]): return sum(xs)",
        "import array\ndef f(xs: list[int]): return array.array('q', [sum(xs)])[0]",
        ["([1],)"],
    ),
    "module data": (
        "DATA = {}\ndef f(w: str):\n    DATA[w] = 1\n    return 1",
        "DATA = {}\ndef f(w: str):\n    if w: DATA[w] = 1\n    return 1",
        ["('a',)"],
    ),
    "text templates": (
        "def f(t: str, name: str):\n    greeting = 'hi ' + name\n    return t.format(**locals())",
        "def f(t: str, name: str): return t.format(t=t, name=name)",
        ["('{name}', 'x')"],
    ),
    "a flag that is 1": (
        "def f(users): return [u.name for u in users if u.active]",
        "def f(users): return [u.name for u in users if u.active is True]",
        ["([SimpleNamespace(name='a', active=True)],)", "([],)"],
    ),
    "rows that are equal to tuples": (
        "class Key:\n    def __init__(self, a, b): pass\ndef f(rows): return len({Key(*row) for row in rows} | set(rows))",
        "def f(rows): return len(set(rows))",
        ["([],)"],
    ),
    "digits by a logarithm": (
        "def f(n: int): return len(str(n)) if n > 0 else 0",
        "import math\ndef f(n: int): return int(math.log10(n)) + 1 if n > 0 else 0",
        ["(5,)", "(1000,)"],
    ),
    "a year without padding": (
        "import datetime\ndef f(n: int): return datetime.date.fromordinal(n).strftime('%Y')",
        "import datetime\ndef f(n: int): return datetime.date.fromordinal(n).isoformat()[:4]",
        ["(737000,)"],
    ),
    "an attribute that is not there": (
        "def f(o):\n    try: return o.size\n    except AttributeError: return 0",
        "def f(o): return 0 if o is None else o.size",
        ["(None,)", "(SimpleNamespace(size=3),)"],
    ),
    "an error from a class that is called": (
        "def f(gs):\n    out = []\n    for g in gs:\n        try: out.append(g())\n        except ValueError: out.append(0)\n    return out",
        "def f(gs):\n    try: return [g() for g in gs]\n    except ValueError: return [0] * len(gs)",
        ["([str, int],)"],
    ),
    "an error from a callback": (
        "def f(g):\n    try: return g()\n    except ValueError: return 0",
        "def f(g):\n    try: return g()\n    except Exception: return 0",
        ["(int,)"],
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_input_that_tells_the_versions_apart_comes_early(family, project, runner, monkeypatch, tmp_path):
    before, after, calls = FAMILIES[family]
    subject = project(before, after, calls)
    assert not any(
        separates(subject, {"base": ["call", n]}, monkeypatch, tmp_path) for n in range(len(calls))
    )
    found = hunt(subject, runner)
    early = itertools.islice(found, 12)
    assert any(separates(subject, recipe, monkeypatch, tmp_path) for recipe in early), found.notes


class TestClasses:
    BEFORE = """
        class C:
            def __init__(self, limit: int):
                self.limit, self.items = limit, []
            def add(self, x: int):
                self.items.append(x)
            def total(self):
                return sum(self.items)
        """

    def test_sequences_of_calls_are_tried(self, project, runner):
        after = self.BEFORE.replace("return sum(self.items)", "return sum(set(self.items))")
        found = hunt(project(self.BEFORE, after, ["(3,)"], qualnames=("C",)), runner)
        steps = found.recipes[0]["sequence"]
        assert [step[1] for step in steps if step[0] == "call"].count("add") >= 2
        assert ["call", "total"] in [step[:2] for step in steps]

    def test_a_method_is_called_with_instances_that_are_made(self, project, runner):
        text = (
            "class C:\n    def __init__(self, n: int): self.n = n\n    def m(self, k: int): return self.n > k"
        )
        found = hunt(project(text, text.replace(">", ">="), qualnames=("C.m",)), runner)
        assert found.recipes[0]["base"][1].startswith("(C(")
        assert found.domain


class TestDomain:
    def test_each_parameter_has_a_line(self, project, runner):
        found = hunt(
            project("def f(x: int, y): return x", "def f(x: int, y): return +x", ["(1, 'a')"]), runner
        )
        assert found.domain == ("x: int (recorded, annotated)", "y: str (recorded)")

    def test_a_function_that_nobody_describes_has_no_domain(self, project, runner):
        assert hunt(project("def f(x): return x", "def f(x): return (x)"), runner).domain == ()

    def test_assumed_types_are_kept_to(self, project, runner):
        held = Assumption(text="xs is a list", evidence=Evidence.OBSERVED, parameter="xs", types=("list",))
        subject = project(
            "def f(xs): return [x for x in xs]", "def f(xs): return list(xs)", ["([1],)"], assumptions=(held,)
        )
        known = Context({}, inputs_file="")
        for recipe in hunt(subject, runner, seconds=1.0):
            if recipe["base"][0] == "source":
                assert type(materialise(recipe, known)[0][0]) is list

    def test_samples_belong_to_the_function_they_were_recorded_for(self, project, runner):
        text = "def f(x: int): return x\ndef g(y: str): return y"
        samples = tuple(
            Sample(
                call=base64.b64encode(pickle.dumps(((value,), {}), protocol=4)).decode(),
                stratum="",
                weight=0.5,
            )
            for value in ("text", 7)
        )
        subject = project(
            text,
            text.replace("return x", "return +x"),
            qualnames=("f", "g"),
            samples=samples,
            sample_of=("g", "f"),
            inputs_file="",
        )
        recorded = [
            recipe for recipe in hunt(subject, runner, seconds=1.0) if recipe["found_by"] == "recorded"
        ]
        assert recorded == [
            {"base": ["call", 1], "found_by": "recorded"},
            {"base": ["call", 0], "found_by": "recorded", "target": "g"},
        ]


class TestRobustness:
    def test_no_more_than_the_limit_none_twice_and_all_json(self, project, runner):
        subject = project("def f(x): return [x]", "def f(x): return list((x,))", ["(1,)", "('a',)"])
        found = hunt(subject, runner, limit=50).recipes
        assert len(found) == 50
        assert len({json.dumps(recipe, sort_keys=True) for recipe in found}) == 50

    def test_the_same_seed_finds_the_same(self, project, runner):
        subject = project("def f(x: int): return x > 3", "def f(x: int): return 3 < x", ["(1,)"])
        payload_limit = {"seconds": 3.0, "limit": 30}
        assert (
            hunt(subject, runner, **payload_limit).recipes == hunt(subject, runner, **payload_limit).recipes
        )

    def test_an_input_that_ends_the_process_is_set_aside(self, project, runner):
        text = "import os\ndef f(n: int):\n    if n == 13: os._exit(3)\n    return n"
        found = hunt(project(text, text.replace("return n", "return +n"), ["(1,)"]), runner)
        assert any("ended the process" in note for note in found.notes)
        assert len(found.recipes) > 10

    def test_an_input_that_only_ends_the_new_version_comes_first(self, project, runner):
        before = "def f(n: int):\n    if n == 13: return 0\n    return n"
        after = before.replace("return 0", "__import__('os')._exit(3)")
        first = hunt(project(before, after, ["(1,)"]), runner).recipes[0]
        assert materialise(first, Context({}, inputs_file=project(before, after, ["(1,)"]).inputs_file))[
            0
        ] == (13,)

    def test_endless_loops_are_left(self, project, runner):
        text = "def f(n: int):\n    while n == 2: pass\n    return sum(range(n)) if n > 10**9 else n"
        found = hunt(project(text, text.replace("else n", "else +n"), ["(1,)"]), runner, seconds=2.0)
        assert len(found.recipes) > 10

    def test_handlers_that_catch_everything_do_not_catch_the_deadline(self, project, runner):
        text = "def f(n: int):\n    while n == 2:\n        try: 1 / 1\n        except BaseException: pass\n    return n"
        found = hunt(project(text, text.replace("return n", "return +n"), ["(1,)"]), runner, seconds=2.0)
        assert len(found.recipes) > 10

    def test_made_up_inputs_remove_nothing(self, project, runner, tmp_path):
        (tmp_path / "precious").mkdir()
        text = "import shutil\ndef f(path: str):\n    shutil.rmtree(path or 'precious')\n    return 1"
        hunt(project(text, text.replace("return 1", "return 2"), ["('nothing here',)"]), runner)
        assert (tmp_path / "precious").is_dir()

    def test_made_up_inputs_start_nothing_and_overwrite_nothing(self, project, runner, tmp_path):
        (tmp_path / "kept").write_text("as it was")
        text = """
            import os
            def f(command: str):
                open("kept", "w").close()
            def g(command: str):
                os.system("touch started")
            """
        subject = project(text, text.replace("close()", "close() or None"), qualnames=("f", "g"))
        hunt(subject, runner)
        assert (tmp_path / "kept").read_text() == "as it was"
        assert not (tmp_path / "started").exists()

    def test_a_new_version_that_cannot_be_loaded_is_told(self, project, runner):
        found = hunt(
            project("def f(x: int): return x", "def f(x: int): return x\n1 / 0"), runner, seconds=1.0
        )
        assert any("ZeroDivisionError" in note for note in found.notes)

    def test_an_original_that_cannot_be_loaded_is_told(self, project, runner):
        found = hunt(project("1 / 0", "1 / 0"), runner, seconds=1.0)
        assert not found.recipes
        assert any("ZeroDivisionError" in note for note in found.notes)

    def test_a_function_that_is_not_there_is_told(self, project, runner):
        found = hunt(project("def f(): return 1", "def g(): return 1"), runner, seconds=1.0)
        assert any("f is not in both versions" in note for note in found.notes)


def test_noise_is_not_suspicious(project, runner):
    text = "import time\ndef f(n: int): return time.perf_counter_ns() + n"
    found = hunt(project(text, text.replace("+ n", "+ (n)"), ["(1,)"]), runner, seconds=1.0)
    assert found.recipes[0] == {"base": ["call", 0], "found_by": "recorded"}


def test_hypothesis_is_used_and_shrinks(project, runner):
    before = "def f(xs: list[int], k: int): return sorted(xs)[:k]"
    after = "def f(xs: list[int], k: int): return sorted(xs)[:k] if len(xs) < 4 else xs[:k]"
    found = search(project(before, after), runner, seconds=3.0)
    assert not [note for note in found.notes if "hypothesis" in note.lower()]
    first = materialise(found.recipes[0], Context({}))[0]
    assert len(first[0]) <= 6


@pytest.mark.interpreters
@pytest.mark.parametrize("minor", ["3.9", "3.11", "3.13"])
def test_other_interpreters(project, runner, python_exe, minor):
    subject = project(
        "def f(s: 'str | None'): return s.split(' ') if s else []",
        "def f(s: 'str | None'): return s.split() if s else []",
        ["('a b',)"],
        python=python_exe(minor),
    )
    found = hunt(subject, runner)
    assert found.recipes[0]["found_by"] != "recorded"
    assert found.domain == ("s: str or none (recorded, annotated)",)


# -- parts ------------------------------------------------------------------------------------------


def test_smaller_texts_keep_the_shape_of_a_call():
    found = list(smaller_texts("([1, 20], 'abc', {'k': None})"))
    assert "([1], 'abc', {'k': None})" in found
    assert "([1, 20], '', {'k': None})" in found
    assert "([1, 20], 'abc', {})" in found
    assert "([1, 0], 'abc', {'k': None})" in found
    assert all(text.count(",") >= 2 for text in found), "no argument is left out"


def test_smaller_recipes_have_fewer_edits_and_steps():
    recipe = {"base": ["call", 0], "ops": [["empty", [0]], ["reverse", [1]]], "sequence": [["get", "a"]]}
    found = list(smaller({**recipe, "earlier": [["twin", [0], "float"]]}))
    assert recipe in found
    found = list(smaller(recipe))
    assert {**recipe, "ops": [["reverse", [1]]]} in found
    assert {"base": recipe["base"], "ops": recipe["ops"]} in found


def test_equal_recipes_have_equal_keys_whoever_found_them():
    one = {"base": ["call", 0], "found_by": "neighbour"}
    assert trials.key_of(one) == trials.key_of({"found_by": "mined", "base": ["call", 0]})
    assert trials.key_of(one) != trials.key_of({"base": ["call", 1], "found_by": "neighbour"})


def test_a_later_replacement_makes_earlier_edits_of_the_place_pointless():
    class Change:
        outside = earlier = False

        def __init__(self, *ops):
            self.ops = list(ops)

    base = {"base": ["call", 0], "ops": [["empty", [0]], ["text", [0, 1], "upper"], ["empty", [1]]]}
    recipe = explore.edited(base, [Change(["set", [0], 5])], "mined")
    assert recipe["ops"] == [["empty", [1]], ["set", [0], 5]]
