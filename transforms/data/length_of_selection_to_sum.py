"""Counting the rows that a condition selects does without selecting them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.model import Assumption
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms.data._frames import data_frame

_FRAME = (("adults.people", ("pandas.DataFrame",)),)


class LengthOfSelectionToSum(Transform):
    """Count the rows of a data frame that fit with `sum` instead of selecting them for `len`.

    Faster because the rows that fit are not copied. Safe when it is a data frame of pandas and the
    condition compares one of its columns with a constant, so that it is true or false for each row; a
    missing value counts for neither. It takes a column whose name no other column has.
    """

    family = Family.DATA
    ratios = (("3.9", 2.4), ("3.10", 2.6), ("3.11", 2.8), ("3.12", 2.7), ("3.13", 2.5))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def adults(people):
                    return len(people[people["age"] >= 18])
            """,
            because="nothing shows that it is a data frame",
        ),
        Example(
            before="""
                def adults(people, others):
                    return len(people[others["age"] >= 18])
            """,
            observed=_FRAME,
            because="the rows of another frame may not be those of this one",
        ),
        Example(
            before="""
                def adults(people, wanted):
                    return len(people[people["age"].map(wanted)])
            """,
            observed=_FRAME,
            because="a function may give anything; lists of labels select columns",
        ),
        Example(
            before="""
                def adults(people):
                    return len(people[people["age"] >= 18])
            """,
            after="""
                def adults(people):
                    return int((people["age"] >= 18).sum())
            """,
            observed=_FRAME,
            call="adults(__import__('pandas').DataFrame({'age': [10, 18, None, 20]}))",
        ),
        Example(
            before="""
                def adults(people):
                    if len(people) == 0:
                        return 0
                    return len(people[people["kind"] == "adult"]) / len(people)
            """,
            after="""
                def adults(people):
                    if len(people) == 0:
                        return 0
                    return int((people["kind"] == "adult").sum()) / len(people)
            """,
            observed=_FRAME,
            call="adults(__import__('pandas').DataFrame({'kind': ['child', 'adult']}))",
        ),
    )

    traps = (
        Trap(
            before="""
                class Marks(list):
                    def __ge__(self, other):
                        return Marks([each >= other for each in self])

                    def sum(self):
                        return sum(self)


                class People:
                    def __init__(self, ages: list[int], most: int):
                        self.ages = Marks(ages)
                        self.most = most

                    def __getitem__(self, key):
                        if key == "age":
                            return self.ages
                        return [number for number, kept in enumerate(key) if kept][: self.most]

                def adults(ages: list[int]):
                    people = People(ages, 2)
                    return len(people[people["age"] >= 18])
            """,
            wrong="""
                class Marks(list):
                    def __ge__(self, other):
                        return Marks([each >= other for each in self])

                    def sum(self):
                        return sum(self)


                class People:
                    def __init__(self, ages: list[int], most: int):
                        self.ages = Marks(ages)
                        self.most = most

                    def __getitem__(self, key):
                        if key == "age":
                            return self.ages
                        return [number for number, kept in enumerate(key) if kept][: self.most]

                def adults(ages: list[int]):
                    people = People(ages, 2)
                    return int((people["age"] >= 18).sum())
            """,
            because="what is no data frame may keep less than all",
            call="adults([18, 3])",
        ),
        Trap(
            before="""
                class Marks(list):
                    def __ge__(self, other):
                        return Marks([each >= other for each in self])

                    def sum(self):
                        return sum(self)


                class People:
                    def __init__(self, ages: list[int], most: int):
                        self.ages = Marks(ages)
                        self.most = most

                    def __getitem__(self, key):
                        if key == "age":
                            return self.ages
                        return [number for number, kept in enumerate(key) if kept][: self.most]

                def adults(ages: list[int], others: list[int]):
                    people, more = People(ages, len(ages)), People(others, 9)
                    return len(people[more["age"] >= 18])
            """,
            wrong="""
                class Marks(list):
                    def __ge__(self, other):
                        return Marks([each >= other for each in self])

                    def sum(self):
                        return sum(self)


                class People:
                    def __init__(self, ages: list[int], most: int):
                        self.ages = Marks(ages)
                        self.most = most

                    def __getitem__(self, key):
                        if key == "age":
                            return self.ages
                        return [number for number, kept in enumerate(key) if kept][: self.most]

                def adults(ages: list[int], others: list[int]):
                    people, more = People(ages, len(ages)), People(others, 9)
                    return int((more["age"] >= 18).sum())
            """,
            because="the rows of another frame may not be those of this one",
            call="adults([20], [30])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return _selection(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        found = _selection(node)
        if found is None or not isinstance(node, ast.Call) or not facts.is_builtin("len", node):
            return
        frame, condition = found
        column = _column(condition.left, frame)
        if column is None or not facts.is_constant(condition.comparators[0]):
            yield Refusal(where=node, because="The condition does not compare a column with a constant.")
            return
        known = data_frame(frame, facts)
        if known is None:
            yield Refusal(where=node, because=f"Nothing shows that '{frame.id}' is a data frame of pandas.")
            return
        once = Assumption(
            text=f"`{frame.id}` has one column that is called {column!r}",
            evidence=known.evidence,
            observed=known.observed,
        )
        code = f"int(({facts.segment(condition)}).sum())"
        yield Edit(
            changes=(Replace(first=node, code=code),), assumptions=(*assumed(frame, known, facts), once)
        )


def _selection(node: ast.AST) -> tuple[ast.Name, ast.Compare] | None:
    """The frame and the condition of `len(frame[condition])`."""
    match node:
        case ast.Call(
            func=ast.Name(id="len"),
            args=[ast.Subscript(value=ast.Name() as frame, slice=ast.Compare(ops=[op]) as condition)],
            keywords=[],
        ) if isinstance(op, ast.Eq | ast.NotEq | ast.Lt | ast.LtE | ast.Gt | ast.GtE):
            return frame, condition
    return None


def _column(expr: ast.expr, frame: ast.Name) -> str | None:
    match expr:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as column)) if (
            name == frame.id
        ):
            return column
    return None
