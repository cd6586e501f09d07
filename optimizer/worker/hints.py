"""Specs from annotations: whatever can be evaluated, parameter by parameter."""

from __future__ import annotations

import ast
import collections
import collections.abc
import contextlib
import dataclasses
import enum
import inspect
import sys
import types
import typing

from .known_types import KNOWN, by_name
from .reach import reach, source_of
from .specs import ANY, BOOL, BYTES, COMPLEX, FLOAT, INT, NONE, STR, Spec, union

_LEAVES = {
    int: INT, float: FLOAT, str: STR, bytes: BYTES, bool: BOOL, complex: COMPLEX,
    type(None): NONE, None: NONE, object: ANY, typing.Any: ANY,
}  # fmt: skip
_abc = collections.abc
_ONE_ITEM = {
    list: "list", set: "set", frozenset: "frozenset", collections.deque: "deque",
    _abc.Iterator: "iterator", _abc.Generator: "iterator", _abc.Iterable: "iterable",
    _abc.Collection: "collection", _abc.Container: "collection", _abc.Reversible: "sequence",
    _abc.Sequence: "sequence", _abc.MutableSequence: "list", _abc.Set: "set", _abc.MutableSet: "set",
    _abc.KeysView: "set", _abc.ValuesView: "sequence",
    _abc.AsyncIterator: "async_iterator", _abc.AsyncIterable: "async_iterator",
    _abc.AsyncGenerator: "async_iterator",
}  # fmt: skip
_TWO_ITEMS = {
    dict: "dict", collections.defaultdict: "default_dict", collections.OrderedDict: "ordered_dict",
    _abc.Mapping: "mapping", _abc.MutableMapping: "dict", collections.ChainMap: "dict",
}  # fmt: skip
_UNIONS = {typing.Union, getattr(types, "UnionType", typing.Union)}


def annotations_of(function, namespace):
    """Evaluated annotations by parameter name; those that cannot be evaluated are left out."""
    raw = dict(getattr(function, "__annotations__", {}))
    raw.pop("return", None)
    names = {**vars(typing), **getattr(function, "__globals__", {}), **namespace}
    found = {}
    for name, hint in raw.items():
        value = evaluated(hint, names)
        if value is not inspect.Parameter.empty:
            found[name] = value
    return found


def evaluated(hint, names):
    """A hint that may be text, or hold text, as a type; `Parameter.empty` when it makes no sense here."""
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if not isinstance(hint, str):
        return hint
    try:
        tree = ast.parse(hint.strip(), mode="eval")
    except SyntaxError:
        return inspect.Parameter.empty
    try:
        older = ast.fix_missing_locations(_Older().visit(tree))
        return evaluated(eval(compile(older, "<annotation>", "eval"), dict(names)), names)
    except Exception:
        return _imported_for_typing(hint, names)


