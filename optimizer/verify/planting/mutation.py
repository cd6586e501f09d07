"""What a planted mistake is, and the syntax tree that it is planted in."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)

_LONGEST = 60
CHANGING = frozenset({
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault"),
    *("add", "discard", "appendleft", "popleft", "rotate", "extendleft", "popitem", "write", "send"),
})  # fmt: skip
"""Methods that change what they belong to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """Put `new` in the place of the nodes `first` to `last`.

    `kind` groups mutations, `text` is for people.
    """

    kind: str
    text: str
    first: ast.expr | ast.stmt
    last: ast.expr | ast.stmt
    new: ast.expr | list[ast.stmt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A tree with its parents."""

    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(repr=False)

    @classmethod
    def of(cls, tree: ast.Module) -> Scene:
        """The scene of a parsed file."""
        return cls(
            tree=tree,
            parents={child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)},
        )

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around `node`, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function(self, node: ast.AST) -> Function | None:
        """The function that `node` lies in."""
        return next((above for above in self.above(node) if isinstance(above, Function)), None)

    def annotation(self, name: str, node: ast.AST) -> str | None:
        """How parameter `name` of the function around `node` is annotated: "" for not at all.

        None when it has no such parameter.
        """
        function = self.function(node)
        for argument in ast.walk(function.args) if function else ():
            if isinstance(argument, ast.arg) and argument.arg == name:
                return ast.unparse(argument.annotation) if argument.annotation else ""
        return None

    def is_rebound(self, name: str, node: ast.AST) -> bool:
        """Whether the function around `node` assigns to `name`."""
        return any(
            isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store)
            for part in ast.walk(self.function(node) or self.tree)
        )


def expression(kind: str, node: ast.expr, new: ast.expr) -> Mutation:
    """Another expression in the place of one."""
    return Mutation(kind=kind, text=f"`{shown(node)}` became `{shown(new)}`", first=node, last=node, new=new)


def statement(kind: str, node: ast.stmt, new: list[ast.stmt], text: str) -> Mutation:
    """Other statements, or none, in the place of one."""
    return Mutation(kind=kind, text=text, first=node, last=node, new=new)


def shown(node: ast.AST) -> str:
    """The first line of a node's source, cut short."""
    text = ast.unparse(node).partition("\n")[0]
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def name_of(name: str) -> ast.Name:
    """A name that is read."""
    return ast.Name(id=name, ctx=ast.Load())


def constant(value: str | bytes | float | None) -> ast.Constant:
    """A literal."""
    return ast.Constant(value=value)


def call_of(name: str, *arguments: ast.expr) -> ast.Call:
    """A call of a builtin."""
    return ast.Call(func=name_of(name), args=list(arguments), keywords=[])


def sliced(
    node: ast.expr, *, lower: int | None = None, upper: int | None = None, step: int | None = None
) -> ast.expr:
    """Some of the items of any iterable, as a list."""
    first, last, each = (None if part is None else constant(part) for part in (lower, upper, step))
    bounds = ast.Slice(lower=first, upper=last, step=each)
    return ast.Subscript(value=call_of("list", node), slice=bounds, ctx=ast.Load())


def with_fields(node: Node, **changes: object) -> Node:
    """A copy of a node with some fields changed."""
    new = copy.copy(node)
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def called(node: ast.Call) -> str:
    """The last name of what is called, or ""."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def is_none(node: ast.expr) -> bool:
    """Whether it is the literal None."""
    return isinstance(node, ast.Constant) and node.value is None


def same(one: ast.AST, other: ast.AST) -> bool:
    """Whether two nodes say the same."""
    return ast.dump(one) == ast.dump(other)


def names_in(node: ast.AST) -> set[str]:
    """The names that occur in a node."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
