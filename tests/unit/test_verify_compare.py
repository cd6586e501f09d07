"""The comparison of outcomes: strict, with exactly the leniencies that it states."""

from __future__ import annotations

import pytest

from optimizer.verify.compare import Domain, compare, differences
from optimizer.verify.domain import domain_of, kinds
from optimizer.verify.noise import Noise, noise
from optimizer.verify.outcomes import Outcome


def error(kind="builtins.ValueError", text="a", *, explicit=False, direct=True, chain=None):
    return {
        "type": kind,
        "args": ["tuple", ["s" + text]],
        "text": text,
        "attributes": [],
        "explicit": explicit,
        "direct": direct,
        "chain": chain,
    }


def returned(result="i1", **parts):
    return {"end": "returned", "arguments": [], "result": result, "globals": [], **parts}


def raised(what, **parts):
    return {"end": "raised", "arguments": [], "error": what, "globals": [], **parts}


def same(before, after, domain=Domain.RECORDED, **options):
    return compare(before, after, domain=domain, **options) is None


def test_equal_outcomes_are_the_same():
    assert same(returned(), returned())


def test_json_numbers_are_compared_by_type():
    assert not same(returned(x=1), returned(x=True))
    assert not same(returned(x=1), returned(x=1.0))


def test_a_part_that_is_missing_on_either_side_is_a_difference():
    assert not same(returned(files=[]), returned())
    assert not same(returned(), returned(files=[]))


def test_the_difference_says_where_it_is():
    found = compare(
        returned(["list", ["i1", "i2"]]), returned(["list", ["i1", "i3"]]), domain=Domain.RECORDED
    )
    assert (found.path, found.before, found.after) == (("result", 1, 1), "i2", "i3")


def test_a_shorter_list_differs_where_it_ends():
    found = compare(returned(["list", ["i1"]]), returned(["list", ["i1", "i2"]]), domain=Domain.RECORDED)
    assert found.path == ("result", 1, 1)


def test_masked_places_are_not_compared_and_others_are():
    one, other = returned(["list", ["i1", "i2"]]), returned(["list", ["i9", "i2"]])
    assert same(one, other, masks=[("result", 1, 0)])
    assert not same(one, other, masks=[("result", 1, 1)])


def test_new_names_of_the_module_are_its_own_business():
    one, other = returned(), returned(globals=[["_CACHE", "i1"]])
    assert same(one, other, new_names=["_CACHE"])
    assert not same(one, other)


@pytest.mark.parametrize("domain", [Domain.RECORDED, Domain.GENERATED])
def test_words_that_the_code_itself_raises_must_not_change(domain):
    assert not same(raised(error(text="a", explicit=True)), raised(error(text="b", explicit=True)), domain)
    assert not same(raised(error(text="a", explicit=True)), raised(error(text="b")), domain)


def test_words_of_an_incidental_error_count_on_recorded_calls_only():
    one, other = raised(error(text="a")), raised(error(text="b"))
    assert not same(one, other, Domain.RECORDED)
    assert same(one, other, Domain.GENERATED)


def test_the_key_of_a_key_error_always_counts():
    one, other = (raised(error("builtins.KeyError", text)) for text in "ab")
    assert not same(one, other, Domain.GENERATED)


def test_the_type_of_an_error_counts_inside_the_domain_only():
    one, other = raised(error("builtins.TypeError")), raised(error("builtins.AttributeError"))
    assert not same(one, other, Domain.GENERATED)
    assert same(one, other, Domain.OUTSIDE)


def test_what_an_error_leaves_behind_counts_everywhere():
    one, other = raised(error()), raised(error(), arguments=["i1"])
    assert not same(one, other, Domain.OUTSIDE)


def test_an_error_for_a_value_is_a_difference_everywhere():
    assert not same(raised(error()), returned(), Domain.OUTSIDE)
    assert not same(returned(), raised(error()), Domain.OUTSIDE)


def test_the_chain_of_an_error_counts():
    cause = ["cause", error("builtins.KeyError")]
    assert not same(raised(error(chain=cause)), raised(error()), Domain.GENERATED)


def test_leaving_less_open_is_no_difference_and_leaving_more_is():
    assert same(returned(unclosed=1), returned(unclosed=0))
    assert not same(returned(unclosed=0), returned(unclosed=1))


def test_reads_of_attributes_may_move_and_calls_may_not():
    read, call = ["read", "a"], ["call", "f", "()"]
    assert same(returned(events=[read, call]), returned(events=[call]))
    assert not same(returned(events=[call, read]), returned(events=[read]))


