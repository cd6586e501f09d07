"""What an expression may give, as a mask (see `masks`), from what is known of variables so far.

Variables are told apart by scope, attributes and functions by name only.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TypeAlias

from optimizer.facts import masks
from optimizer.facts.outline import last_name
from optimizer.facts.scopes import Scope, ScopeKind, Scopes
from optimizer.facts.tree import FunctionNode, Tree

Key: TypeAlias = tuple[object, str]
"""A variable (its scope, its name), or one of `ATTRIBUTE`, `GLOBAL`, `RETURNED` with a name."""
ATTRIBUTE, GLOBAL, RETURNED = "attribute", "global", "returned"

TAKES = frozenset({"pop", "popleft", "get", "popitem", "setdefault", "get_nowait"})
SAME_CONTAINER = frozenset({"copy", "values", "keys", "union", "intersection", "difference", "most_common"})
SAME_BUILTINS = frozenset(
    {"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "filter", "deque", "cast"},
)
TAKING_BUILTINS = frozenset({"min", "max", "next", "heappop"})
PLAIN_BUILTINS = frozenset(
    {
        "len",
        "str",
        "repr",
        "print",
        "bool",
        "id",
        "hash",
        "any",
        "all",
        "isinstance",
        "issubclass",
        "range",
        "int",
        "ascii",
    },
)
EMPTY_CALLS = frozenset(
    {"dict", "defaultdict", "OrderedDict", "Counter", "object", "input", "open", "float", "format"}
)
_PLAIN_TYPES = frozenset({"int", "str", "float", "bool", "bytes", "complex", "bytearray", "object_", "None"})
_HOLDERS = frozenset(
    {
        "list", "set", "frozenset", "dict", "deque", "defaultdict", "Iterable", "Iterator", "Sequence", "List", "Set",
        "Dict", "Mapping", "Collection", "Generator", "FrozenSet", "MutableMapping", "Deque", "OrderedDict",
    },
)  # fmt: skip
_SUMS = frozenset({"Optional", "Union", "Final", "ClassVar", "Annotated"})


@dataclass(slots=True, eq=False)
class File:
    """One parsed file."""

    path: str
    tree: Tree
    scopes: Scopes
    nodes: list[ast.AST]
    """Those that carry values from one place to another."""


class MaskReader:
    """Files, variables and masks for one watched class."""

    def __init__(self, path: str, name: str, fields: frozenset[str]) -> None:
        self.path = path
        self.name = name
        self.fields = fields
        self.files: dict[str, File] = {}
        self.masks: dict[Key, int] = {}
        self.functions: dict[str, list[tuple[File, FunctionNode]]] = {}
        self.classes: dict[str, list[tuple[File, ast.ClassDef]]] = {}

    # --- keys ---

    def key(self, file: File, name: ast.Name) -> Key | None:
        """The variable that a name means; None for builtins and unknown names."""
        scope = file.scopes.owner(name.id, name)
        if scope is not None:
            return self._scope_key(file, scope, name.id)
        return (GLOBAL, name.id) if file.scopes.module.stars else None

    def callee(self, file: File, func: ast.expr) -> str:
        """The name of what is called, by the name that it was defined under; "" when it has none."""
        if isinstance(func, ast.Attribute):
            return func.attr
        if not isinstance(func, ast.Name):
            return ""
        key = self.key(file, func)
        return key[1] if key is not None and key[0] == GLOBAL else func.id

    def _scope_key(self, file: File, scope: Scope, name: str) -> Key | None:
        if scope.kind is ScopeKind.CLASS:
            return (ATTRIBUTE, name)
        imported = next(
            (node for node in file.scopes.bindings(name, scope) if isinstance(node, ast.alias)), None
        )
        if imported is not None:
            from_module = isinstance(file.tree.parent(imported), ast.ImportFrom)
            return (GLOBAL, imported.name) if from_module else None
        return (GLOBAL, name) if scope.kind is ScopeKind.MODULE else (scope, name)

    def is_class(self, file: File, node: ast.AST) -> bool:
        """Whether an expression means the watched class itself."""
        if isinstance(node, ast.Attribute):
            return node.attr == self.name
        if not isinstance(node, ast.Name):
            return False
        key = self.key(file, node)
        return key == (GLOBAL, self.name) or self._is_own_class(file, node)

    def _is_own_class(self, file: File, node: ast.Name) -> bool:
        """Whether it is `cls` in a classmethod of the watched class."""
        function = file.tree.function_of(node)
        if function is None or not self._is_method(file, function):
            return False
        first = next(iter([*function.args.posonlyargs, *function.args.args]), None)
        decorated = any(last_name(each) == "classmethod" for each in function.decorator_list)
        return decorated and first is not None and first.arg == node.id

    def _is_method(self, file: File, function: FunctionNode) -> bool:
        owner = file.tree.parent(function)
        return isinstance(owner, ast.ClassDef) and owner.name == self.name and file.path == self.path

    # --- reading ---

    def mask(self, file: File, node: ast.AST | None) -> int:  # noqa: C901, PLR0912 - one line for each kind
        """What an expression may give."""
        match node:
            case None | ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.Lambda():
                return masks.NOTHING
            case ast.Name():
                return self._name_mask(file, node)
            case ast.Attribute():
                return self._attribute_mask(node)
            case ast.Call():
                return self._call_mask(file, node)
            case ast.List(elts=elts) | ast.Set(elts=elts):
                return self._held(file, elts)
            case ast.Tuple(elts=elts):
                return masks.OTHER | self._held(file, elts)
            case ast.Dict(keys=keys, values=values):
                return self._held(file, [each for each in (*keys, *values) if each is not None])
            case ast.ListComp(elt=elt) | ast.SetComp(elt=elt) | ast.GeneratorExp(elt=elt):
                return masks.wrap(self.mask(file, elt))
            case ast.DictComp(key=key, value=value):
                return masks.wrap(self.mask(file, key) | self.mask(file, value))
            case ast.Subscript(value=value, slice=ast.Slice()):
                return self.mask(file, value)
            case ast.Subscript(value=value):
                return masks.element(self.mask(file, value))
            case ast.Starred(value=value) | ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.mask(file, value)
            case ast.BoolOp(values=values):
                return self._either(file, values)
            case ast.IfExp(body=body, orelse=orelse):
                return self._either(file, [body, orelse])
            case ast.BinOp(op=ast.Mod()):
                return masks.NOTHING
            case ast.BinOp(left=left, right=right):
                return self._either(file, [left, right])
            case ast.UnaryOp():
                return masks.NOTHING
            case _:
                return masks.UNKNOWN

    def _either(self, file: File, nodes: list[ast.expr]) -> int:
        found = 0
        for node in nodes:
            found |= self.mask(file, node)
        return found

    def _held(self, file: File, elts: list[ast.expr]) -> int:
        found = 0
        for each in elts:
            if isinstance(each, ast.Starred):
                found |= self.mask(file, each.value) & masks.IN_CONTAINERS
            else:
                found |= masks.wrap(self.mask(file, each))
        return found

    def _name_mask(self, file: File, node: ast.Name) -> int:
        key = self.key(file, node)
        if key is None:
            return masks.UNKNOWN
        if key[0] == GLOBAL:
            known = any(self._binds_global(each, key[1]) for each in self.files.values())
            return self.masks.get(key, 0) if known else masks.UNKNOWN
        return self.masks.get(key, 0)

    def _binds_global(self, file: File, name: str) -> bool:
        return any(not isinstance(node, ast.alias) for node in file.scopes.bindings(name, file.scopes.module))

    def _attribute_mask(self, node: ast.Attribute) -> int:
        stored = self.masks.get((ATTRIBUTE, node.attr))
        found = (stored or 0) | self.masks.get((GLOBAL, node.attr), 0)
        for _, function in self.functions.get(node.attr, ()):
            if any(last_name(each) in {"property", "cached_property"} for each in function.decorator_list):
                found |= self.masks.get((RETURNED, node.attr), 0)
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        return found if own and stored is not None else found | masks.UNKNOWN

    def _call_mask(self, file: File, call: ast.Call) -> int:
        name = self.callee(file, call.func)
        if self.is_class(file, call.func):
            return masks.INSTANCE
        if name in self.functions:
            return self.masks.get((RETURNED, name), 0) | self._container_result(file, call, name, known=True)
        if name in self.classes:
            return masks.OTHER if self._may_be_tuple(name) else masks.NOTHING
        return self._container_result(file, call, name, known=False)

    def _may_be_tuple(self, name: str) -> bool:
        return any(node.bases or node.keywords for _, node in self.classes.get(name, ()))

    def _container_result(self, file: File, call: ast.Call, name: str, *, known: bool) -> int:
        args = [self.mask(file, arg) for arg in call.args]
        if isinstance(call.func, ast.Attribute):
            held = self.mask(file, call.func.value)
            if name in TAKES:
                return masks.element(held) | (args[1] if len(args) > 1 else 0)
            if name in SAME_CONTAINER:
                return held & masks.IN_CONTAINERS | self._all(args)
            if name == "items":
                return masks.wrap(held & masks.IN_CONTAINERS) | masks.HELD_OTHER
        return self._builtin_result(name, args, known=known)

    def _builtin_result(self, name: str, args: list[int], *, known: bool) -> int:
        if name == "cast" and args:
            return args[-1]
        if name in SAME_BUILTINS:
            other = masks.OTHER if name == "tuple" else 0
            return self._all(args) & masks.IN_CONTAINERS | other
        if name in TAKING_BUILTINS:
            return self._all(args) if len(args) > 1 else masks.element(self._all(args))
        if name in {"enumerate", "zip", "product", "pairwise"}:
            return masks.wrap(self._all(args) & masks.IN_CONTAINERS | masks.OTHER)
        if name in PLAIN_BUILTINS | EMPTY_CALLS:
            return self._all(args) & masks.IN_CONTAINERS if name not in PLAIN_BUILTINS else masks.NOTHING
        return masks.NOTHING if known else masks.UNKNOWN

    def _all(self, args: list[int]) -> int:
        found = 0
        for each in args:
            found |= each
        return found

    # --- annotations ---

    def annotated(self, file: File, annotation: ast.expr | None) -> int:
        """What an annotation lets in: the class itself is trusted where it is named."""
        match annotation:
            case None:
                return masks.UNKNOWN
            case ast.Constant(value=None):
                return masks.NOTHING
            case ast.Constant(value=str(text)):
                return self._annotated_text(file, text)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self._annotated_name(name)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.annotated(file, left) | self.annotated(file, right)
            case ast.Subscript(value=base, slice=index):
                inner = index.elts if isinstance(index, ast.Tuple) else [index]
                held = self._all([self.annotated(file, each) for each in inner])
                if last_name(base) in _SUMS:
                    return held
                if last_name(base) in {"tuple", "Tuple"}:
                    return masks.wrap(held) | masks.OTHER
                return masks.wrap(held) if last_name(base) in _HOLDERS else masks.UNKNOWN
            case _:
                return masks.UNKNOWN

    def _annotated_name(self, name: str) -> int:
        if name == self.name:
            return masks.INSTANCE
        if name in _PLAIN_TYPES or (name in self.classes and not self._may_be_tuple(name)):
            return masks.NOTHING
        return masks.UNKNOWN

    def _annotated_text(self, file: File, text: str) -> int:
        try:
            return self.annotated(file, ast.parse(text, mode="eval").body)
        except SyntaxError:
            return masks.UNKNOWN
