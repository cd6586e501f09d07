"""The kit that transforms are written with.

A transform is one file under `transforms/` with one class. Its docstring is its page in
`optimize explain`; its examples are its documentation and its tests; `propose` yields edits or
refusals. Matching and guards work on the standard `ast` (with `Facts` about scopes, types, effects);
an edit names `ast` nodes and gives new source text for them, and the engine (`propose`) opens only
the functions with an edit in libcst, puts the new code there, and keeps comments, blank lines and layout.
"""

from __future__ import annotations

import ast
import re
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from optimizer.model import Assumption, Metric

if TYPE_CHECKING:
    from optimizer.facts.facts import Facts


class Family(StrEnum):
    """The families of the catalogue."""

    HOISTING = "hoisting and fewer calls"
    MEMBERSHIP = "membership, search, counting"
    ACCUMULATION = "accumulation"
    BUILTINS = "builtins and strings"
    STRUCTURES = "data structures"
    RESOURCES = "resources"
    DATA = "data wrangling"
    DATABASE = "database and web"


def block(text: str) -> str:
    """Source written as an indented block that starts on a new line; any other text as it is."""
    return textwrap.dedent(text).strip("\n").rstrip() + "\n" if text.startswith("\n") else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example; `after` None means that `before` is left alone, `because` of that.

    Sources may be a `block`.

    `call` is an expression over the module's names that both versions must agree on. `observed`
    are the exact types that a recorder would have seen, by `qualname.parameter`
    (`(("total.items", ("list",)),)`), for transforms that need recorded evidence.
    """

    before: str
    after: str | None = None
    because: str = ""
    call: str = ""
    observed: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "before", block(self.before))
        if self.after is not None:
            object.__setattr__(self, "after", block(self.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A careless form of the rewrite that changes behaviour.

    The transform must not produce `wrong` from `before`; verification must find `wrong` different
    (tests check both). `call` is an ordinary call that does not show the difference.
    """

    before: str
    wrong: str
    because: str
    call: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "before", block(self.before))
        object.__setattr__(self, "wrong", block(self.wrong))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Put `code` where the nodes `first` to `last` (siblings; one node when None) stand.

    Statements are replaced by statements (`code` is dedented; the engine indents it), an expression
    by an expression (the engine adds parentheses where precedence asks for them). Empty `code`
    removes statements. With `above`, statements are put above `first` (below its comments), which stays
    and may itself hold other changes.
    """

    first: ast.stmt | ast.expr
    code: str
    last: ast.stmt | None = None
    above: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A new module-level name, put above the top-level statement that the edit lies in.

    Get `name` from `facts.fresh_global`, so that it clashes with nothing. `comments` (with their `#`)
    stand above it: those that the value had where it stood before.
    """

    name: str
    value: str
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import that the new code needs: `import module`, or `from module import name`."""

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One rewrite. Everything in it is applied together or not at all."""

    changes: tuple[Replace, ...]
    constants: tuple[Constant, ...] = ()
    imports: tuple[Import, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a place that looks right is left alone, as a sentence for the maintainer."""

    where: ast.AST
    because: str


class Transform(ABC):
    """One rewrite. Subclasses write the class docstring for the person who runs `optimize explain`."""

    family: ClassVar[Family]
    metric: ClassVar[Metric] = Metric.TIME
    version: ClassVar[int] = 1
    """Raise it when `propose` changes what it produces: remembered verdicts are keyed by it."""
    pythons: ClassVar[str] = ""
    """A version specifier (`>=3.12`) when the gain is only there; empty for all."""
    ratios: ClassVar[tuple[tuple[str, float], ...]] = ()
    """Measured ratios by Python version, for `optimize explain`: `(("3.9", 1.4), ("3.13", 1.2))`."""
    nodes: ClassVar[tuple[type[ast.AST], ...]]
    """The node types that `looks_like` and `propose` are called with."""
    examples: ClassVar[tuple[Example, ...]]
    traps: ClassVar[tuple[Trap, ...]] = ()

    @property
    def name(self) -> str:
        """The rule's name: `LoopToSum` is `loop-to-sum`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(self).__name__).lower()

    def looks_like(self, node: ast.AST) -> bool:
        """A cheap look without facts: whether the function that holds `node` is worth opening."""
        del node
        return True

    @abstractmethod
    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        """Yield the edits for `node`, or a refusal that says which guard did not hold."""
