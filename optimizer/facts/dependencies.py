"""What expressions depend on, what statements change, and whether the one meets the other in a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts import type_tables as tables
from optimizer.facts.escapes import Escapes
from optimizer.facts.names import Names
from optimizer.facts.purity import Purities
from optimizer.facts.scopes import Scope, ScopeKind
from optimizer.facts.type_of import Types

_QUIET_STATEMENTS = (
    ast.If, ast.While, ast.Pass, ast.Break, ast.Continue, ast.Return, ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign,
    ast.For, ast.Module, ast.Try,
)  # fmt: skip


class Dependencies:
    """Dependencies and effects."""

    def __init__(self, names: Names, purities: Purities, escapes: Escapes, types: Types) -> None:
        self.names = names
        self.tree = names.tree
        self.purities = purities
        self.escapes = escapes
        self.types = types

    def depends_on(self, expr: ast.AST) -> frozenset[str]:
        """Names that `expr` reads from outside itself, and attributes of names in dotted form."""
        found: set[str] = set()
        for node in self.tree.walk(expr):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not self._bound_inside(node, expr):
                found.add(node.id)
                found.update(self._dotted(node))
        return frozenset(found)

    def _bound_inside(self, node: ast.Name, expr: ast.AST) -> bool:
        scope = self.names.scopes.owner(node.id, node)
        return scope is not None and scope.node is not expr and self.tree.holds(expr, scope.node) or (
            scope is not None and scope.node is expr and scope.kind in {ScopeKind.COMPREHENSION, ScopeKind.LAMBDA}
        )

    def _dotted(self, node: ast.Name) -> Iterator[str]:
        dotted, above = node.id, self.tree.parent(node)
        while isinstance(above, ast.Attribute):
            dotted += f".{above.attr}"
            yield dotted
            above = self.tree.parent(above)

    def effects(self, node: ast.AST) -> tuple[str, ...]:
        """What could have an effect when `node` (an expression or a statement) runs once."""
        return tuple(dict.fromkeys(self._effects(node)))

    def _effects(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.expr):
            yield from self.purities.side_effects(node)
            return
        if not isinstance(node, _QUIET_STATEMENTS):
            yield f"{type(node).__name__} statement"
            return
        for target in self._targets(node):
            yield from self._target_effects(target)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr) and not isinstance(getattr(child, "ctx", None), ast.Store | ast.Del):
                yield from self._effects(child)
            elif isinstance(child, ast.stmt):
                yield from self._effects(child)
            elif isinstance(child, ast.ExceptHandler):
                for stmt in child.body:
                    yield from self._effects(stmt)
        yield from self._protocol(node)

    def _protocol(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.For(iter=items) if self.types.type_of(items).name not in tables.CONTAINERS | tables.ITERATORS:
                yield f"iterates over `{ast.unparse(items)}`, whose type is not known"
            case ast.If(test=test) | ast.While(test=test):
                if self.types.type_of(test).name not in tables.CONTAINERS | tables.SCALARS:
                    yield f"tests `{ast.unparse(test)}`, whose type is not known"
            case ast.AugAssign(target=ast.Name() as target, value=value):
                kinds = {self.types.type_of(value).name, self._type_before(target)}
                if not kinds <= tables.SCALARS:
                    yield f"may change `{target.id}` in place"

    def _type_before(self, target: ast.Name) -> str:
        return self.types.type_of(target).name

    def _targets(self, node: ast.AST) -> Iterator[ast.expr]:
        match node:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                yield from targets
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.For(target=target):
                yield target

    def _target_effects(self, target: ast.expr) -> Iterator[str]:
        match target:
            case ast.Name(id=name):
                scope = self.names.scopes.owner(name, target)
                if scope is None or self._is_shared(name, scope):
                    yield f"binds `{name}`, which other code can see"
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                for element in elts:
                    yield from self._target_effects(element)
                yield f"unpacks into `{ast.unparse(target)}`"
            case _:
                yield f"changes `{ast.unparse(target)}`"

    def _is_shared(self, name: str, scope: Scope) -> bool:
        return scope.kind is not ScopeKind.FUNCTION or self.names.captured(name, scope)

    def is_unchanged(self, expr: ast.AST, loop: ast.AST) -> bool:
        """Whether no name or attribute that `expr` reads can change while the loop runs."""
        if expr not in self.tree or loop not in self.tree:
            return False
        return all(self._stays(name, expr, loop) for name in self.depends_on(expr) if "." not in name)

    def _stays(self, name: str, expr: ast.AST, loop: ast.AST) -> bool:
        node = next((n for n in self.tree.walk(expr) if isinstance(n, ast.Name) and n.id == name), None)
        if node is None:
            return False
        scope = self.names.scopes.owner(name, node)
        if scope is None:
            return self.names.is_builtin(name, node)
        if self.purities.imports.origin(node):
            return True
        if scope.kind is ScopeKind.MODULE:
            return self._global_stays(name, node)
        if self.names.writes(name, loop) or not self.names.is_plain_local(name, node):
            return False
        fact = self.types.type_of(node)
        if fact.proved and fact.name in tables.SCALARS:
            return True
        return not self.escapes.mutated_in(name, loop) and not self.escapes.escapes(name, node)

    def _global_stays(self, name: str, node: ast.Name) -> bool:
        value = self.purities.constants.module_value(name)
        if value is None:
            return False
        fact = self.types.type_of(node)
        return self.purities.constants.is_constant(value) or (fact.proved and fact.name in tables.SCALARS | {"re.Pattern"})
