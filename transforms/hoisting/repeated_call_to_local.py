"""A call that gives the same value several times in a row is made once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from optimizer.facts.facts import Facts
from optimizer.transform import Edit, Example, Family, Refusal, Replace, Transform, Trap
from transforms.hoisting._only_read import why_not_only_read
from transforms.hoisting._places import outermost_function
from transforms.hoisting._values import assumptions_if_pure, is_immutable, local_name, stays

# One of these alone costs less than a local saves elsewhere.
_CHEAP = frozenset(
    {"len", "isinstance", "type", "id", "callable", "bool", "ord", "chr", "range", "super", "hash"}
)
_FEWEST_OF_CHEAP = 3
_TESTS = ("is", "startswith", "endswith")
_CONTAINERS = frozenset({"list", "dict", "set"})
_INNER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class RepeatedCallToLocal(Transform):
    """Call a pure function once and keep its value, where it is called again with the same arguments.

    Faster because the second call is gone. Safe when the call has no effect and gives an equal value
    each time (builtins, and methods of builtin types, on values whose type is known), when nothing that it
    reads can change in between, and when the first call comes first in its statement, so that whatever it
    raises is raised where it was raised before.
    """

    family = Family.HOISTING
    ratios = (("3.9", 1.5), ("3.11", 1.4), ("3.13", 1.5))
    nodes = (ast.Call,)
    examples = (
        Example(
            before="""
                def clean(line):
                    if line.strip():
                        return line.strip()
                    return None
            """,
            because="nothing shows that `line` is a str: `strip` of another class may do anything",
        ),
        Example(
            before="""
                def clean(line: str):
                    if line.strip():
                        line = line[1:]
                        return line.strip()
                    return None
            """,
            because="the line is another one by then",
        ),
        Example(
            before="""
                def take(stack: list):
                    return stack.pop() - stack.pop()
            """,
            because="the call has an effect",
        ),
        Example(
            before="""
                def f(text: str, loud):
                    return loud and text.upper() or text.upper()
            """,
            because="the first call may not be made at all",
        ),
        Example(
            before="""
                def f(text: str):
                    return len(text) + len(text)
            """,
            because="`len` costs as little as a local",
        ),
        Example(
            before="""
                def ends(items: list[int]):
                    rising = sorted(items)
                    falling = sorted(items)
                    falling.reverse()
                    return rising, falling
            """,
            because="there must be two lists: one of them is changed",
        ),
        Example(
            before="""
                def pairs(rows, text: str):
                    if text.split():
                        return [text.split() for text in rows]
                    return []
            """,
            because="that is another `text` in the comprehension",
        ),
        Example(
            before="""
                import re

                _PAIR = re.compile(r"(\\w+)=(\\w*)")

                def pairs(text):
                    found = {}
                    for match in _PAIR.finditer(text):
                        found[match.group(1)] = match.group(1) + match.group(2)
                    return found
            """,
            because="`match.group(1)` on the left comes second, and `+` before it",
        ),
        Example(
            before="""
                def clean(line: str):
                    # Blank lines are left out.
                    if line.strip():
                        return line.strip()
                    return None
            """,
            after="""
                def clean(line: str):
                    # Blank lines are left out.
                    stripped = line.strip()
                    if stripped:
                        return stripped
                    return None
            """,
            call="clean(' a '), clean('  ')",
        ),
        Example(
            before="""
                def share(part: list[int], whole: list[int]):
                    total = sum(whole)
                    return sum(part) / total if total else sum(whole)
            """,
            after="""
                def share(part: list[int], whole: list[int]):
                    total = sum(whole)
                    return sum(part) / total if total else total
            """,
            call="share([1], [1, 2]), share([1], [])",
        ),
        Example(
            before="""
                import re

                _NUMBER = re.compile(r"\\d+")

                def numbers(text):
                    for match in _NUMBER.finditer(text):
                        yield int(match.group()), match.start(), match.group()
            """,
            after="""
                import re

                _NUMBER = re.compile(r"\\d+")

                def numbers(text):
                    for match in _NUMBER.finditer(text):
                        group = match.group()
                        yield int(group), match.start(), group
            """,
            call="list(numbers('a 1 23'))",
        ),
        Example(
            before="""
                def kind(word: str, known):
                    if word.lower() in known:
                        return known[word.lower()]
                    raise KeyError(word.lower())
            """,
            after="""
                def kind(word: str, known):
                    lowered = word.lower()
                    if lowered in known:
                        return known[lowered]
                    raise KeyError(lowered)
            """,
            call="kind('A', {'a': 1})",
        ),
    )
    traps = (
        Trap(
            before="""
                def take(items: list):
                    first = sorted(items)[0]
                    items.append(first - 1)
                    return first, sorted(items)[0]
            """,
            wrong="""
                def take(items: list):
                    sorted_items = sorted(items)
                    first = sorted_items[0]
                    items.append(first - 1)
                    return first, sorted_items[0]
            """,
            because="the list has changed between the calls",
            call="take([])",
        ),
        Trap(
            before="""
                def two(items: list[int]):
                    first = sorted(items)
                    second = sorted(items)
                    if len(items) > 2:
                        second.append(0)
                    return first
            """,
            wrong="""
                def two(items: list[int]):
                    first = sorted(items)
                    second = first
                    if len(items) > 2:
                        second.append(0)
                    return first
            """,
            because="the two lists are separate",
            call="two([])",
        ),
    )

    def looks_like(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[_, *_]):
                return name not in _CHEAP or name == "len"
            case ast.Call(
                func=ast.Attribute(value=ast.Name() | ast.Attribute() | ast.Subscript(), attr=attr)
            ):
                return not attr.startswith(_TESTS)
        return False

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        function = facts.function_of(node)
        if not isinstance(node, ast.Call) or function is None or outermost_function(node, facts) is None:
            return
        statement = facts.statement_of(node)
        again = _again(node, statement, facts)
        if len(again) + 1 < _fewest(node) or not _comes_first(node, statement, facts):
            return
        assumptions = assumptions_if_pure(node, facts)
        if isinstance(assumptions, str) or facts.uses_frames(function):
            return
        if because := _why_not([node, *again], statement, facts):
            yield Refusal(where=node, because=because)
            return
        kept = _kept_in(statement, node, _until(again[-1], statement, facts), facts)
        if kept:
            yield Edit(
                changes=tuple(Replace(first=call, code=kept) for call in again), assumptions=assumptions
            )
            return
        name = local_name(node, function)
        first = Replace(first=statement, code=f"{name} = {facts.segment(node)}", above=True)
        rest = tuple(Replace(first=call, code=name) for call in (node, *again))
        yield Edit(changes=(first, *rest), assumptions=assumptions)


def _kept_in(statement: ast.stmt, call: ast.Call, until: Sequence[ast.stmt], facts: Facts) -> str:
    """The local that the statement assigns the call's value to, when it holds it to the end; else ""."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if value is call:
            same = facts.writes(name, list(until)) == [target] and facts.is_plain_local(name, target)
            return name if same else ""
    return ""


