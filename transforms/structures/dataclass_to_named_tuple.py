"""A frozen dataclass becomes a `NamedTuple`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from optimizer.facts.dataclasses_guard import DATACLASS, DataclassGuard
from optimizer.facts.facts import Facts
from optimizer.model import Assumption, Evidence
from optimizer.transform import Edit, Example, Family, Import, Refusal, Replace, Transform, Trap


class DataclassToNamedTuple(Transform):
    """Make small immutable records tuples with names instead of frozen dataclasses.

    Faster because tuples are created, hashed, compared and sorted in C; reading a field takes longer from
    Python 3.11 on, so it gains only where records are made, hashed or sorted more than they are read. Safe
    when no code can tell the two apart: all fields are immutable, and nothing in the repository writes to an
    instance, takes it apart, compares it with another tuple, or hands it to code that is not known.
    """

    family = Family.STRUCTURES
    ratios = (("3.9", 3.22), ("3.10", 2.78), ("3.11", 2.31), ("3.12", 2.15), ("3.13", 2.2))
    nodes = (ast.ClassDef,)
    examples = (
        Example(
            before="""
                from dataclasses import dataclass


                @dataclass
                class _Point:
                    x: int
                    y: int


                def span(n: int):
                    points = [_Point(i, 2) for i in range(n)]
                    return sum([point.x for point in points])
            """,
            because="a plain dataclass is created as fast as a named tuple, and read faster",
        ),
        Example(
            before="""
                from dataclasses import dataclass


                @dataclass(frozen=True)
                class Point:
                    x: int
                    y: int


                def count(n: int):
                    return len({Point(i % 5, i % 7) for i in range(n)})
            """,
            because="users of a library may rely on the class",
        ),
        Example(
            before="""
                from dataclasses import dataclass


                @dataclass(frozen=True)
                class _Point:
                    x: int
                    y: int


                def show(n: int):
                    return "at %s" % _Point(n, n)
            """,
            because="`%` would take the tuple for its arguments",
        ),
        Example(
            before="""
                from dataclasses import dataclass


                @dataclass(frozen=True)
                class _Point:
                    x: int
                    y: int


                def known(n: int):
                    seen = {(0, 0)}
                    return _Point(n, n) in seen
            """,
            because="a named tuple is equal to a tuple of the same values",
        ),
        Example(
            before="""
                import json
                from dataclasses import dataclass


                @dataclass(frozen=True)
                class _Point:
                    x: int
                    y: int


                def encode(n: int):
                    return json.dumps(_Point(n, n), default=str)
            """,
            because="an encoder writes a named tuple as a list",
        ),
        Example(
            before="""
                from dataclasses import dataclass


                @dataclass(frozen=True)
                class _Point:
                    x: int
                    tags: list[str]

                    def moved(self):
                        return _Point(self.x + 1, self.tags)


                def first(point):
                    match point.moved():
                        case [x, *_]:
                            return x
                        case _:
                            return None
            """,
            because="a sequence pattern matches a named tuple",
        ),
        Example(
            before="""
                from dataclasses import dataclass


                @dataclass(frozen=True)
                class _Point:
                    \"""A place on the grid.\"""

                    x: int
                    y: int = 0


                def count(n: int):
                    return len({_Point(i % 5, i % 7) for i in range(n)})
            """,
            after="""
                from typing import NamedTuple


                class _Point(NamedTuple):
                    \"""A place on the grid.\"""

                    x: int
                    y: int = 0


                def count(n: int):
                    return len({_Point(i % 5, i % 7) for i in range(n)})
            """,
            call="count(40)",
        ),
        Example(
            before="""
                from dataclasses import dataclass, field


                @dataclass(frozen=True, order=True)
                class _Version:
                    major: int
                    minor: int  # counts from 0

                    @property
                    def text(self):
                        return f"{self.major}.{self.minor}"


                @dataclass
                class Release:
                    notes: list[str] = field(default_factory=list)


                def latest(pairs: list[tuple[int, int]]):
                    versions = [_Version(major, minor) for major, minor in pairs]
                    return sorted(versions)[-1].text
            """,
            after="""
                from dataclasses import dataclass, field
                from typing import NamedTuple


                class _Version(NamedTuple):
                    major: int
                    minor: int  # counts from 0

                    @property
                    def text(self):
                        return f"{self.major}.{self.minor}"


                @dataclass
                class Release:
                    notes: list[str] = field(default_factory=list)


                def latest(pairs: list[tuple[int, int]]):
                    versions = [_Version(major, minor) for major, minor in pairs]
                    return sorted(versions)[-1].text
            """,
            call="latest([(1, 2), (3, 4), (2, 9)])",
        ),
    )
    traps = (
        Trap(
            before="""
                from dataclasses import dataclass


                @dataclass(frozen=True)
                class _Point:
                    x: int
                    y: int


                def same(n: int, other):
                    return _Point(n, n) == other
            """,
            wrong="""
                from typing import NamedTuple


                class _Point(NamedTuple):
                    x: int
                    y: int


                def same(n: int, other):
                    return _Point(n, n) == other
            """,
            because="a tuple of the same values is equal to the named tuple and not to the dataclass",
            call="same(1, _Point(1, 1))",
        ),
        Trap(
            before="""
                from dataclasses import dataclass


                @dataclass(frozen=True)
                class _Point:
                    x: int
                    y: int


                def flat(n: int, more: list):
                    found = []
                    for each in [_Point(n, n), *more]:
                        found += each if isinstance(each, tuple) else [each.x]
                    return len(found)
            """,
            wrong="""
                from typing import NamedTuple


                class _Point(NamedTuple):
                    x: int
                    y: int


                def flat(n: int, more: list):
                    found = []
                    for each in [_Point(n, n), *more]:
                        found += each if isinstance(each, tuple) else [each.x]
                    return len(found)
            """,
            because="a named tuple is a tuple",
            call="flat(1, [(3, 4)]) > 0",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.ClassDef) or len(node.decorator_list) != 1:
            return False
        return "dataclass" in ast.dump(node.decorator_list[0])

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.ClassDef) or facts.decorators(node) != (DATACLASS,):
            return
        guard = DataclassGuard(facts, node)
        if not guard.frozen:
            yield Refusal(
                where=node,
                because="creating a named tuple takes as long as creating a plain dataclass, and reading it longer",
            )
            return
        because = guard.objections() or _unwritable(node, facts)
        if because:
            yield Refusal(where=node, because=because[0])
            return
        imported = _imported_alone(node, facts)
        has_name = bool(facts.writes("NamedTuple", facts.tree))
        changes = [Replace(first=node, code=_as_named_tuple(node, facts))]
        new_import = () if has_name else (Import(module="typing", name="NamedTuple"),)
        if (
            imported is not None
            and new_import
            and len(imported.names) == 1
            and _is_last_import(imported, facts)
        ):
            changes.append(Replace(first=imported, code="from typing import NamedTuple"))
            new_import = ()
        elif imported is not None:
            changes.append(Replace(first=imported, code=_without_dataclass(imported)))
        yield Edit(
            changes=tuple(changes),
            imports=new_import,
            assumptions=(
                Assumption(
                    text=f"no code outside the repository tells `{node.name}` from a named tuple",
                    evidence=Evidence.PROVED,
                ),
            ),
        )


