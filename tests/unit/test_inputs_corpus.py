"""Does the search alone, without witnesses, come upon an input that separates each labelled pair?"""

from __future__ import annotations

import importlib.util
import sys
import types
from itertools import islice

import pytest

from benchmarks.equivalence_cases import MODULE, load, subject
from optimizer.verify.inputs import search
from optimizer.worker.recipes import Context, Unusable, materialise
from optimizer.worker.sketch import sketch

DIFFERENT = [case for case in load() if not case.equivalent]
_LOOKED_AT = 60


def imported(text):
    module = sys.modules[MODULE] = types.ModuleType(MODULE)
    exec(compile(text, MODULE, "exec", dont_inherit=True), module.__dict__)
    return module


def told(module, known, qualname, recipe):
    """A quick account of one call and of the same call again, with an instance's attributes for classes."""
    account = []
    for _ in range(2):
        args, kwargs = materialise(recipe, known)
        try:
            result = getattr(module, qualname)(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever the code under test raises is its outcome
            result = type(error)
        at_return = [list(known.log), sketch(known.inputs_namespace.get("LOG"))]
        account.append([at_return, sketch((result, args, kwargs), drain=True), list(known.log)])
        if isinstance(result, list):
            result.append("left by the caller")
    return account, [sketch(value) for name, value in sorted(vars(module).items()) if name in _DATA]


_DATA = {"CALLS", "EVENTS", "PATTERN", "OPS"}


def separated(case, recipe, inputs_file):
    """Whether one input shows a difference, each version freshly imported."""
    accounts = []
    for text in (case.before, case.after):
        module = imported(text)
        try:
            accounts.append(told(module, Context(vars(module), inputs_file=inputs_file), case.entry, recipe))
        except Unusable:
            return False
    return accounts[0] != accounts[1]


@pytest.mark.slow
@pytest.mark.parametrize("case", DIFFERENT, ids=lambda case: f"{case.id}-{case.family}")
def test_an_input_that_separates_the_pair_is_found(case, runner, tmp_path, monkeypatch):
    missing = [name for name in case.requires if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    monkeypatch.setitem(sys.modules, MODULE, None)
    monkeypatch.chdir(tmp_path)
    pair = subject(case, tmp_path, python=sys.executable)
    found = search(pair, runner, seconds=4.0, with_hypothesis=False)
    if any("cannot be loaded beside" in note for note in found.notes):
        with pytest.raises(Exception):  # noqa: B017 - importing it is what shows the difference
            imported(case.after)
        return
    assert any(separated(case, recipe, pair.inputs_file) for recipe in islice(found, _LOOKED_AT)), (
        found.domain
    )
