"""What facts say of generated programs, held against what the programs do when they run."""

from __future__ import annotations

import ast
import copy
import random
import symtable
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.facts.facts import UNKNOWN, Facts
from optimizer.facts.scopes import Scope, ScopeKind, Scopes
from optimizer.facts.tree import Tree

NAMES = ("a", "b", "c", "xs", "ys")
STARTS = (("a", "1"), ("b", "2"), ("c", "'ab'"), ("xs", "[1, 2]"), ("ys", "['a']"))
MOST_STEPS = 8
EXAMPLES = 15

PRELUDE = '''
class Odd:
    """Does something whenever it is looked at."""
    count = 0
    def _tick(self):
        Odd.count += 1
        return Odd.count
    def __len__(self): return self._tick() % 4
    def __eq__(self, other): return self._tick() % 2 == 0
    def __hash__(self): return 1
    def __bool__(self): return self._tick() % 2 == 0
    def __add__(self, other): return self._tick()
    def __radd__(self, other): return self._tick()
    def __iter__(self): return iter([self._tick()])
    def __getitem__(self, index): return self._tick()
    def __contains__(self, item): return self._tick() % 2 == 0
    def __lt__(self, other): return self._tick() % 2 == 0
    def __str__(self): return str(self._tick())
    __repr__ = __str__
    @property
    def size(self): return self._tick()
    def append(self, item): self._tick()

class Plain:
    def __init__(self): self.size = 3
    def __repr__(self): return "Plain()"
    def sizes(self, xs):
        for x in xs:
            xs.append(self.size)
            self.size += 1
            if len(xs) > 6: break
        return xs

def unknown(value):
    SEEN.append(repr(value))
    if isinstance(value, list): value.append(len(SEEN))
    if isinstance(value, dict): value[len(SEEN)] = 1
    if len(SEEN) % 3 == 0: raise ValueError
    return value

class Swallow:
    def __enter__(self): return 1
    def __exit__(self, kind, error, trace): return kind is ValueError
'''