def test_a_subclass_that_was_made_up_for_the_input_may_be_lost():
    kept = ["tenpercent_worker.doubles.ListSubclass", [["i1"]], []]
    assert same(returned(kept), returned(["list", ["i1"]]), Domain.GENERATED)
    assert not same(returned(kept), returned(["list", ["i2"]]), Domain.GENERATED)
    assert not same(returned(["a.Mine", [["i1"]], []]), returned(["list", ["i1"]]), Domain.GENERATED)


def test_made_up_uses_that_fail_must_only_stay_failures():
    uses = [returned(use=[["x", {"error": error(kind)}]]) for kind in ("builtins.TypeError", "a.B")]
    assert same(*uses)
    assert not same(uses[0], returned(use=[["x", {"value": "i1"}]]))


def test_differences_go_as_deep_as_they_can():
    assert list(differences(returned(["list", ["i1", "i2"]]), returned(["list", ["i1", "i3"]]))) == [
        ("result", 1, 1)
    ]


def outcome(seen):
    return Outcome(how="ok", seen=seen)


def test_what_differs_in_countless_places_shows_nothing():
    runs = [[outcome(returned(["list", [f"i{number + run}" for number in range(2000)]]))] for run in (0, 1)]
    found = noise(runs)
    assert found.unstable == {0}
    assert found.masks[0] >= {("result",)}
    assert len(found.masks[0]) < 20


def test_what_the_original_does_not_repeat_is_noise():
    found = noise([[outcome(returned(x="a"))], [outcome(returned(x="b"))]])
    assert found == Noise(masks=(frozenset({("x",)}),), unstable=frozenset())
    assert found.masked


def test_a_result_that_is_not_repeated_is_unstable():
    assert noise([[outcome(returned("i1"))], [outcome(returned("i2"))]]).unstable == {0}
    assert noise([[outcome(returned())], [Outcome(how="timeout", seen="")]]).unstable == {0}


def test_the_order_of_a_set_may_vary():
    one, other = (outcome(returned(["set", ["i1", "i2"], {"order": order}])) for order in ([0, 1], [1, 0]))
    found = noise([[one], [other]])
    assert not found.unstable
    assert same(one.seen, other.seen, masks=found.masks[0])


RECORDED = {"base": ["call", 0], "found_by": "recorded"}
OUTSIDE = {"base": ["source", "x"], "outside": True}


def test_the_domain_of_a_recipe():
    assert domain_of(RECORDED) is Domain.RECORDED
    assert domain_of({**RECORDED, "ops": [["empty", [0]]]}) is Domain.GENERATED
    assert domain_of(OUTSIDE) is Domain.OUTSIDE


def learned(*outside):
    recorded = outcome(returned(kinds=[["0", "list"], ["1", "str"]]))
    return kinds([RECORDED, *[OUTSIDE] * len(outside)], [recorded, *outside])


def given(seen, **by_parameter):
    return outcome({**seen, "kinds": [[name.strip("p"), kind] for name, kind in by_parameter.items()]})


def test_a_type_that_the_original_copes_with_belongs_to_the_neighbourhood():
    before = given(returned(), p0="tuple", p1="str")
    assert learned(before).count(before, outcome(raised(error())))


def test_a_type_that_the_original_rejects_somewhere_does_not():
    before = given(returned(), p0="tuple", p1="str")
    rejected = given(raised(error("builtins.TypeError")), p0="tuple", p1="str")
    assert not learned(before, rejected).count(before, outcome(raised(error())))


def test_an_error_of_something_that_is_called_rejects_nothing():
    before = given(returned(), p0="tuple", p1="str")
    failed = given(raised(error("builtins.TypeError", direct=False)), p0="tuple", p1="str")
    assert learned(before, failed).count(before, outcome(raised(error())))


def test_taking_a_wrong_scalar_counts_and_taking_a_wrong_container_does_not():
    scalar = given(raised(error("builtins.TypeError")), p0="list", p1="int")
    container = given(raised(error("builtins.TypeError")), p0="generator", p1="str")
    assert learned(scalar).count(scalar, outcome(returned()))
    assert not learned(container).count(container, outcome(returned()))


def nested(depth: int, innermost: object) -> object:
    found = innermost
    for number in range(depth):
        found = [found] if number % 2 else {"a": found}
    return found


def test_values_of_any_depth_are_equal_or_not():
    same = {"result": nested(5_000, 1)}
    assert compare(same, {"result": nested(5_000, 1)}, domain=Domain.RECORDED) is None
    with pytest.raises(RecursionError):
        compare(same, {"result": nested(5_000, 2)}, domain=Domain.RECORDED)
