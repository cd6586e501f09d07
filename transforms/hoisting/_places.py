"""What the transforms that move values to module level share: where code runs, and what names mean there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from optimizer.facts.facts import Facts
from optimizer.transform import Replace

_PATTERN_ENDINGS = ("_re", "_rx", "_regex", "_regexp", "_pattern")
_TRANSLATORS = frozenset({"cython", "jax", "numba", "pony", "taichi", "tensorflow", "torch", "triton"})
_VERBS = frozenset({
    "build", "check", "compute", "create", "do", "extract", "find", "get", "handle", "has", "is", "make", "parse",
    "process", "set",
})  # fmt: skip
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def outermost_function(node: ast.AST, facts: Facts) -> _Function | None:
    """The function around all others that `node` runs in, where a value may move from there to the module.

    None for what runs when the module is imported, and for functions that another compiler translates:
    what those may read from the module is limited.
    """
    if facts.at_module_level(node):
        return None
    found: _Function | None = None
    function = facts.function_of(node)
    while function is not None:
        if any(name.partition(".")[0] in _TRANSLATORS for name in facts.decorators(function)):
            return None
        found = function
        function = facts.function_of(function)
    return found


def calls_in(function: _Function, facts: Facts) -> list[ast.Call]:
    """The calls that run when the function does, in the order of the source; its defaults do not."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    inside = (call for call in calls if not facts.at_module_level(call))
    return sorted(inside, key=lambda call: (call.lineno, call.col_offset))


def top_statement(node: ast.AST, facts: Facts) -> ast.stmt:
    """The statement of the module's top level that holds `node`."""
    statement = facts.statement_of(node)
    for above in facts.ancestors(node):
        if isinstance(above, ast.stmt):
            statement = above
    return statement


def defined_above(name: str, node: ast.AST, facts: Facts) -> ast.expr | None:
    """The value of a constant of the module that `node` can use: bound once, above, and hidden by nothing."""
    value = facts.module_value(name)
    top = top_statement(node, facts)
    if value is None or facts.statement_of(value).lineno >= top.lineno or is_rebound(name, top):
        return None
    return value


def is_rebound(name: str, within: ast.AST) -> bool:
    """Whether anything in `within` may bind the name in a scope of its own."""
    return any(_binds(node, name) for node in ast.walk(within))


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=bound, ctx=ast.Store() | ast.Del()) | ast.arg(arg=bound):
            return bound == name
        case ast.FunctionDef(name=bound) | ast.AsyncFunctionDef(name=bound) | ast.ClassDef(name=bound):
            return bound == name
        case ast.ExceptHandler(name=bound) | ast.MatchAs(name=bound) | ast.MatchStar(name=bound):
            return bound == name
        case ast.alias(name=imported, asname=bound):
            return name == (bound or imported.partition(".")[0])
    return False


def looks_constant(name: str) -> bool:
    """Whether people agree not to assign this name from outside: `LIMIT`, `_table`, `word_re`."""
    return name.startswith("_") or name.isupper() or name.lower().endswith(_PATTERN_ENDINGS)


def subject(function: _Function, facts: Facts) -> str:
    """What a constant of this function is about, as `LIKE_THIS`: its name without a verb that says little.

    A dunder method is about its class.
    """
    name = function.name
    owner = facts.class_of(function)
    if name.startswith("__") and owner is not None:
        name = owner.name
    return "_".join(_words(name)) or "CONSTANT"


def _words(name: str) -> list[str]:
    separated = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    words = [word for word in separated.upper().split("_") if word]
    return words[1:] if len(words) > 1 and words[0].lower() in _VERBS else words


def constant_name(local: str, function: _Function, facts: Facts) -> str:
    """A name for what a local of the function held.

    Where other functions have such a local too, with as many words of this one's name as tell them apart.
    """
    plain = local.strip("_").upper()
    others = _others_with(local, plain, function, facts)
    if not others and facts.fresh_global(f"_{plain}") == f"_{plain}":
        return f"_{plain}"
    about = subject(function, facts)
    words = about.split("_")
    for count in range(1, len(words)):
        start = "_".join(words[:count])
        name = f"_{start}_{plain}"
        if facts.fresh_global(name) == name and not any(f"{one}_".startswith(f"{start}_") for one in others):
            return name
    return f"_{about}_{plain}"


def _others_with(local: str, plain: str, function: _Function, facts: Facts) -> list[str]:
    """What other functions with a local of this name are about, and the constants that are named after it."""
    found: list[str] = []
    for node in ast.walk(facts.tree):
        if isinstance(node, _Function) and node is not function and is_rebound(local, node):
            found.append(subject(node, facts))
        elif isinstance(node, ast.Name) and node.id.endswith(f"_{plain}") and facts.at_module_level(node):
            found.append(node.id.strip("_").removesuffix(f"_{plain}"))
    return found


def fresh_among(base: str, taken: Iterable[str], facts: Facts) -> str:
    """A name that is neither in the file nor among those that the same edit brings."""
    name, number = facts.fresh_global(base), 2
    while name in taken:
        name, number = facts.fresh_global(f"{base}_{number}"), number + 1
    return name


def changes_in(node: ast.AST, new: Mapping[ast.AST, str], removed: frozenset[ast.stmt]) -> Iterator[Replace]:
    """The replacements under `node`, outermost ones only; what stands inside them has to be in their code."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and child in removed:
            yield Replace(first=child, code="")
        elif isinstance(child, ast.expr) and child in new:
            yield Replace(first=child, code=new[child])
        else:
            yield from changes_in(child, new, removed)


def with_replacements(node: ast.expr, replacements: Mapping[ast.AST, str], facts: Facts) -> str:
    """The source of `node` with new code for some nodes in it."""
    data = facts.segment(node).encode()
    starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", data))]

    def offset(line: int, column: int) -> int:
        return starts[line - node.lineno] + column - (node.col_offset if line == node.lineno else 0)

    inner = list(_outermost(node, replacements))
    for each in sorted(inner, key=lambda one: (-one.lineno, -one.col_offset)):
        start = offset(each.lineno, each.col_offset)
        end = offset(each.end_lineno or each.lineno, each.end_col_offset or 0)
        data = data[:start] + replacements[each].encode() + data[end:]
    return data.decode()


def _outermost(node: ast.AST, replacements: Mapping[ast.AST, str]) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if child in replacements and isinstance(child, ast.expr):
            yield child
        else:
            yield from _outermost(child, replacements)