def _why_not(calls: Sequence[ast.Call], statement: ast.stmt, facts: Facts) -> str:
    """Why one value cannot stand for all of these calls."""
    if not is_immutable(calls[0], facts):
        if facts.type_of(calls[0]).name not in _CONTAINERS:
            return "Nothing shows what type the call gives."
        # Each call gives a new one; nobody may notice that it is the same one now.
        for call in calls:
            if because := why_not_only_read(call, facts):
                return because
    if not stays(calls[0], _until(calls[-1], statement, facts), facts):
        return "What the call reads may change before it is made again."
    if facts.segment(statement).startswith("elif"):
        return "There is no place for a statement above `elif`."
    return ""


def _fewest(call: ast.Call) -> int:
    cheap = isinstance(call.func, ast.Name) and call.func.id in _CHEAP
    return _FEWEST_OF_CHEAP if cheap else 2


def _again(node: ast.Call, statement: ast.stmt, facts: Facts) -> list[ast.Call]:
    """The same call, later in the statement or in those that follow it in the block."""
    wanted = ast.dump(node)
    block = [statement, *facts.following(statement)]
    found = [
        each
        for root in block
        for each in _in_this_scope(root)
        if isinstance(each, ast.Call) and each is not node and ast.dump(each) == wanted
    ]
    found = [each for each in found if _means_the_same(each, block, facts)]
    earlier = [each for root in facts.preceding(statement) for each in _in_this_scope(root)]
    follows = any(isinstance(each, ast.Call) and ast.dump(each) == wanted for each in earlier)
    before = any((each.lineno, each.col_offset) < (node.lineno, node.col_offset) for each in found)
    # The first of all these calls speaks for the others.
    return [] if follows or before else sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _means_the_same(call: ast.Call, block: list[ast.stmt], facts: Facts) -> bool:
    """Whether no name in the call is the variable of a comprehension."""
    names = [node for node in ast.walk(call) if isinstance(node, ast.Name)]
    return all(name in facts.reads(name.id, block) for name in names)


