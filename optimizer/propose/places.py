"""Which target each node of a file belongs to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.model import SourceFile, Target

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef


class Places:
    """Targets of nodes. A nested function belongs to the outermost one.

    What discovery left out has no target.
    """

    def __init__(self, file: SourceFile, tree: ast.Module) -> None:
        self._targets = {(target.qualname, target.first_line): target for target in file.targets}
        self._module = next((target for target in file.targets if not target.qualname), None)
        self._of: dict[ast.AST, Target | None] = {}
        self._walk(tree)

    def of(self, node: ast.AST) -> Target | None:
        """The innermost target that holds `node`; a definition is its own."""
        return self._of.get(node)

    def __iter__(self) -> Iterator[ast.AST]:
        """All nodes, in the order of the source as far as the tree has it."""
        return iter(self._of)

    def _walk(self, tree: ast.Module) -> None:
        # Depth first without recursion: expressions nest deeper than Python's stack.
        pending: list[tuple[ast.AST, Target | None, str | None]] = [(tree, self._module, "")]
        while pending:
            node, target, owner = pending.pop()
            if isinstance(node, _Definition) and owner is not None:
                qualname = f"{owner}.{node.name}" if owner else node.name
                target = self._targets.get((qualname, _first_line(node)))
                # None: what is inside belongs to this function, or to nothing when it was left out.
                owner = qualname if isinstance(node, ast.ClassDef) and target else None
            self._of[node] = target
            pending.extend((child, target, owner) for child in reversed(list(ast.iter_child_nodes(node))))


def _first_line(node: _Definition) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])
