"""Write a counterexample down as a few lines that somebody can run with each version."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from optimizer.verify.compare import Difference
from optimizer.verify.outcomes import Recipe

_FROM = {
    "nan": "math",
    "inf": "math",
    "Decimal": "decimal",
    "Fraction": "fractions",
    "UUID": "uuid",
    "PosixPath": "pathlib",
    "PurePosixPath": "pathlib",
    "OrderedDict": "collections",
    "defaultdict": "collections",
    "deque": "collections",
    "Counter": "collections",
    "array": "array",
    "mappingproxy": "",
}
"""Where names of a `repr` come from; "" for those that no import gives."""
_SHOWN_BY_RESULT = {"end", "error", "result"}


def call_text(name: str, arguments: str) -> str:
    """The call as one would write it; `arguments` is a tuple's text, or that and `, **{...}`."""
    positional, keywords = _split(arguments)
    if not positional.startswith("("):
        return f"{name}{arguments}"
    inner = positional[1:-1].removesuffix(",")
    return f"{name}({', '.join(part for part in (inner, keywords) if part)})"


def snippet(
    module: str,
    source: str,
    qualname: str,
    recipe: Recipe,
    arguments: str,
    earlier: str = "",
    found: Difference | None = None,
) -> str:
    """`source` is the module's text; where arguments cannot be written down, a comment says what they are."""
    kind, what = recipe["base"]
    if kind == "source" and not recipe.get("ops") and "double" not in what:
        arguments = what
    name = qualname.split(".", maxsplit=1)[0]
    texts = [text for text in (earlier, arguments) if text and _parts(text)]
    lines = [*_imports(texts), f"from {module} import *", f"from {module} import {name}", ""]
    if earlier:
        lines += _earlier(qualname, earlier)
    lines += _call(source, qualname, arguments, found)
    lines += [f"# then: {' '.join(map(str, step))}" for step in recipe.get("sequence", ())]
    return "\n".join(lines) + "\n"


def _earlier(qualname: str, earlier: str) -> Iterator[str]:
    parts = _parts(earlier)
    yield f"{qualname}({_unpacked(*parts)})" if parts else f"# first a call with the arguments: {earlier}"


def _call(source: str, qualname: str, arguments: str, found: Difference | None) -> Iterator[str]:
    parts = _parts(arguments)
    if not parts:
        yield f"# arguments: {arguments}"
        return
    positional, keywords = parts
    yield f"args = {positional}"
    if keywords:
        yield f"kwargs = {keywords}"
    call = f"{qualname}({'*args, **kwargs' if keywords else '*args'})"
    whole = f"print(repr({_outcome(source, qualname, call)}))"
    yield whole
    if found is not None and found.part == "again":
        yield whole
    elif found is not None and found.part not in _SHOWN_BY_RESULT:
        yield "print(args, kwargs)" if keywords else "print(args)"


def _outcome(source: str, qualname: str, call: str) -> str:
    """What a caller does with a coroutine or a generator to see what comes of it."""
    match _definition(source, qualname):
        case ast.AsyncFunctionDef() as node if _yields(node):
            return call
        case ast.AsyncFunctionDef():
            return f"__import__('asyncio').run({call})"
        case ast.FunctionDef() as node if _yields(node):
            return f"list({call})"
    return call


def _definition(source: str, qualname: str) -> ast.AST | None:
    scope: ast.AST | None = ast.parse(source)
    for name in qualname.split("."):
        found = [node for node in ast.walk(scope) if getattr(node, "name", "") == name] if scope else []
        scope = found[-1] if found else None
    return scope


def _yields(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the function itself does, not one inside it."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        one = pending.pop()
        if isinstance(one, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending += ast.iter_child_nodes(one)
    return False


def _unpacked(positional: str, keywords: str) -> str:
    return f"*{positional}, **{keywords}" if keywords else f"*{positional}"


def _split(arguments: str) -> tuple[str, str]:
    """The text of the tuple, and the rest, `**{...}` or nothing."""
    positional, separator, keywords = arguments.rpartition("), **{")
    return (f"{positional})", f"**{{{keywords}") if separator else (arguments, "")


def _parts(arguments: str) -> tuple[str, str] | None:
    """The texts of the tuple and of the dict of keywords ("" without any), None when they are no expressions."""
    positional, keywords = _split(arguments)
    keywords = keywords.removeprefix("**")
    wanted = [positional, keywords] if keywords else [positional]
    if all(_is_value(text) for text in wanted):
        return positional, keywords
    return (arguments, "") if _is_value(arguments) else None


def _is_value(text: str) -> bool:
    """Whether this is an expression such as a `repr` gives of what can be written down."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    names = _names(tree)
    return not any(isinstance(node, ast.Compare) for node in ast.walk(tree)) and all(
        _FROM.get(name, name) for name in names
    )


def _imports(texts: list[str]) -> list[str]:
    """What the names in these texts need; others are the module's own."""
    found: Mapping[str, Any] = dict.fromkeys(
        line for text in texts for part in _parts(text) or () if part for line in _imports_of(part)
    )
    return list(found)


def _imports_of(text: str) -> Iterator[str]:
    tree = ast.parse(text, mode="eval")
    modules = {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    for name in sorted(_names(tree)):
        if name in modules and name in sys.stdlib_module_names:
            yield f"import {name}"
        elif name in _FROM:
            yield f"from {_FROM[name]} import {name}"


def _names(tree: ast.AST) -> set[str]:
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {name for name in found if not hasattr(builtins, name)}
