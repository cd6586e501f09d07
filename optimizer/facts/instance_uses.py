"""Where instances of a class, or the class itself, go to code that cannot be followed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from optimizer.facts import masks
from optimizer.facts.instance_masks import (
    EMPTY_CALLS,
    PLAIN_BUILTINS,
    RETURNED,
    SAME_BUILTINS,
    SAME_CONTAINER,
    TAKES,
    TAKING_BUILTINS,
    File,
)
from optimizer.facts.instances import ADDS, ADDS_ALL
from optimizer.facts.names import parameters
from optimizer.facts.outline import last_name
from optimizer.facts.tree import FunctionNode
from optimizer.facts.tuple_uses import TupleUses

_FOLLOWED_BUILTINS = (
    SAME_BUILTINS
    | TAKING_BUILTINS
    | PLAIN_BUILTINS
    | EMPTY_CALLS
    | {"enumerate", "zip", "map", "type", "heappush", "super"}
)
_QUIET_METHODS = frozenset(
    {
        "sort",
        "reverse",
        "clear",
        "remove",
        "discard",
        "index",
        "count",
        "isdisjoint",
        "format",
        "items",
        "task_done",
    },
)
_FOLLOWED_METHODS = ADDS | ADDS_ALL | TAKES | SAME_CONTAINER | _QUIET_METHODS
_KNOWN_DECORATORS = frozenset(
    {
        "property", "staticmethod", "classmethod", "cached_property", "abstractmethod", "override", "contextmanager",
        "final", "overload",
    },
)  # fmt: skip
_LOOK_AT_FRAMES = frozenset({"locals", "vars", "globals", "eval", "exec"})


class InstanceUses(TupleUses):
    """All questions about the instances of one class."""

    def handed_on(self) -> list[str]:
        """Places where an instance, or the class, goes to code that cannot be followed."""
        if self.of.overflow:
            return [f"`{self.name}` can reach more files than are followed"]
        return self._everywhere(self._goes_away)

    def _goes_away(self, file: File, node: ast.AST) -> Iterator[str]:  # noqa: C901 - one case for each kind
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
        soon = not self.of.complete and name in self.of.repository.defined
        followed = soon or name in self.of.functions or self._is_followed_class(name)
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
            any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in node.body)
            and not node.bases
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
        """Whether the class stands where only its name matters: annotations, `isinstance`, patterns."""
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
                case ast.Compare() if all(
                    isinstance(op, ast.Is | ast.IsNot | ast.Eq | ast.NotEq) for op in above.ops
                ):
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
                found += [
                    f"{path}: `{name}` gives instances to anybody" for path in self._homes(name, is_public)
                ]
        return list(dict.fromkeys(found))

    def _homes(self, name: str, is_public: Callable[[str, str], bool]) -> list[str]:
        return [file.path for file in self.of.files.values() if is_public(file.path, name)]
