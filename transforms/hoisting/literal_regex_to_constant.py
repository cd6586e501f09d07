"""`re.split(", *", text)` in a function becomes `_COMMA.split(text)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from optimizer.facts.facts import UNKNOWN, Facts
from optimizer.transform import Constant, Edit, Example, Family, Import, Refusal, Transform, Trap
from transforms.hoisting._locals import comments_of_statement, only_local
from transforms.hoisting._patterns import parsed
from transforms.hoisting._places import (
    calls_in,
    changes_in,
    constant_name,
    defined_above,
    fresh_among,
    is_rebound,
    looks_constant,
    outermost_function,
    subject,
    top_statement,
    with_replacements,
)
from transforms.hoisting._regex_calls import PARAMETERS, arguments

_NAMES = {
    r"\s": "WHITESPACE",
    r"\s+": "WHITESPACE",
    r"\s*": "WHITESPACE",
    " +": "SPACES",
    r"\d": "DIGIT",
    r"\d+": "DIGITS",
    r"(\d+)": "DIGITS",
    "[0-9]+": "DIGITS",
    r"\w+": "WORD",
    r"\W": "NON_WORD",
    r"\W+": "NON_WORD",
    r"\n": "NEWLINE",
    "\n": "NEWLINE",
    r"\r\n|\r|\n": "LINE_END",
    r"\r?\n": "LINE_END",
    "[\r\n]": "LINE_END",
    "[\r\n]+": "LINE_ENDS",
    r"[\r\n]+": "LINE_ENDS",
    ",": "COMMA",
    ", *": "COMMA",
    r",\s*": "COMMA",
    r"\s*,\s*": "COMMA",
    "<[^>]+>": "TAG",
    "<[^>]*>": "TAG",
    "<.*?>": "TAG",
}
_FEWEST_LETTERS = 3


class LiteralRegexToConstant(Transform):
    """Compile literal patterns once, as constants of the module.

    Faster because a call of `re.sub` looks its pattern up in a cache by type, text and flags (and combines
    the flags) each time, and the method of a compiled pattern does not. Safe when pattern and flags are
    constants that compile without a warning: then the pattern cannot differ between two calls, and nothing
    that would have raised in the call now raises at import.
    """

    family = Family.HOISTING
    ratios = (("3.9", 3.8), ("3.10", 3.4), ("3.11", 3.2), ("3.12", 3.0), ("3.13", 3.2))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                import re

                def find(pattern, text):
                    return re.search(pattern, text)
            """,
            because="the pattern may be another one in each call",
        ),
        Example(
            before="""
                import regex as re

                def words(text):
                    return re.findall(r"\\w+", text)
            """,
            because="that is another module, which is only called `re` here",
        ),
        Example(
            before="""
                import re

                def find(text):
                    return re.search("(", text)
            """,
            because="the pattern is wrong, and would raise at import instead of in the call",
        ),
        Example(
            before="""
                import re

                def find(text):
                    return re.search("a+b", text, re.DEBUG)
            """,
            because="with re.DEBUG every call prints the pattern",
        ),
        Example(
            before="""
                import re

                def find(text, *flags):
                    return re.search("a+b", text, *flags)
            """,
            because="the flags may be other ones in each call",
        ),
        Example(
            before="""
                import re

                _WORD = re.compile(r"\\w+")
                pattern = r"\\d+"

                def find(text):
                    return re.search(pattern, text)
            """,
            because="a public name of the module that is no constant may be assigned from outside",
        ),
        Example(
            before="""
                import re

                def clean(text):
                    return re.sub(r"\\s+", " ", text).strip()
            """,
            after="""
                import re

                _WHITESPACE = re.compile(r"\\s+")

                def clean(text):
                    return _WHITESPACE.sub(" ", text).strip()
            """,
            call="clean('  a  b ')",
        ),
        Example(
            before="""
                import re


                class Line:
                    def parse(self, text):
                        found = re.match("(?P<key>[a-z]+)=(.*)", text, flags=re.IGNORECASE | re.DOTALL)
                        return found and found.groups()
            """,
            after="""
                import re

                _PARSE_RE = re.compile("(?P<key>[a-z]+)=(.*)", re.IGNORECASE | re.DOTALL)


                class Line:
                    def parse(self, text):
                        found = _PARSE_RE.match(text)
                        return found and found.groups()
            """,
            call="Line().parse('A=1'), Line().parse('=')",
        ),
        Example(
            before="""
                from re import compile, split

                def fields(text):
                    comma = compile(",")
                    return split(";", text, maxsplit=1) + comma.split(text)
            """,
            after="""
                import re
                from re import compile, split

                _COMMA = re.compile(",")
                _FIELDS_RE = re.compile(";")

                def fields(text):
                    return _FIELDS_RE.split(text, maxsplit=1) + _COMMA.split(text)
            """,
            call="fields('a;b;c,d')",
        ),
    )
    traps = (
        Trap(
            before="""
                import re

                def clean(text):
                    return re.sub("x", "-", text, re.IGNORECASE)
            """,
            wrong="""
                import re

                _CLEAN_RE = re.compile("x", re.IGNORECASE)

                def clean(text):
                    return _CLEAN_RE.sub("-", text)
            """,
            because="the fourth argument is the count, not the flags",
            call="clean('axbx')",
        ),
        Trap(
            before="""
                import re

                def parts(text: str, sep: str = ","):
                    return re.split(sep, text)
            """,
            wrong="""
                import re

                _SEP = re.compile(",")

                def parts(text: str, sep: str = ","):
                    return _SEP.split(text)
            """,
            because="the caller may give another separator",
            call="parts('a,b')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name) | ast.Name(id=name)):
                return name in PARAMETERS
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        function = outermost_function(node, facts)
        if function is None or not isinstance(node, ast.Call):
            return
        use = _use(node, facts)
        if isinstance(use, str):
            if use:
                yield Refusal(where=node, because=use)
            return
        # All of a function's patterns at once: each alone may gain too little.
        looks = [_use(call, facts) for call in calls_in(function, facts)]
        uses = [one for one in looks if isinstance(one, _Use)]
        if uses[0].call is node:
            yield _edit(uses, function, facts)


@dataclass(frozen=True, kw_only=True)
class _Use:
    """A call of the module `re` with a constant pattern."""

    call: ast.Call
    method: str
    base: str
    pattern: ast.expr
    flags: ast.expr | None
    key: tuple[object, int]
    arguments: tuple[ast.expr, ...]
    keywords: tuple[ast.keyword, ...]


def _use(call: ast.Call, facts: Facts) -> _Use | str:
    """What the call is, or why it has to stay; "" when it is nothing of interest."""
    module, _, method = facts.origin(call.func).rpartition(".")
    if module != "re" or method not in PARAMETERS:
        return ""
    given = arguments(call, ("pattern", *PARAMETERS[method]))
    if given is None or "pattern" not in given:
        return ""
    pattern, flags = given["pattern"], given.get("flags")
    value = facts.constant_value(pattern)
    bits = 0 if flags is None else facts.constant_value(flags)
    if value is UNKNOWN or bits is UNKNOWN:
        return ""
    if because := _why_not(call, value, bits, [pattern] if flags is None else [pattern, flags], facts):
        return because
    return _Use(
        call=call,
        method=method,
        base=facts.segment(call.func.value) if isinstance(call.func, ast.Attribute) else "",
        pattern=pattern,
        flags=flags,
        key=(value, bits if isinstance(bits, int) else 0),
        arguments=tuple(each for each in call.args if each not in {pattern, flags}),
        keywords=tuple(each for each in call.keywords if each.arg not in {"pattern", "flags"}),
    )


def _why_not(call: ast.Call, pattern: object, flags: object, given: Sequence[ast.expr], facts: Facts) -> str:
    tree = parsed(pattern, flags)
    if isinstance(tree, str):
        return tree
    for expr in given:
        for name in ast.walk(expr):
            if isinstance(name, ast.Name) and not facts.origin(name) and not looks_constant(name.id):
                return f"`{name.id}` is a public name of the module that may be assigned from outside."
    base = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(base, ast.Name) and is_rebound(base.id, top_statement(call, facts)):
        return f"`{base.id}` is imported inside the function."
    return ""


def _edit(uses: Sequence[_Use], function: ast.FunctionDef | ast.AsyncFunctionDef, facts: Facts) -> Edit:
    names: dict[tuple[object, int], str] = {}
    constants: list[Constant] = []
    for use in uses:
        if use.key not in names:
            existing = _existing(use, facts)
            names[use.key] = existing or fresh_among(_name(use, function, facts), names.values(), facts)
            if not existing:
                constants.append(_constant(use, names[use.key], facts))
    compiled = [use for use in uses if use.method == "compile"]
    held = [(use, local) for use in compiled if (local := only_local(use.call, facts))]
    new: dict[ast.AST, str] = {read: names[use.key] for use, local in held for read in local.reads}
    for use in reversed(uses):
        # A call that stands in another one starts later, so its new code is there when the other needs it.
        new[use.call] = _code(use, names[use.key], new, facts)
    removed = frozenset(local.statement for _, local in held)
    return Edit(
        changes=tuple(changes_in(function, new, removed)),
        constants=tuple(constants),
        imports=() if all(use.base for use in uses) or not constants else (Import(module="re"),),
    )


def _code(use: _Use, name: str, new: Mapping[ast.AST, str], facts: Facts) -> str:
    if use.method == "compile":
        return name
    arguments = [_text(each, new, facts) for each in use.arguments]
    keywords = [f"{each.arg}={_text(each.value, new, facts)}" for each in use.keywords]
    return f"{name}.{use.method}({', '.join([*arguments, *keywords])})"


def _text(node: ast.expr, new: Mapping[ast.AST, str], facts: Facts) -> str:
    return new.get(node) or with_replacements(node, new, facts)


def _constant(use: _Use, name: str, facts: Facts) -> Constant:
    local = only_local(use.call, facts) if use.method == "compile" else None
    comments = comments_of_statement(local.statement, facts) if local else ()
    return Constant(name=name, value=_compiled(use, facts), comments=comments)


def _compiled(use: _Use, facts: Facts) -> str:
    if use.method == "compile" and use.base:
        return facts.segment(use.call)
    arguments = [facts.segment(each) for each in (use.pattern, use.flags) if each is not None]
    return f"{use.base or 're'}.compile({', '.join(arguments)})"


def _existing(use: _Use, facts: Facts) -> str:
    """A constant of the module that is this pattern, compiled."""
    for statement in facts.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if looks_constant(name):
                other = _use(call, facts)
                same = isinstance(other, _Use) and other.method == "compile" and other.key == use.key
                if same and defined_above(name, use.call, facts) is call:
                    return name
    return ""


def _name(use: _Use, function: ast.FunctionDef | ast.AsyncFunctionDef, facts: Facts) -> str:
    """What to call the constant: like the local that held it, by its pattern, or after the function."""
    match facts.parent(use.call):
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)]) if use.method == "compile":
            if len(name.strip("_")) >= _FEWEST_LETTERS:
                return constant_name(name, function, facts)
    pattern = use.key[0]
    known = _NAMES.get(pattern) if isinstance(pattern, str) else None
    return f"_{known or subject(function, facts) + '_RE'}"
