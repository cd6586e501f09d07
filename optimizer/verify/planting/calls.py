"""Other functions and methods, arguments lost or swapped, copies that are not made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.verify.planting.constants import HINTS
from optimizer.verify.planting.mutation import (
    CHANGING,
    Mutation,
    Scene,
    call_of,
    called,
    constant,
    expression,
    is_none,
    name_of,
    same,
    sliced,
    with_fields,
)

_OTHER_METHODS = {
    "startswith": "endswith", "endswith": "startswith", "lstrip": "rstrip", "rstrip": "strip",
    "strip": "lstrip", "upper": "lower", "lower": "upper", "casefold": "lower",
    "title": "capitalize", "capitalize": "title", "find": "rfind", "rfind": "find",
    "index": "rindex", "rindex": "index", "partition": "rpartition", "rpartition": "partition",
    "split": "rsplit", "rsplit": "split", "ljust": "rjust", "rjust": "ljust", "isdigit": "isalpha",
    "isdecimal": "isdigit", "isalpha": "isalnum", "isalnum": "isalpha", "isnumeric": "isdecimal",
    "removeprefix": "lstrip", "removesuffix": "rstrip", "appendleft": "append", "popleft": "pop",
    "add": "discard", "extend": "append", "union": "intersection", "intersection": "union",
    "difference": "intersection", "setdefault": "get", "match": "search", "search": "match",
    "fullmatch": "match", "issubset": "issuperset", "issuperset": "issubset",
    "nlargest": "nsmallest", "nsmallest": "nlargest", "bisect_left": "bisect_right",
    "bisect_right": "bisect_left", "isdisjoint": "issubset",
}  # fmt: skip
_OTHER_FUNCTIONS = {
    "any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list", "reversed": "iter",
    "floor": "ceil", "ceil": "floor", "int": "float", "float": "int", "str": "repr", "repr": "str",
}  # fmt: skip
_COMMUTATIVE = (ast.BitXor, ast.BitAnd, ast.BitOr, ast.Mult)
_FROM_AN_END = frozenset({"split", "rsplit"})
"""What is the same from either end, as long as there is no limit."""
_NUMBERS = frozenset({"abs", "int", "len", "sum", "round", "ord", "float", "hash", "id", "divmod", "pow"})
_DROPPABLE = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "casefold"})
_BARE = frozenset({"sorted", "reversed"})
_COPIES = frozenset({"list", "dict", "set", "tuple", "deepcopy", "copy", "deque", "sorted"})
_ANY_ORDER = frozenset({"isinstance", "getattr", "hasattr", "min", "max", "partial", "print", "gcd"})
_ALL_NEEDED = frozenset({"isinstance", "range", "print", "zip", "map", "filter", "setattr"})
_WITH_DEFAULT = frozenset({"get", "next", "getattr", "pop", "sum"})
_EMPTY_CASES = frozenset({"default", "start", "initial"})
_STORING = frozenset({"append", "add", "setdefault", "insert", "put"})


def callees(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """Another function or method, or none."""
    del scene
    match node:
        case ast.Call(func=ast.Attribute(attr=name, value=value) as func):
            other = _OTHER_METHODS.get(name)
            limited = len(node.args) + len(node.keywords) > 1
            if other and (limited or name not in _FROM_AN_END):
                yield expression("method", node, with_fields(node, func=with_fields(func, attr=other)))
            if name in _DROPPABLE and not node.args:
                yield expression("lost call", node, value)
        case ast.Call(func=ast.Name(id="str"), args=[ast.Call(func=ast.Name(id=name))]) if name in _NUMBERS:
            return  # the `repr` of a number is its `str`
        case ast.Call(func=ast.Name(id=name)) if name in _OTHER_FUNCTIONS:
            keywords = [] if name in _BARE else node.keywords
            new = with_fields(node, func=name_of(_OTHER_FUNCTIONS[name]), keywords=keywords)
            yield expression("function", node, new)


def boundaries(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """One item too few, another start, the other end of a list."""
    del scene
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[_]):
            yield expression("boundary", node, ast.BinOp(left=node, op=ast.Sub(), right=constant(1)))
        case ast.Call(func=ast.Name(id="range"), args=[stop]):
            yield expression("boundary", node, call_of("range", constant(1), stop))
        case ast.Call(func=ast.Name(id="enumerate"), args=[items], keywords=[]):
            yield expression("boundary", node, call_of("enumerate", items, constant(1)))
        case ast.Call(func=ast.Name(id="zip"), args=[first, *rest]) if rest:
            yield expression("boundary", node, with_fields(node, args=[sliced(first, lower=1), *rest]))
        case ast.Call(func=ast.Name(id="sum"), args=[_]):
            yield expression("empty case", node, with_fields(node, args=[*node.args, constant(0.0)]))
        case ast.Call(func=ast.Attribute(attr="append") as func, args=[item]):
            first_place = with_fields(node, func=with_fields(func, attr="insert"), args=[constant(0), item])
            yield expression("reversed", node, first_place)
        case ast.Call(func=ast.Attribute(attr="pop"), args=[]):
            yield expression("reversed", node, with_fields(node, args=[constant(0)]))


def arguments(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """Two arguments swapped, the last one or a keyword lost."""
    if isinstance(node, ast.Call):
        yield from _positional(node, scene)
        yield from _keywords(node)


def _positional(node: ast.Call, scene: Scene) -> Iterator[Mutation]:
    name, args = called(node), node.args
    starred = any(isinstance(argument, ast.Starred) for argument in args)
    if len(args) <= 1 or starred:
        return
    if name not in _ANY_ORDER and not same(args[0], args[1]) and not _commute(node, scene):
        yield expression("swapped arguments", node, with_fields(node, args=[args[1], args[0], *args[2:]]))
    if name not in _ALL_NEEDED and not is_none(args[-1]):
        kind = "empty case" if name in _WITH_DEFAULT else "lost argument"
        yield expression(kind, node, with_fields(node, args=args[:-1]))


def _commute(node: ast.Call, scene: Scene) -> bool:
    """Whether the pairs of a `zip` go nowhere but into an operator for which their order is the same."""
    match scene.parents.get(node):
        case ast.comprehension(target=ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=other)]), ifs=[]) as part:
            match getattr(scene.parents.get(part), "elt", None):
                case ast.BinOp(left=ast.Name(id=left), op=op, right=ast.Name(id=right)):
                    return isinstance(op, _COMMUTATIVE) and {left, right} == {one, other}
    return False


def _keywords(node: ast.Call) -> Iterator[Mutation]:
    for place, keyword in enumerate(node.keywords):
        if keyword.arg in HINTS or keyword.arg is None:
            continue
        rest = [*node.keywords[:place], *node.keywords[place + 1 :]]
        kind = "empty case" if keyword.arg in _EMPTY_CASES else "lost keyword"
        yield expression(kind, node, with_fields(node, keywords=rest))
        if keyword.arg == "default":
            other = ast.keyword(arg="default", value=constant(0 if is_none(keyword.value) else None))
            yield expression("empty case", node, with_fields(node, keywords=[*rest, other]))


def copies(node: ast.expr, scene: Scene) -> Iterator[Mutation]:
    """The thing itself where a copy was made: it only shows where the result is kept or changed."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[original], keywords=[]) if (
            name in _COPIES and isinstance(original, ast.Name | ast.Attribute | ast.Subscript)
        ):
            if is_kept(node, scene):
                yield expression("shared for copied", node, original)
        case ast.Call(func=ast.Attribute(attr="copy", value=original), args=[], keywords=[]):
            if is_kept(node, scene):
                yield expression("shared for copied", node, original)


def is_copy_of_itself(node: ast.stmt) -> bool:
    """Whether a statement is like `rows = list(rows)`."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.Call(args=[ast.Name(id=original)], keywords=[]) as made
        ):
            return name == original and called(made) in _COPIES
    return False


def is_kept(node: ast.expr, scene: Scene) -> bool:
    """Whether a value leaves the function, is stored, or is changed there under its name."""
    match scene.parents.get(node):
        case ast.Return() | ast.Yield() | ast.Dict() | ast.List() | ast.Tuple() | ast.keyword():
            return True
        case ast.Call() as parent:
            return node in parent.args and called(parent) in _STORING
        case ast.Assign(targets=[ast.Name(id=name)]):
            return any(_is_changed(name, part) for part in ast.walk(scene.function(node) or scene.tree))
        case ast.Assign():
            return True
    return False


def _is_changed(name: str, part: ast.AST) -> bool:
    """Whether `part` changes what `name` stands for, or gives it away."""
    match part:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=attribute)):
            return owner == name and attribute in CHANGING
        case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Store() | ast.Del()):
            return owner == name
        case ast.Return(value=ast.Name(id=owner)):
            return owner == name
    return False
