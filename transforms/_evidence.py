"""Saying what a rewrite assumes of a type."""

from __future__ import annotations

import ast

from optimizer.facts.facts import Facts, TypeFact
from optimizer.model import Assumption


def assumed(expr: ast.expr, known: TypeFact, facts: Facts) -> tuple[Assumption, ...]:
    """That `expr` is exactly of the known type, with its evidence; nothing when that is proved."""
    if known.proved:
        return ()
    is_parameter = isinstance(expr, ast.Name) and facts.is_parameter(expr.id, expr)
    parameter = expr.id if is_parameter and isinstance(expr, ast.Name) else ""
    return (
        Assumption(
            text=f"`{facts.segment(expr)}` is exactly {known.name}",
            evidence=known.evidence,
            observed=known.observed,
            parameter=parameter,
            types=(known.name,) if parameter else (),
        ),
    )
