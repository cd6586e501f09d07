"""A loop that only appends, adds or stores becomes `extend` or `update`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.facts.caught import part_may_be_seen
from optimizer.facts.facts import Facts
from optimizer.model import Assumption
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms._evidence import assumed

_IN_ORDER = frozenset({"list", "tuple", "str", "range", "bytes", "generator", "collections.deque"})
_SIZED = _IN_ORDER | {"set", "frozenset", "dict", "dict_keys", "dict_values", "dict_items"}
_LAZY = frozenset({"generator", "zip", "map", "filter", "enumerate", "reversed"})


class AppendLoopToExtend(Transform):
    """Put all elements into a list, set or dict with one call instead of one at a time.

    Faster because the loop runs in C. Safe when the container is exactly a builtin one, the loop does
    nothing else, its variable is not read later, and iterating runs no code that could see the container
    (and is over something whose size may be asked).
    """

    family = Family.ACCUMULATION
    ratios = (("3.9", 4.17), ("3.10", 4.06), ("3.11", 2.75), ("3.12", 2.67), ("3.13", 2.71))
    nodes = (ast.For,)
    examples = (
        Example(
            before="""
                def f(out, xs: list):
                    for x in xs:
                        out.append(x)
            """,
            because="nothing shows that `out` is exactly a list",
        ),
        Example(
            before="""
                def f(xs):
                    out = [0]
                    for x in xs:
                        out.append(x)
                    return out
            """,
            because="`extend` asks for the size first, which may run code of a class of its own",
        ),
        Example(
            before="""
                def f(xs: list):
                    out = [0]
                    for x in xs:
                        out.append(x)
                    return out, x
            """,
            because="the loop variable is read after the loop",
        ),
        Example(
            before="""
                def f(xs: list):
                    out = [0]
                    for x in xs:
                        out.append(x)
                        log(x)
                    return out
            """,
            because="the loop does more",
        ),
        Example(
            before="""
                def f(names: set):
                    seen = {1}
                    for name in names:
                        seen.add(name)
                    return list(seen)
            """,
            because="merging two sets makes a table of another size, whose order may differ",
        ),
        Example(
            before="""
                def f():
                    out = [0]
                    for x in (len(out) for _ in range(3)):
                        out.append(x)
                    return out
            """,
            because="what is iterated over looks at the list while it grows",
        ),
        Example(
            before="""
                def f(pairs: list):
                    out = {}
                    for key, value in pairs:
                        out[key] = value
                    return out
            """,
            because="the elements may be anything of two parts",
        ),
        Example(
            before="""
                def numbered(lines: list[str]) -> list[str]:
                    out = ['#']
                    for line in lines:
                        out.append(line)
                    return out
            """,
            after="""
                def numbered(lines: list[str]) -> list[str]:
                    out = ['#']
                    out.extend(lines)
                    return out
            """,
            call="numbered(['a', 'b']), numbered([])",
        ),
        Example(
            before="""
                def letters(words):
                    seen = {' '}
                    for word in words:
                        for letter in str(word).lower():
                            seen.add(letter)
                    return sorted(seen)
            """,
            after="""
                def letters(words):
                    seen = {' '}
                    for word in words:
                        seen.update(str(word).lower())
                    return sorted(seen)
            """,
            call="letters(['Ab', 1]), letters([])",
        ),
        Example(
            before="""
                def unique(words: list[str]) -> int:
                    seen = set()
                    for word in words:
                        seen.add(word)
                    return len(seen)
            """,
            after="""
                def unique(words: list[str]) -> int:
                    seen = set(words)
                    return len(seen)
            """,
            call="unique(['a', 'b', 'a']), unique([])",
        ),
        Example(
            before="""
                def merged(defaults: dict, names, values):
                    options = {'a': 1}
                    for name, value in defaults.items():
                        options[name] = value
                    for name, value in zip(names, values):
                        options[name] = value
                    return options
            """,
            after="""
                def merged(defaults: dict, names, values):
                    options = {'a': 1}
                    options.update(defaults)
                    for name, value in zip(names, values):
                        options[name] = value
                    return options
            """,
            call="merged({'b': 2, 'a': 3}, 'xy', [1, 2]), merged({}, [], [])",
        ),
    )
    traps = (
        Trap(
            before="""
                def f(xs: list):
                    out = list(xs)
                    for x in xs:
                        out.append([x])
                    return out
            """,
            wrong="""
                def f(xs: list):
                    out = list(xs)
                    out.extend(xs)
                    return out
            """,
            because="what is appended is not the element itself",
            call="f([])",
        ),
        Trap(
            before="""
                def f(xs: list, out: list):
                    for x in xs:
                        out.append(int(x))
                    return out
            """,
            wrong="""
                def f(xs: list, out: list):
                    out.extend([int(x) for x in xs])
                    return out
            """,
            because="what came before a failure half way stays in the list",
            call="f(['1'], [])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        return _shape(node) is not None

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        shape = _shape(node)
        if shape is None:
            return
        start = _fresh(shape, facts)
        if start is not None and shape.kind == "list":
            return
        if because := _why_not(shape, facts):
            yield Refusal(where=shape.loop, because=because)
            return
        items = facts.segment(shape.items)
        # When an element cannot be hashed, a handler may look at what came before it.
        seen = part_may_be_seen(shape.name, shape.loop, facts)
        if start is None or facts.has_comments(start, shape.loop) or seen:
            change = Replace(first=shape.loop, code=f"{shape.name}.{shape.method}({items})")
        else:
            change = Replace(first=start, last=shape.loop, code=f"{shape.name} = {shape.kind}({items})")
        yield Edit(changes=(change,), assumptions=_assumptions(shape, facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """`for target in items:` with one statement that puts the element into `name`, of this type."""

    loop: ast.For
    container: ast.Name
    kind: str
    method: str
    items: ast.expr

    @property
    def name(self) -> str:
        """The container's name."""
        return self.container.id


