"""`copy.deepcopy` of a flat list, set or dict becomes its own `copy`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms.hoisting._only_read import why_not_only_read

_IMMUTABLE = frozenset({"str", "bytes", "int", "float", "bool", "complex", "NoneType"})


class DeepcopyOfFlatData(Transform):
    """Copy a flat container by its own `copy` instead of by `copy.deepcopy`.

    Faster because `deepcopy` looks up, for each element, how to copy it and remembers what it has copied.
    Safe when the container is exactly a list, set or dict and holds strings, numbers and the like: those
    `deepcopy` takes over as they are.
    """

    family = Family.HOISTING
    ratios = (("3.9", 35.95), ("3.10", 61.56), ("3.11", 43.9), ("3.12", 44.37), ("3.13", 45.99))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                import copy

                def fresh(rows):
                    return copy.deepcopy(rows)
            """,
            because="the rows may hold lists, which the copies would share",
        ),
        Example(
            before="""
                import copy

                _DEFAULTS = {"names": [], "size": 1}

                def settings():
                    return copy.deepcopy(_DEFAULTS)
            """,
            because="the copies would share the list of names",
        ),
        Example(
            before="""
                import copy

                DEFAULTS = {"size": 1}

                def settings():
                    return copy.deepcopy(DEFAULTS)
            """,
            because="other modules may put a list into a public dict",
        ),
        Example(
            before="""
                import copy

                _DEFAULTS = {"size": 1}

                def settle(key, value):
                    _DEFAULTS[key] = value

                def settings():
                    return copy.deepcopy(_DEFAULTS)
            """,
            because="the dict may hold anything by then",
        ),
        Example(
            before="""
                import copy

                _DEFAULTS = {"size": 1, "name": "a", "place": ("b", 2)}

                def settings(size):
                    found = copy.deepcopy(_DEFAULTS)
                    found["size"] = size
                    return found
            """,
            after="""
                import copy

                _DEFAULTS = {"size": 1, "name": "a", "place": ("b", 2)}

                def settings(size):
                    found = _DEFAULTS.copy()
                    found["size"] = size
                    return found
            """,
            call="settings(2), settings(3), _DEFAULTS",
        ),
        Example(
            before="""
                from copy import deepcopy

                def lengths(words):
                    found = [len(word) for word in words]
                    return deepcopy(found), found
            """,
            after="""
                from copy import deepcopy

                def lengths(words):
                    found = [len(word) for word in words]
                    return found.copy(), found
            """,
            call="lengths(['a', 'bc'])",
        ),
    )
    traps = (
        Trap(
            before="""
                import copy

                _DEFAULTS = {"names": []}

                def settings(name):
                    found = copy.deepcopy(_DEFAULTS)
                    found["names"].append(name)
                    return found
            """,
            wrong="""
                import copy

                _DEFAULTS = {"names": []}

                def settings(name):
                    found = _DEFAULTS.copy()
                    found["names"].append(name)
                    return found
            """,
            because="the second call finds the name that the first one has added",
            call="settings('a')",
        ),
        Trap(
            before="""
                import copy

                def rows(table: list[list[int]]):
                    return copy.deepcopy(table)
            """,
            wrong="""
                import copy

                def rows(table: list[list[int]]):
                    return table.copy()
            """,
            because="the rows of the copy are those of the table",
            call="rows([[1], [2]])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Name()], keywords=[]):
                return name == "deepcopy"
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Call(func=func, args=[ast.Name(id=name) as copied]) if (
                facts.origin(func) == "copy.deepcopy"
            ):
                pass
            case _:
                return
        if _is_flat_local(copied, facts) or _is_flat_constant(copied, facts):
            yield Edit(changes=(Replace(first=node, code=f"{name}.copy()"),))
        else:
            because = f"`{name}` may hold something that two copies must not share."
            yield Refusal(where=node, because=because)


def _is_flat_local(copied: ast.Name, facts: Facts) -> bool:
    """Whether it surely is a list or a set of immutable elements (of a dict, only the keys would be known)."""
    function = facts.function_of(copied)
    if function is None or facts.loop_of(copied) is not None or not facts.is_plain_local(copied.id, copied):
        return False
    match [facts.parent(target) for target in facts.writes(copied.id, function)]:
        case [ast.Assign(targets=[_], value=value)]:
            fact = facts.type_of(value)
        case _:
            return False
    place = (copied.lineno, copied.col_offset)
    earlier = [read for read in facts.reads(copied.id, function) if (read.lineno, read.col_offset) < place]
    flat = fact.proved and fact.name in {"list", "set"} and fact.element in _IMMUTABLE
    return flat and not any(why_not_only_read(read, facts) for read in earlier)


def _is_flat_constant(copied: ast.Name, facts: Facts) -> bool:
    """Whether it is a private constant of the module, a display of constants that nobody ever changes."""
    value = facts.module_value(copied.id)
    if value is None or not copied.id.startswith("_") or not _is_flat(value, facts):
        return False
    uses = [node for node in facts.reads(copied.id, facts.tree) if node is not copied]
    return all(_is_deepcopied(use, facts) or not why_not_only_read(use, facts) for use in uses)


def _is_flat(value: ast.expr, facts: Facts) -> bool:
    match value:
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and facts.is_constant(key) for key in keys) and all(
                map(facts.is_constant, values)
            )
        case ast.List(elts=elements) | ast.Set(elts=elements):
            return all(map(facts.is_constant, elements))
    return False


def _is_deepcopied(use: ast.Name, facts: Facts) -> bool:
    parent = facts.parent(use)
    return isinstance(parent, ast.Call) and facts.origin(parent.func) == "copy.deepcopy"
