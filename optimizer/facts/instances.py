"""Where instances of one class may be, over a whole repository.

Assignments, calls and returns carry masks along until nothing changes. What a container holds is seen
under every name of the container. What cannot be followed is reported by `instance_uses`, not here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from optimizer.facts import masks
from optimizer.facts.instance_masks import (
    ATTRIBUTE,
    RETURNED,
    SAME_BUILTINS,
    SAME_CONTAINER,
    TAKES,
    TAKING_BUILTINS,
    File,
    Key,
    MaskReader,
)
from optimizer.facts.names import parameters
from optimizer.facts.outline import last_name
from optimizer.facts.repository import RepositoryFacts
from optimizer.facts.scopes import Scopes
from optimizer.facts.tree import FUNCTIONS, FunctionNode, Tree

MOST_FILES = 60
ADDS = frozenset({"add", "append", "appendleft", "insert", "put", "put_nowait", "setdefault", "push"})
ADDS_ALL = frozenset({"extend", "extendleft", "update", "union", "difference_update", "intersection_update"})


class Instances(MaskReader):
    """Masks of everything that the repository names, for one watched class."""

    def __init__(self, repository: RepositoryFacts, path: str, name: str, fields: frozenset[str]) -> None:
        super().__init__(path, name, fields)
        self.repository = repository
        self.overflow = False
        self._wanted = {name}
        self._asked: set[str] = set()
        self._receivers: set[str] = set()
        self._changed = False

    # --- growing until nothing changes ---

    @property
    def complete(self) -> bool:
        """Whether every file that instances may reach has been read."""
        return self.overflow or not self._wanted

    def grow(self) -> None:
        """Read the files that hold the names which instances have reached, and carry them on in there."""
        for name in sorted(self._wanted):
            self._open_files(name)
        self._asked |= self._wanted
        self._settle()
        shared = {
            name for (kind, name), mask in self.masks.items() if masks.watched(mask) and isinstance(kind, str)
        }
        self._wanted = (shared | self._receivers) - self._asked

    def _open_files(self, name: str) -> None:
        for path in self.repository.files_with(name):
            if path in self.files:
                continue
            file = _open(self.repository, path) if len(self.files) < MOST_FILES else None
            if file is None:
                self.overflow = True
                return
            self.files[path] = file
            self._index(file)

    def _index(self, file: File) -> None:
        for node in file.tree.order:
            if isinstance(node, FUNCTIONS):
                self.functions.setdefault(node.name, []).append((file, node))
            elif isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, []).append((file, node))

    def _settle(self) -> None:
        self._changed = True
        while self._changed:
            self._changed = False
            for file in self.files.values():
                for node in file.nodes:
                    self._carry(file, node)

    def _write(self, key: Key | None, mask: int) -> None:
        if key is None:
            return
        before = self.masks.get(key)
        after = (before or 0) | mask
        if after != before:
            self.masks[key] = after
            self._changed = True

    # --- writing ---

    def store(self, file: File, target: ast.AST, mask: int) -> None:
        """`target = value` (also back into what `target` was taken out of)."""
        match target:
            case ast.Name():
                self._write(self.key(file, target), mask)
            case ast.Attribute(attr=attr):
                self._write((ATTRIBUTE, attr), mask)
            case ast.Starred(value=value):
                self.store(file, value, masks.wrap(mask))
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                for each in elts:
                    self.store(file, each, masks.element(mask))
            case ast.Subscript(value=value, slice=ast.Slice()):
                self.share(file, value, mask)
            case ast.Subscript(value=value):
                self.share(file, value, masks.wrap(mask))

    def share(self, file: File, source: ast.AST | None, mask: int) -> None:  # noqa: C901 - one case for each kind
        """What a container holds is seen by everything that it is known as."""
        mask &= masks.IN_CONTAINERS
        if not mask:
            return
        match source:
            case ast.Name() | ast.Attribute():
                self.store(file, source, mask)
            case ast.Subscript(value=value, slice=index):
                self.share(file, value, mask if isinstance(index, ast.Slice) else masks.wrap(mask))
            case ast.BoolOp(values=values):
                for value in values:
                    self.share(file, value, mask)
            case ast.IfExp(body=body, orelse=orelse):
                self.share(file, body, mask)
                self.share(file, orelse, mask)
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                self.share(file, value, mask)
            case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
                for each in elts:
                    self.share(file, each, masks.element(mask))
            case ast.Dict(values=values):
                for value in values:
                    self.share(file, value, masks.element(mask))
            case ast.Call(func=func):
                self._share_call(file, source, func, mask)

    def _share_call(self, file: File, call: ast.Call, func: ast.expr, mask: int) -> None:
        name = self.callee(file, func)
        if name in self.functions:
            self._write((RETURNED, name), mask)
        if isinstance(func, ast.Attribute) and name in TAKES | SAME_CONTAINER | {"items"}:
            self.share(file, func.value, masks.wrap(mask) if name in TAKES else mask)
        for arg in call.args:
            if name in SAME_BUILTINS | TAKING_BUILTINS | {"enumerate", "zip"}:
                self.share(file, arg, masks.wrap(mask) if name in TAKING_BUILTINS else mask)

    def _carry(self, file: File, node: ast.AST) -> None:  # noqa: C901, PLR0912 - one case for each kind of node
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(file, target, value)
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
            ):
                self._assign(file, target, value)
            case ast.AugAssign(target=target, value=value):
                self.store(file, target, self.mask(file, value) & ~masks.INSTANCE)
            case ast.For(target=target, iter=items) | ast.AsyncFor(target=target, iter=items):
                self._take(file, target, items)
            case ast.comprehension(target=target, iter=items):
                self._take(file, target, items)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                held = self.mask(file, value)
                self.store(file, target, held | masks.element(held))
            case ast.Return(value=ast.expr() as value):
                self._give(file, node, value, self.mask(file, value))
            case ast.Yield(value=ast.expr() as value):
                self._give(file, node, value, masks.wrap(self.mask(file, value)))
            case ast.YieldFrom(value=value):
                self._give(file, node, value, self.mask(file, value))
            case ast.Call():
                self._pass(file, node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._enter(file, node)
            case ast.Lambda():
                for parameter in parameters(node):
                    self._write((file.scopes.opened[node], parameter.arg), masks.UNKNOWN)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self._capture(file, node, name)

    def _assign(self, file: File, target: ast.expr, value: ast.expr) -> None:
        self.store(file, target, self.mask(file, value))
        if isinstance(target, ast.Tuple | ast.List):
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                for inner, each in zip(target.elts, value.elts, strict=True):
                    self._assign(file, inner, each)
            return
        self.share(file, value, self.mask(file, target))

    def _take(self, file: File, target: ast.expr, items: ast.expr) -> None:
        self.store(file, target, masks.element(self.mask(file, items)))
        if not isinstance(target, ast.Tuple | ast.List):
            self.share(file, items, masks.wrap(self.mask(file, target) & masks.IN_CONTAINERS))

    def _give(self, file: File, node: ast.AST, value: ast.expr, mask: int) -> None:
        function = file.tree.function_of(node)
        if function is not None and not isinstance(self._lambda_around(file, node), ast.Lambda):
            self._write((RETURNED, function.name), mask)
            self.share(file, value, self.masks.get((RETURNED, function.name), 0))

    def _lambda_around(self, file: File, node: ast.AST) -> ast.AST | None:
        return next(
            (each for each in file.tree.ancestors(node) if isinstance(each, (ast.Lambda, *FUNCTIONS))), None
        )

    def _enter(self, file: File, function: FunctionNode) -> None:
        """What parameters hold by their annotations and defaults."""
        args = function.args
        positional = [*args.posonlyargs, *args.args]
        scope = file.scopes.opened[function]
        owner = file.tree.parent(function)
        for index, parameter in enumerate(parameters(function)):
            mask = self.annotated(file, parameter.annotation)
            if parameter is args.vararg or parameter is args.kwarg:
                mask = masks.wrap(mask)
            if index == 0 and isinstance(owner, ast.ClassDef) and positional:
                mask = self._receiver(file, function, owner)
            self._write((scope, parameter.arg), mask)
        defaults = [*args.defaults, *(default for default in args.kw_defaults if default is not None)]
        for default in defaults:
            for parameter in parameters(function):
                self._write((scope, parameter.arg), self.mask(file, default) & masks.ALL_LEVELS)

    def _receiver(self, file: File, function: FunctionNode, owner: ast.ClassDef) -> int:
        if any(last_name(each) in {"staticmethod", "classmethod"} for each in function.decorator_list):
            return masks.NOTHING
        if self._is_method(file, function):
            return masks.INSTANCE
        return masks.OTHER if owner.bases or owner.keywords else masks.NOTHING

    def _pass(self, file: File, call: ast.Call) -> None:
        """Arguments reach the parameters of every function of that name."""
        name = self.callee(file, call.func)
        if self.is_class(file, call.func):
            for mask in self._argument_masks(file, call):
                for field in self.fields:
                    self._write((ATTRIBUTE, field), mask & masks.ALL_LEVELS)
        called = self._called(name)
        for target, function in called:
            self._bind(file, call, target, function)
        if not called and any(map(masks.watched, self._argument_masks(file, call))):
            self._receivers.add(name)
        if isinstance(call.func, ast.Attribute):
            self._add(file, call, call.func.value, name)
        if name == "heappush" and len(call.args) > 1:
            self.share(file, call.args[0], masks.wrap(self.mask(file, call.args[1])))
        if name in {"sorted", "min", "max", "map", "filter", "sort", "groupby"}:
            self._call_back(file, call, name)

    def _argument_masks(self, file: File, call: ast.Call) -> Iterator[int]:
        for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield self.mask(file, arg)

    def _called(self, name: str) -> list[tuple[File, FunctionNode]]:
        made = []
        for file, node in self.classes.get(name, ()):
            made += [
                (file, each)
                for each in node.body
                if isinstance(each, FUNCTIONS) and each.name in {"__init__", "__new__"}
            ]
        return [*self.functions.get(name, ()), *made]

    def _bind(self, file: File, call: ast.Call, target: File, function: FunctionNode) -> None:
        scope = target.scopes.opened[function]
        args = function.args
        positional = [*args.posonlyargs, *args.args]
        # A method called on an instance has its first parameter filled; on a class it has not. Both are tried.
        offsets = (0, 1) if isinstance(target.tree.parent(function), ast.ClassDef) else (0,)
        spread = any(isinstance(arg, ast.Starred) for arg in call.args)
        for index, arg in enumerate(call.args):
            for offset in offsets:
                for parameter in self._positions(positional, args.vararg, index + offset, spread=spread):
                    held = parameter is args.vararg
                    self._link(
                        file, arg, (scope, parameter.arg), held=held, spread=isinstance(arg, ast.Starred)
                    )
        for keyword in call.keywords:
            for parameter in parameters(function):
                if keyword.arg in {None, parameter.arg} or parameter is args.kwarg:
                    held = parameter is args.kwarg
                    self._link(
                        file, keyword.value, (scope, parameter.arg), held=held, spread=keyword.arg is None
                    )

    def _positions(
        self,
        positional: list[ast.arg],
        vararg: ast.arg | None,
        index: int,
        *,
        spread: bool,
    ) -> list[ast.arg]:
        rest = [vararg] if vararg is not None else []
        if spread:
            return [*positional, *rest]
        return [positional[index]] if index < len(positional) else rest

    def _link(self, file: File, arg: ast.expr, key: Key, *, held: bool, spread: bool) -> None:
        mask = self.mask(file, arg)
        if spread:
            mask = masks.element(mask)
        self._write(key, masks.wrap(mask) if held else mask)
        if not held and not spread:
            self.share(file, arg, self.masks.get(key, 0))

    def _add(self, file: File, call: ast.Call, receiver: ast.expr, name: str) -> None:
        if name in ADDS:
            for mask in self._argument_masks(file, call):
                self.share(file, receiver, masks.wrap(mask))
        elif name in ADDS_ALL:
            for mask in self._argument_masks(file, call):
                self.share(file, receiver, mask)

    def _call_back(self, file: File, call: ast.Call, name: str) -> None:
        """The parameters of a `key=` or a mapped function get the elements."""
        if name == "sort" and isinstance(call.func, ast.Attribute):
            items = [call.func.value]
        else:
            items = call.args[1:] if name in {"map", "filter"} else call.args
        mask = masks.element(self._either(file, items))
        callbacks = [keyword.value for keyword in call.keywords if keyword.arg == "key"]
        callbacks += call.args[:1] if name in {"map", "filter"} else []
        for callback in callbacks:
            if isinstance(callback, ast.Lambda):
                scope = file.scopes.opened[callback]
                for parameter in parameters(callback):
                    self._write((scope, parameter.arg), mask)
            for target, function in self._called(self.callee(file, callback)):
                for parameter in parameters(function):
                    self._write((target.scopes.opened[function], parameter.arg), mask)

    def _capture(self, file: File, node: ast.AST, name: str) -> None:
        statement = file.tree.statement_of(node)
        scope = file.scopes.scope_of(node)
        owner = file.scopes.owner_from(name, scope) if scope is not None else None
        if isinstance(statement, ast.Match) and owner is not None:
            subject = self.mask(file, statement.subject)
            self._write(self._scope_key(file, owner, name), subject | masks.element(subject))


_CARRIERS = (
    ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor, ast.comprehension, ast.withitem,
    ast.Return, ast.Yield, ast.YieldFrom, ast.Call, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.MatchAs,
    ast.MatchStar,
)  # fmt: skip
# Opening a file is dear, and several classes of a repository may ask for the same ones.
_OPENED: WeakKeyDictionary[RepositoryFacts, dict[str, File | None]] = WeakKeyDictionary()


def _open(repository: RepositoryFacts, path: str) -> File | None:
    """A file of the repository; None when it does not parse."""
    opened = _OPENED.setdefault(repository, {})
    if path not in opened:
        module = repository.tree(path)
        tree = Tree(module) if module is not None else None
        nodes: list[ast.AST] = [node for node in tree.order if isinstance(node, _CARRIERS)] if tree else []
        opened[path] = File(path, tree, Scopes(tree), nodes) if tree else None
    return opened[path]