def _unwritable(node: ast.ClassDef, facts: Facts) -> list[str]:
    """What stands against writing the new class, as sentences."""
    bound = facts.writes("NamedTuple", facts.tree)
    if any(not isinstance(each, ast.alias) or each.name != "NamedTuple" for each in bound):
        return ["the name `NamedTuple` means something else in this file"]
    if not re.search(rf"^class\s+{node.name}\s*(\(\s*\))?\s*:", _body(node, facts)):
        return ["the head of the class is written in an unusual way"]
    if "#" in facts.segment(node).partition(f"class {node.name}")[0]:
        return ["a comment stands between the decorator and the class"]
    return []


def _body(node: ast.ClassDef, facts: Facts) -> str:
    """The class without its decorator."""
    text = facts.segment(node)
    return text[text.index("class ", len(facts.segment(node.decorator_list[0]))) :]


def _as_named_tuple(node: ast.ClassDef, facts: Facts) -> str:
    head = rf"^class\s+{node.name}\s*(\(\s*\))?\s*:"
    return re.sub(head, f"class {node.name}(NamedTuple):", _body(node, facts), count=1)


def _imported_alone(node: ast.ClassDef, facts: Facts) -> ast.ImportFrom | None:
    """The import of `dataclass`, when nothing else in the file or the repository needs it there."""
    decorator = node.decorator_list[0]
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if not isinstance(called, ast.Name) or len(facts.reads(called.id, facts.tree)) > 1:
        return None
    bound = facts.writes(called.id, facts.tree)
    statement = facts.parent(bound[0]) if len(bound) == 1 else None
    if not isinstance(statement, ast.ImportFrom) or facts.has_comments(statement):
        return None
    if facts.parent(statement) is not facts.tree or facts.repository.is_exported("", called.id):
        return None
    return statement


def _is_last_import(statement: ast.ImportFrom, facts: Facts) -> bool:
    following = facts.following(statement)
    return not following or not isinstance(following[0], ast.Import | ast.ImportFrom)


def _without_dataclass(statement: ast.ImportFrom) -> str:
    others = [alias for alias in statement.names if alias.name != "dataclass"]
    names = ", ".join(f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in others)
    return f"from dataclasses import {names}" if others else ""
