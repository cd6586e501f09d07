from __future__ import annotations

import base64
import collections
import pickle
import types
from typing import NamedTuple

import pytest

from optimizer.worker.recipes import Context, Unusable, earlier_call, materialise
from optimizer.worker.sketch import sketch


class Point(NamedTuple):
    x: int
    y: int


def context(**names):
    return Context(names)


def made(source, *ops, kwargs=None, **names):
    recipe = {"base": ["source", source], "ops": list(ops)}
    if kwargs:
        recipe["kwargs"] = kwargs
    return materialise(recipe, context(**names))


def only(source, *ops, **names):
    (value,), _ = made(source, *ops, **names)
    return value


class TestBases:
    def test_a_source_is_evaluated_among_the_names_of_the_module(self):
        assert made("(X, double.call('f')(2))", X=3) == ((3, 2), {})

    def test_a_pickle_holds_args_and_kwargs(self):
        data = base64.b64encode(pickle.dumps(((1, [2]), {"k": "v"}), protocol=4)).decode()
        assert materialise({"base": ["pickle", data]}, context()) == ((1, [2]), {"k": "v"})

    def test_recorded_calls_are_counted_through_samples_and_the_inputs_file(self, tmp_path):
        data = base64.b64encode(pickle.dumps(((0,), {}), protocol=4)).decode()
        file = tmp_path / "some_inputs.py"
        file.write_text("def inputs():\n    yield (1,)\n    yield (2,)\n")
        known = Context({}, samples=[data], inputs_file=str(file))
        assert known.count() == 3
        assert [materialise({"base": ["call", n]}, known)[0] for n in range(3)] == [(0,), (1,), (2,)]

    def test_the_inputs_file_runs_anew_for_each_input(self, tmp_path):
        file = tmp_path / "some_inputs.py"
        file.write_text("SHARED = []\ndef inputs():\n    yield (SHARED,)\n")
        known = Context({}, inputs_file=str(file))
        (first,), _ = materialise({"base": ["call", 0]}, known)
        first.append("left behind")
        assert materialise({"base": ["call", 0]}, known) == (([],), {})
        assert known.inputs_namespace["SHARED"] == []

    def test_generators_and_lambdas_of_the_inputs_file_work(self, tmp_path):
        file = tmp_path / "some_inputs.py"
        file.write_text("def inputs():\n    yield ((x for x in 'ab'), lambda: 5)\n")
        (items, call), _ = materialise({"base": ["call", 0]}, Context({}, inputs_file=str(file)))
        assert (list(items), call()) == (["a", "b"], 5)

    def test_a_part_of_another_recorded_call_can_be_used(self, tmp_path):
        file = tmp_path / "some_inputs.py"
        file.write_text("def inputs():\n    yield ({'a': [1, 2]}, 'x')\n")
        known = Context({}, inputs_file=str(file))
        recipe = {"base": ["source", "(double.recorded(0, [0, 'a']),)"]}
        assert materialise(recipe, known) == (([1, 2],), {})

    def test_keywords_stand_beside_a_source(self):
        assert made("(1,)", kwargs={"flag": {"source": "X"}}, X=7) == ((1,), {"flag": 7})

    @pytest.mark.parametrize(
        "recipe",
        [{"base": ["call", 5]}, {"base": ["source", "[1]"]}, {"base": ["elsewhere", ""]}],
        ids=["no such call", "not a tuple", "no such base"],
    )
    def test_what_cannot_be_made_is_unusable(self, recipe):
        with pytest.raises(Unusable):
            materialise(recipe, context())


