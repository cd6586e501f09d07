"""Code with its surroundings: what names stand for, and where a node stands."""

from __future__ import annotations

import ast
import builtins
import collections
import contextlib
import functools
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from optimizer.readability.trees import Function, walk_all

# A piece of a file comes without its imports: names of these modules are then what they usually are.
_USUAL = {
    name: f"{module.__name__}.{name}"
    for module in (collections, contextlib, functools, itertools)
    for name in vars(module)
    if not name.startswith("_")
} | {name: f"operator.{name}" for name in ("attrgetter", "itemgetter", "methodcaller")}


_Node = TypeVar("_Node", bound=ast.AST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Statements, the origins of the names in them, and each node's parent.

    `bindings` holds, for each function (None: outside of all), the value of every name that is bound
    there: None when it is bound more than once, or by something else than a plain assignment.
    """

    body: tuple[ast.stmt, ...]
    origins: Mapping[str, str]
    nodes: tuple[ast.AST, ...]
    parents: Mapping[ast.AST, ast.AST]
    bindings: Mapping[ast.AST | None, Mapping[str, ast.expr | None]]

    def origin(self, node: ast.AST) -> str:
        """Where a name or attribute comes from (`functools.reduce`, `builtins.len`); "" for other nodes."""
        match node:
            case ast.Name(id=name):
                return self._origin_of_name(name)
            case ast.Attribute(value=value, attr=attr):
                return f"{self.origin(value)}.{attr}"
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(attr)), *_]) if (
                attr.isidentifier()
            ):
                return f"{self.origin(owner)}.{attr}"
        return ""

    def _origin_of_name(self, name: str) -> str:
        if name in self.origins:
            return self.origins[name]
        if hasattr(builtins, name):
            return f"builtins.{name}"
        return _USUAL.get(name, name)

    def each(self, *kinds: type[_Node]) -> Iterator[_Node]:
        """The nodes of these types, in the order of the source."""
        return (node for node in self.nodes if isinstance(node, kinds))

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes that `node` stands in, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function_of(self, node: ast.AST) -> ast.AST | None:
        """The function that `node` stands in, None outside of all."""
        return next((above for above in self.ancestors(node) if isinstance(above, Function)), None)

    def value_of(self, node: ast.expr) -> ast.expr:
        """The value that a name was bound to, if that is plain to see, else `node` itself."""
        if not isinstance(node, ast.Name):
            return node
        function: ast.AST | None = node
        while function is not None:
            function = self.function_of(function)
            bound = self.bindings.get(function, {})
            if node.id in bound:
                return bound[node.id] or node
        return node


def scene(body: Sequence[ast.stmt], origins: Mapping[str, str]) -> Scene:
    """Look at `body`, with the `origins` of the file that it comes from."""
    nodes = tuple(walk_all(body))
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    found = Scene(
        body=tuple(body), origins={**origins, **file_origins(body)}, nodes=nodes, parents=parents, bindings={}
    )
    return replace(found, bindings=_bindings(found))


def file_origins(body: Sequence[ast.stmt]) -> dict[str, str]:
    """What the names that are imported anywhere in `body` stand for."""
    origins: dict[str, str] = {}
    for node in walk_all(body):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    first = alias.name.split(".")[0]
                    origins[alias.asname or first] = alias.name if alias.asname else first
            case ast.ImportFrom(module=module, names=names, level=level):
                prefix = "." * level + (module or "")
                origins |= {alias.asname or alias.name: f"{prefix}.{alias.name}" for alias in names}
    return origins


def _bindings(found: Scene) -> dict[ast.AST | None, dict[str, ast.expr | None]]:
    assigned = [
        (found.function_of(node), name, value) for node in found.nodes for name, value in _assigned(node)
    ]
    stored = Counter(
        (found.function_of(node), name) for node in found.nodes if (name := _stored_name(node)) is not None
    )
    bindings: dict[ast.AST | None, dict[str, ast.expr | None]] = {}
    for function, name in stored:
        bindings.setdefault(function, {})[name] = None
    for function, name, value in assigned:
        if stored[function, name] == 1:
            bindings[function][name] = value
    return bindings


def _stored_name(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
            return name
    return None


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, value


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case (
            (ast.Tuple(elts=targets) | ast.List(elts=targets)),
            (ast.Tuple(elts=values) | ast.List(elts=values)),
        ):
            if len(targets) == len(values):
                for one, other in zip(targets, values, strict=True):
                    yield from _pairs(one, other)
