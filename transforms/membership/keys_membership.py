"""`k in d.keys()` and `x in set([...])` become `k in d` and `x in {...}`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimizer.facts.facts import Facts
from optimizer.model import Assumption
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed
from transforms._pieces import has_inner_comments, operand

_DICTS = frozenset({"dict", "collections.OrderedDict", "collections.defaultdict", "collections.Counter"})
_HASHABLE = frozenset({"str", "int", "bytes", "bool", "NoneType"})
_COPIES = frozenset({"list", "tuple", "set", "frozenset"})
_MAPPINGS = frozenset({"os.environ", "sys.modules"})


class KeysMembership(Transform):
    """Look a key up in the dictionary, not in a view or copy of its keys, and a constant in a set display.

    Faster because no view, list or set is made for one look-up, and a list is not searched from its start.
    Safe when the dictionary is exactly a `dict` (or one of the `collections`), and, where a copy of the
    keys was searched, what is looked for is exactly of a hashable builtin type.
    """

    family = Family.MEMBERSHIP
    ratios = (("3.9", 1.95), ("3.10", 1.79), ("3.11", 1.48), ("3.12", 1.95), ("3.13", 1.88))
    nodes = (ast.Compare,)
    examples = (
        Example(
            before="""
                def f(frame, name):
                    return name in frame.keys()
            """,
            because="nothing shows that it is a dict; other classes may test something else than their keys",
        ),
        Example(
            before="""
                def f(d: dict, k):
                    return k in list(d)
            """,
            because="an unhashable value would raise TypeError instead of giving False",
        ),
        Example(
            before="""
                def f(d: dict, k: str):
                    return k in d.values()
            """,
            because="the values are searched, not the keys",
        ),
        Example(
            before="""
                def f(d: dict, k):
                    return k in set(d)
            """,
            because="a set finds the frozenset that equals a set; a dict refuses to look",
        ),
        Example(
            before="""
                def f(k: str, set):
                    return k in set(['a', 'b'])
            """,
            because="`set` means something else here",
        ),
        Example(
            before="""
                def f(k: float):
                    return k in list((1.5, float('nan')))
            """,
            because="nothing shows that the elements hash as they compare",
        ),
        Example(
            before="""
                def known(names, word):
                    table = {name: len(name) for name in names}
                    return word in table.keys(), word not in table.keys()
            """,
            after="""
                def known(names, word):
                    table = {name: len(name) for name in names}
                    return word in table, word not in table
            """,
            call="known(['a', 'b'], 'a'), known([], ''), known(['a'], ())",
        ),
        Example(
            before="""
                def has_port(options: dict, name: str):
                    return 'port' in list(options.keys()) or name in tuple(options)
            """,
            after="""
                def has_port(options: dict, name: str):
                    return 'port' in options or name in options
            """,
            call="has_port({'port': 1}, 'a'), has_port({}, ''), has_port({'a': 0}, 'a')",
        ),
        Example(
            before="""
                def is_truth(word):
                    return word in set(['yes', 'on', 'true'])
            """,
            after="""
                def is_truth(word):
                    return word in {'yes', 'on', 'true'}
            """,
            call="is_truth('yes'), is_truth(''), is_truth(None), is_truth([])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(d, k):
                    return k in list(d)
            """,
            wrong="""
                def f(d, k):
                    return k in d
            """,
            because="for a text the list holds its characters, and the text finds parts of itself",
            call="f({'a': 1}, 'a')",
        ),
        Trap(
            before="""
                def f(d: dict, k):
                    return k in list(d.values())
            """,
            wrong="""
                def f(d: dict, k):
                    return k in d
            """,
            because="the values are not the keys",
            call="f({1: 1}, 1), f({}, 1)",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Compare) and isinstance(node.comparators[-1], ast.Call)

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        match node:
            case ast.Compare(left=sought, ops=[ast.In() | ast.NotIn()], comparators=[ast.Call() as holder]):
                pass
            case _:
                return
        if has_inner_comments(holder, facts):
            return
        found = _display(holder, facts) or _looked_up(sought, holder, facts)
        if isinstance(found, Refusal):
            yield found
        elif found is not None:
            code, assumptions = found
            yield Edit(changes=(Replace(first=holder, code=code),), assumptions=assumptions)


_Found = tuple[str, tuple[Assumption, ...]]


def _display(holder: ast.Call, facts: Facts) -> _Found | None:
    """A set display for `set` or `frozenset` of some constants."""
    match holder:
        case ast.Call(
            func=ast.Name(id="set" | "frozenset" as name),
            args=[ast.List(elts=[_, *_] as elts) | ast.Tuple(elts=[_, *_] as elts)],
            keywords=[],
        ) if facts.is_builtin(name, holder) and all(isinstance(one, ast.Constant) for one in elts):
            texts = dict.fromkeys(facts.segment(one) for one in elts)
            return "{" + ", ".join(texts) + "}", ()
        case _:
            return None


def _looked_up(sought: ast.expr, holder: ast.Call, facts: Facts) -> _Found | Refusal | None:
    """The dictionary whose keys `holder` gives, and what is assumed."""
    match holder:
        case ast.Call(func=ast.Name(id=name) as func, args=[only], keywords=[]) if name in _COPIES:
            if not facts.is_builtin(name, func):
                return None
            mapping, copied = _of_keys(only) or only, True
        case ast.Call(func=ast.Attribute(value=mapping, attr="keys"), args=[], keywords=[]):
            copied = False
        case _:
            return None
    if not copied and facts.origin(mapping) in _MAPPINGS:
        return operand(mapping, facts), ()
    known = facts.type_of(mapping)
    if known.name not in _DICTS:
        return Refusal(where=mapping, because="Nothing shows that the keys are those of an exact dict.")
    given = assumed(mapping, known, facts)
    if copied:
        key = facts.type_of(sought)
        if key.name not in _HASHABLE:
            because = "An unhashable value would raise TypeError, and nothing shows what type it has."
            return Refusal(where=sought, because=because)
        given = (*given, *assumed(sought, key, facts))
    return operand(mapping, facts), given


def _of_keys(expr: ast.expr) -> ast.expr | None:
    """`d` of `d.keys()`."""
    match expr:
        case ast.Call(func=ast.Attribute(value=mapping, attr="keys"), args=[], keywords=[]):
            return mapping
        case _:
            return None
