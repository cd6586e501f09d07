"""What callers and readers of a function's first lines lose or have to learn."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from optimizer.readability.regions import Region
from optimizer.readability.trees import Function, docstring, walk_all
from optimizer.readability.words import bound_names

_TELLING_WORDS = 6
_Definitions = dict[str, ast.AST]


def signature_objections(regions: Sequence[Region]) -> Iterator[str]:
    """New parameters, and docstrings and annotations that are gone, for what exists on both sides."""
    rebound = set(bound_names([node for region in regions for node in walk_all(region.after)]))
    for region in regions:
        old, new = _definitions(region.before), _definitions(region.after)
        for name, before in old.items():
            after = new.get(name)
            if after is None:
                if docstring(before) is not None and name in rebound:
                    yield f"It drops the docstring of `{name}`."
                continue
            yield from _parameters(before, after)
            yield from _docstring(name, docstring(before), docstring(after))
            yield from _annotations(name, before, after)


def _docstring(name: str, before: str | None, after: str | None) -> Iterator[str]:
    old, new = (before or "").split(), (after or "").split()
    if old and not new:
        yield f"It drops the docstring of `{name}`."
    elif len(old) >= _TELLING_WORDS and len(set(old) & set(new)) < len(set(old)) / 2:
        yield f"It drops most of the docstring of `{name}`."


def _definitions(statements: Sequence[ast.stmt]) -> _Definitions:
    return {node.name: node for node in walk_all(statements) if isinstance(node, Function | ast.ClassDef)}


def _parameters(before: ast.AST, after: ast.AST) -> Iterator[str]:
    if isinstance(before, Function) and isinstance(after, Function):
        known = set(_arguments(before))
        for name in _arguments(after):
            if name not in known:
                yield f"It adds the parameter `{name}` to `{after.name}`."


def _arguments(node: Function) -> dict[str, bool]:
    """The parameters by name, each with whether it is annotated."""
    own = node.args
    stars = [arg for arg in (own.vararg, own.kwarg) if arg is not None]
    everything = [*own.posonlyargs, *own.args, *own.kwonlyargs, *stars]
    return {arg.arg: arg.annotation is not None for arg in everything}


def _annotations(name: str, before: ast.AST, after: ast.AST) -> Iterator[str]:
    if not (isinstance(before, Function) and isinstance(after, Function)):
        return
    now = _arguments(after)
    for argument, annotated in _arguments(before).items():
        if annotated and now.get(argument) is False:
            yield f"It drops the annotation of the parameter `{argument}` of `{name}`."
    if before.returns is not None and after.returns is None:
        yield f"It drops the annotation of what `{name}` returns."
