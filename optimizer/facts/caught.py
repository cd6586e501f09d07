"""Who may see a container that an exception leaves half filled."""

from __future__ import annotations

import ast
from itertools import takewhile

from optimizer.facts.facts import Facts


def part_may_be_seen(name: str, stmt: ast.stmt, facts: Facts) -> bool:
    """Whether code that runs after an exception in `stmt` may look at local `name`."""
    return any(_sees(name, block, facts) for block in _around(stmt, facts))


def _around(stmt: ast.stmt, facts: Facts) -> list[ast.AST]:
    """The blocks of the function that may catch what `stmt` raises: a context manager may, too."""
    function = facts.function_of(stmt)
    above = takewhile(lambda each: each is not function, facts.ancestors(stmt))
    return [each for each in above if isinstance(each, ast.Try | ast.TryStar | ast.With | ast.AsyncWith)]


def _sees(name: str, block: ast.AST, facts: Facts) -> bool:
    match block:
        case ast.Try(handlers=handlers, finalbody=last):
            parts: list[ast.AST] = [*handlers, *last]
            return any(facts.reads(name, part) for part in parts) or facts.read_after(name, block)
        case ast.With() | ast.AsyncWith():
            return facts.read_after(name, block)
        case _:
            return True
