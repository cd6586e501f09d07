"""Every labelled pair through the whole verification: recorded calls are given, the witnesses never are."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from benchmarks.equivalence_cases import ADVERSARIAL, Case, load, subject
from optimizer.model import Behaviour, Verification
from optimizer.sandbox.launch import Launcher
from optimizer.verify.compare import Domain, compare
from optimizer.verify.outcomes import Observer, Order
from optimizer.verify.regions import change_between
from optimizer.verify.verify import verify

FIRST = load()
CASES = {case.id: case for case in (*FIRST, *load(ADVERSARIAL))}
# One of each kind that is quick: found at import, by a second call, in callbacks, by a boundary; and two equivalents.
SAMPLE = ("p021", "p033", "p062", "p049", "p043", "p053")
# Of the second corpus: a tuple for a value, a cache inside an object, the order of callbacks, n near the end.
SAMPLE += ("q030", "q041", "q095", "q105", "q060")
NEEDED_RECALL = 0.85


def runnable(case: Case) -> bool:
    return all(importlib.util.find_spec(name) for name in case.requires)


def judged(case: Case, folder: Path) -> Verification:
    folder.mkdir()
    return verify(subject(case, folder, python=sys.executable), Launcher())


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_is_judged_as_it_is_labelled(name, tmp_path):
    case = CASES[name]
    found = judged(case, tmp_path / "case")
    assert found.behaviour is (Behaviour.SAME if case.equivalent else Behaviour.DIFFERENT), found.reasons
    assert (found.counterexample is None) == case.equivalent


def shown(case: Case) -> object:
    """A case of the first corpus, or one that is looked at only when slow tests are asked for."""
    marks = [] if case in FIRST or case.id in SAMPLE else [pytest.mark.slow]
    return pytest.param(case, id=case.id, marks=marks)


@pytest.mark.parametrize("case", [shown(case) for case in CASES.values() if runnable(case)])
def test_witnesses_are_seen_and_equal_calls_are_not(case, tmp_path):
    """The observation alone: a witness shows a difference, a recorded call never does."""
    given = case.witness or case.inputs
    made = subject(case, tmp_path, python=sys.executable, inputs=given)
    classes = change_between(made.before, made.after).classes
    observer = Observer(subject=made, runner=Launcher(), classes=classes)
    before, after = observer.observe_all(
        [Order(text=text, recipes=None) for text in (made.before, made.after)]
    )
    if not after.ok:
        assert not case.equivalent
        return
    found = [
        compare(old.seen, new.seen, domain=Domain.RECORDED)
        for old, new in zip(before.outcomes, after.outcomes, strict=True)
    ]
    assert found
    assert all(difference is None for difference in found) if case.equivalent else all(found)


@pytest.mark.slow
def test_no_different_pair_is_called_the_same_and_most_equivalent_ones_are(tmp_path):
    verdicts = {
        case.id: judged(case, tmp_path / case.id).behaviour for case in CASES.values() if runnable(case)
    }
    same = {name for name, behaviour in verdicts.items() if behaviour is Behaviour.SAME}
    equivalent = {name for name in verdicts if CASES[name].equivalent}
    assert not same - equivalent
    assert len(same & equivalent) >= NEEDED_RECALL * len(equivalent), sorted(equivalent - same)
