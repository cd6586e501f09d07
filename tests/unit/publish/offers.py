"""An offer as `rerun` makes it, without a forge."""

from __future__ import annotations

from dataclasses import replace

from optimizer.model import (
    Assumption,
    Candidate,
    Evidence,
    Readability,
    RuleMoved,
    Stratum,
)
from optimizer.publish.bundle import Claims
from optimizer.publish.fingerprint import fingerprint, function_digest, qualnames
from optimizer.publish.rerun import Offer
from tests.forge import bundles

BASE = "4f1c2d3e" * 5


def offer_of(candidate: Candidate, **changes: object) -> Offer:
    """The offer of a change, with the evidence of a good run and `changes` to its decision."""
    found = replace(bundles.decision(candidate, 0.4), **changes)  # type: ignore[arg-type]
    return Offer(
        decision=found,
        fingerprint=fingerprint(candidate),
        function=function_digest(candidate.before, qualnames(candidate)),
        path=candidate.path,
        mode="100644",
        base_blob="b" * 40,
        data=candidate.after.encode(),
    )


def full_offer() -> Offer:
    """One change with everything that a text can speak of."""
    (candidate,) = bundles.candidates({"shop/phones.py": bundles.module("digits")})
    observed = Assumption(text="`lines` holds only str", evidence=Evidence.OBSERVED, observed=1204)
    small = Stratum(name="lines: list of 1 to 9 str", weight=0.6, ratio=1.31, low=1.27, high=1.36)
    large = Stratum(name="lines: list of 100 to 999 str", weight=0.4, ratio=1.47, low=1.43, high=1.51)
    measured = replace(bundles.MEASURED, strata=(small, large))
    older = replace(measured, python="3.10.14", ratio=1.36, low=1.31, high=1.4, cpu="")
    reading = Readability(
        moved=(
            RuleMoved(rule="cognitive complexity", before=5, after=2, limit=6),
            RuleMoved(rule="tokens", before=50, after=53, limit=95),
        )
    )
    checked = replace(bundles.SAME, not_observable=("what the handle writes to the socket",))
    return offer_of(
        replace(candidate, assumptions=(observed,)),
        measurements=(measured, older),
        readability=reading,
        verification=checked,
    )


def some_claims() -> Claims:
    """What the bundle says besides."""
    return Claims(commit=BASE, sandbox="L0", kind="pytest", control=1.001, budget_exhausted=False, claims=())
