"""Uses of instances that tell a dataclass from a named tuple, or that cannot be followed.

Each answer is a list of sentences with where; empty means that nothing of the kind is to be found.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeAlias

from optimizer.facts import masks
from optimizer.facts.instances import (
    ADDS,
    ADDS_ALL,
    EMPTY_CALLS,
    PLAIN_BUILTINS,
    RETURNED,
    SAME_BUILTINS,
    SAME_CONTAINER,
    TAKES,
    TAKING_BUILTINS,
    File,
    Instances,
)
from optimizer.facts.names import parameters
from optimizer.facts.outline import last_name
from optimizer.facts.tree import FunctionNode

_SAFE_CLASSES = frozenset({"int", "str", "float", "bool", "bytes", "dict", "list", "set", "frozenset", "complex"})
_FOLLOWED_BUILTINS = (
    SAME_BUILTINS | TAKING_BUILTINS | PLAIN_BUILTINS | EMPTY_CALLS | {"enumerate", "zip", "map", "type", "heappush", "super"}
)
_QUIET_METHODS = frozenset(
    {"sort", "reverse", "clear", "remove", "discard", "index", "count", "isdisjoint", "format", "items", "task_done"},
)
_FOLLOWED_METHODS = ADDS | ADDS_ALL | TAKES | SAME_CONTAINER | _QUIET_METHODS
_KNOWN_DECORATORS = frozenset(
    {
        "property", "staticmethod", "classmethod", "cached_property", "abstractmethod", "override", "contextmanager",
        "final", "overload",
    },
)  # fmt: skip
_LOOK_AT_FRAMES = frozenset({"locals", "vars", "globals", "eval", "exec"})
_TUPLE_ONLY = frozenset({"count", "index"})

Check: TypeAlias = "Callable[[File, ast.AST], Iterator[str]]"


class InstanceUses:
    """The questions, each over all files that instances can reach."""

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
                case ast.Attribute(value=value, attr=attr, ctx=ast.Store() | ast.Del()) if self._is(file, value):
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
        sorts = name in {"sorted", "min", "max", "set", "frozenset", "Counter", "groupby", "heappush", "fromkeys"}
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

    def _as_tuple(self, file: File, node: ast.AST) -> Iterator[str]:  # noqa: C901 - one case for each kind of place
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
            case ast.For(iter=items) | ast.AsyncFor(iter=items) | ast.comprehension(iter=items) if self._is(file, items):
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
            case [subject, *_] if name in SAME_BUILTINS | {"len", "enumerate", "zip", "sum", "dict", "next", "any", "all"}:
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

    # --- out of sight ---

    def handed_on(self) -> list[str]:
        """Places where an instance, or the class, goes to code that cannot be followed."""
        if self.of.overflow:
            return [f"`{self.name}` can reach more files than are followed"]
        return self._everywhere(self._goes_away)

    def _goes_away(self, file: File, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Call():
                yield from self._call(file, node)
            case ast.Name(id=name, ctx=ast.Load()) if name in _LOOK_AT_FRAMES:
                yield f"`{name}` may see instances as variables"
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
                yield from self._value(file, node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._function(file, node)
            case ast.Lambda(body=body) if self._is(file, body, masks.ALL_LEVELS):
                yield f"`{self._text(node)}` makes or hands out instances"
            case ast.Constant(value=str(text)) if self._is_hidden_name(file, node, text):
                yield f"the text {text!r} may name the class"
            case ast.Subscript(value=value, slice=index) if self._is(file, index, masks.ALL_LEVELS):
                if self.of.mask(file, value) & masks.OTHER:
                    yield f"`{self._text(node)}` looks an instance up in something that is not known"
            case ast.Assign(targets=targets, value=value) if self._is(file, value, masks.ALL_LEVELS):
                yield from self._stored(file, targets)
            case ast.Raise(exc=ast.expr() as error) if self._is(file, error, masks.ALL_LEVELS):
                yield f"`{self._text(node)}` raises an instance"

    def _stored(self, file: File, targets: list[ast.expr]) -> Iterator[str]:
        for target in targets:
            if isinstance(target, ast.Subscript) and self.of.mask(file, target.value) & masks.OTHER:
                yield f"`{self._text(target)}` stores an instance in something that is not known"

    def _call(self, file: File, call: ast.Call) -> Iterator[str]:
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        held = [value for value in values if self._is(file, value, masks.ALL_LEVELS)]
        if not held or self.of.is_class(file, call.func):
            return
        name = self.of.callee(file, call.func)
        followed = name in self.of.functions or self._is_followed_class(name)
        if isinstance(call.func, ast.Attribute):
            on_text = isinstance(call.func.value, ast.Constant)
            known = not self.of.mask(file, call.func.value) & masks.OTHER
            followed = followed or (name in _FOLLOWED_METHODS and (known or on_text))
        else:
            followed = followed or name in _FOLLOWED_BUILTINS
        if not followed:
            yield f"`{self._text(call.func)}` gets instances and is no code of the repository"

    def _is_followed_class(self, name: str) -> bool:
        """A class of the repository that takes its arguments in an `__init__` of its own."""
        known = self.of.classes.get(name, ())
        return bool(known) and all(
            any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in node.body) and not node.bases
            for _, node in known
        )

    def _value(self, file: File, node: ast.Name | ast.Attribute) -> Iterator[str]:
        name = self.of.callee(file, node)
        above = file.tree.parent(node)
        called = isinstance(above, ast.Call) and above.func is node
        if not called and self.of.is_class(file, node) and not self._is_type_place(file, node):
            yield f"the class is handed on in `{self._text(file.tree.statement_of(node))}`"
        gives = self.of.masks.get((RETURNED, name), 0)
        if not called and masks.watched(gives) and name in self.of.functions and not self._is_property(name):
            yield f"`{name}`, which gives instances, is handed on"

    def _is_property(self, name: str) -> bool:
        return all(
            any(last_name(each) in {"property", "cached_property"} for each in function.decorator_list)
            for _, function in self.of.functions.get(name, ())
        )

    def _is_type_place(self, file: File, node: ast.AST) -> bool:
        """Whether the class stands where only its name matters: an annotation, `isinstance`, a pattern, its own attribute."""
        below = node
        for above in file.tree.ancestors(node):
            field = file.tree.field(below)
            if field in {"annotation", "returns", "cls"}:
                return True
            match above:
                case ast.Call(func=ast.Name(id="isinstance" | "issubclass")) if field == "args":
                    return True
                case ast.Call(func=ast.Name(id="cast")) if above.args and above.args[0] is below:
                    return True
                case ast.Compare() if all(isinstance(op, ast.Is | ast.IsNot | ast.Eq | ast.NotEq) for op in above.ops):
                    return True
                case ast.Attribute(attr=attr) if below is node:
                    return not attr.startswith("_") and attr in self.of.functions
                case ast.Tuple() | ast.Subscript() | ast.BinOp() | ast.List():
                    below = above
                case _:
                    return False
        return False

    def _function(self, file: File, function: FunctionNode) -> Iterator[str]:
        scope = file.scopes.opened[function]
        gives = self.of.masks.get((RETURNED, function.name), 0)
        takes = [self.of.masks.get((scope, parameter.arg), 0) for parameter in parameters(function)]
        touched = masks.watched(gives) or any(masks.watched(mask) for mask in takes)
        unknown = [each for each in function.decorator_list if last_name(each) not in _KNOWN_DECORATORS]
        if touched and unknown:
            yield f"`{function.name}` is decorated by `{self._text(unknown[0])}`, which may see instances"
        if masks.watched(gives) and function.name.startswith("__") and function.name.endswith("__"):
            yield f"`{function.name}` gives instances wherever it is called implicitly"

    def _is_hidden_name(self, file: File, node: ast.AST, text: str) -> bool:
        if text != self.name and not text.endswith(f".{self.name}"):
            return False
        return not self._is_type_place(file, node) and not self._is_export(file, node)

    def _is_export(self, file: File, node: ast.AST) -> bool:
        statement = file.tree.statement_of(node)
        targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
        return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)

    def public(self, is_public: Callable[[str, str], bool]) -> list[str]:
        """Names through which code outside the repository can get hold of an instance."""
        found = []
        for (kind, name), mask in self.of.masks.items():
            if masks.watched(mask) and isinstance(kind, str) and name not in self.of.fields:
                found += [f"{path}: `{name}` gives instances to anybody" for path in self._homes(name, is_public)]
        return list(dict.fromkeys(found))

    def _homes(self, name: str, is_public: Callable[[str, str], bool]) -> list[str]:
        return [file.path for file in self.of.files.values() if is_public(file.path, name)]
