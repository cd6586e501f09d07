"""A connection, socket or temporary file that is closed by hand becomes a `with` block."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.model import Metric
from optimizer.transform import Edit, Example, Family, Import, Refusal, Replace, Transform, Trap
from transforms._pieces import indented
from transforms.resources._blocks import block_lines, share_a_line, spans_lines, until_closed

_CLOSED_BY_WITH = frozenset({
    "mmap.mmap", "shelve.open", "socket.socket", "tempfile.NamedTemporaryFile", "tempfile.SpooledTemporaryFile",
    "tempfile.TemporaryFile", "urllib.request.urlopen", "wave.open",
})  # fmt: skip
# `with` around a connection ends a transaction and leaves the connection open.
_NEED_CLOSING = frozenset({"sqlite3.connect"})
_GIVE_AWAY = frozenset({"detach", "makefile", "dup", "share", "fileno", "file", "__enter__", "__iter__"})
_DATA = frozenset(
    {"name", "row_factory", "text_factory", "total_changes", "in_transaction", "status", "headers"}
)


class CloseWithoutWith(Transform):
    """Close a connection, socket or temporary file by `with` instead of by a call that an exception skips.

    Not faster: its gain is that nothing stays open when something in between raises. Safe when it is a
    local that goes nowhere else, nor what its methods give, the block that opens it closes it, and it is
    not used after.
    """

    family = Family.RESOURCES
    metric = Metric.RESOURCES
    nodes = (ast.Assign,)
    examples = (
        Example(
            before="""
                import sqlite3

                def f(path):
                    connection = sqlite3.connect(path)
                    return connection
            """,
            because="the caller gets the open connection",
        ),
        Example(
            before="""
                import sqlite3

                def f(path, pool):
                    connection = sqlite3.connect(path)
                    pool.append(connection)
                    connection.close()
            """,
            because="somebody else holds the connection",
        ),
        Example(
            before="""
                import sqlite3

                class Store:
                    def f(self, path):
                        connection = sqlite3.connect(path)
                        self.cursor = connection.cursor()
                        self.cursor.execute('select 1')
                        connection.close()
            """,
            because="the cursor is kept, and would not work any more after an exception",
        ),
        Example(
            before="""
                import tempfile

                def f(text):
                    file = tempfile.TemporaryFile('w+'); file.write(text)
                    end = file.tell()
                    file.close()
                    return end
            """,
            because="several statements stand on one line",
        ),
        Example(
            before="""
                import tempfile

                def f(text, keep):
                    file = tempfile.NamedTemporaryFile('w')
                    file.write(text)
                    if not keep:
                        file.close()
            """,
            because="it is closed on one path only",
        ),
        Example(
            before="""
                import sqlite3

                def count(path, name):
                    connection = sqlite3.connect(path)
                    rows = connection.execute('select count(*) from sqlite_master where name = ?', (name,))
                    found = rows.fetchone()[0]
                    connection.close()
                    return found
            """,
            after="""
                import sqlite3
                from contextlib import closing

                def count(path, name):
                    with closing(sqlite3.connect(path)) as connection:
                        rows = connection.execute('select count(*) from sqlite_master where name = ?', (name,))
                        found = rows.fetchone()[0]
                    return found
            """,
            call="count(':memory:', 'a'), count(':memory:', None)",
        ),
        Example(
            before="""
                import tempfile

                def size(text):
                    scratch = tempfile.TemporaryFile('w+')
                    scratch.write(text)
                    end = scratch.tell()
                    scratch.close()
                    return end
            """,
            after="""
                import tempfile

                def size(text):
                    with tempfile.TemporaryFile('w+') as scratch:
                        scratch.write(text)
                        end = scratch.tell()
                    return end
            """,
            call="size('abc'), size('')",
        ),
    )
    traps = (
        Trap(
            before="""
                import tempfile

                def f(keep):
                    scratch = tempfile.TemporaryFile()
                    if not keep:
                        scratch.close()
                    return scratch.closed
            """,
            wrong="""
                import tempfile

                def f(keep):
                    with tempfile.TemporaryFile() as scratch:
                        pass
                    return scratch.closed
            """,
            because="the file is meant to stay open on one path",
            call="f(False)",
        ),
        Trap(
            before="""
                import tempfile

                def f(keep):
                    scratch = tempfile.TemporaryFile()
                    if keep:
                        return scratch.closed, scratch
                    scratch.close()
                    return scratch.closed, None
            """,
            wrong="""
                import tempfile

                def f(keep):
                    with tempfile.TemporaryFile() as scratch:
                        if keep:
                            return scratch.closed, scratch
                    return scratch.closed, None
            """,
            because="the caller gets the file and goes on with it",
            call="f(False)",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Assign(targets=[ast.Name()], value=ast.Call()):
                return True
            case _:
                return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as opened):
                pass
            case _:
                return
        origin = facts.origin(opened.func)
        if origin not in _CLOSED_BY_WITH | _NEED_CLOSING:
            return
        between = until_closed(node, name, facts)
        if between is None:
            yield Refusal(where=node, because=f"'{name}' is not closed in the block that opens it.")
            return
        body, close = between
        if because := _why_not(node, name, body, close, facts):
            yield Refusal(where=node, because=because)
            return
        lines = indented("\n".join(block_lines(node, close, facts)))
        made = facts.segment(opened)
        needs_closing = origin in _NEED_CLOSING
        made = f"closing({made})" if needs_closing else made
        yield Edit(
            changes=(Replace(first=node, last=close, code=f"with {made} as {name}:\n{lines}"),),
            imports=(Import(module="contextlib", name="closing"),) if needs_closing else (),
        )


def _why_not(opened: ast.Assign, name: str, body: list[ast.stmt], close: ast.stmt, facts: Facts) -> str:
    function = facts.function_of(opened)
    if function is None or facts.is_generator(function) or facts.uses_frames(function):
        return "At module level, and in a generator, the block may end at another time."
    if not facts.is_plain_local(name, opened):
        return f"'{name}' can be seen from outside this run of the function."
    if facts.read_after(name, close) or facts.writes(name, body):
        return f"'{name}' is used after it is closed, or bound anew before."
    if share_a_line([opened, *body, close]):
        return "Several statements stand on one line."
    nodes = [node for stmt in body for node in ast.walk(stmt)]
    if any(spans_lines(node) for node in nodes):
        return "A text over several lines would be indented too."
    if any(isinstance(node, _LEAVES) for node in nodes):
        return "The block is left in the middle, where it now stays open and then would not."
    if any(isinstance(node, ast.Attribute | ast.Subscript) and _is_kept(node) for node in nodes):
        return "Something is kept that may need it open after an exception."
    if not all(_is_only_used(read, facts) for stmt in body for read in facts.reads(name, stmt)):
        return f"'{name}' is handed on, and somebody may hold it after the block."
    return ""


_LEAVES = (
    ast.Return,
    ast.Break,
    ast.Continue,
    ast.Yield,
    ast.YieldFrom,
    ast.Await,
    ast.Lambda,
    ast.FunctionDef,
)


def _is_kept(node: ast.Attribute | ast.Subscript) -> bool:
    """Whether something is stored in an object, other than a setting of what is opened."""
    if isinstance(node.ctx, ast.Load):
        return False
    return not (isinstance(node, ast.Attribute) and node.attr in _DATA)


def _is_only_used(read: ast.Name, facts: Facts) -> bool:
    """Whether a method is called on it here, or a setting looked at."""
    match facts.parent(read):
        case ast.Attribute(attr=attr) as attribute:
            call = facts.parent(attribute)
            is_called = isinstance(call, ast.Call) and call.func is attribute
            return attr in _DATA or (is_called and attr not in _GIVE_AWAY)
        case _:
            return False
