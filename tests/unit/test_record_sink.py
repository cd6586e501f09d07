"""The sample of calls: every stratum is in it, weights are shares of calls, work grows with the logarithm."""

from __future__ import annotations

import pickle
import random

import pytest

from optimizer.worker.record_call import Signature, defaults_of
from optimizer.worker.record_pickle import Copier
from optimizer.worker.record_sink import Room, Sink

MISSING = object()


def function(items, sep=", ", *rest, flag=MISSING, **options):
    return items, sep, rest, flag, options


def plain(items):
    return items


DEFAULTS = (function.__defaults__, function.__kwdefaults__)


def always(*, urgent):
    return urgent in {True, False}


def sink(room=None, may_spend=always):
    return Sink(Copier(), room or Room(), random.Random(1), may_spend)


def take(one, values):
    """Call `plain` with each of `values`, the way that the recorder does."""
    signature, looked_at, look_at, looks = Signature(plain.__code__), 0, 1, 0
    for calls, value in enumerate(values, start=1):
        if calls >= look_at:
            one.look(signature, {"items": value}, calls - looked_at, lambda: ((), {}))
            looked_at, look_at, looks = calls, one.next_look(calls), looks + 1
    return looks


def kept(one):
    return [(pickle.loads(sample.data)[0][0], stratum, weight) for sample, stratum, weight in one.chosen()]


def test_rare_kinds_of_calls_are_in_the_sample():
    one = sink()
    take(one, [*([7] * 5000), None, *([8] * 5000), [], *([9] * 10)])
    strata = {stratum for _, stratum, _ in kept(one)}
    assert "int <16" in strata
    assert sum(weight for _, _, weight in kept(one)) == pytest.approx(1)


def test_weights_are_shares_of_calls():
    one = sink()
    take(one, ["ab"] * 150 + [[1, 2]] * 50)
    weights = {stratum: 0.0 for _, stratum, _ in kept(one)}
    for _, stratum, weight in kept(one):
        weights[stratum] += weight
    assert weights == pytest.approx({"str 2-3": 0.75, "list[int] 2-3": 0.25})


def test_the_sample_is_not_the_first_calls():
    one = sink(Room(stratum=8))
    take(one, [f"{number:04}" for number in range(240)])
    numbers = sorted(int(value) for value, _, _ in kept(one))
    assert len(numbers) == 8
    assert numbers[-1] > 100


def test_equal_calls_share_a_place():
    one = sink(Room(stratum=3))
    take(one, ["aa"] * 50 + ["bb"] * 50)
    values = {value: weight for value, _, weight in kept(one)}
    assert set(values) == {"aa", "bb"}


def test_looks_become_rare():
    looks = take(sink(), itertools_repeat("x", 200_000))
    assert looks < 6000


def itertools_repeat(value, times):
    return (value for _ in range(times))


def test_the_number_of_samples_is_bounded():
    one = sink(Room(samples=10))
    take(
        one, [*range(-3, 3), "", "a", "bc", "defg", "x" * 20, (), [], {}, set(), None, 1.5, b"", True, False]
    )
    assert len(kept(one)) == 10


def test_too_many_strata_share_one():
    one = sink(Room(strata=3))
    take(one, ["x" * 2**power for power in range(8)])
    assert "others" in {stratum for _, stratum, _ in kept(one)}
    assert one.all_types(("items",)) == {("items", "str"): 8}


def test_what_is_lost_is_counted_by_reason():
    one = sink()
    take(one, [(i for i in ()) for _ in range(20)])
    assert kept(one) == []
    assert one.lost == {"a generator": 20}


def test_only_new_kinds_of_calls_when_there_is_no_time():
    one = sink(may_spend=lambda urgent: urgent)
    take(one, ["a", "b", "c", [1], [2]])
    assert [value for value, _, _ in kept(one)] == ["a", [1]]


def test_a_call_is_made_again_as_it_was():
    signature = Signature(function.__code__)
    call = signature.bound(([1], "; ", 5, 6), {"flag": True, "more": 2})
    assert signature.recall(call, DEFAULTS) == (([1], "; ", 5, 6), {"flag": True, "more": 2})
    assert signature.names == ("items", "sep", "rest", "flag", "options")


def test_defaults_are_left_to_the_function():
    signature = Signature(function.__code__)
    call = signature.bound(([1], ", "), {"flag": MISSING})
    assert signature.recall(call, DEFAULTS) == (([1],), {})


def test_a_default_in_front_of_further_arguments_is_given():
    signature = Signature(function.__code__)
    call = signature.bound(([1], ", ", 5), {"flag": MISSING})
    assert signature.recall(call, DEFAULTS) == (([1], ", ", 5), {})


def test_the_instance_is_no_argument_of_its_class():
    signature = Signature(Sink.__init__.__code__, without_first=True)
    call = signature.bound((1, 2, 3, 4, 5, False), {})
    assert signature.recall(call, ((False,), {})) == ((2, 3, 4, 5), {})
    assert "self" not in signature.names


def test_defaults_are_found_behind_decorators():
    source = """
import functools
class C:
    @property
    def p(self, k=1): return k
    @staticmethod
    @functools.lru_cache
    def s(k=2): return k
"""
    namespace = {"__name__": "made_up"}
    exec(source, namespace)
    assert defaults_of(namespace, "C.p", 4) == ((1,), {})
    assert defaults_of(namespace, "C.s", 6) == ((2,), {})
    assert defaults_of(namespace, "C.s", 7) == ((), {})
    assert defaults_of(namespace, "C.gone", 6) == ((), {})
