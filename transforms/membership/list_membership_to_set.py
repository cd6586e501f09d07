"""`x in names` in a loop, where `names` is a list, becomes a look-up in a set."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.facts import Facts
from optimizer.model import Assumption
from optimizer.transform import Constant, Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms.hoisting._only_read import why_not_only_read
from transforms.hoisting._places import defined_above, fresh_among, outermost_function

_HASHABLE = frozenset({"str", "int", "bytes", "bool", "NoneType"})
_FEWEST = 8


class ListMembershipToSet(Transform):
    """Look something up in a set that is made once instead of searching a list each time.

    Faster because one hash replaces a comparison with each element. Safe when the list is not changed
    after the set is made, and both its elements and what is looked for are exactly strings, integers,
    bytes or None, which hash as they compare.
    """

    family = Family.MEMBERSHIP
    ratios = (("3.9", 69.1), ("3.10", 68.9), ("3.11", 68.94), ("3.12", 90.72), ("3.13", 74.96))
    nodes = (ast.Compare,)
    examples = (
        Example(
            before="""
                def f(words: list[str], known: list[str]):
                    return [word for word in words if word in known]
            """,
            because="nothing shows that the caller's list is long enough to be worth a set",
        ),
        Example(
            before="""
                _NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']


                def f(word):
                    return word in _NAMES
            """,
            because="an unhashable value would raise TypeError instead of giving False",
        ),
        Example(
            before="""
                _NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']


                def f(word: str):
                    return word in _NAMES


                def add(word: str):
                    _NAMES.append(word)
            """,
            because="the list grows",
        ),
        Example(
            before="""
                NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']


                def f(word: str):
                    return word in NAMES
            """,
            because="others may change a list that has a public name",
        ),
        Example(
            before="""
                _NAMES = ('a', 'b', 'c', 'd', 'e', 'f', 'g', 1.0)


                def f(word: str):
                    return word in _NAMES
            """,
            because="a float may be nan, and equals an integer",
        ),
        Example(
            before="""
                def f(text: str, words: list[str]):
                    parts = text.split()
                    kept = []
                    for word in words:
                        if word not in parts:
                            kept.append(word)
                            parts.append(word)
                    return kept
            """,
            because="the list grows in the loop",
        ),
        Example(
            before="""
                KEYWORDS = ('and', 'as', 'def', 'del', 'elif', 'else', 'for', 'from')


                def is_name(word: str) -> bool:
                    return word.isidentifier() and word not in KEYWORDS
            """,
            after="""
                KEYWORDS = ('and', 'as', 'def', 'del', 'elif', 'else', 'for', 'from')
                _KEYWORDS_SET = frozenset(KEYWORDS)


                def is_name(word: str) -> bool:
                    return word.isidentifier() and word not in _KEYWORDS_SET
            """,
            call="[is_name(word) for word in ('as', 'a', '', '1')]",
        ),
        Example(
            before="""
                _UNITS = ['b', 'kb', 'mb', 'gb', 'tb', 'pb', 'eb', 'zb']


                def known(text: str) -> list[str]:
                    return [word for word in text.split() if word in _UNITS]


                def all_units(word: str) -> str:
                    return ' '.join(_UNITS) if word in _UNITS else ''
            """,
            after="""
                _UNITS = ['b', 'kb', 'mb', 'gb', 'tb', 'pb', 'eb', 'zb']
                _UNITS_SET = frozenset(_UNITS)


                def known(text: str) -> list[str]:
                    return [word for word in text.split() if word in _UNITS_SET]


                def all_units(word: str) -> str:
                    return ' '.join(_UNITS) if word in _UNITS_SET else ''
            """,
            call="known('1 kb or mb'), known(''), all_units('b'), all_units('')",
        ),
    )
    traps = (
        Trap(
            before="""
                _NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']


                def f(word):
                    return word in _NAMES
            """,
            wrong="""
                _NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
                _NAMES_SET = frozenset(_NAMES)


                def f(word):
                    return word in _NAMES_SET
            """,
            because="a list cannot be hashed, and could be looked for in a list",
            call="f('a'), f('')",
        ),
        Trap(
            before="""
                _NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']


                def add(name: str):
                    if name not in _NAMES:
                        _NAMES.append(name)
                    return name in _NAMES
            """,
            wrong="""
                _NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
                _NAMES_SET = frozenset(_NAMES)


                def add(name: str):
                    if name not in _NAMES_SET:
                        _NAMES.append(name)
                    return name in _NAMES_SET
            """,
            because="the list grows, and the set does not",
            call="add('a')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Name()]):
                return True
            case _:
                return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Name() as table]):
                pass
            case _:
                return
        function = outermost_function(node, facts)
        if function is None or facts.type_of(table).name not in {"list", "tuple"}:
            return
        value = facts.module_value(table.id)
        if value is None or not _has_many_plain_elements(value):
            return
        if defined_above(table.id, node, facts) is not value:
            yield Refusal(where=table, because=f"'{table.id}' is made further down, or hidden here.")
            return
        # All of a function's look-ups at once.
        uses = list(_uses(function, table.id, facts))
        if all(use.place is not node for use in uses):
            because = "An unhashable value would raise TypeError, and nothing shows what type it has."
            yield Refusal(where=node, because=because)
            return
        if uses[0].place is not node:
            return
        if because := _why_not(table.id, value, facts):
            yield Refusal(where=table, because=because)
            return
        yield _edit(table.id, uses, facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """`sought in table`."""

    place: ast.Compare
    sought: ast.expr
    table: ast.Name


def _uses(function: ast.AST, name: str, facts: Facts) -> Iterator[_Use]:
    shared = set(facts.reads(name, facts.tree))
    for node in ast.walk(function):
        match node:
            case ast.Compare(
                left=sought, ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=read) as table]
            ) if read == name and table in shared and facts.type_of(sought).name in _HASHABLE:
                yield _Use(place=node, sought=sought, table=table)


def _has_many_plain_elements(value: ast.expr) -> bool:
    match value:
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            plain = [one for one in elts if isinstance(one, ast.Constant)]
            names = {type(one.value).__name__ for one in plain}
            return len(plain) == len(elts) >= _FEWEST and names <= _HASHABLE
        case _:
            return False


def _why_not(name: str, value: ast.expr, facts: Facts) -> str:
    if not facts.is_builtin("frozenset", value):
        return "`frozenset` may mean something else here."
    if isinstance(value, ast.Tuple):
        return ""
    if not name.startswith("_"):
        return f"Others may change the list '{name}', which has a public name."
    for read in facts.reads(name, facts.tree):
        if because := why_not_only_read(read, facts):
            return because
    return ""


def _edit(name: str, uses: list[_Use], facts: Facts) -> Edit:
    wanted = f"_{name.strip('_')}_SET"
    is_there = _is_that_set(wanted, name, uses[0].place, facts)
    constant = wanted if is_there else fresh_among(wanted, (), facts)
    assumptions: dict[Assumption, None] = {}
    for use in uses:
        assumptions.update(dict.fromkeys(assumed(use.sought, facts.type_of(use.sought), facts)))
    return Edit(
        changes=tuple(Replace(first=use.table, code=constant) for use in uses),
        constants=() if is_there else (Constant(name=constant, value=f"frozenset({name})"),),
        assumptions=tuple(assumptions),
    )


def _is_that_set(wanted: str, name: str, node: ast.AST, facts: Facts) -> bool:
    """Whether the module has the set already, made for another function."""
    match defined_above(wanted, node, facts):
        case ast.Call(func=ast.Name(id="frozenset" as made), args=[ast.Name(id=copied)], keywords=[]) as call:
            return copied == name and facts.is_builtin(made, call)
        case _:
            return False