def _in_this_scope(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, _INNER_SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _in_this_scope(child)


def _until(last: ast.Call, statement: ast.stmt, facts: Facts) -> Sequence[ast.stmt]:
    """The statements of the block from `statement` to the one that holds the last call."""
    around = {last, *facts.ancestors(last)}
    block = [statement, *facts.following(statement)]
    end = next(index for index, each in enumerate(block) if each in around)
    return block[: end + 1]


def _comes_first(node: ast.Call, statement: ast.stmt, facts: Facts) -> bool:
    """Whether the statement starts by making the call: nothing else is evaluated before it."""
    child: ast.AST = node
    for parent in facts.ancestors(node):
        if parent is statement:
            return _starts_with(statement, child)
        if not _comes_first_in(parent, child, facts):
            return False
        child = parent
    return False


def _starts_with(statement: ast.stmt, child: ast.AST) -> bool:
    match statement:
        case ast.If(test=first) | ast.Return(value=first) | ast.Expr(value=first):
            return first is child
        case ast.Assign(value=first) | ast.For(iter=first) | ast.Assert(test=first):
            return first is child
    return False


def _comes_first_in(parent: ast.AST, child: ast.AST, facts: Facts) -> bool:
    """Whether all that is evaluated before `child` are constants and variables, which nothing can tell."""
    for operand in _operands(parent):
        if operand is child:
            return True
        if not _is_quiet(operand, facts):
            return False
    return False


def _operands(parent: ast.AST) -> list[ast.AST]:
    """What is surely evaluated of an expression, in this order, before the expression itself does anything."""
    match parent:
        case ast.Compare(left=left, comparators=[right, *_]) | ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.Subscript(value=value, slice=index):
            return [value, index]
        case ast.Slice(lower=lower, upper=upper, step=step):
            return [each for each in (lower, upper, step) if each is not None]
        case ast.Call(func=func, args=args, keywords=keywords):
            return [func, *args, *keywords]
        case ast.BoolOp(values=[first, *_]) | ast.IfExp(test=first) | ast.UnaryOp(operand=first):
            return [first]
        case ast.Attribute(value=first) | ast.FormattedValue(value=first):
            return [first]
        case ast.Yield(value=ast.expr() as first) | ast.keyword(value=first):
            return [first]
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.JoinedStr(values=elements):
            return list(elements)
        case ast.Dict(keys=[ast.expr() as key, *_], values=[value, *_]):
            return [key, value]
    return []


def _is_quiet(operand: ast.AST, facts: Facts) -> bool:
    match operand:
        case ast.Constant():
            return True
        case ast.Name():
            return not facts.may_raise(operand)
    return False
