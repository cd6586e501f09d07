"""The fact of an expression's type, and the arithmetic of types."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from optimizer.facts import type_tables as tables
from optimizer.model import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFact:
    """What is known of an expression's exact type.

    `name` is "" when nothing is. `element` is the type of what iterating gives (keys for a dict), ""
    when unknown. `observed` counts recorded calls that saw only this type.
    """

    name: str = ""
    evidence: Evidence = Evidence.UNKNOWN
    observed: int = 0
    element: str = ""

    @property
    def proved(self) -> bool:
        """Whether it surely is exactly this type."""
        return self.evidence is Evidence.PROVED


NOTHING: Final = TypeFact()
ANY: Final = TypeFact(
    name="?", evidence=Evidence.PROVED
)  # a binding that refers to itself: agrees with anything
RANK = {Evidence.PROVED: 3, Evidence.ANNOTATED: 2, Evidence.OBSERVED: 1, Evidence.UNKNOWN: 0}


def proved(name: str, element: str = "") -> TypeFact:
    """A type that is sure."""
    return TypeFact(name=name, evidence=Evidence.PROVED, element=element)


def agree(facts: Iterable[TypeFact]) -> TypeFact:
    """The one type of values that may be any of these, with the weakest evidence among them."""
    found = [fact for fact in facts if fact.name != "?"]
    if not found:
        return ANY
    if len({fact.name for fact in found}) > 1:
        return NOTHING
    weakest = min(found, key=lambda fact: RANK[fact.evidence])
    elements = {fact.element for fact in found}
    return replace(weakest, element=elements.pop() if len(elements) == 1 else "")


def result_of(op: ast.operator, left: str, right: str) -> str:
    """The type of an operation; "" when it is not known, "?" while an operand is still to be found."""
    if not left or not right:
        return ""
    names = {left, right}
    if names <= {"int", "bool", "?"}:
        if "?" in names:
            return "?"
        if names == {"bool"} and isinstance(op, ast.BitOr | ast.BitAnd | ast.BitXor):
            return "bool"
        return "float" if isinstance(op, ast.Div) else "" if isinstance(op, ast.Pow) else "int"
    if names <= {"int", "bool", "float"} and isinstance(
        op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.FloorDiv | ast.Mod
    ):
        return "float"
    if left == "str" and isinstance(op, ast.Mod):
        return "str" if right in tables.SCALARS | tables.CONTAINERS else ""
    if isinstance(op, ast.Add) and left in {"str", "bytes", "list", "tuple"} and right in {left, "?"}:
        return left
    if isinstance(op, ast.Mult) and names & {"str", "bytes", "list", "tuple"} and names & {"int", "bool"}:
        return next(name for name in names if name in {"str", "bytes", "list", "tuple"})
    if left in {"set", "frozenset"} and right in {"set", "frozenset"} and isinstance(op, _SET_OPERATORS):
        return left
    return "?" if "?" in names and isinstance(op, ast.Add) else ""


_SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub)
