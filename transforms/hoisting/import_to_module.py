"""An import that a function runs in each call moves to the top of the file."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Import, Refusal, Replace, Transform, Trap
from transforms.hoisting._places import outermost_function, top_statement

_LOADED = frozenset({
    "abc", "builtins", "codecs", "collections", "collections.abc", "copy", "enum", "errno", "functools", "io",
    "itertools", "keyword", "math", "operator", "os", "os.path", "re", "reprlib", "stat", "string", "sys", "time",
    "types", "warnings", "weakref",
})  # fmt: skip
"""Modules that Python or nearly every program has loaded by the time that a package is imported."""
_NEVER_REPLACED = frozenset({
    "abc", "collections", "collections.abc", "copy", "enum", "functools", "itertools", "math", "operator", "re",
    "string", "types",
})  # fmt: skip
"""Modules whose functions tests do not replace: `from time import time` has to look each time."""
_Import = ast.Import | ast.ImportFrom


class ImportToModule(Transform):
    """Import modules of the standard library once, at the top of the file, instead of in every call.

    Faster because an import statement asks the import system for the module each time, and `from` looks
    its names up too. Safe when Python or nearly every program has loaded the module by then anyway, so that
    nothing is imported earlier or in another order, and nothing in the file gives the name another meaning.
    """

    family = Family.HOISTING
    ratios = (("3.9", 4.0), ("3.10", 2.4), ("3.11", 3.6), ("3.12", 2.6), ("3.13", 2.3))
    nodes = (ast.Import, ast.ImportFrom)
    examples = (
        Example(
            before="""
                def load(text):
                    import yaml
                    return yaml.safe_load(text)
            """,
            because="the module may not be installed where the function is not called",
        ),
        Example(
            before="""
                def now():
                    from time import time
                    return time()
            """,
            because="tests replace `time.time`, which only an import in each call notices",
        ),
        Example(
            before="""
                def root(x):
                    try:
                        from math import isqrt
                    except ImportError:
                        return int(x**0.5)
                    return isqrt(x)
            """,
            because="the function copes with an import that fails",
        ),
        Example(
            before="""
                def floor(x):
                    import math
                    return math.floor(x)

                def math(x):
                    return x
            """,
            because="`math` is something else in the rest of the file",
        ),
        Example(
            before="""
                def wrap(function):
                    from functools import wraps as keep_name
                    return keep_name(function)
            """,
            because="the name that the import gives is a local one",
        ),
        Example(
            before="""
                __lazy_modules__ = {"decimal"}

                def floor(x):
                    import math
                    return math.floor(x)
            """,
            because="the file imports late on purpose",
        ),
        Example(
            before="""
                import os


                def area(radius):
                    import math

                    return math.pi * radius * radius


                def here():
                    return os.getcwd()
            """,
            after="""
                import math
                import os


                def area(radius):
                    return math.pi * radius * radius


                def here():
                    return os.getcwd()
            """,
            call="area(2)",
        ),
        Example(
            before="""
                from itertools import chain


                def pairs(rows):
                    \"\"\"Neighbours.\"\"\"
                    from itertools import islice
                    rows = list(chain(rows))
                    return list(zip(rows, islice(rows, 1, None)))
            """,
            after="""
                from itertools import chain, islice


                def pairs(rows):
                    \"\"\"Neighbours.\"\"\"
                    rows = list(chain(rows))
                    return list(zip(rows, islice(rows, 1, None)))
            """,
            call="pairs('abc')",
        ),
    )
    traps = (
        Trap(
            before="""
                def shown(value, math=None):
                    if value is None:
                        import math
                        return math.pi
                    return math
            """,
            wrong="""
                import math


                def shown(value, math=None):
                    if value is None:
                        return math.pi
                    return math
            """,
            because="the parameter of the same name hides the module",
            call="shown(1, 2)",
        ),
        Trap(
            before="""
                def value(kind, json):
                    if kind:
                        import json
                    return json
            """,
            wrong="""
                import json

                def value(kind, json):
                    return json
            """,
            because="the import gives the parameter another value",
            call="value(False, 3)",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, _Import) and all(module in _LOADED for module in _modules(node))

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, _Import) or outermost_function(node, facts) is None:
            return
        if not _may_move(node, facts):
            return
        # The same import in several methods of a class goes from all of them.
        same = [
            each
            for each in ast.walk(top_statement(node, facts))
            if isinstance(each, _Import)
            and ast.dump(each) == ast.dump(node)
            and outermost_function(each, facts) is not None
        ]
        if not all(_may_move(each, facts) for each in same) or min(same, key=_place) is not node:
            return
        if because := _why_not(node, facts):
            yield Refusal(where=node, because=because)
            return
        yield Edit(
            changes=tuple(Replace(first=each, code="") for each in sorted(same, key=_place)),
            imports=tuple(_needs(node)),
        )


def _place(node: ast.stmt) -> tuple[int, int]:
    return (node.lineno, node.col_offset)


def _modules(node: _Import) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "") if not node.level else ""]
    return [each.name for each in node.names]


def _needs(node: _Import) -> Iterator[Import]:
    for each in node.names:
        if isinstance(node, ast.ImportFrom):
            yield Import(module=node.module or "", name=each.name)
        else:
            yield Import(module=each.name)


def _may_move(node: _Import, facts: Facts) -> bool:
    """Whether it is a plain import that stands in the body of a function, with more than it there."""
    function = facts.parent(node)
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or node not in function.body:
        return False
    if any(each.asname or each.name == "*" for each in node.names) or facts.has_comments(node):
        return False
    if isinstance(node, ast.ImportFrom) and node.module not in _NEVER_REPLACED:
        return False
    return not all(isinstance(each, _Import) or each is node for each in function.body)


def _why_not(node: _Import, facts: Facts) -> str:
    """Why a name of the module could not serve the function; clashes of names are found where it is put in."""
    function = facts.function_of(node)
    if function is None or facts.uses_frames(function):
        return "The function looks at its own variables."
    for module in _modules(node):
        if facts.repository.hides_standard(module.partition(".")[0]):
            return f"A file of the repository is called like `{module}`."
    for each in node.names:
        name = each.name.partition(".")[0]
        if hasattr(builtins, name):
            return f"`{name}` is a builtin in the rest of the file."
    if facts.writes("__lazy_modules__", facts.tree):
        return "The file says that it imports late on purpose."
    if any(isinstance(part, ast.ImportFrom) and part.names[0].name == "*" for part in ast.walk(facts.tree)):
        return "What `import *` brings may have the same name."
    return ""
