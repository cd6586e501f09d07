"""Which values of local names are read later."""

from __future__ import annotations

import ast

from optimizer.facts.names import Names
from optimizer.facts.tree import FUNCTIONS, LOOPS


class Flow:
    """Order of reads and writes inside functions."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.tree = names.tree

    def read_after(self, name: str, stmt: ast.stmt) -> bool:
        """Whether the value that `stmt` leaves in local `name` may be read after `stmt` ends."""
        function = self.tree.function_of(stmt)
        if function is None:
            return True
        scope = self.names.scopes.opened[function]
        owner = self.names.scopes.owner(name, stmt)
        if owner is not scope:
            return owner is not None or bool(self.names.reads(name, function))
        if self.names.captured(name, scope) or self.names.reads_frame(function):
            return True
        _, last = self.tree.span(stmt)
        loops = [loop for loop in self._loops_around(stmt)]
        return any(
            self.tree.place(node) > last or any(self.tree.holds(loop, node) for loop in loops)
            for node in self.names.reads(name, function)
        )

    def _loops_around(self, stmt: ast.stmt) -> list[ast.AST]:
        found: list[ast.AST] = []
        for above in self.tree.ancestors(stmt):
            if isinstance(above, (*FUNCTIONS, ast.Lambda)):
                break
            if isinstance(above, LOOPS):
                found.append(above)
        return found
