"""Let hypothesis draw, steer and shrink: its choices feed the generators here, its strategies give values.

It runs a hundredth as many inputs a second as the generators here, and on labelled pairs it separated
none that they did not; but what it finds is small and of its own making. So it has a small share of the time.
It is imported from a toolbox folder at the end of `sys.path`, so that the project's own packages win.
"""

from __future__ import annotations

import base64
import math
import os
import pickle
import string
import sys
import tempfile
import time

from . import specs
from .calls import draw_call
from .choose import DrawnChooser
from .reach import source_of

_LEAST_SECONDS = 0.3
_MOST_EXAMPLES = 500
_MOST_SHRINK_SECONDS = 2.0
_OWN_SHARE = 0.5
_ALPHABET = (
    string.ascii_letters
    + string.digits
    + string.punctuation
    + " \t\n\r\x0b\0\x1c\x85\xa0"
    + ("\u00e9\u00df\u0130\u0131\u017f\u01c5\u0301\u0663\u00b2\u2028\u212a\ufb01\u3042\U0001f600\ud800\ufeff")
)


class _Differs(Exception):
    """Both versions did not do the same."""


class _TimeIsUp(BaseException):
    """Ends the whole run: hypothesis lets what is no `Exception` through."""


def search(domain, pools, payload, seconds, differs, note):
    """The smallest recipe found for which `differs(recipe)` holds, or None (importing comes on top)."""
    hypothesis = _imported(payload["toolbox"], note)
    if hypothesis is None:
        return None
    run = _Property(hypothesis, domain, pools, max(seconds, _LEAST_SECONDS), differs)
    return run.run(payload.get("seed", 0), note)


def _imported(folder, note):
    if folder not in sys.path:
        sys.path.append(folder)
    # Nothing of it is to be left in the project's folder.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(tempfile.gettempdir(), "hypothesis"))
    try:
        import hypothesis
        import hypothesis.strategies

        # The tables for all of Unicode take seconds to build, in every process anew.
        hypothesis.strategies.register_type_strategy(str, hypothesis.strategies.text(_ALPHABET))
    except BaseException as error:
        note("hypothesis cannot be used by this interpreter: %s: %s" % (type(error).__name__, error))
        return None
    return hypothesis


class _Property:
    """That both versions agree, for calls that hypothesis draws."""

    def __init__(self, hypothesis, domain, pools, seconds, differs):
        self._hypothesis, self._strategies = hypothesis, hypothesis.strategies
        self._domain, self._pools, self._differs = domain, pools, differs
        self._until = time.perf_counter() + seconds
        self._smallest = None

    def run(self, seed, note):
        """Look for a difference until the time is up, then shrink it."""
        check = self._hypothesis.given(self._calls())(self._agree)
        check = self._hypothesis.seed(seed)(check)
        phase = self._hypothesis.Phase
        settings = self._hypothesis.settings(
            max_examples=_MOST_EXAMPLES,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(self._hypothesis.HealthCheck),
            phases=(phase.generate, phase.shrink),
        )
        try:
            settings(check)()
        except (_Differs, _TimeIsUp):
            pass
        except Exception as error:
            # A verdict that changes between two runs of one example makes hypothesis give up.
            note("hypothesis stopped early: %s" % type(error).__name__)
        return self._smallest

    def _agree(self, recipe):
        now = time.perf_counter()
        if now > self._until:
            raise _TimeIsUp
        if recipe is not None and self._differs(recipe):
            if self._smallest is None:
                self._until = now + _MOST_SHRINK_SECONDS
            self._smallest = recipe
            raise _Differs

    def _calls(self):
        strategies = self._strategies
        whole = self._whole_values()

        @strategies.composite
        def calls(draw):
            choose = DrawnChooser(draw, strategies)
            if whole is not None and not choose.chance(_OWN_SHARE):
                return _recipe(draw(whole))
            return draw_call(self._domain, choose, self._pools, "strategy", beyond=0.1)

        return calls()

    def _whole_values(self):
        """A strategy for all required arguments, from annotations and recorded types, or None."""
        found = []
        for parameter in self._domain.parameters:
            if parameter.kind not in (0, 1) or parameter.optional:
                continue
            strategy = self._of_parameter(parameter)
            if strategy is None:
                return None
            found.append(strategy)
        return self._strategies.tuples(*found) if found else None

    def _of_parameter(self, parameter):
        if parameter.hint is not None:
            try:
                strategy = self._strategies.from_type(parameter.hint)
                strategy.validate()
            except Exception:
                strategy = None
            if strategy is not None:
                return strategy
        return self._of_spec(parameter.spec)

    def _of_spec(self, spec):
        """A strategy of plain values, or None for what has to be built by an expression."""
        st = self._strategies
        parts = [self._of_spec(part) for part in spec.parts]
        if None in parts:
            return None
        leaf = {
            "int": st.integers,
            "float": st.floats,
            "str": lambda: st.text(_ALPHABET),
            "bytes": st.binary,
            "bool": st.booleans,
            "none": st.none,
        }.get(spec.kind)
        if leaf is not None:
            return leaf()
        if spec.kind in ("list", "sequence", "iterable", "collection"):
            return st.lists(parts[0])
        if spec.kind == "tuple":
            return st.tuples(*parts)
        if spec.kind == "tuple_of":
            return st.lists(parts[0]).map(tuple)
        if spec.kind == "dict" and _are_keys(spec.parts[0]):
            return st.dictionaries(*parts)
        if spec.kind == "struct":
            return st.fixed_dictionaries(dict(zip(spec.data, parts)))
        return st.one_of(*parts) if spec.kind == "union" else None


def _are_keys(spec):
    return set(specs.kinds(spec)) <= {"int", "str", "bytes", "bool", "none", "float"}


def _recipe(values):
    """A recipe for a tuple of values, as source when they are plain, else as a pickle."""
    text = source_of(values)
    if text is not None and _round_trips(values):
        return {"base": ["source", text], "found_by": "strategy"}
    try:
        data = base64.b64encode(pickle.dumps((values, {}), protocol=4)).decode("ascii")
    except Exception:
        return None
    return {"base": ["pickle", data], "found_by": "strategy"}


def _round_trips(value):
    """Whether source keeps a value as it is: signs and payloads of NaN are lost."""
    if isinstance(value, float):
        return not math.isnan(value) or math.copysign(1.0, value) > 0
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(_round_trips, value))
    return (
        all(_round_trips(item) for pair in value.items() for item in pair)
        if isinstance(value, dict)
        else True
    )
