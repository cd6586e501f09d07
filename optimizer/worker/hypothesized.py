"""Let hypothesis steer and shrink: its choices feed the same generators, its own strategies the leaves."""

from __future__ import annotations

import base64
import pickle
import sys

from .calls import draw_call
from .choose import DrawnChooser
from .reach import source_of


class _Differs(Exception):
    pass


def search(domain, pools, payload, seconds, differs, note):
    """Run a property "both versions agree" for a while; `differs(recipe)` runs one input on both."""
    if seconds < 0.3:
        return
    try:
        sys.path.append(payload["toolbox"])
        import hypothesis
        from hypothesis import strategies
    except Exception as error:
        note("hypothesis cannot be used by this interpreter: %s: %s" % (type(error).__name__, error))
        return
    import time

    until = time.perf_counter() + seconds

    @strategies.composite
    def calls(draw):
        choose = DrawnChooser(draw, strategies)
        typed = _typed(domain, strategies, payload)
        if typed is not None and choose.chance(0.5):
            return _recipe(draw(typed))
        return draw_call(domain, choose, pools, "strategy")

    def agree(recipe):
        if time.perf_counter() < until and recipe is not None and differs(recipe):
            raise _Differs

    run = hypothesis.seed(payload.get("seed", 0))(hypothesis.given(calls())(agree))
    quiet = hypothesis.settings(
        max_examples=400,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
    try:
        quiet(run)()
    except _Differs:
        return
    except Exception as error:
        note("hypothesis gave up: %s" % type(error).__name__)


def _typed(domain, strategies, payload):
    return None


def _recipe(values):
    """A recipe for a tuple of values, as source when they are plain, else as a pickle."""
    text = source_of(values)
    if text is not None:
        return {"base": ["source", text], "found_by": "strategy"}
    try:
        data = base64.b64encode(pickle.dumps((values, {}), protocol=4)).decode("ascii")
    except Exception:
        return None
    return {"base": ["pickle", data], "found_by": "strategy"}
