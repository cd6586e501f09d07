"""A file that is opened and closed by hand becomes a `with` block."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.model import Metric
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._pieces import indented
from transforms.resources._blocks import block_lines, share_a_line, spans_lines, until_closed

_OPENERS = frozenset(
    {"io.open", "gzip.open", "bz2.open", "lzma.open", "tarfile.open", "zipfile.ZipFile", "codecs.open"}
)


class OpenWithoutWith(Transform):
    """Close a file by `with` instead of by a call that an exception skips.

    Not faster: its gain is that nothing stays open when something in between raises. Safe when the file
    is a local that goes nowhere else, the same block that opens it closes it, and it is not used after.
    """

    family = Family.RESOURCES
    metric = Metric.RESOURCES
    nodes = (ast.Assign,)
    examples = (
        Example(
            before="""
                def f(path):
                    stream = open(path)
                    return stream
            """,
            because="the caller gets the open file",
        ),
        Example(
            before="""
                def f(path):
                    stream = open(path)
                    text = stream.read()
                    stream.close()
                    return text, stream.closed
            """,
            because="the file is asked something after it was closed",
        ),
        Example(
            before="""
                def f(path, lines):
                    stream = open(path)
                    lines.append(stream)
                    stream.close()
            """,
            because="somebody else holds the file",
        ),
        Example(
            before="""
                def f(path):
                    stream = open(path)
                    if stream.read(1):
                        stream.close()
            """,
            because="it is closed on one path only",
        ),
        Example(
            before="""
                def f(path):
                    stream = open(path); text = stream.read()
                    size = len(text)
                    stream.close()
                    return text, size
            """,
            because="several statements stand on one line",
        ),
        Example(
            before="""
                def first_line(path):
                    stream = open(path, encoding='utf-8')
                    line = stream.readline()
                    stream.close()
                    return line.strip()
            """,
            after="""
                def first_line(path):
                    with open(path, encoding='utf-8') as stream:
                        line = stream.readline()
                    return line.strip()
            """,
            call="first_line(__import__('os').devnull)",
        ),
        Example(
            before="""
                import json


                def load(path):
                    source = open(path)
                    # one record a line
                    rows = [json.loads(line) for line in source]
                    source.close()
                    return rows
            """,
            after="""
                import json


                def load(path):
                    with open(path) as source:
                        # one record a line
                        rows = [json.loads(line) for line in source]
                    return rows
            """,
            call="load(__import__('os').devnull)",
        ),
        Example(
            before="""
                '\x0c'


                def size(path):
                    stream = open(path)
                    text = stream.read()
                    found = len(text)
                    stream.close()
                    return found
            """,
            after="""
                '\x0c'


                def size(path):
                    with open(path) as stream:
                        text = stream.read()
                        found = len(text)
                    return found
            """,
            call="size(__import__('os').devnull)",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(path, keep):
                    stream = open(path)
                    if not keep:
                        stream.close()
                    return stream.closed
            """,
            wrong="""
                def f(path, keep):
                    with open(path) as stream:
                        pass
                    return stream.closed
            """,
            because="the file is meant to stay open on one path",
            call="f(__import__('os').devnull, False)",
        ),
        Trap(
            before="""
                def f(path, kept: list):
                    stream = open(path)
                    kept.append(stream)
                    return len(kept)
            """,
            wrong="""
                def f(path, kept: list):
                    with open(path) as stream:
                        kept.append(stream)
                    return len(kept)
            """,
            because="somebody else holds the file and will read it",
            call="f(__import__('os').devnull, [])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Assign(
                targets=[ast.Name()],
                value=ast.Call(func=ast.Name(id="open") | ast.Attribute(attr="open" | "ZipFile")),
            ):
                return True
            case _:
                return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as opened):
                pass
            case _:
                return
        if not _opens(opened, facts):
            return
        between = until_closed(node, name, facts)
        if between is None:
            yield Refusal(where=node, because=f"'{name}' is not closed in the block that opens it.")
            return
        body, close = between
        if because := _why_not(node, name, body, close, facts):
            yield Refusal(where=node, because=because)
            return
        lines = "\n".join(block_lines(node, close, facts))
        code = f"with {facts.segment(opened)} as {name}:\n{indented(lines)}"
        yield Edit(changes=(Replace(first=node, last=close, code=code),))


def _opens(call: ast.Call, facts: Facts) -> bool:
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        return facts.is_builtin("open", call)
    return facts.origin(call.func) in _OPENERS


def _why_not(opened: ast.Assign, name: str, body: list[ast.stmt], close: ast.stmt, facts: Facts) -> str:
    function = facts.function_of(opened)
    if function is None or facts.is_generator(function):
        return "At module level, and in a generator, the block may end at another time."
    if facts.uses_frames(function) or not facts.is_plain_local(name, opened):
        return f"'{name}' can be seen from outside this run of the function."
    if facts.read_after(name, close) or facts.writes(name, body):
        return f"'{name}' is used after it is closed, or bound anew before."
    if share_a_line([opened, *body, close]):
        return "Several statements stand on one line."
    if any(spans_lines(inner) for stmt in body for inner in ast.walk(stmt)):
        return "A text over several lines would be indented too."
    for stmt in body:
        for read in facts.reads(name, stmt):
            if not _only_used(read, facts):
                return f"'{name}' is handed on, and somebody may hold it after the block."
        if any(
            isinstance(inner, ast.Return | ast.Break | ast.Continue | ast.Yield | ast.YieldFrom | ast.Await)
            for inner in ast.walk(stmt)
        ):
            return "The block is left in the middle, where the file now stays open and then would not."
    return ""


def _only_used(read: ast.Name, facts: Facts) -> bool:
    """Whether the file is read, written or looped over here, and not handed on."""
    match facts.parent(read):
        case ast.Attribute(
            value=value,
            attr="read"
            | "readline"
            | "readlines"
            | "write"
            | "writelines"
            | "seek"
            | "tell"
            | "flush"
            | "truncate"
            | "readinto"
            | "name"
            | "encoding"
            | "mode",
        ) if value is read:
            return True
        case ast.For(iter=iterated) if iterated is read:
            return True
        case ast.comprehension(iter=iterated) as clause if iterated is read:
            return not isinstance(facts.parent(clause), ast.GeneratorExp)
        case ast.Call(func=func, args=args) if read in args:
            return facts.origin(func) in {"json.load", "json.dump", "pickle.load", "pickle.dump"}
        case _:
            return False