class Maker:
    """Makes one random function as text."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)
        self.loops = 0

    def program(self) -> str:
        start = [f"    {name} = {value}" for name, value in STARTS if self.pick.random() < 0.9]
        body = "\n".join([*start, *self.block(1, depth=3)])
        return f"{PRELUDE}\ndef f(p, q: int, *r):\n{body}\n    return repr((p, q, r))\n"

    def block(self, indent: int, *, depth: int, loop: bool = False) -> list[str]:
        lines: list[str] = []
        for _ in range(self.pick.randint(1, 4)):
            lines += self.statement(indent, depth=depth, loop=loop)
        return lines

    def statement(self, indent: int, *, depth: int, loop: bool) -> list[str]:
        pad = "    " * indent
        kinds = [self.simple] * 7 + ([self.compound] * 5 if depth else [])
        if loop:
            kinds.append(lambda: [self.pick.choice(["break", "continue"])])
        if self.pick.random() < 0.04:
            kinds.append(lambda: ["return " + self.expression()])
        made = self.pick.choice(kinds)
        if made == self.compound:
            return self.compound(indent, depth=depth - 1, loop=loop)
        return [pad + line for line in made()]

    def simple(self) -> list[str]:
        return self.wild() if self.pick.random() < 0.3 else [self.tame()]

    def tame(self) -> str:
        """A statement that runs without error as long as names hold what they are meant to."""
        number, items = self.pick.choice(["a", "b"]), self.pick.choice(["xs", "ys"])
        return self.pick.choice(
            [
                f"{number} = {self.number()}",
                f"{number} += {self.number()}",
                f"{items} = {self.items()}",
                f"{items} = {self.pick.choice(['xs', 'ys', '[]'])}",
                f"{items}.append({self.number()})",
                f"{items} += [{self.number()}]",
                f"c = {self.string()}",
                f"c += {self.string()}",
                f"SEEN.append(repr({self.name()}))",
                f"SEEN.append({self.number()})",
                f"SEEN.append({self.string()})",
                f"({number} := {self.number()})",
                f"if {number} > {self.number()}: {items} = {self.items()}",
            ],
        )

    def number(self) -> str:
        return self.pick.choice(
            [
                "a",
                "b",
                "q",
                "1",
                "a + b",
                "len(xs)",
                "len(c)",
                "a * 2",
                "sum([a, b])",
                "max(a, q)",
                "len(ys) + 1",
            ]
        )

    def items(self) -> str:
        return self.pick.choice(
            [
                "[a]",
                "[1, 2]",
                "list(c)",
                "[v for v in xs]",
                "xs[:]",
                "ys + xs",
                "list(xs)",
                "c.split(',')",
                "xs.copy()",
            ]
        )

    def string(self) -> str:
        return self.pick.choice(
            ["c", "'a'", "c.upper()", "c[:2]", "str(a)", "f'{a}{c}'", "'-'.join(c)", "c + 'b'", "c.strip()"]
        )

    def wild(self) -> list[str]:
        name, other = self.name(), self.name()
        return [
            self.pick.choice(
                [
                    f"{name} = {self.expression()}",
                    f"{name} = {self.expression()}",
                    f"{name} = {self.fresh()}",
                    f"{name} = {other}",
                    f"{name} += {self.expression()}",
                    f"{name}: int = {self.expression()}",
                    f"{name}, {other} = {self.atom()}, {self.atom()}",
                    f"({name} := {self.expression()})",
                    f"del {name}",
                    f"{name}.append({self.atom()})",
                    f"{name}[0] = {self.atom()}",
                    f"unknown({self.atom()})",
                    f"SEEN.append(repr({name}))",
                    f"if {self.test()}: {name} = {self.expression()}",
                    "pass",
                ],
            ),
        ]

    def compound(self, indent: int, *, depth: int, loop: bool) -> list[str]:
        pad = "    " * indent
        inside = lambda within=loop: self.block(indent + 1, depth=depth, loop=within)  # noqa: E731
        kind = self.pick.choice(["if", "while", "for", "try", "finally", "with", "match", "def"])
        match kind:
            case "if":
                return [f"{pad}if {self.test()}:", *inside(), f"{pad}else:", *inside()]
            case "while":
                return [f"{pad}while {self.test()} and step():", *inside(True), *self.otherwise(pad, inside)]
            case "for":
                items = self.pick.choice(
                    [f"range({self.pick.randint(0, 3)})", self.atom(), self.fresh(), '"ab"']
                )
                head = self.pick.choice([f"{self.name()}", f"{self.name()}"])
                return [
                    f"{pad}for {head} in {items}:",
                    f"{pad}    step()",
                    *inside(True),
                    *self.otherwise(pad, inside),
                ]
            case "try":
                error = self.pick.choice(["ValueError", "Exception", "TypeError as e", ""]).strip()
                handler = f"{pad}except {error}:" if error else f"{pad}except:"
                lines = [f"{pad}try:", *inside(), handler, *inside()]
                return lines + (self.otherwise(pad, inside) if self.pick.random() < 0.4 else [])
            case "finally":
                return [f"{pad}try:", *inside(), f"{pad}finally:", *inside(False)]
            case "with":
                return [f"{pad}with Swallow() as {self.name()}:", *inside()]
            case "match":
                return [
                    f"{pad}match {self.atom()}:",
                    f"{pad}    case [{self.name()}, *_]:",
                    *self.block(indent + 2, depth=depth, loop=loop),
                    f"{pad}    case {self.name()}:",
                    *self.block(indent + 2, depth=depth, loop=loop),
                ]
            case _:
                name = self.name()
                share = (
                    self.pick.choice(["", f"{pad}    nonlocal {name}"]) if self.pick.random() < 0.5 else ""
                )
                bind = [f"{pad}{name} = 1"] if share else []
                body = [share] if share else []
                return [
                    *bind,
                    f"{pad}def g():",
                    *body,
                    f"{pad}    {name} = {self.atom()}",
                    f"{pad}    return {name}",
                    f"{pad}g()",
                ]

    def otherwise(self, pad: str, inside: Callable[[], list[str]]) -> list[str]:
        return [f"{pad}else:", *inside()] if self.pick.random() < 0.3 else []

    def name(self) -> str:
        return self.pick.choice(NAMES)

    def atom(self) -> str:
        return self.pick.choice([*NAMES, "p", "q", "r", "1", "2.5", "'ab'", "True", "None", "''"])

    def fresh(self) -> str:
        return self.pick.choice(
            [
                "[]",
                "[1, 2]",
                "{}",
                "{'k': 1}",
                "set()",
                "['a', 'b']",
                "list('ab')",
                "(1, 2)",
                "'a,b'.split(',')",
            ]
        )

    def test(self) -> str:
        return self.pick.choice(
            [
                self.atom(),
                f"{self.atom()} == {self.atom()}",
                "q > 1",
                f"len({self.atom()}) > 1",
                f"{self.atom()} is None",
            ]
        )

    def expression(self, depth: int = 2) -> str:
        if not depth:
            return self.atom()
        x, y = self.expression(depth - 1), self.expression(depth - 1)
        return self.pick.choice(
            [
                self.atom(),
                self.atom(),
                f"{x} + {y}",
                f"({x}) * 2",
                f"len({x})",
                f"str({x})",
                f"list({x})",
                f"sorted({x})",
                f"sum({x})",
                f"max({x}, {y})",
                f"isinstance({x}, str)",
                f"({x}) == ({y})",
                f"({x}) in ({y})",
                f"not ({x})",
                f"({x}) and ({y})",
                f"({x}) if ({y}) else 0",
                f"[v for v in ({x})]",
                f"sum(v for v in ({x}))",
                f"{{v: {self.atom()} for v in {x}}}",
                f"({x}).size",
                f"({x})[0]",
                f"({x})[1:]",
                f"'x'.join({x})",
                f"({x}).upper()",
                f"({x}).split(',')",
                f"({x}).get(1)",
                f"({x}).copy()",
                f"({x}).pop()",
                f"f'{{{self.name()}}}'",
                f"unknown({x})",
                f"(lambda: {self.atom()})()",
                f"[{x}, {y}]",
                f"({x}, {y})",
                f"frozenset({x})",
                f"({self.name()} := {x})",
                "re.sub('a', 'b', 'aa')",
            ],
        )


class Stop(BaseException):
    """Ends a program that runs too long."""


class Program:
    """A program to be run, with hooks that instrumented code calls."""

    def __init__(self, tree: ast.Module, **hooks: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            self.code = compile(ast.fix_missing_locations(tree), "<program>", "exec")
        self.hooks = hooks
        self.steps = 0

    def step(self) -> bool:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Stop
        return True

    def run(self, make: Callable[[dict[str, Any]], Any]) -> tuple[object, ...]:
        """How a call ends, and what it has shown."""
        seen: list[str] = []
        self.steps = 0
        space: dict[str, Any] = {"SEEN": seen, "step": self.step, **self.hooks}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                exec(self.code, space)
                return ("returned", shown(space["f"](make(space), 2, 5), identity=False), seen)
            except (Stop, RecursionError):
                return ("stopped",)
            except Exception as error:  # noqa: BLE001 - whatever the program raises
                return ("raised", type(error).__name__, str(error), seen)

    def outcomes(self) -> list[tuple[object, ...]]:
        """How the calls with all arguments end."""
        return [self.run(argument) for argument in ARGUMENTS]


ARGUMENTS: tuple[Callable[[dict[str, Any]], Any], ...] = (
    lambda _: 3,
    lambda _: "a,b",
    lambda _: [1, 2, 3],
    lambda _: {"k": 1},
    lambda space: space["Odd"](),
    lambda space: space["Plain"](),
)

properties = settings(
    derandomize=True,
    deadline=None,
    max_examples=EXAMPLES,
    suppress_health_check=list(HealthCheck),
)
seeds = st.integers(0, 10**9)


def facts_of(seed: int) -> Facts:
    """Facts of a program; of the next one when the compiler takes exception to this one."""
    text = "import re\n" + Maker(seed).program()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(text, "<program>", "exec")
    except SyntaxError:
        return facts_of(seed + 1)
    return Facts.build(text)


def function(tree: ast.Module) -> ast.FunctionDef:
    return next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "f")


def twins(facts: Facts) -> tuple[ast.Module, dict[ast.AST, ast.AST]]:
    """A copy of the tree to change, and the original of each of its nodes."""
    changed = copy.deepcopy(facts.tree)
    return changed, dict(zip(ast.walk(changed), ast.walk(facts.tree), strict=True))


def shown(value: object, *, identity: bool = True, depth: int = 4) -> str:
    """What a value is, without asking objects that do something when they are asked."""
    inner = lambda each: shown(each, identity=identity, depth=depth - 1)  # noqa: E731
    match value:
        case list() | tuple() | set() | frozenset() | dict() if not depth:
            return type(value).__name__
        case list() | tuple() | set() | frozenset():
            return f"{type(value).__name__}({', '.join(map(inner, value))})"
        case dict():
            return f"dict({', '.join(inner(each) for pair in value.items() for each in pair)})"
        case str() | bytes() | int() | float() | complex() | range() | None:
            return f"{type(value).__name__} {value!r}"
        case _ if type(value).__name__ in VIEWS:
            return type(value).__name__
        case _:
            return f"{type(value).__name__} {id(value) if identity else ''}"


VIEWS = {"dict_keys", "dict_values", "dict_items", "method", "builtin_function_or_method"}


def call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


def is_value(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


NOT_VALUES = (ast.Starred, ast.Slice, ast.FormattedValue, ast.JoinedStr)


class Wrap(ast.NodeTransformer):
    """Puts `make(original node, node)` in the place of expressions of `f`; annotations and patterns stay."""

    def __init__(
        self, original: dict[ast.AST, ast.AST], make: Callable[[ast.AST, ast.expr], ast.expr]
    ) -> None:
        self.original = original
        self.make = make

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.pattern | ast.arguments | ast.withitem):
            return node
        source = self.original.get(node)
        if isinstance(node, ast.AnnAssign):
            node.value = self.visit(node.value) if node.value else None
            return node
        node = self.generic_visit(node)
        if source is None or not is_value(node) or isinstance(node, NOT_VALUES):
            return node
        return self.make(source, node)


@properties
@given(seeds)
def test_what_is_not_read_after_may_be_anything(seed):
    facts = facts_of(seed)
    dead = [
        (stmt, name)
        for stmt in statements(facts)
        for name in NAMES
        if not isinstance(stmt, ast.Nonlocal) and not facts.read_after(name, stmt)
    ]
    expected = Program(facts.tree).outcomes()
    for stmt, name in random.Random(seed).sample(dead, min(len(dead), 4)):
        changed, original = twins(facts)
        place = twin_of(stmt, original)
        poison = ast.parse(f"try: {name}\nexcept NameError: pass\nelse: {name} = POISON").body
        replace_statement(changed, place, ast.Try([place], [], [], poison))
        assert Program(changed, POISON=Poison()).outcomes() == expected, (
            name,
            ast.unparse(stmt),
            text_of(facts),
        )


class Poison:
    """Cannot be used without a trace."""

    def __repr__(self) -> str:
        return "POISON"


def statements(facts: Facts) -> list[ast.stmt]:
    """The statements of `f` itself."""
    place = function(facts.tree)
    inside = [node for node in ast.walk(place) if isinstance(node, ast.stmt) and node is not place]
    return [node for node in inside if facts.function_of(node) is place]


def text_of(facts: Facts) -> str:
    return ast.unparse(function(facts.tree))


def twin_of(node: ast.AST, original: dict[ast.AST, ast.AST]) -> ast.stmt:
    found = next(twin for twin, source in original.items() if source is node)
    assert isinstance(found, ast.stmt)
    return found


def replace_statement(tree: ast.Module, old: ast.AST, new: ast.stmt) -> None:
    for node in ast.walk(tree):
        for block in ("body", "orelse", "finalbody"):
            listed = getattr(node, block, None)
            if isinstance(listed, list) and old in listed:
                listed[listed.index(old)] = new
                return
    raise AssertionError("the statement has no place")


def wrap_values(
    tree: ast.Module, original: dict[ast.AST, ast.AST], make: Callable[[ast.AST, ast.expr], ast.expr]
) -> None:
    place = function(tree)
    place.body = [Wrap(original, make).visit(stmt) for stmt in place.body]


@properties
@given(seeds)
def test_proved_types_are_exact(seed):
    facts = facts_of(seed)
    changed, original = twins(facts)
    known: list[tuple[ast.AST, str, str]] = []
    wrong: list[tuple[str, str, object]] = []

    def make(source: ast.AST, node: ast.expr) -> ast.expr:
        fact = facts.type_of(source)
        if not fact.proved:
            return node
        known.append((source, fact.name, fact.element))
        return call("CHECK", ast.Constant(len(known) - 1), node)

    def check(index: int, value: object) -> object:
        source, name, element = known[index]
        holds = type(value).__name__ == name
        if element and isinstance(value, list | tuple | set | frozenset | dict | str):
            holds = holds and {type(item).__name__ for item in value} <= {element}
        if not holds:
            wrong.append((ast.unparse(source), f"{name} of {element}", value))
        return value

    wrap_values(changed, original, make)
    Program(changed, CHECK=check).outcomes()
    assert not wrong, text_of(facts)


@properties
@given(seeds)
def test_pure_expressions_can_be_evaluated_twice(seed):
    facts = facts_of(seed)
    changed, original = twins(facts)
    pure: list[ast.AST] = []
    wrong: list[tuple[str, object, object]] = []

    def make(source: ast.AST, node: ast.expr) -> ast.expr:
        if isinstance(source, ast.Constant) or not facts.is_pure(source):
            return node
        pure.append(source)
        return call("TWICE", ast.Constant(len(pure) - 1), node, copy.deepcopy(node))

    def twice(index: int, first: object, second: object) -> object:
        if shown(first) != shown(second):
            wrong.append((ast.unparse(pure[index]), first, second))
        return second

    wrap_values(changed, original, make)
    assert Program(changed, TWICE=twice).outcomes() == Program(facts.tree).outcomes(), text_of(facts)
    assert not wrong, text_of(facts)


@properties
@given(seeds)
def test_invariant_expressions_stay_equal_while_the_loop_runs(seed):
    facts = facts_of(seed)
    changed, original = twins(facts)
    tracked: list[tuple[ast.AST, int]] = []
    loops = {
        node: index
        for index, node in enumerate(ast.walk(facts.tree))
        if isinstance(node, ast.For | ast.While)
    }
    wrong: list[tuple[str, str]] = []
    rounds: dict[int, int] = {}
    values: dict[tuple[int, int], str] = {}

    def make(source: ast.AST, node: ast.expr) -> ast.expr:
        loop = facts.loop_of(source)
        if isinstance(source, ast.Constant) or loop is None or not facts.is_invariant(source, loop):
            return node
        tracked.append((source, loops[loop]))
        return call("SAME", ast.Constant(len(tracked) - 1), node)

    def enter(loop: int) -> None:
        rounds[loop] = rounds.get(loop, 0) + 1

    def same(index: int, value: object) -> object:
        source, loop = tracked[index]
        now = shown(value)
        if values.setdefault((index, rounds[loop]), now) != now:
            wrong.append((ast.unparse(source), now))
        return value

    wrap_values(changed, original, make)
    for node, source in original.items():
        if source in loops and isinstance(node, ast.stmt):
            mark = ast.Expr(call("ENTER", ast.Constant(loops[source])))
            replace_statement(changed, node, ast.If(ast.Constant(value=True), [mark, node], []))
    Program(changed, SAME=same, ENTER=enter).outcomes()
    assert not wrong, text_of(facts)


@properties
@given(seeds)
def test_objects_of_their_own_change_only_where_facts_say_so(seed):
    facts = facts_of(seed)
    quiet = [
        (stmt, name)
        for stmt in statements(facts)
        for name in NAMES
        if facts.is_plain_local(name, stmt)
        and not facts.escaped_before(name, stmt)
        and not facts.escapes_in(name, stmt)
        and not facts.mutated_in(name, stmt)
    ]
    wrong: list[str] = []
    stack: list[str] = []

    def leave(value: object) -> None:
        if stack.pop() != shown(value):
            wrong.append(shown(value))

    for stmt, name in random.Random(seed).sample(quiet, min(len(quiet), 4)):
        changed, original = twins(facts)
        node = twin_of(stmt, original)
        before = ast.parse(f"try: BEFORE({name})\nexcept UnboundLocalError: BEFORE(None)").body
        after = ast.parse(f"try: AFTER({name})\nexcept UnboundLocalError: AFTER(None)").body
        held = ast.If(ast.Constant(value=True), [*before, ast.Try([node], [], [], after)], [])
        replace_statement(changed, node, held)
        Program(changed, BEFORE=lambda value: stack.append(shown(value)), AFTER=leave).outcomes()
        assert not wrong, (name, ast.unparse(stmt), text_of(facts))


@properties
@given(seeds)
def test_what_may_not_raise_does_not(seed):
    facts = facts_of(seed)
    changed, original = twins(facts)
    wrong: list[Exception] = []
    for stmt in statements(facts):
        if not isinstance(stmt, ast.Return | ast.Break | ast.Continue) and not facts.may_raise(stmt):
            watched = ast.parse("try: pass\nexcept Exception as error: FAIL(error); raise").body[0]
            assert isinstance(watched, ast.Try)
            node = twin_of(stmt, original)
            watched.body = [node]
            replace_statement(changed, node, watched)
    Program(changed, FAIL=wrong.append).outcomes()
    assert not wrong, text_of(facts)


@properties
@given(seeds)
def test_what_has_no_effect_can_be_left_out(seed):
    facts = facts_of(seed)
    lone = [
        stmt
        for stmt in statements(facts)
        if isinstance(stmt, ast.Expr) and not facts.effects(stmt) and not facts.may_raise(stmt)
    ]
    for stmt in lone[:3]:
        changed, original = twins(facts)
        replace_statement(changed, twin_of(stmt, original), ast.Pass())
        assert Program(changed).outcomes() == Program(facts.tree).outcomes(), ast.unparse(stmt)


@properties
@given(seeds)
def test_constant_values_are_what_evaluation_gives(seed):
    pick = random.Random(seed)
    parts = [
        *"123",
        "1",
        "-2",
        "2.5",
        "'ab'",
        "b'c'",
        "None",
        "True",
        "(1, 'x')",
        "'%s' % 3",
        "'a' 'b'",
        "re.I",
        "re.M",
    ]
    names = [*parts, "K", "K"]

    def expression(depth: int) -> str:
        if not depth:
            return pick.choice(names)
        operator = pick.choice([" + ", " * ", " % ", " | ", " - ", " // "])
        return f"({expression(depth - 1)}{operator}{expression(depth - 1)})"

    text = f"import re\nK = {pick.choice(parts)}\ndef f():\n    return {expression(2)}\n"
    facts = Facts.build(text)
    returned = ast.walk(facts.tree.body[-1])
    value = facts.constant_value(next(node.value for node in returned if isinstance(node, ast.Return)))
    if value is UNKNOWN:
        return
    space: dict[str, Any] = {}
    exec(text, space)
    assert (value, type(value)) == (space["f"](), type(space["f"]()))


SHADOWS = (
    "len = {v}", "def len(x): return 1", "class len: pass", "import re as len", "for len in (1, 2): pass",
    "with Swallow() as len: pass", "(len := {v})", "del len", "[len for len in (1, 2)]", "[(len := 3) for _ in (1,)]",
    "def g(len): return len", "lambda len: len", "global len", "try: 1/0\nexcept Exception as len: pass",
    "len: int", "len += 1", "match 1:\n    case len: pass", "globals()['len'] = {v}", "vars()['len'] = 1", "pass", "pass",
)  # fmt: skip


@properties
@given(seeds)
def test_builtins_are_builtins(seed):
    pick = random.Random(seed)

    def some(indent: str, shadow: str) -> str:
        return "".join(f"{indent}{line}\n" for line in shadow.format(v=pick.randint(0, 9)).split("\n"))

    shadows = [pick.choice(SHADOWS) for _ in range(4)]
    if pick.random() < 0.5:
        shadows[0] = "pass"
    text = (
        PRELUDE
        + some("", shadows[0])
        + "def f(p, q, r):\n"
        + some("    ", shadows[1])
        + "    SEEN.append([HERE(len) for _ in (1,)])\n    HERE(len)\n    class C:\n"
        + some("        ", shadows[2])
        + "        HERE(len)\n        def m(self):\n"
        + some("            ", shadows[3])
        + "            return HERE(len)\n    C().m()\n    return (lambda: HERE(len))()\n"
        + "try: HERE(len)\nexcept NameError: pass\n"
    )
    try:
        facts = Facts.build(text)
        compile(text, "<program>", "exec")
    except SyntaxError:
        return
    changed, original = twins(facts)
    wrong: list[object] = []
    for node, source in original.items():
        match node, source:
            case ast.Call(func=ast.Name(id="HERE")), ast.Call(args=[asked]) if facts.is_builtin("len", asked):
                node.args.append(ast.Constant(value=True))

    def here(value: object, is_sure: bool = False) -> int:
        if is_sure and value is not len:
            wrong.append(value)
        return 1

    Program(changed, HERE=here).outcomes()
    assert not wrong, text


def standard_library() -> Iterator[Path]:
    folder = Path(ast.__file__).parent
    for name in (
        "argparse",
        "ast",
        "enum",
        "dataclasses",
        "functools",
        "inspect",
        "logging/__init__",
        "typing",
        "unittest/mock",
    ):
        yield folder / f"{name}.py"


@pytest.mark.parametrize("path", tuple(standard_library()), ids=lambda path: path.stem)
def test_scopes_agree_with_the_compiler(path):
    text = path.read_text(encoding="utf-8")
    scopes = Scopes(Tree(ast.parse(text)))
    ours = sorted(
        (scope.node.name, sorted(bound_in(scope, scopes)))  # type: ignore[attr-defined]
        for scope in scopes.scopes()
        if scope.kind in {ScopeKind.FUNCTION, ScopeKind.CLASS}
    )
    assert ours == sorted((name, sorted(names)) for name, names in compiled(text, path))


CATEGORIES = {"local": "is_local", "free": "is_free", "global": "is_global"}


@pytest.mark.parametrize("path", tuple(standard_library()), ids=lambda path: path.stem)
def test_names_mean_what_the_compiler_says(path):
    text = path.read_text(encoding="utf-8")
    scopes = Scopes(Tree(ast.parse(text)))
    ours: dict[tuple[str, int, str], set[str]] = {}
    for node in ast.walk(scopes.module.node):
        scope = scopes.scope_of(node)
        if isinstance(node, ast.Name) and scope and scope.kind in {ScopeKind.FUNCTION, ScopeKind.CLASS}:
            place = (scope.node.name, first_line(scope.node), node.id)  # type: ignore[attr-defined]
            ours.setdefault(place, set()).add(category(scopes.owner(node.id, node), scope))
    theirs = meanings(text, path)
    asked = {place: kinds for place, kinds in ours.items() if place in theirs}
    assert len(asked) > len(ours) * 0.75
    assert asked == {place: {theirs[place]} for place in asked}


def first_line(node: ast.AST) -> int:
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])  # type: ignore[attr-defined]


def category(owner: Scope | None, scope: Scope) -> str:
    if owner is None or owner.kind is ScopeKind.MODULE:
        return "global"
    return "local" if owner is scope else "free"


def meanings(text: str, path: Path) -> dict[tuple[str, int, str], str]:
    found: dict[tuple[str, int, str], str] = {}
    waiting = [symtable.symtable(text, str(path), "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        for symbol in table.get_symbols():
            kinds = [kind for kind, asks in CATEGORIES.items() if getattr(symbol, asks)()]
            if len(kinds) == 1 and not symbol.get_name().startswith("__"):
                found[table.get_name(), table.get_lineno(), symbol.get_name()] = kinds[0]
    return found


def bound_in(scope: Scope, scopes: Scopes) -> set[str]:
    """The names of a scope; from 3.12 on the compiler adds those of the comprehensions that run in it."""
    found = {name for name in scope.bindings if not name.startswith("__")}
    for inner in scopes.scopes():
        inlined = inner.kind is ScopeKind.COMPREHENSION and not isinstance(inner.node, ast.GeneratorExp)
        if (
            inner.parent is scope
            and inlined
            and scope.kind is ScopeKind.FUNCTION
            and sys.version_info >= (3, 12)
        ):
            found |= bound_in(inner, scopes)
    return found if scope.kind is not ScopeKind.COMPREHENSION else set(scope.bindings) | found


def compiled(text: str, path: Path) -> Iterator[tuple[str, frozenset[str]]]:
    waiting = [symtable.symtable(text, str(path), "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        if (
            str(table.get_type()).rpartition(".")[2].lower() in {"function", "class"}
            and table.get_name() not in COMPILED_ONLY
        ):
            bound = {
                symbol.get_name()
                for symbol in table.get_symbols()
                if (
                    symbol.is_local()
                    or (symbol.is_assigned() and not symbol.is_global() and not symbol.is_nonlocal())
                )
                and not symbol.get_name().startswith(("__", "_" + table.get_name() + "__"))
                and not symbol.get_name().startswith(".")
                and (
                    symbol.is_assigned()
                    or symbol.is_parameter()
                    or symbol.is_imported()
                    or symbol.is_annotated()
                )
            }
            yield table.get_name(), frozenset(bound)


COMPILED_ONLY = {"lambda", "listcomp", "setcomp", "dictcomp", "genexpr"}


def test_this_file_runs_enough():
    """The generator makes programs that do something: most run to an end, and each fact is asked for in some."""
    outcomes = [outcome[0] for seed in range(20) for outcome in Program(facts_of(seed).tree).outcomes()]
    assert outcomes.count("returned") > 20
    pure = dead = 0
    for seed in range(20):
        facts = facts_of(seed)
        pure += sum(
            facts.is_pure(node)
            for node in ast.walk(function(facts.tree))
            if isinstance(node, ast.Call | ast.BinOp)
        )
        dead += sum(not facts.read_after(name, stmt) for stmt in function(facts.tree).body for name in NAMES)
    assert pure > 20
    assert dead > 20
