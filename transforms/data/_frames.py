"""What is known of pandas data frames."""

from __future__ import annotations

import ast

from optimizer.facts.facts import Facts
from optimizer.facts.type_fact import TypeFact

_NAMES = frozenset({"pandas.core.frame.DataFrame", "pandas.DataFrame"})


def data_frame(expr: ast.expr, facts: Facts) -> TypeFact | None:
    """The type of a name that surely is a data frame of pandas, as the recorded calls have it; else None."""
    if not isinstance(expr, ast.Name):
        return None
    known = facts.type_of(expr)
    return known if known.name in _NAMES else None
