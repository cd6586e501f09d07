"""`try: x = d[k]` with `except KeyError` becomes `if k in d`."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms._pieces import indented

_LOOKS_AT_ERROR = frozenset({"exc_info", "exception", "print_exc", "format_exc", "last_exc", "exc_text"})
_CHANGES = frozenset({"pop", "popitem", "clear"})
_THREADS = frozenset({"threading", "_thread", "concurrent", "multiprocessing"})
_LINE_END = re.compile(r"\r\n|\r|\n")


class ExceptionToTest(Transform):
    """Test whether a key is there instead of catching the KeyError of one that is missing.

    Faster because raising and catching costs much more than a look-up, where keys are often missing
    (where they seldom are, it is slower, and measuring says so). Safe when the mapping is exactly a `dict`
    that nobody takes keys out of at the same time, the key is a plain name or constant, nothing else in
    the block can raise KeyError, and what is done instead neither raises nor asks for the error.
    """

    family = Family.MEMBERSHIP
    ratios = (("3.9", 2.76), ("3.10", 2.44), ("3.11", 2.62), ("3.12", 3.21), ("3.13", 2.75))
    nodes = (ast.Try,)
    examples = (
        Example(
            before="""
                def f(d, k):
                    try:
                        x = d[k]
                    except KeyError:
                        x = k.lower()
                    return x
            """,
            because="nothing shows that `d` is exactly a dict",
        ),
        Example(
            before="""
                def f(d: dict, k):
                    try:
                        x = d[k].name
                    except KeyError:
                        x = k.lower()
                    return x
            """,
            because="reading the attribute may raise KeyError too",
        ),
        Example(
            before="""
                def f(d: dict, k):
                    try:
                        return d[k]
                    except KeyError as error:
                        return str(error)
            """,
            because="the error is used",
        ),
        Example(
            before="""
                def f(d: dict, k):
                    try:
                        return d[k]
                    except KeyError:
                        raise ValueError(k)
            """,
            because="the new error would not tell any more what led to it",
        ),
        Example(
            before="""
                def f(d: dict, k):
                    try:
                        return d[k]
                    except (KeyError, TypeError):
                        return k.lower()
            """,
            because="a key that cannot be hashed is caught too",
        ),
        Example(
            before="""
                import threading


                def f(d: dict, k):
                    try:
                        return d[k]
                    except KeyError:
                        return k.lower()
            """,
            because="another thread may take the key out between the test and the look-up",
        ),
        Example(
            before="""
                _CACHE = {}


                def f(k):
                    try:
                        return _CACHE[k]
                    except KeyError:
                        value = _CACHE[k] = k * 2
                        return value


                def forget(k):
                    _CACHE.pop(k)
            """,
            because="another thread may take the key out between the test and the look-up",
        ),
        Example(
            before="""
                def kind(names: dict, word: str):
                    try:
                        found = names[word]
                    except KeyError:
                        # not a name: as it is, in lower case
                        found = word.lower()
                    return found
            """,
            after="""
                def kind(names: dict, word: str):
                    if word in names:
                        found = names[word]
                    else:
                        # not a name: as it is, in lower case
                        found = word.lower()
                    return found
            """,
            call="kind({'A': None}, 'A'), kind({}, 'B'), kind({}, [])",
        ),
        Example(
            before="""
                def counts(words):
                    seen = {}
                    for word in words:
                        try:
                            seen[word] += 1
                        except KeyError:
                            seen[word] = 1
                    return seen
            """,
            after="""
                def counts(words):
                    seen = {}
                    for word in words:
                        if word in seen:
                            seen[word] += 1
                        else:
                            seen[word] = 1
                    return seen
            """,
            call="counts('abca'), counts('')",
        ),
        Example(
            before="""
                def area(cache: dict, side):
                    try:
                        return cache[side]
                    except KeyError:
                        pass
                    try:
                        return cache[0]
                    except KeyError:
                        result = cache[side] = side * side
                        return result
            """,
            after="""
                def area(cache: dict, side):
                    if side in cache:
                        return cache[side]
                    if 0 in cache:
                        return cache[0]
                    result = cache[side] = side * side
                    return result
            """,
            call="area({}, 2), area({2: None}, 2)",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(d: dict, k):
                    try:
                        x = d[k]
                    except KeyError:
                        x = k.lower()
                    return x
            """,
            wrong="""
                def f(d: dict, k):
                    x = d.get(k)
                    if x is None:
                        x = k.lower()
                    return x
            """,
            because="a None that is stored is no missing key",
            call="f({'a': 1}, 'a'), f({}, 'B')",
        ),
        Trap(
            before="""
                def f(d, k):
                    try:
                        return d[k]
                    except KeyError:
                        return None
            """,
            wrong="""
                def f(d, k):
                    if k in d:
                        return d[k]
                    return None
            """,
            because="a mapping may make the values of missing keys, and a list has no keys",
            call="f({'a': 1}, 'a'), f({}, 'a')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return _shape(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        shape = _shape(node)
        if shape is None or _is_get(shape, facts):
            return
        if because := _why_not(shape, facts):
            yield Refusal(where=shape.whole, because=because)
            return
        known = facts.type_of(shape.mapping)
        yield Edit(
            changes=(Replace(first=shape.whole, code=_code(shape, facts)),),
            assumptions=assumed(shape.mapping, known, facts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """`try: found` with `mapping[key]` in it, and what is done when the key is missing."""

    whole: ast.Try
    found: ast.stmt
    mapping: ast.Name
    key: ast.expr
    missing: list[ast.stmt]


def _shape(node: ast.AST) -> _Shape | None:
    match node:
        case ast.Try(
            body=[found],
            handlers=[ast.ExceptHandler(type=ast.Name(id="KeyError"), name=None, body=missing)],
            orelse=[],
            finalbody=[],
        ):
            pass
        case _:
            return None
    match found:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.Subscript() as look):
            pass
        case ast.Return(value=ast.Subscript() as look):
            target = ""
        case ast.AugAssign(target=ast.Subscript() as look, op=ast.Add(), value=ast.Constant(value=int())):
            target = ""
        case _:
            return None
    match look:
        case ast.Subscript(value=ast.Name(id=name) as mapping, slice=ast.Name() | ast.Constant() as key):
            if target == name or (isinstance(key, ast.Name) and key.id == name):
                return None
            return _Shape(whole=node, found=found, mapping=mapping, key=key, missing=missing)
        case _:
            return None


def _is_get(shape: _Shape, facts: Facts) -> bool:
    """Whether `get` with a constant says the same in one line: another rule's work."""
    match shape.found, shape.missing:
        case ast.Return(), [ast.Return(value=ast.expr() as default)]:
            return facts.is_constant(default)
        case ast.Assign(), [ast.Assign(value=default)]:
            return facts.is_constant(default)
        case _:
            return False


def _why_not(shape: _Shape, facts: Facts) -> str:
    function = facts.function_of(shape.whole)
    if function is None or not facts.is_builtin("KeyError", shape.whole):
        return "It runs when the module is imported, or `KeyError` means something else here."
    if facts.type_of(shape.mapping).name != "dict":
        return f"Nothing shows that '{shape.mapping.id}' is exactly a dict."
    if because := _loses_keys(shape, facts):
        return because
    if isinstance(shape.found, ast.AugAssign) and not _holds_numbers(shape, facts):
        return "Adding to what is stored may run code that raises KeyError itself."
    for stmt in shape.missing:
        for node in ast.walk(stmt):
            if because := _asks_for_error(node):
                return because
    if _has_misplaced_comments(shape, facts):
        return "There are comments that would lose their place."
    return ""


def _loses_keys(shape: _Shape, facts: Facts) -> str:
    """Only a dictionary of this call, or one that no code of the file takes keys out of, keeps its keys."""
    name = shape.mapping.id
    if facts.is_plain_local(name, shape.whole):
        if _deals_with_threads(facts) and facts.escaped_before(name, shape.whole):
            return f"The file deals with threads, and another may take keys out of '{name}' at the same time."
        return ""
    if facts.module_value(name) is None or shape.mapping not in facts.reads(name, facts.tree):
        return f"'{name}' is shared with other code, which may change it at the same time."
    for read in facts.reads(name, facts.tree):
        if not _keeps_keys(read, facts):
            return f"'{name}' may lose keys in line {read.lineno}, and another thread may be at that."
    return ""


def _deals_with_threads(facts: Facts) -> bool:
    for node in ast.walk(facts.tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=module):
                modules = [module or ""]
            case _:
                continue
        if any(module.partition(".")[0] in _THREADS for module in modules):
            return True
    return False


def _keeps_keys(read: ast.Name, facts: Facts) -> bool:
    match facts.parent(read):
        case ast.Subscript(value=value, ctx=ctx):
            return value is read and not isinstance(ctx, ast.Del)
        case ast.Attribute(attr=attr) as attribute:
            return attr not in _CHANGES and isinstance(facts.parent(attribute), ast.Call)
        case ast.Compare() | ast.For():
            return True
        case _:
            return False


def _holds_numbers(shape: _Shape, facts: Facts) -> bool:
    """Whether all that is stored into a dictionary that starts empty here are integers."""
    name = shape.mapping.id
    function = facts.function_of(shape.whole)
    if (
        function is None
        or not facts.is_plain_local(name, shape.whole)
        or facts.is_parameter(name, shape.whole)
    ):
        return False
    if not facts.type_of(shape.mapping).proved or facts.escaped_before(name, shape.whole):
        return False
    starts = [facts.parent(write) for write in facts.writes(name, function)]
    if not all(_makes_empty(start) for start in starts):
        return False
    return all(_stores_number(read, facts) for read in facts.reads(name, function))


def _makes_empty(stmt: ast.AST | None) -> bool:
    match stmt:
        case ast.Assign(targets=[ast.Name()], value=ast.Dict(keys=[])):
            return True
        case _:
            return False


def _stores_number(read: ast.Name, facts: Facts) -> bool:
    place = facts.parent(read)
    if isinstance(place, ast.Attribute):
        return place.attr in {"get", "items", "keys", "values"}
    if not isinstance(place, ast.Subscript) or isinstance(place.ctx, ast.Load):
        return True
    match facts.parent(place):
        case ast.Assign(targets=[_], value=value) | ast.AugAssign(op=ast.Add(), value=value):
            known = facts.type_of(value)
            return known.proved and known.name in {"int", "bool"}
        case _:
            return False


def _asks_for_error(node: ast.AST) -> str:
    match node:
        case ast.Raise() | ast.Assert():
            return "The error that is raised instead would not tell any more what led to it."
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=name) if name in _LOOKS_AT_ERROR:
            return f"`{name}` asks for the error that is caught."
        case ast.Yield() | ast.YieldFrom() | ast.Await():
            return "Other code runs while the error is caught."
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr() if node.lineno != node.end_lineno:
            return "A text over several lines would be indented too."
        case _:
            return ""


def _has_misplaced_comments(shape: _Shape, facts: Facts) -> bool:
    """Whether there are comments before the handler's statements: those among them keep their places."""
    if all(isinstance(stmt, ast.Pass) for stmt in shape.missing):
        return facts.has_comments(shape.whole)
    lines = _LINE_END.split(facts.text)
    first = shape.missing[0].lineno - 1
    while lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return any("#" in line for line in lines[shape.whole.lineno - 1 : first])


def _code(shape: _Shape, facts: Facts) -> str:
    head = f"if {facts.segment(shape.key)} in {shape.mapping.id}:"
    found = indented(facts.segment(shape.found))
    if all(isinstance(stmt, ast.Pass) for stmt in shape.missing):
        return f"{head}\n{found}"
    if isinstance(shape.found, ast.Return):
        return f"{head}\n{found}\n{_lines(shape, facts)}"
    return f"{head}\n{found}\nelse:\n{indented(_lines(shape, facts))}"


def _lines(shape: _Shape, facts: Facts) -> str:
    """The handler's statements with the comments among them."""
    lines = _LINE_END.split(facts.text)
    handler = shape.whole.handlers[0]
    if handler.lineno == shape.missing[0].lineno:
        return "\n".join(facts.segment(stmt) for stmt in shape.missing)
    last = shape.missing[-1].end_lineno or handler.lineno
    body_first = handler.lineno if handler.type is None else (handler.type.end_lineno or handler.lineno)
    return textwrap.dedent("\n".join(lines[body_first:last])).strip("\n")
