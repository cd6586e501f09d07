"""The functions, methods, classes and the module level of one file."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence

from optimizer.discover.decode import LINE_END
from optimizer.discover.skip_comments import Definition, SkipComments, first_line
from optimizer.model import Kind, Skipped, Target


def find_targets(text: str, tree: ast.Module, *, path: str, module: str) -> Iterator[Target | Skipped]:
    """Everything in `tree` that a change may be about, the module level first.

    A nested function belongs to the outermost function around it, and so does a class in a function.
    `# optimizer: skip` leaves a definition out with all that is in it; on a nested function it leaves out
    the outermost one.
    """
    file = _File(text, path=path, module=module)
    yield file.target("", Kind.MODULE, 1, file.last_line)
    yield from _in_block(tree.body, "", file)


def _in_block(block: Sequence[ast.stmt], owner: str, file: _File) -> Iterator[Target | Skipped]:
    for node in _definitions(block):
        qualname = f"{owner}.{node.name}" if owner else node.name
        if file.is_skipped(node):
            because = f"{qualname} (line {node.lineno}) says `# optimizer: skip`"
            yield Skipped(path=file.path, because=because)
            continue
        yield file.target(qualname, _kind(node, owner), first_line(node), node.end_lineno or node.lineno)
        if isinstance(node, ast.ClassDef):
            yield from _in_block(node.body, qualname, file)


def _definitions(block: Sequence[ast.stmt]) -> Iterator[Definition]:
    """Definitions in `block` and in the branches of its statements; an elif chain may nest deeply."""
    pending: list[ast.AST] = list(reversed(block))
    while pending:
        node = pending.pop()
        if isinstance(node, Definition):
            yield node
        elif not isinstance(node, ast.expr):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


def _kind(node: Definition, owner: str) -> Kind:
    if isinstance(node, ast.ClassDef):
        return Kind.CLASS
    return Kind.METHOD if owner else Kind.FUNCTION


class _File:
    """One file's text by lines."""

    def __init__(self, text: str, *, path: str, module: str) -> None:
        self.path = path
        self._module = module
        self._text = text
        self._skips = SkipComments(text)
        ends = list(LINE_END.finditer(text))
        self._starts = [0, *(end.end() for end in ends)]
        self._ends = [*(end.start() for end in ends), len(text)]

    @property
    def last_line(self) -> int:
        """The number of the last line that holds anything."""
        return len(self._ends) - (self._starts[-1] == len(self._text))

    def target(self, qualname: str, kind: Kind, first: int, last: int) -> Target:
        """The whole lines `first` to `last`, without the last one's line end."""
        source = self._text[self._starts[first - 1] : self._ends[last - 1]] if qualname else self._text
        return Target(
            path=self.path,
            module=self._module,
            qualname=qualname,
            kind=kind,
            first_line=first,
            last_line=last,
            source=source,
            digest=hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest(),
        )

    def is_skipped(self, node: Definition) -> bool:
        """Whether a comment asks to leave `node` alone, or a function inside the function `node`."""
        if not self._skips:
            return False
        inside = [node] if isinstance(node, ast.ClassDef) else ast.walk(node)
        return any(self._skips.name(one) for one in inside if isinstance(one, Definition))