class _Older(ast.NodeTransformer):
    """Writes `X | Y` as `Union[X, Y]`, which every version can evaluate."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if not isinstance(node.op, ast.BitOr):
            return node
        pair = ast.Tuple(elts=[node.left, node.right], ctx=ast.Load())
        union_name = ast.Attribute(
            value=ast.Call(
                func=ast.Name("__import__", ast.Load()), args=[ast.Constant("typing")], keywords=[]
            ),
            attr="Union",
            ctx=ast.Load(),
        )
        index = pair if sys.version_info >= (3, 9) else ast.Index(value=pair)
        return ast.Subscript(value=union_name, slice=index, ctx=ast.Load())


def _imported_for_typing(hint, names):
    """Try again with what the module imports under `if TYPE_CHECKING:`."""
    text = names.get("__tenpercent_typing_imports__")
    if not text:
        return _known_options(hint, names)
    extended = dict(names)
    extended.pop("__tenpercent_typing_imports__")
    for line in text:
        try:
            exec(line, extended)
        except Exception:
            continue
    return evaluated(hint, extended)


def _known_options(hint, names):
    """Those options of `A | B` that can be evaluated, when not all can."""
    top = ast.parse(hint.strip(), mode="eval").body
    if not (isinstance(top, ast.BinOp) and isinstance(top.op, ast.BitOr)):
        return inspect.Parameter.empty
    found = [evaluated(ast.unparse(part), names) for part in (top.left, top.right)]
    found = [part for part in found if part is not inspect.Parameter.empty]
    return typing.Union[tuple(found)] if found else inspect.Parameter.empty


class Hints:
    """Turns types into specs, for one module."""

    def __init__(self, namespace, describe_class):
        self._namespace = namespace
        self._describe_class = describe_class
        self._active = {}

    def spec(self, hint):
        """The spec of an evaluated annotation."""
        hint = evaluated(hint, {**vars(typing), **self._namespace})
        if hint is inspect.Parameter.empty:
            return ANY
        try:
            if hint in _LEAVES:
                return _LEAVES[hint]
        except TypeError:
            return ANY
        origin = typing.get_origin(hint)
        if origin is not None:
            return self._generic(hint, origin, typing.get_args(hint))
        if isinstance(hint, typing.TypeVar):
            return self._type_variable(hint)
        if hasattr(hint, "__supertype__"):
            return self.spec(hint.__supertype__)
        if hasattr(hint, "__value__") and type(hint).__name__ == "TypeAliasType":
            return self.spec(hint.__value__)
        return self._class(hint) if isinstance(hint, type) else ANY

    def _type_variable(self, variable):
        if variable.__constraints__:
            return union(self.spec(part) for part in variable.__constraints__)
        return self.spec(variable.__bound__) if variable.__bound__ else union((INT, STR))

    def _generic(self, hint, origin, arguments):
        if hasattr(hint, "__metadata__"):
            return self.spec(hint.__origin__)
        special = _SPECIAL.get(origin)
        if special is not None:
            return special(self, arguments)
        return self._container(origin, [self.spec(part) for part in arguments])

    def _union(self, arguments):
        return union(self.spec(part) for part in arguments)

    def _literal(self, arguments):
        return Spec("one_of", (), tuple(source_of(value) or self._member(value) for value in arguments))

    def _context(self, arguments):
        return Spec("context", (self._only(arguments),))

    def _only(self, arguments):
        return self.spec(arguments[0]) if arguments else ANY

    def _callable(self, arguments):
        """A callable, or a coroutine function when its result is to be awaited."""
        result = arguments[-1] if arguments else typing.Any
        if typing.get_origin(result) in (_abc.Awaitable, _abc.Coroutine):
            return Spec("async_call", (self.spec(typing.get_args(result)[-1]),))
        return Spec("call", (self.spec(result),))

    def _container(self, origin, parts):
        if origin is collections.Counter:
            return Spec("counter", (parts[0] if parts else STR, INT))
        if origin in _ONE_ITEM:
            return Spec(_ONE_ITEM[origin], (parts[0] if parts else ANY,))
        if origin in _TWO_ITEMS:
            return Spec(_TWO_ITEMS[origin], parts if len(parts) == 2 else (ANY, ANY))
        return self._class(origin) if isinstance(origin, type) else ANY

    def _member(self, value):
        if isinstance(value, enum.Enum):
            return "%s.%s" % (reach(type(value), self._namespace), value.name)
        return "None"

    def _tuple(self, arguments):
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return Spec("tuple_of", (self.spec(arguments[0]),))
        return Spec("tuple", [self.spec(part) for part in arguments if part != ()])

    def _classes(self, arguments):
        chosen = [kind for kind in arguments if isinstance(kind, type)] or [int, str, list]
        found = [reach(kind, self._namespace) for kind in (*chosen, *chosen[0].__subclasses__()[:3])]
        return Spec("one_of", (), tuple(filter(None, found)) or ("int",))

    def _class(self, kind):
        if (
            kind in (list, set, frozenset, collections.deque, tuple, dict)
            or kind in _ONE_ITEM
            or kind in _TWO_ITEMS
        ):
            return Spec("tuple_of", (ANY,)) if kind is tuple else self._container(kind, [])
        if kind is collections.Counter:
            return self._container(kind, [])
        known = KNOWN.get(kind) or by_name(kind)
        if known is not None:
            return known
        if kind not in self._active:
            self._active[kind] = Spec("lazy", (), lambda: self._found(kind))
        return self._active[kind]

    def _found(self, kind):
        found = self.of_class(kind)
        self._active[kind] = found
        return found

    def of_class(self, kind):
        """How to make instances of a class of the project."""
        expression = reach(kind, self._namespace)
        if issubclass(kind, enum.Enum) and expression:
            return Spec(
                "one_of", (), tuple("%s.%s" % (expression, name) for name in kind.__members__) or ("None",)
            )
        if _is_typed_dict(kind):
            hints = annotations_of(kind, self._namespace)
            return Spec("struct", [self.spec(hint) for hint in hints.values()], tuple(hints))
        if getattr(kind, "_is_protocol", False) or inspect.isabstract(kind) or not expression:
            return self._stand_in(kind)
        return self._describe_class(kind, expression) or ANY

    def _stand_in(self, kind):
        made = [self._class(sub) for sub in kind.__subclasses__()[:4] if reach(sub, self._namespace)]
        if made:
            return union(made)
        attributes = dict(annotations_of(kind, self._namespace))
        parts = [self.spec(hint) for hint in attributes.values()]
        methods = [
            name
            for name, value in vars(kind).items()
            if isinstance(value, types.FunctionType) and not name.startswith("_") and name not in attributes
        ]
        results = [Spec("call", (self._result(vars(kind)[name]),)) for name in methods]
        return Spec("duck", (*parts, *results), (*attributes, *methods))

    def _result(self, function):
        hint = evaluated(function.__annotations__.get("return", object), {**vars(typing), **self._namespace})
        return ANY if hint is inspect.Parameter.empty else self.spec(hint)


_SPECIAL = {
    **dict.fromkeys(_UNIONS, Hints._union),
    typing.Literal: Hints._literal,
    typing.ClassVar: Hints._only,
    typing.Final: Hints._only,
    tuple: Hints._tuple,
    type: Hints._classes,
    _abc.Callable: Hints._callable,
    contextlib.AbstractContextManager: Hints._context,
    contextlib.AbstractAsyncContextManager: Hints._context,
}


def _is_typed_dict(kind):
    return issubclass(kind, dict) and hasattr(kind, "__total__") and hasattr(kind, "__annotations__")


def is_record(kind):
    """Whether a class lists its fields: a dataclass or a named tuple."""
    return dataclasses.is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields"))