def _shape(node: ast.AST) -> _Shape | None:
    match node:
        case ast.For(
            target=ast.Name(id=variable),
            iter=items,
            body=[
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name() as container, attr="append" | "add" as one),
                        args=[ast.Name(id=added)],
                        keywords=[],
                    )
                )
            ],
            orelse=[],
            type_comment=None,
        ) if added == variable != container.id:
            kind, method = ("list", "extend") if one == "append" else ("set", "update")
            return _Shape(loop=node, container=container, kind=kind, method=method, items=items)
        case ast.For(
            target=ast.Tuple(elts=[ast.Name(id=key), ast.Name(id=value)]),
            iter=ast.Call(func=ast.Attribute(value=ast.Name() as items, attr="items"), args=[], keywords=[]),
            body=[
                ast.Assign(
                    targets=[ast.Subscript(value=ast.Name() as container, slice=ast.Name(id=stored_key))],
                    value=ast.Name(id=stored),
                )
            ],
            orelse=[],
            type_comment=None,
        ) if (
            (key, value) == (stored_key, stored)
            and key != value
            and container.id not in {key, value, items.id}
        ):
            return _Shape(loop=node, container=container, kind="dict", method="update", items=items)
        case _:
            return None


def _fresh(shape: _Shape, facts: Facts) -> ast.Assign | None:
    """The statement right before that makes the container empty: it can be made of the elements at once."""
    match facts.preceding(shape.loop)[-1:]:
        case [ast.Assign(targets=[ast.Name(id=name)], value=value) as start] if name == shape.name:
            return start if _is_empty(value, facts) and facts.is_builtin(shape.kind, shape.loop) else None
        case _:
            return None


def _is_empty(value: ast.expr, facts: Facts) -> bool:
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="list" | "set" | "dict" as name), args=[], keywords=[]):
            return facts.is_builtin(name, value)
        case _:
            return False


def _why_not(shape: _Shape, facts: Facts) -> str:
    loop, name = shape.loop, shape.name
    function = facts.function_of(loop)
    if function is None or facts.in_class_body(loop):
        return "Outside of functions the loop variable outlives the loop, and others may read it."
    for variable in ast.walk(loop.target):
        if isinstance(variable, ast.Name):
            if not facts.is_plain_local(variable.id, loop):
                return f"The loop variable '{variable.id}' can be seen from outside this run of the function."
            if facts.read_after(variable.id, loop):
                return f"The loop variable '{variable.id}' is read after the loop."
    if facts.has_comments(loop):
        return "There are comments in the loop that would lose their place."
    if not facts.is_plain_local(name, loop) or not facts.surely_bound(shape.container):
        return f"'{name}' is shared with other code, or may be unbound."
    if facts.type_of(shape.container).name != shape.kind:
        return f"Nothing shows that '{name}' is exactly a {shape.kind}."
    if facts.reads(name, shape.items):
        return f"What is iterated over reads '{name}'."
    return _why_not_iterated(shape, facts)


def _why_not_iterated(shape: _Shape, facts: Facts) -> str:
    known = facts.type_of(shape.items)
    wanted = {"list": _SIZED | _LAZY, "set": _IN_ORDER | _LAZY, "dict": frozenset({"dict"})}[shape.kind]
    if known.name not in wanted:
        if shape.kind == "set" and known.name in _SIZED:
            return "Sets and dictionaries may be merged into another order."
        return "Nothing shows what is iterated over: asking for its size may run code of its own."
    if known.name in _LAZY and facts.escaped_before(shape.name, shape.loop):
        return f"What is iterated over runs code that may see '{shape.name}' while it grows."
    return ""


def _assumptions(shape: _Shape, facts: Facts) -> tuple[Assumption, ...]:
    return (
        *assumed(shape.container, facts.type_of(shape.container), facts),
        *assumed(shape.items, facts.type_of(shape.items), facts),
    )
