"""A loop that runs one statement of SQL for each row becomes `executemany`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.facts import Facts
from optimizer.model import Assumption
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms._pieces import has_inner_comments, iterable

_CHANGES_ROWS = re.compile(
    r"\s*(?:insert|update|delete|replace)\b(?!.*\breturning\b)", re.IGNORECASE | re.DOTALL
)
_CONNECTION = "sqlite3.Connection"
_CURSOR = "sqlite3.Cursor"
_TAKES_ROWS = frozenset({"close", "fetchall", "fetchmany", "fetchone"})
_DISPLAYS = (ast.Tuple, ast.List, ast.Dict)
_SIMPLE = (
    ast.Name, ast.Constant, ast.Subscript, ast.Attribute, ast.Load, ast.UnaryOp, ast.USub, *_DISPLAYS,
)  # fmt: skip


class ExecuteLoopToExecutemany(Transform):
    """Run one statement of SQL for many rows with `executemany` instead of `execute` in a loop.

    Faster because the statement is looked up, and a cursor made, once. Safe when it is a constant
    statement of sqlite3 that changes rows and gives none, when nobody asks the cursor which row was last or
    how many there were, and when the values of a row only come from the loop's variable: `executemany`
    takes one row after the other, so each still is computed after the one before is in. What is new is that
    the statement is prepared, and a transaction begun, where there are no rows at all.
    """

    family = Family.DATABASE
    ratios = (("3.9", 1.5), ("3.10", 1.4), ("3.11", 1.3), ("3.12", 1.5), ("3.13", 1.4))
    nodes = (ast.For,)
    examples = (
        Example(
            before="""
                import sqlite3

                def names(connection: sqlite3.Connection, keys):
                    for key in keys:
                        connection.execute("select name from people where id = ?", (key,))
            """,
            because="`executemany` refuses to select",
        ),
        Example(
            before="""
                def store(connection, rows):
                    for row in rows:
                        connection.execute("insert into people values (?, ?)", row)
                    connection.commit()
            """,
            because="nothing shows that it is a connection of sqlite3",
        ),
        Example(
            before="""
                import sqlite3

                def store(cursor: sqlite3.Cursor, rows):
                    for row in rows:
                        cursor.execute("insert into people values (?, ?)", row)
                    cursor.connection.commit()
            """,
            because="the caller may read the cursor's `lastrowid`",
        ),
        Example(
            before="""
                import sqlite3

                def store(connection: sqlite3.Connection, people):
                    for person in people:
                        connection.execute("insert into people values (?)", (person.next_name(),))
                    connection.commit()
            """,
            because="a call may do anything with the connection",
        ),
        Example(
            before="""
                import sqlite3

                def store(connection: sqlite3.Connection, rows):
                    for row in rows:
                        connection.execute("insert into people values (?, ?)", row)
            """,
            because="without rows it would leave a transaction open that was not there before",
        ),
        Example(
            before="""
                import sqlite3

                def store(connection: sqlite3.Connection, people, table):
                    for person in people:
                        connection.execute(f"insert into {table} values (?)", person)
                    connection.commit()
            """,
            because="the statement is another one in each call",
        ),
        Example(
            before="""
                import sqlite3

                def store(connection: sqlite3.Connection, rows):
                    for row in rows:
                        connection.execute("insert into people values (?, ?)", row)
                    connection.commit()
            """,
            after="""
                import sqlite3

                def store(connection: sqlite3.Connection, rows):
                    connection.executemany("insert into people values (?, ?)", rows)
                    connection.commit()
            """,
            call="(lambda c: (c.execute('create table people (id, name)'), store(c, [(1, 'a'), (2, 'b')]),"
            " c.execute('select * from people').fetchall(), c.close())[1:])(sqlite3.connect(':memory:'))",
        ),
        Example(
            before="""
                import sqlite3

                def count_words(words):
                    connection = sqlite3.connect(":memory:")
                    cursor = connection.cursor()
                    cursor.execute("create table words (word, size)")
                    for word, size in words:
                        cursor.execute(
                            "insert into words values (:word, :size)", {"word": word, "size": size}
                        )
                    found = cursor.execute("select count(*), sum(size) from words").fetchone()
                    connection.close()
                    return found
            """,
            after="""
                import sqlite3

                def count_words(words):
                    connection = sqlite3.connect(":memory:")
                    cursor = connection.cursor()
                    cursor.execute("create table words (word, size)")
                    cursor.executemany(
                        "insert into words values (:word, :size)",
                        ({"word": word, "size": size} for word, size in words),
                    )
                    found = cursor.execute("select count(*), sum(size) from words").fetchone()
                    connection.close()
                    return found
            """,
            call="count_words([('a', 1), ('bc', 2)]), count_words([])",
        ),
    )
    traps = (
        Trap(
            before="""
                import sqlite3

                def numbers(words):
                    connection = sqlite3.connect(":memory:")
                    cursor = connection.cursor()
                    cursor.execute("create table words (word)")
                    for word in words:
                        cursor.execute("insert into words values (?)", (word,))
                    last = cursor.lastrowid
                    connection.close()
                    return last
            """,
            wrong="""
                import sqlite3

                def numbers(words):
                    connection = sqlite3.connect(":memory:")
                    cursor = connection.cursor()
                    cursor.execute("create table words (word)")
                    cursor.executemany("insert into words values (?)", ((word,) for word in words))
                    last = cursor.lastrowid
                    connection.close()
                    return last
            """,
            because="`executemany` does not say which row was last",
            call="numbers([])",
        ),
        Trap(
            before="""
                import sqlite3

                def last(words):
                    connection = sqlite3.connect(":memory:")
                    cursor = connection.cursor()
                    cursor.execute("create table words (word)")
                    word = None
                    for word in words:
                        cursor.execute("insert into words values (?)", (word,))
                    connection.close()
                    return word
            """,
            wrong="""
                import sqlite3

                def last(words):
                    connection = sqlite3.connect(":memory:")
                    cursor = connection.cursor()
                    cursor.execute("create table words (word)")
                    word = None
                    cursor.executemany("insert into words values (?)", ((word,) for word in words))
                    connection.close()
                    return word
            """,
            because="the loop variable is read after the loop",
            call="last([])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return _shape(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        shape = _shape(node)
        if shape is None or not _changes_rows(shape.statement, facts):
            return
        assumptions = _assumptions(shape, facts)
        because = assumptions if isinstance(assumptions, str) else _why_not(shape, facts)
        if because or isinstance(assumptions, str):
            yield Refusal(where=shape.loop, because=because)
            return
        yield Edit(changes=(Replace(first=shape.loop, code=_code(shape, facts)),), assumptions=assumptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """`for target in rows: holder.execute(statement, values)`."""

    loop: ast.For
    holder: ast.Name
    statement: ast.expr
    values: ast.expr


def _shape(node: ast.AST) -> _Shape | None:
    match node:
        case ast.For(
            body=[
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name() as holder, attr="execute"),
                        args=[statement, values],
                        keywords=[],
                    )
                )
            ],
            orelse=[],
            type_comment=None,
        ):
            return _Shape(loop=node, holder=holder, statement=statement, values=values)
    return None


def _changes_rows(statement: ast.expr, facts: Facts) -> bool:
    text = facts.constant_value(statement)
    return isinstance(text, str) and _CHANGES_ROWS.match(text) is not None


def _why_not(shape: _Shape, facts: Facts) -> str:
    variables = {node.id for node in ast.walk(shape.loop.target) if isinstance(node, ast.Name)}
    plain = all(
        isinstance(node, ast.Name | ast.Tuple | ast.List | ast.Store) for node in ast.walk(shape.loop.target)
    )
    if not plain or shape.holder.id in variables:
        return "The loop's variable is more than a plain name."
    if not all(isinstance(node, _SIMPLE) for node in ast.walk(shape.values)):
        return "Computing a row's values may do something with the database."
    used = {node.id for node in ast.walk(shape.values) if isinstance(node, ast.Name)}
    if not used <= variables:
        return "A row's values depend on more than the loop's variable."
    for name in variables:
        if not facts.is_plain_local(name, shape.loop) or facts.read_after(name, shape.loop):
            return f"'{name}' is read after the loop."
    if not _ends_transaction(shape.loop, facts):
        return "Nothing ends the transaction, which `executemany` begins even where there are no rows."
    if facts.reads(shape.holder.id, shape.loop.iter):
        return "The rows come from the cursor that they are stored with."
    if has_inner_comments(shape.loop.body[0].value, facts) or facts.has_comments(shape.loop):  # type: ignore[attr-defined]
        return "There are comments in the loop that would lose their place."
    return ""


def _ends_transaction(loop: ast.For, facts: Facts) -> bool:
    """Whether the block goes on to commit, roll back or close, or stands in a `with` that does."""
    for later in facts.following(loop):
        match later:
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="commit" | "rollback" | "close"))):
                return True
    around = facts.parent(loop)
    return isinstance(around, ast.With) and any(
        isinstance(item.context_expr, ast.Name) for item in around.items
    )


def _assumptions(shape: _Shape, facts: Facts) -> tuple[Assumption, ...] | str:
    """What has to be assumed of the connection or cursor; else why it cannot be used."""
    function = facts.function_of(shape.loop)
    name = shape.holder.id
    if function is None or not facts.is_plain_local(name, shape.loop):
        return f"Others may have '{name}'."
    known = facts.type_of(shape.holder)
    if known.name == _CONNECTION:
        return assumed(shape.holder, known, facts)
    if known.name == _CURSOR or _made_by(name, function, facts) == _CURSOR:
        reads = facts.reads(name, function)
        if facts.is_parameter(name, shape.loop) or not all(_only_runs(read, facts) for read in reads):
            return f"Somebody else may ask '{name}' which row was last, or how many there were."
        return ()
    if _made_by(name, function, facts) == _CONNECTION:
        return ()
    return f"Nothing shows that '{name}' is a connection or cursor of sqlite3."


def _only_runs(cursor: ast.expr, facts: Facts) -> bool:
    """Whether this use of a cursor runs a statement or takes rows; `execute` gives the cursor itself."""
    method = facts.parent(cursor)
    if not isinstance(method, ast.Attribute):
        return False
    if method.attr in _TAKES_ROWS:
        return True
    call = facts.parent(method)
    used = facts.parent(call) if call is not None else None
    goes_on = isinstance(used, ast.Attribute) and used.attr in _TAKES_ROWS
    return method.attr in {"execute", "executemany"} and (isinstance(used, ast.Expr) or goes_on)


def _made_by(name: str, function: ast.AST, facts: Facts) -> str:
    """What the only assignment to a local makes: a connection, a cursor of one, or something else."""
    match facts.writes(name, function):
        case [ast.Name() as target]:
            match facts.parent(target):
                case ast.Assign(targets=[ast.Name()], value=ast.Call(args=args, keywords=keywords) as call):
                    return _made(call, function, facts) if len(args) <= 1 and not keywords else ""
    return ""


def _made(call: ast.Call, function: ast.AST, facts: Facts) -> str:
    if facts.origin(call.func) == "sqlite3.connect":
        return _CONNECTION
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=holder) as base, attr="cursor"), args=[]):
            known = facts.type_of(base)
            surely = known.name == _CONNECTION and known.proved
            return _CURSOR if surely or _made_by(holder, function, facts) == _CONNECTION else ""
    return ""


def _code(shape: _Shape, facts: Facts) -> str:
    rows = facts.segment(shape.loop.iter)
    target, values = facts.segment(shape.loop.target), facts.segment(shape.values)
    if target != values:
        rows = f"({values} for {target} in {iterable(shape.loop.iter, facts)})"
    return f"{shape.holder.id}.executemany({facts.segment(shape.statement)}, {rows})"
