"""What is to change in one opened piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from optimizer.propose.rewriting.style import Style

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_ATOMS = (
    cst.Name,
    cst.Attribute,
    cst.Call,
    cst.Subscript,
    cst.SimpleString,
    cst.BaseNumber,
    cst.List,
    cst.Dict,
)
_OWN_PARENTHESES = (cst.Tuple, cst.GeneratorExp)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatements:
    """What replaces the statements from the one it is filed under to `last`, or stands `above` it."""

    last: cst.CSTNode
    code: Sequence[Statement]
    indent: str
    above: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The changes: by old expression, by first old statement, by statement touched (with its indentation).

    `above` are comments to put above a statement, `carried` those that the edit keeps in another place.
    """

    style: Style
    expressions: dict[cst.CSTNode, cst.BaseExpression]
    ranges: dict[cst.CSTNode, NewStatements]
    touched: dict[cst.CSTNode, str]
    above: dict[cst.CSTNode, Counter[str]]
    carried: Counter[str]

    def lost(self, old: Sequence[cst.CSTNode], new: Sequence[cst.CSTNode]) -> Counter[str]:
        """The comments of `old` that are not in `new`."""
        return comments_in(old) - comments_in(new) - self.carried


def comments_in(nodes: Sequence[cst.CSTNode]) -> Counter[str]:
    """The comments under some nodes, in order, with how often each stands there."""
    found: Counter[str] = Counter()
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Comment):
            found[node.value] += 1
        pending.extend(reversed(node.children))
    return found


def comment_lines(comments: Counter[str]) -> list[cst.EmptyLine]:
    """The comments, each on a line of its own."""
    return [cst.EmptyLine(comment=cst.Comment(text)) for text in comments.elements()]


def in_place_of(
    old: cst.BaseExpression, new: cst.BaseExpression, *, parenthesised: bool
) -> cst.BaseExpression:
    """`new` with the parentheses that it needs, or that the author wrote around `old`."""
    if isinstance(new, cst.GeneratorExp) and isinstance(old, cst.GeneratorExp):
        return new.with_changes(lpar=old.lpar, rpar=old.rpar)
    authors = old.lpar and not isinstance(old, _OWN_PARENTHESES)
    if authors and (parenthesised or not isinstance(new, _ATOMS)):
        return new.with_changes(lpar=[*old.lpar, *new.lpar], rpar=[*new.rpar, *old.rpar])
    if parenthesised and not new.lpar:
        return new.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return new
