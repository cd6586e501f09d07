"""An immutable object that a function makes from constants in each call becomes a constant of the module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import UNKNOWN, Facts
from optimizer.transform import Constant, Edit, Example, Family, Refusal, Transform, Trap
from transforms.hoisting._locals import comments_of_statement, only_local
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
)

# What makes an immutable object out of constants, whatever the context; and what to call the object.
_MAKERS = {
    "datetime.timedelta": "DELTA",
    "decimal.Decimal": "DECIMAL",
    "fractions.Fraction": "FRACTION",
    "frozenset": "SET",
    "operator.attrgetter": "GETTER",
    "operator.itemgetter": "GETTER",
    "operator.methodcaller": "CALLER",
    "struct.Struct": "STRUCT",
}
_ORDINALS = {0: "FIRST", 1: "SECOND", 2: "THIRD"}
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in _MAKERS)
_FEWEST_LETTERS = 3
_MOST_KEYS = 2
# A timedelta of this many weeks still fits.
_MOST_UNITS = 10**6


class ConstantObjectToModule(Transform):
    """Make immutable objects out of constants once, at module level.

    Faster because the call that makes a timedelta, a Decimal, a frozenset, an itemgetter or a Struct is
    gone from the function. Safe when its arguments are constants: the object is immutable, so nobody can
    tell one from many.
    """

    family = Family.HOISTING
    ratios = (("3.9", 2.56), ("3.10", 2.82), ("3.11", 3.3), ("3.12", 3.54), ("3.13", 2.91))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                from datetime import timedelta

                def later(moment, hours):
                    return moment + timedelta(hours=hours)
            """,
            because="the object depends on the call",
        ),
        Example(
            before="""
                from datetime import datetime

                def start():
                    return datetime(2000, 1, 1)
            """,
            because="tests replace `datetime`, so that it may make something else in each call",
        ),
        Example(
            before="""
                from decimal import Decimal

                def tax(price):
                    return price * Decimal("0.1%")
            """,
            because="the text is no number: it would raise at import instead of in the call",
        ),
        Example(
            before="""
                def fresh():
                    return set(("a", "b"))
            """,
            because="the caller may change the set",
        ),
        Example(
            before="""
                from datetime import timedelta

                def later(moment):
                    return moment + timedelta(hours=1)
            """,
            after="""
                from datetime import timedelta

                _ONE_HOUR = timedelta(hours=1)

                def later(moment):
                    return moment + _ONE_HOUR
            """,
            call="later(timedelta(0))",
        ),
        Example(
            before="""
                import operator

                def ranked(scores):
                    # The second column counts.
                    by_score = operator.itemgetter(1)
                    return sorted(scores.items(), key=by_score)
            """,
            after="""
                import operator

                # The second column counts.
                _BY_SCORE = operator.itemgetter(1)

                def ranked(scores):
                    return sorted(scores.items(), key=_BY_SCORE)
            """,
            call="ranked({'a': 2, 'b': 1})",
        ),
        Example(
            before="""
                from operator import itemgetter

                _SECOND_ITEM = itemgetter(1)

                def best(scores):
                    return max(enumerate(scores), key=itemgetter(1))[0]
            """,
            after="""
                from operator import itemgetter

                _SECOND_ITEM = itemgetter(1)

                def best(scores):
                    return max(enumerate(scores), key=_SECOND_ITEM)[0]
            """,
            call="best([1, 3, 2])",
        ),
        Example(
            before="""
                def is_vowel(letter):
                    return letter in frozenset("aeiou")
            """,
            after="""
                _VOWEL_SET = frozenset("aeiou")


                def is_vowel(letter):
                    return letter in _VOWEL_SET
            """,
            call="is_vowel('a'), is_vowel('b')",
        ),
    )
    traps = (
        Trap(
            before="""
                def letters(more):
                    found = set("ab")
                    found.update(more)
                    return sorted(found)
            """,
            wrong="""
                _FOUND = set("ab")


                def letters(more):
                    _FOUND.update(more)
                    return sorted(_FOUND)
            """,
            because="what one call adds is there in the next",
            call="letters('c')",
        ),
        Trap(
            before="""
                def letters():
                    return set("ab")
            """,
            wrong="""
                _LETTERS = set("ab")


                def letters():
                    return _LETTERS
            """,
            because="all callers get the same set, which each may change",
            call="sorted(letters())",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name in _LAST_NAMES
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        function = outermost_function(node, facts)
        if function is None or not _maker(node, facts):
            return
        # All objects of a function at once: each alone may gain too little.
        calls = [each for each in calls_in(function, facts) if _maker(each, facts)]
        if calls[0] is node:
            yield _edit(calls, function, facts)


def _maker(node: ast.AST, facts: Facts) -> str:
    """Which known class or function makes the object; "" when it is none, or not from constants."""
    if not isinstance(node, ast.Call) or not (node.args or node.keywords):
        return ""
    if isinstance(facts.parent(node), ast.Return):
        # Making these objects is what the function is for: each caller gets its own.
        return ""
    name = facts.origin(node.func)
    if (
        isinstance(node.func, ast.Name)
        and node.func.id == "frozenset"
        and facts.is_builtin("frozenset", node.func)
    ):
        name = "frozenset"
    given = [*node.args, *(each.value for each in node.keywords)]
    if name not in _MAKERS or any(not each.arg for each in node.keywords) or _is_local_import(node, facts):
        return ""
    elements = [part for each in given for part in _elements(each, name)]
    return (
        name if all(_is_constant(each, facts) for each in elements) and _succeeds(name, given, facts) else ""
    )


def _elements(argument: ast.expr, maker: str) -> list[ast.expr]:
    """The argument, or for a frozenset what the display in its place holds."""
    if maker == "frozenset" and isinstance(argument, ast.List | ast.Set | ast.Tuple):
        return list(argument.elts)
    return [argument]


def _is_constant(expr: ast.expr, facts: Facts) -> bool:
    names = (each.id for each in ast.walk(expr) if isinstance(each, ast.Name) and not facts.origin(each))
    return facts.constant_value(expr) is not UNKNOWN and all(looks_constant(name) for name in names)


def _is_local_import(call: ast.Call, facts: Facts) -> bool:
    """Whether the maker is imported inside the function, where a constant of the module cannot reach it."""
    roots = (each.id for each in ast.walk(call.func) if isinstance(each, ast.Name))
    return any(is_rebound(root, top_statement(call, facts)) for root in roots)


def _succeeds(maker: str, given: list[ast.expr], facts: Facts) -> bool:
    """Whether making the object cannot fail, as far as that depends on the values."""
    values = [facts.constant_value(each) for each in given]
    match maker, values:
        case "frozenset", [_]:
            return True
        case "datetime.timedelta", _:
            return all(isinstance(value, int | float) and abs(value) < _MOST_UNITS for value in values)
        case "decimal.Decimal" | "fractions.Fraction", [str(text)]:
            return text.replace(".", "", 1).removeprefix("-").isdecimal() and text.isascii()
        case "decimal.Decimal" | "fractions.Fraction", [int()]:
            return True
        case "struct.Struct", [str(text)]:
            return bool(text) and set(text) <= set("<>!=@bBhHiIlLqQfdxc?0123456789 ") and text[-1].isalpha()
        case "operator.itemgetter", [_, *_]:
            return True
        case "operator.attrgetter" | "operator.methodcaller", [str(), *_]:
            return all(isinstance(value, str) for value in values) or maker == "operator.methodcaller"
    return False


def _edit(calls: list[ast.Call], function: ast.FunctionDef | ast.AsyncFunctionDef, facts: Facts) -> Edit:
    names: dict[str, str] = {}
    constants: list[Constant] = []
    new: dict[ast.AST, str] = {}
    removed: set[ast.stmt] = set()
    for call in calls:
        local = only_local(call, facts)
        text = ast.dump(call)
        if text not in names:
            existing = _existing(call, facts)
            names[text] = existing or fresh_among(_name(call, function, facts), names.values(), facts)
            comments = comments_of_statement(local.statement, facts) if local else ()
            if not existing:
                constants.append(Constant(name=names[text], value=facts.segment(call), comments=comments))
        new[call] = names[text]
        if local:
            removed.add(local.statement)
            new |= dict.fromkeys(local.reads, names[text])
    return Edit(changes=tuple(changes_in(function, new, frozenset(removed))), constants=tuple(constants))


def _name(call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, facts: Facts) -> str:
    """Like the local that held it, by what it is made from, or after the function."""
    match facts.parent(call):
        case ast.Assign(targets=[ast.Name(id=name)]) if len(name.strip("_")) >= _FEWEST_LETTERS:
            return constant_name(name, function, facts)
    maker = _maker(call, facts)
    return _name_by_arguments(maker, call) or f"_{subject(function, facts)}_{_MAKERS[maker]}"


def _name_by_arguments(maker: str, call: ast.Call) -> str:
    """`_SECOND_ITEM`, `_NAME_GETTER`, `_ONE_HOUR`; "" when the arguments are not as plain as that."""
    match maker, call.args, call.keywords:
        case "operator.itemgetter", [ast.Constant(value=int() as index)], [] if index in _ORDINALS:
            return f"_{_ORDINALS[index]}_ITEM"
        case "operator.itemgetter", [ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))], []:
            return "_LAST_ITEM"
        case "operator.itemgetter" | "operator.attrgetter", keys, [] if len(keys) <= _MOST_KEYS:
            names = [str(key.value) for key in keys if isinstance(key, ast.Constant)]
            plain = len(names) == len(keys) and all(name.isidentifier() and name.strip("_") for name in names)
            return f"_{'_'.join(name.strip('_').upper() for name in names)}_GETTER" if plain else ""
        case "datetime.timedelta", [], [ast.keyword(arg=str(unit), value=ast.Constant(value=1))]:
            return f"_ONE_{unit.removesuffix('s').upper()}"
    return ""


def _existing(call: ast.Call, facts: Facts) -> str:
    """A constant of the module that is this object."""
    for statement in facts.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value) if looks_constant(name):
                same = ast.dump(value) == ast.dump(call) and bool(_maker(value, facts))
                if same and defined_above(name, call, facts) is value:
                    return name
    return ""