EDITS = [
    ("[1, 2, 3]", ["empty", [0]], []),
    ("'ab'", ["empty", [0]], ""),
    ("(1, 2)", ["first", [0], 1], (1,)),
    ("{'a': 1, 'b': 2}", ["first", [0], 1], {"a": 1}),
    ("[1, 2, 3]", ["tail", [0], 2], [2, 3]),
    ("[1, 2, 3]", ["reverse", [0]], [3, 2, 1]),
    ("'abc'", ["reverse", [0]], "cba"),
    ("[1, 2, 3]", ["rotate", [0]], [2, 3, 1]),
    ("[2, 1, 3]", ["sort", [0], True], [3, 2, 1]),
    ("[1, 2]", ["duplicate", [0], -1, 2], [1, 2, 2, 2]),
    ("[1]", ["insert", [0], 0, {"source": "-1"}], [-1, 1]),
    ("[1]", ["insert", [0], None, True], [1, True]),
    ("[1, 2]", ["remove", [0], 0], [2]),
    ("[1, 2, 3]", ["swap_items", [0], 0, 2], [3, 2, 1]),
    ("['a', 'b']", ["grow", [0], 5, False], ["a", "b", "a", "b", "a"]),
    ("['a', 'b']", ["grow", [0], 4, True], ["a", "b", "a2", "b3"]),
    ("[('a', 1)]", ["grow", [0], 2, True], [("a", 1), ("a1", 2)]),
    ("[{'n': 1}]", ["grow", [0], 2, True], [{"n": 1}, {"n": 2}]),
    ("{'a': 1}", ["grow", [0], 2, True], {"a": 1, "a1": 2}),
    ("[1, 2, 3]", ["all_equal", [0]], [1, 1, 1]),
    ("[('a', 1), ('b', 2)]", ["same_column", [0], 1], [("a", 1), ("b", 1)]),
    ("[{'n': 1}, {'n': 2}]", ["same_column", [0], "n"], [{"n": 1}, {"n": 1}]),
    ("5", ["add", [0], -6], -1),
    ("5", ["negate", [0]], -5),
    ("3", ["as_float", [0]], 3.0),
    ("1", ["twin", [0], "float"], 1.0),
    ("1", ["twin", [0], "bool"], True),
    ("True", ["twin", [0], "int"], 1),
    ("-0.0", ["twin", [0], "zero"], 0.0),
    ("('a', 2, 3)", ["twin", [0], "float"], ("a", 2.0, 3)),
    ("[1, 'a']", ["other", [0]], ["ax", 2]),
    ("'a b'", ["text", [0], "runs"], "a  b"),
    ("'a b'", ["text", [0], "tabs"], "a\tb"),
    ("'ab'", ["text", [0], "padded"], " ab "),
    ("b'ab'", ["text", [0], "upper"], b"AB"),
    ("'ks'", ["text", [0], "folded"], "\u212a\u017f"),
    ("'ab'", ["splice", [0], 1, {"source": "'-'"}], "a-b"),
    ("{'a': 1}", ["put_key", [0], {"source": "'b'"}, {"source": "[2]"}], {"a": 1, "b": [2]}),
    ("{'a': 1, 'b': 2}", ["drop_key", [0], 0], {"b": 2}),
    ("[1, 2]", ["to", [0], "tuple"], (1, 2)),
    ("[1, 2, 1]", ["to", [0], "set"], {1, 2}),
    ("'ab'", ["to", [0], "bytes"], b"ab"),
    ("b'ab'", ["to", [0], "str"], "ab"),
    ("[1, 2]", ["to", [0], "text"], "12"),
    ("[5, 6]", ["to", [0], "range"], range(2)),
    ("{'a': 1}", ["to", [0], "ordered_dict"], collections.OrderedDict(a=1)),
    ("{'a': 1}", ["to", [0], "default_dict"], collections.defaultdict(int, a=1)),
    ("[1, 2, 3]", ["to", [0], "bounded_deque"], collections.deque([1, 2, 3], 3)),
    ("{'a': 1}", ["to", [0], "mapping_proxy"], types.MappingProxyType({"a": 1})),
    ("[1]", ["set", [0], {"source": "float('inf')"}], float("inf")),
    ("[1]", ["set", [0], None], None),
]


@pytest.mark.parametrize(("source", "op", "expected"), EDITS, ids=lambda value: str(value)[:40])
def test_edits(source, op, expected):
    value = only(f"({source},)", op)
    assert type(value) is type(expected)
    assert sketch(value) == sketch(expected)


