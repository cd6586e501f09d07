"""Tricks that save nanoseconds and cost a reader minutes. Each finder yields the places of its trick."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.readability.scene import Scene
from optimizer.readability.trees import Function

_TYPES = (object, int, float, str, bytes, list, tuple, dict, set, type, type(iter(())), type(_ for _ in ()))
# Dunder names that are data, or are called by name for want of another spelling.
_PLAIN_DUNDERS = frozenset({"__class__", "__subclasses__", "__init_subclass__", "__class_getitem__"})
_SPECIAL = frozenset(
    name
    for owner in _TYPES
    for name in dir(owner)
    if name.startswith("__") and callable(getattr(owner, name, None)) and name not in _PLAIN_DUNDERS
) | {"__enter__", "__exit__", "__aiter__", "__anext__", "__await__", "__missing__", "__reversed__"}
_BY_NAME = frozenset({"builtins.getattr", "operator.methodcaller", "operator.attrgetter"})
_NUMERIC_CALLS = frozenset(
    {
        "builtins.len",
        "builtins.ord",
        "builtins.int",
        "builtins.hash",
        "builtins.abs",
        "builtins.id",
        "builtins.round",
    }
)
_NUMERIC_METHODS = frozenset({"bit_length", "bit_count", "index", "find", "count"})
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Pow, ast.Div)
_MASKS = (ast.BitAnd, ast.BitOr, ast.BitXor)
_SHIFTS = (ast.LShift, ast.RShift)
_SWITCHES = frozenset(
    {
        "gc.disable",
        "gc.freeze",
        "gc.set_threshold",
        "sys.setswitchinterval",
        "sys.setrecursionlimit",
        "sys.setprofile",
        "sys.settrace",
        "os.nice",
        "os.sched_setaffinity",
    }
)
_FAR = 4


def alias(scene: Scene) -> Iterator[ast.AST]:
    """`append = out.append`, `_len = len`, `def f(x, _len=len)`: a second name to call a function by."""
    seen: set[ast.AST] = set()
    for name in _called(scene):
        value = scene.value_of(name)
        if value is not name and value not in seen and _is_function_reference(scene, value):
            seen.add(value)
            yield value
    for node in scene.nodes:
        if isinstance(node, ast.arguments):
            yield from (default for name, default in _defaults(node) if _is_namesake(name, default))


def special_method(scene: Scene) -> Iterator[ast.AST]:
    """`xs.__len__()`, `key=d.__getitem__`, `getattr(x, "__iter__")`; a method may call its own namesake."""
    for node in scene.nodes:
        match node:
            case ast.Attribute(value=owner, attr=attr, ctx=ast.Load()) if attr in _SPECIAL:
                if not (_is_super(owner) or _in_method(scene, node, attr)):
                    yield node
            case ast.Call(func=func, args=[*_, ast.Constant(value=str(attr))]) if attr in _SPECIAL:
                if scene.origin(func) in _BY_NAME:
                    yield node


def bit_trick(scene: Scene) -> Iterator[ast.AST]:
    """Shifts, and masks on numbers; sets, flags and data frames keep their operators."""
    for node in scene.nodes:
        match node:
            case ast.BinOp(op=op) | ast.AugAssign(op=op) if isinstance(op, _SHIFTS):
                yield node
            case ast.BinOp(op=op, left=left, right=right) if isinstance(op, _MASKS):
                if _is_number(scene, left) or _is_number(scene, right):
                    yield node
            case ast.AugAssign(op=op, target=target, value=value) if isinstance(op, _MASKS):
                if _is_number(scene, target) or _is_number(scene, value):
                    yield node
            case ast.UnaryOp(op=ast.Invert() | ast.USub(), operand=ast.UnaryOp(op=ast.Invert() | ast.USub())):
                yield node
            case ast.Subscript(slice=ast.UnaryOp(op=ast.Invert())):
                yield node


def sliced_comparison(scene: Scene) -> Iterator[ast.AST]:
    """`text[:4] == "item"` instead of `text.startswith("item")`."""
    for node in scene.nodes:
        match node:
            case ast.Compare(
                left=ast.Subscript(slice=ast.Slice()),
                ops=[ast.Eq() | ast.NotEq()],
                comparators=[ast.Constant(value=str() | bytes())],
            ):
                yield node


def consuming_deque(scene: Scene) -> Iterator[ast.AST]:
    """`deque(iterator, maxlen=0)`."""
    for node in scene.nodes:
        if isinstance(node, ast.Call) and scene.origin(node.func) == "collections.deque":
            lengths = [
                *node.args[1:],
                *(keyword.value for keyword in node.keywords if keyword.arg == "maxlen"),
            ]
            if any(isinstance(length, ast.Constant) and length.value == 0 for length in lengths):
                yield node


def interpreter_switch(scene: Scene) -> Iterator[ast.AST]:
    """`gc.disable()` and other settings of the whole process."""
    for node in scene.nodes:
        if isinstance(node, ast.Call) and scene.origin(node.func) in _SWITCHES:
            yield node


def _is_function_reference(scene: Scene, value: ast.expr) -> bool:
    match value:
        case ast.Attribute(attr="__class__"):
            return False
        case ast.Attribute() | ast.Name():
            return True
        case ast.Call(func=func, args=[_, ast.Constant(value=str())]):
            return scene.origin(func) == "builtins.getattr"
        case ast.Call(func=func, args=[ast.Name()]):
            return scene.origin(func) in {"functools.partial", "builtins.staticmethod"}
        case ast.Call(func=func, args=[ast.Attribute(), *_]):
            return scene.origin(func) == "functools.partial"
    return False


def _called(scene: Scene) -> Iterator[ast.Name]:
    """Names that are called, or handed to `map` and the like to be called."""
    for node in scene.nodes:
        match node:
            case ast.Call(func=ast.Name() as name):
                yield name
                if name.id in {"map", "filter"}:
                    yield from (argument for argument in node.args[:1] if isinstance(argument, ast.Name))


def _defaults(node: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*node.posonlyargs, *node.args]
    yield from zip(
        (arg.arg for arg in positional[len(positional) - len(node.defaults) :]), node.defaults, strict=True
    )
    for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        if default is not None:
            yield arg.arg, default


def _is_namesake(name: str, default: ast.expr) -> bool:
    """Whether a parameter is called like the function that it stands for: `_len=len`, `append=out.append`."""
    match default:
        case ast.Name(id=own) | ast.Attribute(attr=own):
            return name.strip("_") == own.strip("_")
    return False


def _is_super(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super"


def _in_method(scene: Scene, node: ast.AST, name: str) -> bool:
    return any(isinstance(above, Function) and above.name == name for above in scene.ancestors(node))


def _is_number(scene: Scene, node: ast.expr, *, far: int = _FAR) -> bool:
    """Whether `node` is plainly a number: a literal, arithmetic with one, a length, a name for such."""
    found = scene.value_of(node) if far else None
    match found:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int() | float()):
            return True
        case ast.UnaryOp(operand=operand):
            return _is_number(scene, operand, far=far - 1)
        case ast.BinOp(op=op, left=left, right=right):
            numbers = any(_is_number(scene, part, far=far - 1) for part in (left, right))
            return isinstance(op, _SHIFTS) or (isinstance(op, _ARITHMETIC + _MASKS) and numbers)
        case ast.Call(func=func):
            method = func.attr if isinstance(func, ast.Attribute) else ""
            return method in _NUMERIC_METHODS or scene.origin(func) in _NUMERIC_CALLS
    return False
