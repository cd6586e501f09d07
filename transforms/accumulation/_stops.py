"""Whether the elements of a generator may come with a StopIteration of their own."""

from __future__ import annotations

import ast

from optimizer.facts.facts import Facts

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def why_may_stop(generator: ast.GeneratorExp, facts: Facts) -> str:
    """Why an element may raise StopIteration, which a generator turns into RuntimeError; "" when none does."""
    for node in ast.walk(generator):
        match node:
            case ast.Call(func=ast.Name(id="next" | "super"), args=[] | [_]):
                return "`next` may raise StopIteration, which a generator turns into another error."
            case ast.Attribute(attr="__next__" | "throw" | "send"):
                return "The generator may meet StopIteration, which it turns into another error."
            case ast.Call(func=ast.Name() as function) if not _is_known(function, facts):
                return (
                    f"`{function.id}` may be any function, and raise StopIteration, which a generator"
                    " turns into another error."
                )
    return ""


def _is_known(function: ast.Name, facts: Facts) -> bool:
    """Whether it is a builtin, an import, or a definition of the file; a variable may hold `next`."""
    if facts.is_builtin(function.id, function) or facts.origin(function):
        return True
    bound_here = any(
        isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        and facts.writes(function.id, above)
        for above in facts.ancestors(function)
    )
    defined = any(isinstance(each, _Definition) and each.name == function.id for each in facts.tree.body)
    return defined and not bound_here