SENSELESS = [
    ("5", ["empty", [0]]),
    ("[1]", ["reverse", [0]]),
    ("[1]", ["first", [0], 1]),
    ("'a'", ["negate", [0]]),
    ("[]", ["grow", [0], 3, False]),
    ("{1}", ["grow", [0], 3, False]),
    ("[[]]", ["to", [0], "set"]),
    ("[1]", ["spy", [0], "f"]),
    ("[1]", ["set", [0, 4], 1]),
    ("[1]", ["set", [1], 1]),
    ("{'a': 1}", ["set", [0, ["key", 0]], {"source": "[]"}]),
    ("None", ["subclass", [0]]),
    ("1.5", ["twin", [0], "int"]),
    ("2", ["twin", [0], "bool"]),
    ("('a',)", ["twin", [0], "float"]),
    ("1", ["drop", [3]]),
    ("1", ["no such edit", [0]]),
]


@pytest.mark.parametrize(("source", "op"), SENSELESS, ids=str)
def test_an_edit_that_makes_no_sense_makes_the_recipe_unusable(source, op):
    with pytest.raises(Unusable):
        made(f"({source},)", op)


class TestPlaces:
    def test_inside_lists_dicts_and_objects(self):
        thing = types.SimpleNamespace(rows=[{"n": 1}])
        value = only("(thing,)", ["set", [0, "rows", 0, "n"], 5], thing=thing)
        assert value.rows == [{"n": 5}]
        assert thing.rows == [{"n": 1}], "what the module holds stays as it is"

    def test_the_nth_value_and_the_nth_key_of_a_dict(self):
        assert only("({7: 'a', 8: 'b'},)", ["set", [0, 1], "c"]) == {7: "a", 8: "c"}
        assert list(only("({7: 'a', 8: 'b'},)", ["set", [0, ["key", 0]], 9])) == [9, 8]

    def test_counters_and_defaultdicts_keep_their_type(self):
        value = only("(C(a=1, b=2),)", ["set", [0, 0], 5], C=collections.Counter)
        assert value == collections.Counter(a=5, b=2)
        value = only("(D(list, a=1),)", ["set", [0, 0], 5], D=collections.defaultdict)
        assert (value["a"], value["new"]) == (5, [])

    def test_named_tuples_are_rebuilt(self):
        assert only("(P(1, 2),)", ["set", [0, 1], 9], P=Point) == Point(1, 9)

    def test_one_object_in_two_places(self):
        (one, other), _ = made("([1], [2])", ["alias", [1], [0]])
        assert one is other
        rows = only("([[1], [2]],)", ["share_item", [0], 0, 1])
        assert rows[0] is rows[1]

    def test_two_arguments_swapped(self):
        assert made("(1, 2)", ["swap", [0], [1]])[0] == (2, 1)

    def test_keywords_are_set_dropped_and_edited(self):
        kwargs = {"k": {"source": "[1]"}}
        assert made("()", ["insert", ["k"], None, 2], kwargs=kwargs)[1] == {"k": [1, 2]}
        assert made("()", ["drop", ["k"]], kwargs=kwargs)[1] == {}
        assert made("(1,)", ["set", ["new"], 3])[1] == {"new": 3}

    def test_a_trailing_argument_can_be_dropped(self):
        assert made("(1, 2)", ["drop", [1]])[0] == (1,)


def test_edits_come_in_order():
    assert only("([1],)", ["insert", [0], None, 2], ["reverse", [0]], ["to", [0], "tuple"]) == (2, 1)


def test_the_call_before_is_the_same_call_with_more_edits():
    recipe = {"base": ["source", "(1, 2)"], "ops": [["negate", [1]]], "earlier": [["twin", [0], "float"]]}
    assert sketch(materialise(earlier_call(recipe), context())[0]) == sketch((1.0, -2))
    assert sketch(materialise(recipe, context())[0]) == sketch((1, -2))
    assert earlier_call({"base": ["source", "(1,)"]}) is None


def test_equal_recipes_give_equal_inputs_and_an_empty_log():
    known = context()
    recipe = {"base": ["source", "(double.call('f'), [3, 1])"], "ops": [["lazy", [1], None]]}
    shown = []
    for _ in range(2):
        args, kwargs = materialise(recipe, known)
        assert known.log == []
        args[0](*args[1])
        shown.append((sketch((args, kwargs)), list(known.log)))
    assert shown[0] == shown[1]
    assert shown[0][1] == [["next", "3"], ["next", "1"], ["end"], ["call", "f", "tuple[3,1,]", "dict[]"]]
