"""What stands against moving, repeating or leaving out code, as sentences for people."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum

from optimizer.model import Assumption, Evidence


class NoteKind(StrEnum):
    """What is the matter."""

    RUNS = "runs code that is not known"
    CHANGES = "changes an object of known builtin type"
    BINDS = "binds a name that other code sees"
    NEW = "makes an object that is equal to no other"
    CONTROL = "hands control to other code"
    ASSUMES = "is harmless under an assumption"


@dataclass(frozen=True, slots=True)
class Note:
    """One matter: where, of what kind, in words; `name` is the variable that it is about."""

    where: ast.AST
    kind: NoteKind
    text: str
    name: str = ""
    assumption: Assumption | None = None

    @property
    def is_proved(self) -> bool:
        """Whether it is no matter at all: what it assumes is known."""
        return self.assumption is not None and self.assumption.evidence is Evidence.PROVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Purity:
    """Whether an expression is pure: what stands against it, and what must hold for it."""

    objections: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether nothing stands against it and nothing is only assumed."""
        return not self.objections and all(
            assumption.evidence is Evidence.PROVED for assumption in self.assumptions
        )
