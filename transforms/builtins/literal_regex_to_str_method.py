"""A regular expression that is plain text becomes `in`, `startswith`, `replace` or `split`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.facts import UNKNOWN, Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms._pieces import has_inner_comments, operand, receiver
from transforms._truth import only_truth_matters
from transforms.hoisting._patterns import parsed

_TESTS = frozenset({"search", "match", "fullmatch"})
_CHANGES = frozenset({"sub", "split"})
# These change nothing for a text without special characters.
_HARMLESS = re.ASCII | re.DOTALL | re.MULTILINE | re.UNICODE | re.VERBOSE
_MOST_COUNTED = 1_000_000


class LiteralRegexToStrMethod(Transform):
    """Search, replace or split plain text with the methods of `str` instead of a regular expression.

    Faster because neither the cache of patterns nor the matching engine is asked, and no match object is
    made. Safe when the pattern has no special characters, no flag changes what it means, what is searched
    is exactly a `str` (or `bytes`), and of a match only its truth is used.
    """

    family = Family.BUILTINS
    ratios = (("3.9", 9.79), ("3.10", 8.41), ("3.11", 7.02), ("3.12", 7.47), ("3.13", 10.27))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                import re

                def f(text):
                    return re.sub(',', ';', text)
            """,
            because="nothing shows that it is a str: an instance of a subclass would call its own methods",
        ),
        Example(
            before="""
                import re

                def f(text: str):
                    return re.sub('.', ';', text)
            """,
            because="the dot stands for any character",
        ),
        Example(
            before="""
                import re

                def f(text: str):
                    if re.search('a', text, re.I):
                        return 1
            """,
            because="upper case letters match too",
        ),
        Example(
            before="""
                import re

                def f(text: str):
                    found = re.search('a', text)
                    return found and found.start()
            """,
            because="the match is used",
        ),
        Example(
            before="""
                import re

                def f(text: str):
                    return re.sub('a', r'\\g<0>b', text)
            """,
            because="the replacement has special characters",
        ),
        Example(
            before="""
                import re

                def f(text: str, by: str):
                    return re.sub('a', by, text)
            """,
            because="the replacement may hold a backslash",
        ),
        Example(
            before="""
                import re

                def f(text: str):
                    return re.split('', text)
            """,
            because="the empty text is found everywhere; `split` refuses it",
        ),
        Example(
            before="""
                import re

                def f(text: str):
                    if re.match('a$', text):
                        return 1
            """,
            because="`$` also matches before a line end",
        ),
        Example(
            before="""
                import re

                def kind(line: str) -> str:
                    if re.match('#!', line):
                        return 'script'
                    if not re.search(r'\\.', line) and re.search('^a', line) is not None:
                        return 'word'
                    return 'text'
            """,
            after="""
                import re

                def kind(line: str) -> str:
                    if line.startswith('#!'):
                        return 'script'
                    if '.' not in line and line.startswith('a'):
                        return 'word'
                    return 'text'
            """,
            call="[kind(line) for line in ('#!/bin', 'ab', 'a.b', 'b', '', 'c\\na')]",
        ),
        Example(
            before="""
                import re

                def clean(parts: list[str]) -> str:
                    text = ''.join(parts)
                    return re.sub('--', '-', re.sub('_', '-', text), count=2)
            """,
            after="""
                import re

                def clean(parts: list[str]) -> str:
                    text = ''.join(parts)
                    return text.replace('_', '-').replace('--', '-', 2)
            """,
            call="clean(['a__b', '----', '', '--'])",
        ),
        Example(
            before="""
                import re

                _COMMA = re.compile(',')

                def fields(row: str) -> list[str]:
                    return _COMMA.split(row) + re.split(r' \\| ', row, 1)
            """,
            after="""
                import re

                _COMMA = re.compile(',')

                def fields(row: str) -> list[str]:
                    return row.split(',') + row.split(' | ', 1)
            """,
            call="fields('a,b | c | d'), fields('')",
        ),
    )
    traps = (
        Trap(
            before="""
                import re

                def f(text: str):
                    return re.split(' ', text)
            """,
            wrong="""
                import re

                def f(text: str):
                    return text.split()
            """,
            because="`split` with nothing given joins runs of white space and drops empty ends",
            call="f('a b')",
        ),
        Trap(
            before="""
                import re

                def f(text: str):
                    return re.sub('a', 'b', text, re.M)
            """,
            wrong="""
                import re

                def f(text: str):
                    return text.replace('a', 'b')
            """,
            because="the fourth argument is the count, not the flags",
            call="f('banana')",
        ),
        Trap(
            before="""
                import re

                def f(text: str):
                    return bool(re.search('^a', text, re.MULTILINE))
            """,
            wrong="""
                import re

                def f(text: str):
                    return text.startswith('a')
            """,
            because="each line's start is searched",
            call="f('ab'), f('ba')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                return name in _TESTS | _CHANGES
            case _:
                return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.Call):
            return
        use = _use(node, facts)
        if use is None:
            return
        found = _plain(use.pattern, use.flags)
        if found is None:
            return
        if has_inner_comments(node, facts):
            yield Refusal(where=node, because="There are comments inside that would lose their place.")
            return
        known = facts.type_of(use.text)
        if known.name != type(found.text).__name__:
            wanted = type(found.text).__name__
            yield Refusal(where=use.text, because=f"Nothing shows that what is searched is exactly {wanted}.")
            return
        place, code = _test(use, found, facts) if use.method in _TESTS else (node, _change(use, found, facts))
        if not code:
            because = "The match is used, or the replacement or the count is not known to be plain."
            yield Refusal(where=node, because=because)
            return
        yield Edit(changes=(Replace(first=place, code=code),), assumptions=assumed(use.text, known, facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """One call of a method of a pattern whose parts are known."""

    call: ast.Call
    method: str
    pattern: str | bytes
    flags: int
    written: ast.expr
    text: ast.expr
    new: ast.expr | None
    count: ast.expr | None


def _use(call: ast.Call, facts: Facts) -> _Use | None:
    """The parts of `re.sub(...)` or of `CONSTANT.sub(...)`."""
    origin = facts.origin(call.func)
    if origin.startswith("re.") and origin.removeprefix("re.") in _TESTS | _CHANGES:
        method, compiled = origin.removeprefix("re."), None
    else:
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if method in _TESTS | _CHANGES:
                compiled = facts.module_value(name)
                if compiled is None or not _is_global(name, call, facts):
                    return None
            case _:
                return None
    names = _names_of(method, compiled=compiled is not None)
    given = _given(call, names)
    if given is None or "string" not in given or (method == "sub" and "repl" not in given):
        return None
    source = given if compiled is None else _compiled(compiled, facts)
    if source is None or "pattern" not in source:
        return None
    pattern = facts.constant_value(source["pattern"])
    flags = facts.constant_value(source["flags"]) if "flags" in source else 0
    if not isinstance(pattern, str | bytes) or not isinstance(flags, int) or "pos" in given:
        return None
    return _Use(
        call=call,
        method=method,
        pattern=pattern,
        flags=int(flags),
        written=source["pattern"],
        text=given["string"],
        new=given.get("repl"),
        count=given.get("count") or given.get("maxsplit"),
    )


def _is_global(name: str, at: ast.AST, facts: Facts) -> bool:
    """Whether the name that stands in `at` is the module's."""
    return any(read in ast.walk(at) for read in facts.reads(name, facts.tree))


def _names_of(method: str, *, compiled: bool) -> tuple[str, ...]:
    """The parameters in their order."""
    front = () if compiled else ("pattern",)
    match method:
        case "sub":
            rest: tuple[str, ...] = ("repl", "string", "count")
        case "split":
            rest = ("string", "maxsplit")
        case _:
            rest = ("string", "pos", "endpos") if compiled else ("string",)
    return (*front, *rest) if compiled else (*front, *rest, "flags")


def _given(call: ast.Call, names: tuple[str, ...]) -> dict[str, ast.expr] | None:
    """The arguments by the names of their parameters."""
    given = dict(zip(names, call.args, strict=False))
    starred = any(isinstance(each, ast.Starred) for each in call.args)
    if starred or len(call.args) > len(names):
        return None
    for keyword in call.keywords:
        if keyword.arg not in names or keyword.arg in given:
            return None
        given[keyword.arg] = keyword.value
    return given


def _compiled(value: ast.expr, facts: Facts) -> dict[str, ast.expr] | None:
    if not isinstance(value, ast.Call) or facts.origin(value.func) != "re.compile":
        return None
    return _given(value, ("pattern", "flags"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plain:
    """What a pattern without special characters says; whether only at the start."""

    text: str | bytes
    at_start: bool


def _plain(pattern: str | bytes, flags: int) -> _Plain | None:
    tree = parsed(pattern, flags)
    if isinstance(tree, str) or tree.state.flags & ~int(_HARMLESS) or tree.state.groups > 1:
        return None
    found = [(str(op), argument) for op, argument in tree]
    at_start = bool(found) and found[0][0] == "AT"
    if at_start:
        where = str(found.pop(0)[1])
        each_line = where == "AT_BEGINNING" and tree.state.flags & re.MULTILINE
        if where not in {"AT_BEGINNING", "AT_BEGINNING_STRING"} or each_line:
            return None
    if not found or any(op != "LITERAL" for op, _ in found):
        return None
    codes = [code for _, code in found]
    text = bytes(codes) if isinstance(pattern, bytes) else "".join(map(chr, codes))
    return _Plain(text=text, at_start=at_start)


def _test(use: _Use, found: _Plain, facts: Facts) -> tuple[ast.expr, str]:
    """The expression that asks for the truth of the match, and its new code; none when it is used."""
    place: ast.expr = use.call
    parent = facts.parent(use.call)
    is_found = True
    match parent:
        case ast.Compare(
            left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]
        ) if left is use.call:
            place, is_found = parent, isinstance(op, ast.IsNot)
        case ast.UnaryOp(op=ast.Not()):
            place, is_found = parent, False
        case ast.Call(func=ast.Name(id="bool")) if only_truth_matters(use.call, facts):
            place = parent
        case _ if not only_truth_matters(use.call, facts):
            return place, ""
    literal = _literal(use, found, facts)
    if use.method == "fullmatch":
        return place, f"{operand(use.text, facts)} {'==' if is_found else '!='} {literal}"
    if use.method == "match" or found.at_start:
        starts = f"{receiver(use.text, facts)}.startswith({literal})"
        return place, starts if is_found else f"not {starts}"
    return place, f"{literal} {'in' if is_found else 'not in'} {operand(use.text, facts)}"


def _change(use: _Use, found: _Plain, facts: Facts) -> str:
    """`text.replace(...)` or `text.split(...)`; "" when the rest of the arguments is not plain."""
    if found.at_start:
        return ""
    last = ""
    if use.count is not None:
        count = facts.constant_value(use.count)
        if type(count) is not int or not 0 < count < _MOST_COUNTED:
            return ""
        last = f", {facts.segment(use.count)}"
    literal = _literal(use, found, facts)
    if use.method == "split":
        return f"{receiver(use.text, facts)}.split({literal}{last})"
    if use.new is None:
        return ""
    new = facts.constant_value(use.new)
    if new is UNKNOWN or type(new) is not type(found.text):
        return ""
    if ("\\" if isinstance(new, str) else b"\\") in new:  # type: ignore[operator]
        return ""
    return f"{receiver(use.text, facts)}.replace({literal}, {facts.segment(use.new)}{last})"


def _literal(use: _Use, found: _Plain, facts: Facts) -> str:
    """The plain text in source: as it is written now, where that is plain."""
    written = facts.segment(use.written)
    return written if written in {f'"{found.text!s}"', f"'{found.text!s}'"} else repr(found.text)
