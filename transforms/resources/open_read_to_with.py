"""`open(path).read()` becomes a `with` block."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import takewhile

from optimizer.facts.facts import Facts
from optimizer.model import Metric
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._pieces import indented
from transforms.hoisting._places import with_replacements

_OPENERS = frozenset({
    "io.open", "gzip.open", "bz2.open", "lzma.open", "codecs.open", "tokenize.open", "tarfile.open",
    "zipfile.ZipFile", "urllib.request.urlopen",
})  # fmt: skip
_METHODS = frozenset({
    "read", "readline", "readlines", "write", "writelines", "namelist", "getnames", "extractall",
})  # fmt: skip
_LOADERS = frozenset({
    "json.load", "pickle.load", "tomllib.load", "plistlib.load", "marshal.load", "yaml.safe_load",
    "json.dump", "pickle.dump",
})  # fmt: skip
_USES_UP = frozenset({"list", "sorted", "set", "frozenset", "tuple", "sum", "max", "min"})
_NAMES = ("file", "stream", "source", "handle", "opened")


class OpenReadToWith(Transform):
    """Read a file that is opened in the middle of an expression in a `with` block.

    Not faster: its gain is that the file is closed at once, also when reading fails and on Pythons that
    do not count references. Safe when the statement uses the file up and hands it to nobody, and nothing
    of the statement runs before the file is opened.
    """

    family = Family.RESOURCES
    metric = Metric.RESOURCES
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(path):
                    return open(path)
            """,
            because="the caller gets the open file",
        ),
        Example(
            before="""
                def f(path):
                    return (line.strip() for line in open(path))
            """,
            because="the lines are read later",
        ),
        Example(
            before="""
                def f(path, log):
                    return log(path) + open(path).read()
            """,
            because="`log` would be called after the file is opened",
        ),
        Example(
            before="""
                def f(path):
                    return path and open(path).read()
            """,
            because="the file is not always opened",
        ),
        Example(
            before="""
                def f(path):
                    return open(path, 'w').write('a'), open(path).read()
            """,
            because="the second file would be read before the first is closed",
        ),
        Example(
            before="""
                def f(path, parse):
                    return parse(open(path))
            """,
            because="nobody knows whether `parse` keeps the file",
        ),
        Example(
            before="""
                def f(path):
                    yield open(path).read()
            """,
            because="the block would stay open while the caller goes on",
        ),
        Example(
            before="""
                def lines_of(path):
                    text = open(path, encoding='utf-8').read()
                    return text.splitlines()
            """,
            after="""
                def lines_of(path):
                    with open(path, encoding='utf-8') as file:
                        text = file.read()
                    return text.splitlines()
            """,
            call="lines_of(__import__('os').devnull), lines_of('')",
        ),
        Example(
            before="""
                import json


                class Store:
                    def load(self, path):
                        self.rows = json.load(open(path))
                        self.names = [row['name'].strip() for row in open(path)]
                        return self.rows
            """,
            after="""
                import json


                class Store:
                    def load(self, path):
                        with open(path) as file:
                            self.rows = json.load(file)
                        with open(path) as stream:
                            self.names = [row['name'].strip() for row in stream]
                        return self.rows
            """,
            call="Store().load(__import__('os').devnull)",
        ),
        Example(
            before="""
                def digits(path):
                    return ''.join(open(path).read().split()).isdigit()
            """,
            after="""
                def digits(path):
                    with open(path) as file:
                        return ''.join(file.read().split()).isdigit()
            """,
            call="digits(__import__('os').devnull)",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(path):
                    return (line.strip() for line in open(path))
            """,
            wrong="""
                def f(path):
                    with open(path) as file:
                        return (line.strip() for line in file)
            """,
            because="the file is closed before the first line is read",
            call="f(__import__('os').devnull).gi_running",
        ),
        Trap(
            before="""
                def f(path):
                    return open(path)
            """,
            wrong="""
                def f(path):
                    with open(path) as file:
                        return file
            """,
            because="the caller gets the file to read it",
            call="f(__import__('os').devnull).name",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Name(id="open") | ast.Attribute(attr="open" | "ZipFile" | "urlopen")):
                return True
            case ast.Call(func=ast.Name(id="ZipFile" | "urlopen")):
                return True
            case _:
                return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.Call) or not _opens(node, facts):
            return
        statement = facts.statement_of(node)
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr):
            return
        if facts.parent(node) is statement or isinstance(facts.parent(node), ast.withitem):
            return
        if because := _why_not(node, statement, facts):
            yield Refusal(where=node, because=because)
            return
        name = next((name for name in _NAMES if facts.fresh_local(name, node) == name), "")
        name = name or facts.fresh_local(_NAMES[0], node)
        # A statement has a place in the source just as an expression has.
        body = with_replacements(statement, {node: name}, facts)  # type: ignore[arg-type]
        code = f"with {facts.segment(node)} as {name}:\n{indented(body)}"
        yield Edit(changes=(Replace(first=statement, code=code),))


def _opens(call: ast.Call, facts: Facts) -> bool:
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        return facts.is_builtin("open", call) or facts.origin(call.func) in _OPENERS
    return facts.origin(call.func) in _OPENERS


def _why_not(call: ast.Call, statement: ast.stmt, facts: Facts) -> str:
    function = facts.function_of(call)
    if function is None or facts.in_class_body(call) or facts.uses_frames(function):
        return "Outside of functions the new name would be seen by others."
    if facts.has_comments(statement) and statement.lineno != statement.end_lineno:
        return "There are comments inside that would lose their place."
    if not _is_used_up(call, facts):
        return "The file may be handed on, or read later."
    for node in ast.walk(statement):
        if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr):
            return "The block would stay open while other code runs."
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno:
            return "A text over several lines would be indented too."
    if not _only_reads(call, facts) and not _is_all(call, statement, facts):
        return "What is written is on the disk only when the file is closed, and the statement goes on."
    if not _comes_first(call, statement, facts):
        return "Something else of the statement runs before the file is opened, or instead."
    return ""


def _is_used_up(call: ast.Call, facts: Facts) -> bool:
    parent = facts.parent(call)
    match parent:
        case ast.Attribute(attr=attr):
            called = facts.parent(parent)
            return attr in _METHODS and isinstance(called, ast.Call) and called.func is parent
        case ast.comprehension(iter=source, is_async=0):
            return source is call and not isinstance(facts.parent(parent), ast.GeneratorExp)
        case ast.Call(func=ast.Name(id=name) as func, args=[only]) if only is call and name in _USES_UP:
            return facts.is_builtin(name, func)
        case ast.Call(func=func, args=args):
            return call in args and facts.origin(func) in _LOADERS
        case _:
            return False


def _only_reads(call: ast.Call, facts: Facts) -> bool:
    """Whether the file is opened for reading."""
    if facts.origin(call.func) == "urllib.request.urlopen":
        return True
    modes = call.args[1:2] + [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    starred = any(isinstance(arg, ast.Starred) for arg in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )
    known = [facts.constant_value(mode) for mode in modes]
    return not starred and all(isinstance(mode, str) and not set("wax+") & set(mode) for mode in known)


def _is_all(call: ast.Call, statement: ast.stmt, facts: Facts) -> bool:
    """Whether the statement does nothing more once the file has been used."""
    use = facts.parent(call)
    use = facts.parent(use) if isinstance(use, ast.Attribute) else use
    return isinstance(use, ast.Call) and use is getattr(statement, "value", None)


def _comes_first(call: ast.expr, statement: ast.stmt, facts: Facts) -> bool:
    """Whether nothing with an effect, or that could fail, is evaluated before `call`, and it surely is."""
    inner: ast.AST = call
    for above in facts.ancestors(call):
        if above is statement:
            return isinstance(statement, ast.Return | ast.Expr | ast.Assign | ast.AnnAssign)
        if not all(_is_quiet(each, facts) for each in _before(inner, above)):
            return False
        inner = above
    return False


_NEVER = ast.Constant(value=None)
"""Stands for whatever keeps a file from being opened first: no code of a file is this node."""


def _before(inner: ast.AST, above: ast.AST) -> Sequence[ast.AST]:
    """What `above` evaluates before its part `inner`."""
    match above:
        case ast.Attribute() | ast.keyword() | ast.UnaryOp():
            return []
        case ast.Subscript(value=value) | ast.comprehension(iter=value) if value is inner:
            return []
        case ast.Call(func=func, args=args, keywords=keywords):
            parts: list[ast.AST] = [func, *args, *keywords]
            return parts[: parts.index(inner)]
        case ast.BinOp(left=left, right=right):
            return [left] if right is inner else []
        case ast.Compare(left=left, comparators=[_]):
            return [] if left is inner else [left]
        case ast.Tuple(elts=elts) | ast.List(elts=elts) if inner in elts:
            return [*takewhile(lambda each: each is not inner, elts)]
        case ast.ListComp() | ast.SetComp() | ast.DictComp() if above.generators[0] is inner:
            return []
        case _:
            return [_NEVER]


def _is_quiet(expr: ast.AST, facts: Facts) -> bool:
    if expr is _NEVER:
        return False
    match expr:
        case ast.keyword(value=value):
            return _is_quiet(value, facts)
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return facts.is_builtin(name, expr) or bool(facts.origin(expr)) or facts.surely_bound(expr)
        case ast.Attribute(value=ast.Constant(value=str() | bytes())):
            return True
        case ast.Attribute():
            return bool(facts.origin(expr))
        case _:
            return False
