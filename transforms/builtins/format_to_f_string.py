"""`"...{}...".format(a, b)` becomes an f-string."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from string import Formatter

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap

_Argument = ast.expr


class FormatToFString(Transform):
    """Write an f-string instead of calling `format` on a literal.

    Faster because the template is not parsed, and no method is looked up and called, at run time. Safe
    when the arguments are plain names and constants (`format` evaluates them all before it formats the
    first, an f-string one after the other) or what is formatted before them is of a plain type, and the
    fields use no look-ups of their own.
    """

    family = Family.BUILTINS
    ratios = (("3.9", 2.88), ("3.10", 3.15), ("3.11", 3.25), ("3.12", 3.22), ("3.13", 3.16))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def f(a):
                    return '{} {}'.format(a.pop(), a.pop())
            """,
            because="formatting the first argument could run code before the second is computed",
        ),
        Example(
            before="""
                def f(a, b):
                    return '{0[key]} {1.real}'.format(a, b)
            """,
            because="look-ups inside fields follow other rules",
        ),
        Example(
            before="""
                def f(args):
                    return '{} {}'.format(*args)
            """,
            because="the arguments are not written out",
        ),
        Example(
            before="""
                def f(a):
                    return '{} {}'.format(a)
            """,
            because="it raises IndexError",
        ),
        Example(
            before="""
                def pair(a, b):
                    return '{}={}'.format(a, b.value)
            """,
            because="formatting `a` could change what `b.value` is",
        ),
        Example(
            before="""
                def shown(thing, words):
                    return '{}({})'.format(len(words), thing.name)
            """,
            after="""
                def shown(thing, words):
                    return f'{len(words)}({thing.name})'
            """,
            call="shown(type('T', (), {'name': 'n'}), ['a'])",
        ),
        Example(
            before="""
                def label(name, count):
                    return '{}: {:>5}!'.format(name, count)
            """,
            after="""
                def label(name, count):
                    return f'{name}: {count:>5}!'
            """,
            call="label('a', 3)",
        ),
        Example(
            before="""
                def cell(row, column):
                    return "({row}|{column!r})".format(row=row, column=column)
            """,
            after="""
                def cell(row, column):
                    return f"({row}|{column!r})"
            """,
            call="cell(1, 'b')",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(name):
                    return 'hi ' + name
            """,
            wrong="""
                def f(name):
                    return f'hi {name}'
            """,
            because="adding raises for anything but a string",
            call="f('bob')",
        ),
        Trap(
            before="""
                def f(value):
                    return 'got %s' % value
            """,
            wrong="""
                def f(value):
                    return f'got {value}'
            """,
            because="a tuple is unpacked by `%`",
            call="f(3)",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format")):
                return True
            case _:
                return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str() as template) as literal, attr="format")
            ):
                pass
            case _:
                return
        quoted = facts.segment(literal)
        if not _is_plain_literal(quoted, template):
            return
        given = _given(node)
        if given is None:
            yield Refusal(where=node, because="The arguments are not written out one by one.")
            return
        fields = _fields(template, given, facts)
        if fields is None:
            yield Refusal(where=literal, because="The fields do not name each argument once, plainly.")
            return
        if late := _computed_too_late(template, given, facts):
            because = f"Formatting could run code before `{facts.segment(late)}` is computed."
            yield Refusal(where=late, because=because)
            return
        quote = quoted[0]
        if any(quote in field or "\\" in field for field in fields):
            return
        yield Edit(changes=(Replace(first=node, code=f"f{quote}{''.join(fields)}{quote}"),))


def _is_plain_literal(quoted: str, template: str) -> bool:
    """Whether the literal is one string in one pair of simple quotes, without escapes or line breaks."""
    return quoted[:1] in {"'", '"'} and quoted[1:-1] == template and "\\" not in quoted and "\n" not in quoted


def _given(call: ast.Call) -> dict[str, _Argument] | None:
    """Arguments by position ("0") and by name, None when some are unpacked."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(not one.arg for one in call.keywords):
        return None
    by_position = {str(index): one for index, one in enumerate(call.args)}
    return by_position | {str(one.arg): one.value for one in call.keywords}


def _computed_too_late(template: str, given: dict[str, _Argument], facts: Facts) -> _Argument | None:
    """The first argument that takes computing and stands behind a field that could run code or raise.

    `format` computes all arguments, in their own order, before it formats any.
    """
    fields = [(field, spec) for _, field, spec, _ in Formatter().parse(template) if field is not None]
    in_order = [given[field or str(index)] for index, (field, _) in enumerate(fields)]
    computed = [argument for argument in in_order if not _is_simple(argument)]
    if computed != [argument for argument in given.values() if not _is_simple(argument)]:
        return computed[0]
    quiet = True
    for argument, (_, spec) in zip(in_order, fields, strict=True):
        if not quiet and not _is_simple(argument):
            return argument
        quiet = quiet and not spec and facts.type_of(argument).proved
    return None


def _is_simple(argument: _Argument) -> bool:
    return isinstance(argument, ast.Name | ast.Constant)


def _fields(template: str, given: dict[str, _Argument], facts: Facts) -> list[str] | None:
    """Pieces of the f-string; None when a field is fancy, an argument is unused, or one is missing."""
    pieces: list[str] = []
    used: set[str] = set()
    automatic = 0
    try:
        parsed = list(Formatter().parse(template))
    except ValueError:
        return None
    for text, field, spec, conversion in parsed:
        pieces.append(text.replace("{", "{{").replace("}", "}}"))
        if field is None:
            continue
        name = field
        if not field:
            name, automatic = str(automatic), automatic + 1
        if name not in given or "{" in (spec or ""):
            return None
        used.add(name)
        end = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        pieces.append("{" + facts.segment(given[name]) + end + "}")
    mixed = automatic and any(field and field.isdigit() for _, field, _, _ in parsed)
    return None if mixed or used != set(given) else pieces
