from __future__ import annotations

import asyncio
import contextlib
import itertools

import pytest

from optimizer.worker import doubles
from optimizer.worker.doubles import DoubleError, Doubles
from optimizer.worker.recipes import Context, materialise


@pytest.fixture
def double():
    return Doubles([])


def edited(source, op):
    known = Context({})
    (value, *_), _ = materialise({"base": ["source", source], "ops": [op]}, known)
    return value, known.log


class TestCallables:
    def test_it_logs_and_gives_back_its_first_argument(self, double):
        assert double.call("f")(3, k=4) == 3
        assert double.log == [["call", "f", "tuple[3,]", "dict['k',4,]"]]

    def test_results_go_round(self, double):
        f = double.call("f", returns=[1, 2])
        assert [f(), f(), f()] == [1, 2, 1]

    def test_it_fails_at_a_given_call(self, double):
        f = double.call("f", fails_at=2, error=KeyError)
        f()
        with pytest.raises(KeyError):
            f()
        f()
        assert len(double.log) == 3

    def test_it_disturbs_a_container(self, double):
        items = [1, 2]
        double.call("f", changes=items)()
        assert items == [1, 2, 1]

    @pytest.mark.parametrize("container", [[1], {}, {1}], ids=["list", "dict", "set"])
    def test_every_container_is_disturbed(self, container):
        size = len(container)
        doubles.disturb(container)
        assert len(container) == size + 1

    def test_a_callable_is_put_behind_a_spy(self):
        spy, log = edited("(len,)", ["spy", [0], "f"])
        assert spy([1, 2]) == 2
        assert log == [["call", "f", "tuple[list[1,2,],]", "dict[]"]]

    def test_a_spy_can_fail_at_a_call(self):
        spy, _ = edited("(len,)", ["failing_spy", [0], "f", 1])
        with pytest.raises(DoubleError):
            spy([])

    def test_a_spy_can_change_another_argument(self):
        known = Context({})
        recipe = {"base": ["source", "(len, [1])"], "ops": [["disturbing_spy", [0], "f", [1]]]}
        (spy, items), _ = materialise(recipe, known)
        spy([])
        assert items == [1, 1]


class TestIterables:
    def test_lazy_logs_how_far_it_was_read(self):
        items, log = edited("([1, 2, 3],)", ["lazy", [0], None])
        assert list(itertools.islice(items, 2)) == [1, 2]
        assert log == [["next", "1"], ["next", "2"]]

    def test_lazy_can_fail_half_way(self):
        items, _ = edited("([1, 2, 3],)", ["lazy", [0], 1])
        assert next(items) == 1
        with pytest.raises(DoubleError):
            next(items)

    def test_breaking_fails_each_time(self):
        items, _ = edited("([1, 2, 3],)", ["breaking", [0], 2])
        for _ in range(2):
            seen = []
            with pytest.raises(DoubleError):
                seen.extend(items)
            assert seen == [1, 2]


class TestAwaited:
    def test_a_coroutine_function_logs_and_fails(self, double):
        call = double.async_call("f", returns=[1], fails_at=2, error=KeyError)
        assert asyncio.run(call(5)) == 1
        with pytest.raises(KeyError):
            asyncio.run(call())
        assert [entry[:2] for entry in double.log] == [["call", "f"], ["call", "f"]]

    def test_an_asynchronous_generator_logs(self, double):
        async def read():
            return [item async for item in double.async_lazy([1, 2])]

        assert asyncio.run(read()) == [1, 2]
        assert double.log == [["next", "1"], ["next", "2"], ["end"]]

    @pytest.mark.parametrize("swallows", [False, True])
    def test_a_context_manager_logs_and_may_swallow(self, double, swallows):
        outcome = contextlib.nullcontext() if swallows else pytest.raises(KeyError)
        with outcome, double.context(value=7, swallows=swallows) as given:
            assert given == 7
            raise KeyError
        assert double.log == [["enter"], ["exit", "KeyError"]]

    def test_a_file_has_a_name_that_its_content_decides(self, double, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        assert double.file("a\n") == double.file("a\n") != double.file(b"b")
        assert (tmp_path / double.file("a\n")).read_bytes() == b"a\n"


class TestObjects:
    def test_a_duck_has_attributes_and_logs_calls_of_its_methods(self, double):
        duck = double.duck("it", size=3, close=len)
        assert (duck.size, duck.close("ab")) == (3, 2)
        assert double.log == [["call", "it.close", "tuple['ab',]", "dict[]"]]

    def test_a_duck_may_have_an_attribute_called_name(self, double):
        assert double.duck("it", name="x").name == "x"
        assert double.slotted("it", name="x").name == "x"

    def test_a_slotted_duck_has_no_dict(self, double):
        with pytest.raises(TypeError):
            vars(double.slotted("it", size=3))

    def test_a_proxy_passes_on_and_logs(self, double):
        proxy = double.proxy([3, 4], "xs")
        assert (len(proxy), list(proxy), proxy[0]) == (2, [3, 4], 3)
        proxy.append(5)
        assert proxy.__class__ is list
        assert [entry[:2] for entry in double.log if entry[0] == "call"] == [
            ["call", "xs.__len__"],
            ["call", "xs.__iter__"],
            ["call", "xs.__len__"],
            ["call", "xs.__getitem__"],
            ["call", "xs.append"],
        ]

    def test_watched_items_log_how_they_are_compared(self):
        items, log = edited("([2, 1],)", ["watch_items", [0]])
        assert [item._value for item in sorted(items)] == [1, 2]
        assert log == [["lt", "1", "2"]]


class TestSubclasses:
    @pytest.mark.parametrize(
        "value", [[1], (1,), {1: 2}, {1}, "a", 1, 1.5, b"a"], ids=lambda v: type(v).__name__
    )
    def test_equal_but_not_of_exactly_the_type(self, double, value):
        made = double.subclass(value)
        assert made == value
        assert type(made) is not type(value)
        assert isinstance(made, type(value))

    def test_an_odd_list_iterates_otherwise_than_it_is_indexed(self):
        odd, _ = edited("([1, 2],)", ["odd", [0], "odd"])
        assert (list(odd), odd[0]) == ([2, 1], 1)

    def test_odd_dicts(self):
        missing, _ = edited("({'a': 1},)", ["odd", [0], "missing"])
        assert (missing["b"], "b" in missing) == ("missing", False)
        odd_get, _ = edited("({'a': 1},)", ["odd", [0], "odd_get"])
        assert odd_get.get("b") == "odd"
