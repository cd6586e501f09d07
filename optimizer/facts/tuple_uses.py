"""Uses of instances that tell a named tuple from a dataclass: comparing, iterating, formatting.

Each answer is a list of sentences with where; empty means that nothing of the kind is to be found.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeAlias

from optimizer.facts import masks
from optimizer.facts.instance_masks import SAME_BUILTINS, File
from optimizer.facts.instances import Instances
from optimizer.facts.outline import last_name

_SAFE_CLASSES = frozenset(
    {"int", "str", "float", "bool", "bytes", "dict", "list", "set", "frozenset", "complex"}
)
_TUPLE_ONLY = frozenset({"count", "index"})

Check: TypeAlias = "Callable[[File, ast.AST], Iterator[str]]"


class TupleUses:
    """The questions about what tuples do, each over all files that instances can reach."""

    def __init__(self, instances: Instances) -> None:
        self.of = instances
        self.name = instances.name

    def _everywhere(self, check: Check) -> list[str]:
        found = [
            f"{file.path}:{getattr(node, 'lineno', 0)}: {text}"
            for file in self.of.files.values()
            for node in file.tree.order
            for text in check(file, node)
        ]
        return list(dict.fromkeys(found))

    def _is(self, file: File, node: ast.AST | None, levels: int = masks.INSTANCE) -> bool:
        return bool(self.of.mask(file, node) & levels)

    def _text(self, node: ast.AST) -> str:
        return ast.unparse(node)[:60]

    # --- written, compared, hashed ---

    def written(self) -> list[str]:
        """Places that set or delete an attribute of an instance."""

        def check(file: File, node: ast.AST) -> Iterator[str]:
            match node:
                case ast.Attribute(value=value, attr=attr, ctx=ast.Store() | ast.Del()) if self._is(
                    file, value
                ):
                    yield f"`.{attr}` of an instance is set"

        return self._everywhere(check)

    def compared(self) -> list[str]:
        """Places that compare or hash an instance together with what may be a tuple."""

        def check(file: File, node: ast.AST) -> Iterator[str]:
            for left, right in self._comparisons(file, node):
                if masks.mixes(left, right):
                    yield f"`{self._text(node)}` may compare an instance with another tuple"

        return self._everywhere(check)

    def is_compared(self) -> bool:
        """Whether instances are compared, hashed or sorted at all."""
        return any(
            masks.watched(left) and masks.watched(right)
            for file in self.of.files.values()
            for node in file.tree.order
            for left, right in self._comparisons(file, node)
        )

    def _comparisons(self, file: File, node: ast.AST) -> Iterator[tuple[int, int]]:
        match node:
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                operands = [left, *comparators]
                for first, op, second in zip(operands, ops, comparators, strict=False):
                    if isinstance(op, ast.Is | ast.IsNot):
                        continue
                    held = self.of.mask(file, second)
                    if isinstance(op, ast.In | ast.NotIn):
                        held = masks.element(held)
                    yield self.of.mask(file, first), held
            case ast.Set() | ast.SetComp() | ast.Dict() | ast.DictComp():
                yield from self._hashed(masks.element(self.of.mask(file, node)))
            case ast.Subscript(value=value, slice=index) if self._is(file, index, masks.ALL_LEVELS):
                yield self.of.mask(file, index), masks.element(self.of.mask(file, value))
            case ast.Call(func=func, args=args):
                yield from self._compared_by_call(file, self.of.callee(file, func), func, args)
            case ast.MatchValue(value=value):
                statement = file.tree.statement_of(node)
                subject = self.of.mask(file, statement.subject) if isinstance(statement, ast.Match) else 0
                yield subject, self.of.mask(file, value)

    def _hashed(self, mask: int) -> Iterator[tuple[int, int]]:
        if masks.watched(mask):
            yield mask, mask

    def _compared_by_call(
        self,
        file: File,
        name: str,
        func: ast.expr,
        args: list[ast.expr],
    ) -> Iterator[tuple[int, int]]:
        sorts = name in {
            "sorted",
            "min",
            "max",
            "set",
            "frozenset",
            "Counter",
            "groupby",
            "heappush",
            "fromkeys",
        }
        if sorts and len(args) == 1:
            yield from self._hashed(masks.element(self.of.mask(file, args[0])))
        elif sorts:
            together = 0
            for arg in args:
                together |= self.of.mask(file, arg) | masks.element(self.of.mask(file, arg))
            yield from self._hashed(together)
        if not isinstance(func, ast.Attribute):
            return
        held = masks.element(self.of.mask(file, func.value))
        if name == "sort":
            yield from self._hashed(held)
        if name in {"add", "remove", "discard", "index", "count", "get", "pop", "setdefault", "update"}:
            for arg in args:
                mask = self.of.mask(file, arg)
                yield from ((mask, held), (held, mask)) if masks.watched(mask | held) else ()

    # --- used as a tuple could be ---

    def used_as_tuple(self) -> list[str]:
        """Places where a named tuple would be taken for a tuple."""
        return self._everywhere(self._as_tuple)

    def _as_tuple(self, file: File, node: ast.AST) -> Iterator[str]:  # noqa: C901, PLR0912 - one case for each kind
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                if isinstance(op, ast.Mod) and self._is(file, right):
                    yield f"`{self._text(node)}` formats an instance"
                elif self._is(file, left) or self._is(file, right):
                    yield f"`{self._text(node)}` applies an operator to an instance"
            case ast.AugAssign(target=target, value=value) if self._is(file, target) or self._is(file, value):
                yield f"`{self._text(node)}` applies an operator to an instance"
            case ast.Starred(value=value) if self._is(file, value):
                yield f"`{self._text(node)}` spreads an instance"
            case ast.For(iter=items) | ast.AsyncFor(iter=items) | ast.comprehension(iter=items) if self._is(
                file, items
            ):
                yield f"an instance may be iterated over in `{self._text(items)}`"
            case ast.YieldFrom(value=items) if self._is(file, items):
                yield f"an instance may be iterated over in `{self._text(items)}`"
            case ast.Assign(targets=targets, value=value) if self._is(file, value):
                if any(isinstance(target, ast.Tuple | ast.List) for target in targets):
                    yield f"`{self._text(node)}` unpacks an instance"
            case ast.Subscript(value=value) if self._is(file, value):
                yield f"`{self._text(node)}` indexes an instance"
            case ast.Match(subject=subject, cases=cases) if self._is(file, subject, masks.ALL_LEVELS):
                yield from self._patterns(cases)
            case ast.Attribute(value=value, attr=attr) if self._is(file, value):
                yield from self._attribute(node, attr)
            case ast.Call(func=ast.Name(id=name), args=args):
                yield from self._builtin(file, node, name, args)

    def _patterns(self, cases: list[ast.match_case]) -> Iterator[str]:
        for case in cases:
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.MatchSequence | ast.MatchMapping):
                    yield "a sequence pattern may match an instance"
                if isinstance(part, ast.MatchClass) and not self._is_safe_class(part.cls):
                    yield f"`{self._text(part.cls)}` may match a named tuple"

    def _attribute(self, node: ast.AST, attr: str) -> Iterator[str]:
        if attr in _TUPLE_ONLY or attr.startswith("_"):
            yield f"`{self._text(node)}` looks at an instance from inside"

    def _builtin(self, file: File, call: ast.AST, name: str, args: list[ast.expr]) -> Iterator[str]:
        match args:
            case [subject, classes] if name == "isinstance" and self._is(file, subject):
                if not self._is_safe_class(classes):
                    yield f"`{self._text(call)}` may be true of a named tuple"
            case [subject, *_] if name in SAME_BUILTINS | {
                "len",
                "enumerate",
                "zip",
                "sum",
                "dict",
                "next",
                "any",
                "all",
            }:
                if name != "cast" and any(self._is(file, arg) for arg in args):
                    yield f"`{self._text(call)}` may iterate over an instance"
                del subject
            case [subject] if name == "type" and self._is(file, subject):
                above = file.tree.parent(call)
                named = isinstance(above, ast.Attribute) and above.attr == "__name__"
                if not named and not isinstance(above, ast.Compare):
                    yield f"`{self._text(call)}` hands on the class"

    def _is_safe_class(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Tuple):
            return all(self._is_safe_class(each) for each in node.elts)
        if isinstance(node, ast.BinOp):
            return self._is_safe_class(node.left) and self._is_safe_class(node.right)
        name = last_name(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if name == self.name or name in _SAFE_CLASSES:
            return True
        known = self.of.classes.get(name, ())
        return bool(known) and not any(each.bases or each.keywords for _, each in known)
