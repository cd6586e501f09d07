"""A regex that cannot match without `<` is not tried on a text without one."""

from __future__ import annotations

import ast
import importlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.facts import Facts, TypeFact
from optimizer.model import Assumption
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms.hoisting._regex_calls import RegexCall, regex_call
from transforms.hoisting._required_literal import required_literal

_METHODS = frozenset({"search", "sub", "findall", "split"})
_parser = importlib.import_module("re._parser")


class RequiredLiteralBeforeRegex(Transform):
    """Look for a text that every match must hold before trying the regular expression.

    Faster because `in` finds out in a few nanoseconds what the regex engine needs a walk over the text
    for; the gain is as big as the texts without a match are many. Safe when the text is exactly a str (or
    bytes, as the pattern is), so that `in` is the plain search, and the replacement cannot fail by itself:
    without a match `sub` gives the text back, `search` None and `findall` an empty list.
    """

    family = Family.HOISTING
    ratios = (("3.9", 1.48), ("3.10", 1.77), ("3.11", 1.4), ("3.12", 2.08), ("3.13", 2.09))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                import re

                _COMMENT = re.compile("<!--.*?-->", re.DOTALL)

                def clean(text):
                    return _COMMENT.sub("", text)
            """,
            because="nothing shows that the text is a str: for a list `in` would give False, not fail",
        ),
        Example(
            before="""
                import re

                _TITLE = re.compile("title|heading", re.IGNORECASE)

                def clean(text: str):
                    return _TITLE.sub("", text)
            """,
            because="a match may hold either word, in any case",
        ),
        Example(
            before="""
                import re

                _AT_START = re.compile("^#.*")

                def clean(text: str):
                    return _AT_START.sub("", text)
            """,
            because="a pattern for the start of the text fails at once",
        ),
        Example(
            before="""
                import re

                _LINK = re.compile("(.*?)://")

                def clean(text: str, replacement):
                    return _LINK.sub(replacement, text)
            """,
            because="a wrong replacement raises even where nothing matches",
        ),
        Example(
            before="""
                import re

                _COMMENT = re.compile("<!--.*?-->", re.DOTALL)

                def clean(text: str):
                    if "<!--" in text:
                        text = _COMMENT.sub("", text)
                    return text
            """,
            because="there is such a test already",
        ),
        Example(
            before="""
                import re

                _COMMENT = re.compile("<!--.*?-->", re.DOTALL)

                def clean(text: str) -> str:
                    text = _COMMENT.sub("", text)  # as a browser does
                    return text.strip()
            """,
            after="""
                import re

                _COMMENT = re.compile("<!--.*?-->", re.DOTALL)

                def clean(text: str) -> str:
                    if "<" in text:
                        text = _COMMENT.sub("", text)  # as a browser does
                    return text.strip()
            """,
            call="clean(' a'), clean('a<!-- b -->c'), clean('a < b')",
        ),
        Example(
            before="""
                import re

                _LINK = re.compile(r"(\\w+)://(\\S+)")

                def links(text: str):
                    if _LINK.search(text):
                        return _LINK.findall(text)
                    return None
            """,
            after="""
                import re

                _LINK = re.compile(r"(\\w+)://(\\S+)")

                def links(text: str):
                    if "://" in text and _LINK.search(text):
                        return _LINK.findall(text)
                    return None
            """,
            call="links('see http://a.b'), links('://'), links('')",
        ),
        Example(
            before="""
                import re

                _ENTITY = re.compile(r"&(\\w+);")

                def plain(text: str):
                    return _ENTITY.sub(lambda found: found[1].upper(), text)
            """,
            after="""
                import re

                _ENTITY = re.compile(r"&(\\w+);")

                def plain(text: str):
                    return _ENTITY.sub(lambda found: found[1].upper(), text) if "&" in text else text
            """,
            call="plain('a &lt; b'), plain('a & b'), plain('')",
        ),
    )
    traps = (
        Trap(
            before="""
                import re

                _UNIT = re.compile("px", re.IGNORECASE)

                def clean(text: str):
                    return _UNIT.sub("", text)
            """,
            wrong="""
                import re

                _UNIT = re.compile("px", re.IGNORECASE)

                def clean(text: str):
                    return _UNIT.sub("", text) if "px" in text else text
            """,
            because="the pattern matches PX too",
            call="clean('12px'), clean('12')",
        ),
        Trap(
            before="""
                import re

                _PAIR = re.compile("a(?:=b)?")

                def count(text: str):
                    return _PAIR.findall(text)
            """,
            wrong="""
                import re

                _PAIR = re.compile("a(?:=b)?")

                def count(text: str):
                    return _PAIR.findall(text) if "=b" in text else []
            """,
            because="that part of the pattern may be missing",
            call="count('a=b')",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name)):
                return name in _METHODS
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        if not isinstance(node, ast.Call) or facts.at_module_level(node):
            return
        found = _search(node, facts)
        if found is None or _is_guarded(found, facts):
            return
        if found.type.name != type(found.literal).__name__:
            because = f"Nothing shows that `{found.text.id}` is exactly {type(found.literal).__name__}."
            yield Refusal(where=node, because=because)
            return
        if because := _why_not_replacement(found.call):
            yield Refusal(where=node, because=because)
            return
        change = _change(node, found, facts)
        if change is not None:
            yield Edit(changes=(change,), assumptions=_assumptions(found, facts))


@dataclass(frozen=True, kw_only=True)
class _Search:
    """A regex call on a text in a variable, and what the text must hold to match."""

    call: RegexCall
    text: ast.Name
    type: TypeFact
    literal: str | bytes


def _search(node: ast.Call, facts: Facts) -> _Search | None:
    call = regex_call(node, facts)
    if call is None or call.method not in _METHODS or set(call.given) - {"string", "repl"}:
        return None
    text = call.given.get("string")
    literal = required_literal(call.tree, call.pattern)
    if not isinstance(text, ast.Name) or not literal or literal.isspace() or _starts_at_start(call):
        return None
    return _Search(call=call, text=text, type=facts.type_of(text), literal=literal)


def _starts_at_start(call: RegexCall) -> bool:
    """Whether the pattern can match at the start of the text only."""
    op, argument = next(iter(call.tree), ("", ""))
    multiline = call.tree.state.flags & re.MULTILINE
    return str(op) == "AT" and (str(argument) == "AT_BEGINNING_STRING" or not multiline)


def _is_guarded(found: _Search, facts: Facts) -> bool:
    """Whether a condition around the call, or one before it in the block, looks into the text already."""
    statement = facts.statement_of(found.text)
    around = [
        above for above in facts.ancestors(found.text) if isinstance(above, ast.If | ast.IfExp | ast.BoolOp)
    ]
    before = [each for each in facts.preceding(statement) if isinstance(each, ast.If)]
    tests = [getattr(each, "test", each) for each in (*around, *before)]
    return any(_looks_into(node, found.text.id) for test in tests for node in ast.walk(test))


def _looks_into(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], left=ast.Constant(), comparators=[ast.Name(id=text)]):
            return text == name
    return False


def _why_not_replacement(call: RegexCall) -> str:
    """Why the replacement might raise, or do something, where nothing matches."""
    repl = call.given.get("repl")
    match repl:
        case None | ast.Lambda():
            return ""
        case ast.Constant(value=str() | bytes() as value) if _is_template(value, call):
            return ""
    return "A wrong replacement raises even where nothing matches."


def _is_template(value: str | bytes, call: RegexCall) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _parser.parse_template(value, re.compile(call.pattern, call.flags))
    except (re.error, Warning, IndexError, TypeError):
        return False
    return True


def _change(node: ast.Call, found: _Search, facts: Facts) -> Replace | None:
    """How the test goes in: around the statement, into the condition, or as a conditional expression."""
    test = f"{found.literal!r} in {found.text.id}"
    parent = facts.parent(node)
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) if found.call.method == "sub" and name == found.text.id:
            return Replace(first=parent, code=f"if {test}:\n    {facts.segment(parent)}")
        case ast.Assign() | ast.Return():
            return Replace(first=node, code=f"{facts.segment(node)} if {test} else {_without(found)}")
    if found.call.method == "search" and _is_condition(node, facts):
        return Replace(first=node, code=f"{test} and {facts.segment(node)}")
    return None


def _without(found: _Search) -> str:
    """What the call gives for a text that holds no match."""
    without = {"sub": found.text.id, "search": "None", "findall": "[]", "split": f"[{found.text.id}]"}
    return without[found.call.method]


def _is_condition(node: ast.AST, facts: Facts) -> bool:
    """Whether only the truth of the expression counts."""
    parent = facts.parent(node)
    match parent:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            return test is node
        case ast.BoolOp(op=ast.And()):
            return _is_condition(parent, facts)
        case ast.comprehension(ifs=ifs):
            return any(each is node for each in ifs)
    return False


def _assumptions(found: _Search, facts: Facts) -> tuple[Assumption, ...]:
    if found.type.proved:
        return ()
    parameter = found.text.id if facts.is_parameter(found.text.id, found.text) else ""
    assumption = Assumption(
        text=f"`{found.text.id}` is exactly {found.type.name}",
        evidence=found.type.evidence,
        observed=found.type.observed,
        parameter=parameter,
        types=(found.type.name,) if parameter else (),
    )
    return (assumption,)
