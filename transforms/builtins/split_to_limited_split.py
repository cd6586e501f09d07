"""`text.split(',')[0]` becomes `text.split(',', 1)[0]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms._pieces import has_inner_comments, receiver

_LAST_KEPT = 3


class SplitToLimitedSplit(Transform):
    """Split a text no further than the part that is used.

    Faster because the rest of the text is neither searched nor copied piece by piece. Safe when it is
    exactly a `str` (or `bytes`); from the end only for a separator of one character, as longer ones can
    overlap.
    """

    family = Family.BUILTINS
    ratios = (("3.9", 4.72), ("3.10", 4.07), ("3.11", 5.18), ("3.12", 5.23), ("3.13", 5.3))
    nodes = (ast.Subscript,)
    examples = (
        Example(
            before="""
                def f(series):
                    return series.split(',')[0]
            """,
            because="nothing shows that it is a text; other classes have a `split` of their own",
        ),
        Example(
            before="""
                def f(text: str):
                    return text.split('--')[-1]
            """,
            because="`---` would be split elsewhere from the end",
        ),
        Example(
            before="""
                def f(text: str):
                    return text.split(',')[1:]
            """,
            because="all parts are used",
        ),
        Example(
            before="""
                def f(text: str, n: int):
                    return text.split(',')[n]
            """,
            because="the place is not known",
        ),
        Example(
            before="""
                def f(text: str):
                    return text.split(',', 2)[0]
            """,
            because="it has a limit already",
        ),
        Example(
            before="""
                def media_type(header: str) -> str:
                    return header.split(';')[0].strip()
            """,
            after="""
                def media_type(header: str) -> str:
                    return header.split(';', 1)[0].strip()
            """,
            call="[media_type(text) for text in ('a; b; c', 'a', '', ';')]",
        ),
        Example(
            before="""
                def ends(path: str):
                    line = path.strip()
                    return line.split()[0], line.split('/')[-1], line.split('::')[1]
            """,
            after="""
                def ends(path: str):
                    line = path.strip()
                    return line.split(None, 1)[0], line.rsplit('/', 1)[-1], line.split('::', 2)[1]
            """,
            call="ends(' a b/c::d::e '), ends('a'), ends('')",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(text: str):
                    return text.split('aa')[-1]
            """,
            wrong="""
                def f(text: str):
                    return text.rsplit('aa', 1)[-1]
            """,
            because="separators that overlap are found from the start, or from the end",
            call="f('baab')",
        ),
        Trap(
            before="""
                def f(text: str):
                    return text.split(',')[1]
            """,
            wrong="""
                def f(text: str):
                    return text.split(',', 1)[1]
            """,
            because="a part behind the second separator would come along",
            call="f('a,b')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return _shape(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        shape = _shape(node)
        if shape is None:
            return
        call, text, index = shape
        if has_inner_comments(call, facts):
            return
        known = facts.type_of(text)
        if known.name not in {"str", "bytes"}:
            yield Refusal(where=text, because="Nothing shows that what is split is exactly a str.")
            return
        if index < 0 and not _is_one_character(call, facts):
            yield Refusal(where=call, because="From the end, a longer separator may be found elsewhere.")
            return
        method = "split" if index >= 0 else "rsplit"
        limit = index + 1 if index >= 0 else -index
        separator = facts.segment(call.args[0]) if call.args else "None"
        code = f"{receiver(text, facts)}.{method}({separator}, {limit})"
        yield Edit(changes=(Replace(first=call, code=code),), assumptions=assumed(text, known, facts))


def _shape(node: ast.AST) -> tuple[ast.Call, ast.expr, int] | None:
    """`text.split(separator)[index]`: the call, the text and the index."""
    match node:
        case ast.Subscript(
            value=ast.Call(func=ast.Attribute(value=text, attr="split"), args=[] | [_], keywords=[]) as call,
            slice=place,
            ctx=ast.Load(),
        ) if not any(isinstance(arg, ast.Starred) for arg in call.args):
            pass
        case _:
            return None
    match place:
        case ast.Constant(value=int() as index) if type(index) is int and index < _LAST_KEPT:
            return call, text, index
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return call, text, -1
        case _:
            return None


def _is_one_character(call: ast.Call, facts: Facts) -> bool:
    """Whether parts are found alike from both ends: a single character, or white space."""
    if not call.args:
        return True
    value = facts.constant_value(call.args[0])
    return value is None or (isinstance(value, str | bytes) and len(value) == 1)
