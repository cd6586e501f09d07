"""A table of constants that a function builds anew in each call becomes a constant of the module."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.facts.facts import UNKNOWN, Facts
from optimizer.transform import Constant, Edit, Example, Family, Refusal, Transform, Trap
from transforms.hoisting._locals import OnlyLocal, comments_of_statement, only_local
from transforms.hoisting._only_read import is_membership, why_not_only_read
from transforms.hoisting._places import (
    changes_in,
    constant_name,
    fresh_among,
    looks_constant,
    outermost_function,
    subject,
)

_FEWEST = {ast.Dict: 2, ast.Set: 2, ast.List: 5}
_FEWEST_LETTERS = 3
_LONGEST_SUBJECT = 16


class ConstantTableToModule(Transform):
    """Build tables of constants once, at module level, instead of in every call.

    Faster because the call no longer makes the dict, set or list and fills it. Safe when all keys and
    values are constants and the function only looks into the table: it is never changed, returned, passed
    on, stored or compared, so that nobody can tell one table from many.
    """

    family = Family.HOISTING
    ratios = (("3.9", 2.7), ("3.10", 2.8), ("3.11", 4.5), ("3.12", 5.0), ("3.13", 4.6))
    nodes = (ast.Dict, ast.Set, ast.List)
    examples = (
        Example(
            before="""
                def counts(words):
                    found = {"a": 0, "b": 0}
                    for word in words:
                        found[word] += 1
                    return found["a"]
            """,
            because="the table is changed",
        ),
        Example(
            before="""
                def defaults():
                    settings = {"width": 80, "height": 25}
                    return settings
            """,
            because="the caller may change the table that it is given",
        ),
        Example(
            before="""
                def show(name, draw):
                    colours = {"sky": "blue", "sun": "yellow"}
                    draw(colours)
                    return colours[name]
            """,
            because="another function may change or keep the table",
        ),
        Example(
            before="""
                def price(name, tax):
                    prices = {"tea": 2 * tax, "milk": 1}
                    return prices[name]
            """,
            because="a value depends on the call",
        ),
        Example(
            before="""
                def steps(kind):
                    table = {"up": [1, 2], "down": [3, 4]}
                    return table[kind]
            """,
            because="the caller may change the list that it is given",
        ),
        Example(
            before="""
                def colour(name):
                    return name in {"red", "green", "blue"}
            """,
            because="the compiler stores this set once already",
        ),
        Example(
            before="""
                def size(unit, count):
                    factors = {
                        "kB": 1_000,
                        "MB": 1_000_000,  # not MiB
                    }
                    if unit not in factors:
                        raise ValueError(unit)
                    return count * factors[unit]
            """,
            after="""
                _FACTORS = {
                    "kB": 1_000,
                    "MB": 1_000_000,  # not MiB
                }


                def size(unit, count):
                    if unit not in _FACTORS:
                        raise ValueError(unit)
                    return count * _FACTORS[unit]
            """,
            call="size('MB', 3)",
        ),
        Example(
            before="""
                def day(number):
                    return {1: "Monday", 2: "Tuesday", 3: "Wednesday"}.get(number, "another day")
            """,
            after="""
                _DAY_BY_NUMBER = {1: "Monday", 2: "Tuesday", 3: "Wednesday"}


                def day(number):
                    return _DAY_BY_NUMBER.get(number, "another day")
            """,
            call="day(2), day(7)",
        ),
        Example(
            before="""
                def tidy(words):
                    # Words that say nothing.
                    stop_words = {"a", "an", "the"}
                    return [word for word in words if word not in stop_words]
            """,
            after="""
                # Words that say nothing.
                _STOP_WORDS = frozenset({"a", "an", "the"})


                def tidy(words):
                    return [word for word in words if word not in _STOP_WORDS]
            """,
            call="tidy(['the', 'cat'])",
        ),
    )
    traps = (
        Trap(
            before="""
                def seen(word, more):
                    known = {"a", "an"}
                    known.update(more)
                    return word in known
            """,
            wrong="""
                _KNOWN = {"a", "an"}


                def seen(word, more):
                    _KNOWN.update(more)
                    return word in _KNOWN
            """,
            because="what one call adds is there in the next",
            call="seen('b', ['b'])",
        ),
        Trap(
            before="""
                def table(word):
                    known = {"a": 1}
                    if word:
                        known[word] = 2
                    return known
            """,
            wrong="""
                _KNOWN = {"a": 1}


                def table(word):
                    if word:
                        _KNOWN[word] = 2
                    return _KNOWN
            """,
            because="all callers get the same table, which each call changes",
            call="table('')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Dict(values=elements) | ast.Set(elts=elements) | ast.List(elts=elements, ctx=ast.Load()):
                return len(elements) >= _FEWEST[type(node)] and not isinstance(elements[0], ast.Name)
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        function = outermost_function(node, facts)
        if function is None:
            return
        table = _table(node, facts)
        if isinstance(table, str):
            if table:
                yield Refusal(where=node, because=table)
            return
        # All tables of a function at once: each alone may gain too little.
        displays = [
            each for each in ast.walk(function) if self.looks_like(each) and not facts.at_module_level(each)
        ]
        tables = [found for each in displays if isinstance(found := _table(each, facts), _Table)]
        if tables[0].node is node:
            yield _edit(tables, function, facts)


@dataclass(frozen=True, kw_only=True)
class _Table:
    """A display that is only looked into, at `uses`."""

    node: ast.Dict | ast.Set | ast.List
    local: OnlyLocal | None
    uses: tuple[ast.expr, ...]


def _table(node: ast.AST, facts: Facts) -> _Table | str:
    """The table, or why it has to stay where it is; "" when it is nothing of interest."""
    if not isinstance(node, ast.Dict | ast.Set | ast.List):
        return ""
    if not all(_is_constant(each, facts) for each in _elements(node)):
        return ""
    local = only_local(node, facts)
    uses: tuple[ast.expr, ...] = local.reads if local else (node,)
    if not _is_worth_it(node, uses, facts):
        return ""
    for use in uses:
        if because := why_not_only_read(use, facts):
            return because
    return _Table(node=node, local=local, uses=uses)


def _elements(node: ast.Dict | ast.Set | ast.List) -> Iterator[ast.expr | None]:
    if isinstance(node, ast.Dict):
        yield from node.keys
        yield from node.values
    else:
        yield from node.elts


def _is_constant(element: ast.expr | None, facts: Facts) -> bool:
    """A literal, a builtin class, or a constant of the module that everybody takes for one."""
    match element:
        case None:
            return False
        case ast.Tuple(elts=elts):
            return all(_is_constant(each, facts) for each in elts)
        case ast.Name(id=name) if facts.is_builtin(name, element):
            return True
    value = facts.constant_value(element)
    names = (each.id for each in ast.walk(element) if isinstance(each, ast.Name) and not facts.origin(each))
    return value is not UNKNOWN and all(looks_constant(name) for name in names)


def _is_worth_it(node: ast.Dict | ast.Set | ast.List, uses: Sequence[ast.expr], facts: Facts) -> bool:
    """Making a list costs little when all of it is gone through; `x in {1, 2}` is a constant already."""
    if isinstance(node, ast.Dict):
        return True
    if uses == (node,) and is_membership(node, facts):
        return not all(facts.is_constant(each) for each in node.elts)
    looked_up = (isinstance(facts.parent(use), ast.Subscript | ast.Compare | ast.Attribute) for use in uses)
    return isinstance(node, ast.Set) or any(looked_up)


def _edit(tables: Sequence[_Table], function: ast.FunctionDef | ast.AsyncFunctionDef, facts: Facts) -> Edit:
    names: list[str] = []
    for table in tables:
        names.append(fresh_among(_name(table, function, facts), names, facts))
    new: dict[ast.AST, str] = {
        use: name for table, name in zip(tables, names, strict=True) for use in table.uses
    }
    return Edit(
        changes=tuple(
            changes_in(function, new, frozenset(table.local.statement for table in tables if table.local))
        ),
        constants=tuple(_constant(table, name, facts) for table, name in zip(tables, names, strict=True)),
    )


def _constant(table: _Table, name: str, facts: Facts) -> Constant:
    value = facts.segment(table.node)
    if isinstance(table.node, ast.Set) and all(is_membership(use, facts) for use in table.uses):
        value = f"frozenset({value})"
    comments = comments_of_statement(table.local.statement, facts) if table.local else ()
    return Constant(name=name, value=value, comments=comments)


def _name(table: _Table, function: ast.FunctionDef | ast.AsyncFunctionDef, facts: Facts) -> str:
    """Like the local that held it, or what it gives by what it is asked for, or after the function."""
    about = subject(function, facts)
    if table.local is not None:
        long_enough = len(table.local.name.strip("_")) >= _FEWEST_LETTERS
        return constant_name(table.local.name, function, facts) if long_enough else f"_{about}_TABLE"
    parent = facts.parent(table.node)
    match parent, facts.parent(parent) if parent else None:
        case ast.Subscript(slice=key), _:
            return _lookup_name(parent, key, about, facts)
        case ast.Attribute(attr="get"), ast.Call(args=[key, *_]) as call:
            return _lookup_name(call, key, about, facts)
    return f"_{about}_TABLE"


def _lookup_name(lookup: ast.AST | None, key: ast.expr, about: str, facts: Facts) -> str:
    """`_COLOUR_BY_NAME` for `colour = {...}[name]`."""
    given, by = "", _word(key)
    match facts.parent(lookup) if lookup else None:
        case ast.Assign(targets=[ast.Name() | ast.Attribute() as target]):
            given = _word(target)
    if not given and (len(about) <= _LONGEST_SUBJECT or not by):
        given = about
    if given and by and given != by:
        return f"_{given}_BY_{by}"
    return f"_{given or by}_TABLE"


def _word(expr: ast.expr) -> str:
    """The name in an expression that says most about it."""
    match expr:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            word = name.strip("_").upper()
            return word if len(word) >= _FEWEST_LETTERS else ""
        case ast.Subscript(value=value) | ast.Call(args=[value]):
            return _word(value)
    return ""
