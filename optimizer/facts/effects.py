"""What statements do beyond binding local names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts import type_tables as tables
from optimizer.facts.names import Names
from optimizer.facts.notes import Note, NoteKind
from optimizer.facts.purity import KNOWN, Purities
from optimizer.facts.scopes import Scope, ScopeKind
from optimizer.facts.type_of import Types


class Effects:
    """Effects in one module."""

    def __init__(self, names: Names, purities: Purities, types: Types) -> None:
        self.names = names
        self.tree = names.tree
        self.purities = purities
        self.types = types
        self._known: dict[ast.AST, tuple[Note, ...]] = {}

    def effects(self, node: ast.AST) -> tuple[str, ...]:
        """What could have an effect when `node` (an expression or a statement) runs once."""
        return tuple(
            dict.fromkeys(note.text for note in self.notes(node) if note.kind is not NoteKind.ASSUMES)
        )

    def notes(self, node: ast.AST) -> tuple[Note, ...]:
        """The same as notes, with what is only assumed."""
        if node not in self._known:
            try:
                self._known[node] = tuple(self._notes(node))
            except RecursionError:
                self._known[node] = (Note(node, NoteKind.RUNS, "it is nested too deeply to follow"),)
        return self._known[node]

    def _notes(self, node: ast.AST) -> Iterator[Note]:  # noqa: C901 - one case for each kind of statement
        match node:
            case ast.expr():
                yield from self.purities.side_effects(node)
            case (
                ast.Pass()
                | ast.Break()
                | ast.Continue()
                | ast.Return(value=None)
                | ast.Global()
                | ast.Nonlocal()
            ):
                return
            case ast.Return(value=ast.expr() as value) | ast.Expr(value=value):
                yield from self.notes(value)
            case ast.Assign(targets=targets, value=value):
                yield from self.notes(value)
                for target in targets:
                    yield from self._bound(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from self.notes(value)
                yield from self._bound(target, value)
            case ast.AugAssign():
                yield from self._augmented(node)
            case ast.Delete(targets=targets):
                for target in targets:
                    yield from self._bound(target, None)
            case ast.If() | ast.While() | ast.For() | ast.Try():
                yield from self._compound(node)
            case ast.Module():
                yield from self._block(node.body)
            case _:
                yield Note(node, NoteKind.RUNS, f"`{self._head(node)}` may run any code")

    def _head(self, node: ast.AST) -> str:
        return self.purities.text(node)

    def _block(self, statements: list[ast.stmt]) -> Iterator[Note]:
        for stmt in statements:
            yield from self.notes(stmt)

    def _compound(self, node: ast.If | ast.While | ast.For | ast.Try) -> Iterator[Note]:
        match node:
            case ast.If(test=test) | ast.While(test=test):
                yield from self.notes(test)
                yield from self.purities.tested(test)
            case ast.For(target=target, iter=items):
                yield from self.purities.iterated(items, repeat=False)
                yield from self._bound(target, items, element=True)
            case ast.Try(handlers=handlers, finalbody=last):
                for handler in handlers:
                    yield from self.notes(handler.type) if handler.type is not None else ()
                    yield from self._block(handler.body)
                yield from self._block(last)
        yield from self._block(node.body)
        yield from self._block(node.orelse)

    def _bound(self, target: ast.expr, value: ast.expr | None, *, element: bool = False) -> Iterator[Note]:
        match target:
            case ast.Name(id=name):
                scope = self.names.scopes.owner(name, target)
                if scope is None or self._is_shared(name, scope):
                    yield Note(target, NoteKind.BINDS, f"binds `{name}`, which other code can see", name)
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                for each in elts:
                    yield from self._bound(each, None)
                yield from self._unpacks(target, value, element=element)
            case ast.Subscript(value=ast.Name(id=name) as holder, slice=index):
                yield from self._stored(holder, index)
                yield Note(target, NoteKind.CHANGES, f"changes `{self._head(target)}`", name)
            case _:
                yield Note(target, NoteKind.RUNS, f"changes `{self._head(target)}`")

    def _unpacks(
        self, target: ast.Tuple | ast.List, value: ast.expr | None, *, element: bool
    ) -> Iterator[Note]:
        if value is None:
            yield Note(target, NoteKind.RUNS, f"unpacks into `{self._head(target)}`")
        elif element:
            yield from self.purities.unpacked(target, value)
        elif not isinstance(value, ast.Tuple):
            yield from self.purities.needs(value, tables.CONTAINERS, "unpacks")

    def _stored(self, holder: ast.Name, index: ast.expr) -> Iterator[Note]:
        yield from self.notes(index)
        fact = self.types.type_of(holder)
        holds = fact.name in tables.KEYED | {"list", "bytearray"}
        yield from self.purities.given(holder, fact, "stores into", holds=holds)
        if fact.name in tables.KEYED:
            yield from self.purities.hashed(index)
        elif not isinstance(index, ast.Slice):
            yield from self.purities.needs(index, tables.SCALARS, "indexes by")

    def _augmented(self, node: ast.AugAssign) -> Iterator[Note]:
        yield from self.notes(node.value)
        if not isinstance(node.target, ast.Name):
            yield Note(node, NoteKind.RUNS, f"changes `{self._head(node.target)}`")
            return
        yield from self._bound(node.target, node.value)
        before = self.types.type_before(node.target)
        yield from self.purities.given(node.target, before, "adds to", holds=before.name in KNOWN)
        if before.name in tables.SCALARS:
            yield from self.purities.needs(node.value, tables.SCALARS, "works with")
            return
        yield from self.purities.needs(node.value, KNOWN, "works with")
        yield Note(node, NoteKind.CHANGES, f"changes `{node.target.id}` in place", node.target.id)

    def _is_shared(self, name: str, scope: Scope) -> bool:
        return scope.kind is not ScopeKind.FUNCTION or self.names.captured(name, scope)
