"""Calls of regular expressions whose pattern is known: `re.sub("a", ...)`, `_A.sub(...)`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from optimizer.facts.facts import UNKNOWN, Facts
from transforms.hoisting._patterns import parsed
from transforms.hoisting._places import is_rebound, looks_constant, top_statement

# What follows the pattern in the functions of `re`; `flags` has no place in the methods of a pattern.
PARAMETERS = {
    "match": ("string", "flags"),
    "fullmatch": ("string", "flags"),
    "search": ("string", "flags"),
    "findall": ("string", "flags"),
    "finditer": ("string", "flags"),
    "split": ("string", "maxsplit", "flags"),
    "sub": ("repl", "string", "count", "flags"),
    "subn": ("repl", "string", "count", "flags"),
    "compile": ("flags",),
}


@dataclass(frozen=True, kw_only=True)
class RegexCall:
    """One call: the pattern's value and flags, its tree, and what is given for the other parameters."""

    method: str
    pattern: str | bytes
    flags: int
    tree: Any
    given: dict[str, ast.expr]


def regex_call(call: ast.Call, facts: Facts) -> RegexCall | None:
    """The call, when its pattern surely is known and compiles; None for anything else."""
    module, _, method = facts.origin(call.func).rpartition(".")
    if module == "re" and method in PARAMETERS:
        return _call(call, method, ("pattern", *PARAMETERS[method]), facts)
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=method) if method in PARAMETERS:
            hidden = not looks_constant(name) or is_rebound(name, top_statement(call, facts))
            compiled = None if hidden else facts.module_value(name)
            inner = regex_call(compiled, facts) if isinstance(compiled, ast.Call) else None
            if inner is not None and inner.method == "compile":
                return _with_pattern(call, method, inner)
    return None


def arguments(call: ast.Call, names: tuple[str, ...]) -> dict[str, ast.expr] | None:
    """What is given for each parameter; None for too many arguments, or unpacked ones."""
    starred = any(isinstance(each, ast.Starred) for each in call.args)
    if starred or any(not key.arg for key in call.keywords) or len(call.args) > len(names):
        return None
    given = dict(zip(names, call.args, strict=False))
    return given | {key.arg: key.value for key in call.keywords if key.arg}


def _call(call: ast.Call, method: str, names: tuple[str, ...], facts: Facts) -> RegexCall | None:
    given = arguments(call, names)
    if given is None or "pattern" not in given:
        return None
    pattern = facts.constant_value(given.pop("pattern"))
    flags = facts.constant_value(given["flags"]) if "flags" in given else 0
    given.pop("flags", None)
    tree = parsed(pattern, flags) if flags is not UNKNOWN else ""
    if isinstance(tree, str) or not isinstance(pattern, str | bytes) or not isinstance(flags, int):
        return None
    return RegexCall(method=method, pattern=pattern, flags=flags, tree=tree, given=given)


def _with_pattern(call: ast.Call, method: str, inner: RegexCall) -> RegexCall | None:
    names = tuple(name for name in PARAMETERS[method] if name != "flags")
    given = arguments(call, names)
    if given is None or method == "compile":
        return None
    return RegexCall(method=method, pattern=inner.pattern, flags=inner.flags, tree=inner.tree, given=given)
