"""A loop over the rows of a data frame that only wants their labels goes over the index."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms.data._frames import data_frame

_FRAME = (("labels.people", ("pandas.DataFrame",)),)


class IterrowsToIndex(Transform):
    """Go over `frame.index` instead of `frame.iterrows()` where the rows are not used.

    Faster because no row is made into a Series of its own. Safe when it is a data frame of pandas, whose
    `iterrows` gives the labels of its index in turn, and the name of the row is not read.
    """

    family = Family.DATA
    ratios = (("3.9", 253.0), ("3.10", 246.0), ("3.11", 226.0), ("3.12", 210.0), ("3.13", 237.0))
    nodes = (ast.For,)
    examples = (
        Example(
            before="""
                def labels(people):
                    found = []
                    for label, row in people.iterrows():
                        found.append((label, row["age"]))
                    return found
            """,
            observed=_FRAME,
            because="the rows are used",
        ),
        Example(
            before="""
                def labels(people):
                    found = []
                    for label, _ in people.iterrows():
                        found.append(label)
                    return found
            """,
            because="nothing shows that it is a data frame",
        ),
        Example(
            before="""
                def labels(people):
                    row = None
                    for label, row in people.iterrows():
                        print(label)
                    return row
            """,
            observed=_FRAME,
            because="the last row is read after the loop",
        ),
        Example(
            before="""
                def labels(people):
                    found = []
                    for label, _ in people.iterrows():
                        found.append(label)
                    return found
            """,
            after="""
                def labels(people):
                    found = []
                    for label in people.index:
                        found.append(label)
                    return found
            """,
            observed=_FRAME,
            call="labels(__import__('pandas').DataFrame({'age': [1, 2]}, index=['a', 'b']))",
        ),
        Example(
            before="""
                def labels(people):
                    for number, (label, _row) in enumerate(people.iterrows()):
                        people.at[label, "number"] = number
                    for label, _row in people.iterrows():
                        people.at[label, "name"] = str(label)
                    return people.to_dict()
            """,
            after="""
                def labels(people):
                    for number, (label, _row) in enumerate(people.iterrows()):
                        people.at[label, "number"] = number
                    for label in people.index:
                        people.at[label, "name"] = str(label)
                    return people.to_dict()
            """,
            observed=_FRAME,
            call="labels(__import__('pandas').DataFrame({'age': [1, 2]}))",
        ),
    )

    traps = (
        Trap(
            before="""
                class Table:
                    def __init__(self, rows: list[tuple[str, int]]):
                        self.rows = rows

                    def iterrows(self):
                        return iter(self.rows)

                    @property
                    def index(self):
                        return [label for label, _ in self.rows]

                def last(people: Table):
                    row = None
                    for label, row in people.iterrows():
                        str(label)
                    return row
            """,
            wrong="""
                class Table:
                    def __init__(self, rows: list[tuple[str, int]]):
                        self.rows = rows

                    def iterrows(self):
                        return iter(self.rows)

                    @property
                    def index(self):
                        return [label for label, _ in self.rows]

                def last(people: Table):
                    row = None
                    for label in people.index:
                        str(label)
                    return row
            """,
            because="the last row is read after the loop",
            call="last(Table([]))",
        ),
        Trap(
            before="""
                class Table:
                    def __init__(self, rows: list[tuple[str, int]]):
                        self.rows = rows

                    def iterrows(self):
                        return iter(self.rows)

                    @property
                    def index(self):
                        return [label for label, _ in self.rows]

                def labels(people: Table):
                    found = []
                    for label, _ in people.iterrows():
                        found.append(label)
                        if len(found) == 2:
                            people.rows.clear()
                    return found
            """,
            wrong="""
                class Table:
                    def __init__(self, rows: list[tuple[str, int]]):
                        self.rows = rows

                    def iterrows(self):
                        return iter(self.rows)

                    @property
                    def index(self):
                        return [label for label, _ in self.rows]

                def labels(people: Table):
                    found = []
                    for label in people.index:
                        found.append(label)
                        if len(found) == 2:
                            people.rows.clear()
                    return found
            """,
            because="what is no data frame may look at its rows as it goes, and at its index beforehand",
            call="labels(Table([('a', 1)]))",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.For(
                target=ast.Tuple(elts=[ast.Name(), ast.Name()]),
                iter=ast.Call(func=ast.Attribute(value=ast.Name(), attr="iterrows"), args=[], keywords=[]),
                type_comment=None,
            ):
                return True
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.For(
                target=ast.Tuple(elts=[ast.Name() as label, ast.Name() as row]) as target,
                iter=ast.Call(func=ast.Attribute(value=ast.Name() as frame)) as rows,
            ):
                pass
            case _:
                return
        if label.id == row.id or not facts.is_plain_local(row.id, node) or _is_read(row, node, facts):
            return
        known = data_frame(frame, facts)
        if known is None:
            yield Refusal(where=node, because=f"Nothing shows that '{frame.id}' is a data frame of pandas.")
            return
        yield Edit(
            changes=(
                Replace(first=target, code=label.id),
                Replace(first=rows, code=f"{facts.segment(frame)}.index"),
            ),
            assumptions=assumed(frame, known, facts),
        )


def _is_read(row: ast.Name, loop: ast.For, facts: Facts) -> bool:
    """Whether anything reads what the loop puts into `row`."""
    function = facts.function_of(loop)
    return function is None or facts.uses_frames(function) or bool(facts.reads(row.id, function))
