"""Lay out one logical line within the project's line length, the way black does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from optimizer.propose.rewriting.leaves import CLOSING, OPENING, Leaf, leaves_of, render

_COMPREHENSION, _COMMA, _TERNARY, _LOGIC, _STRINGS, _COMPARE = 20, 18, 16, 14, 12, 10
_ARITHMETIC = {"|": 9, "^": 8, "&": 7, "<<": 6, ">>": 6, "+": 5, "-": 5}
_ARITHMETIC |= {"*": 4, "/": 4, "//": 4, "%": 4, "@": 4, "**": 1}
_ALWAYS = {",": _COMMA, "else": _TERNARY, "and": _LOGIC, "or": _LOGIC}
_COMPARISONS = frozenset(("<", ">", "==", "!=", "<=", ">=", "in", "is"))
_ASSIGNMENTS = frozenset(
    ["=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="]
)
_HEADS = frozenset(("return", "if", "elif", "while"))


@dataclass(frozen=True, slots=True)
class _Parts:
    """A line cut after an opening bracket and before its closing one."""

    head: str
    body: Sequence[Leaf]
    tail: Sequence[Leaf]
    display: bool = False


def wrap(code: str, *, room: int, unit: str) -> str:
    """`code` (one logical line) on as few lines of at most `room` characters as black would use.

    A line with a comment or a long string in it stays as it is, and so does what has no bracket to break at.
    """
    leaves = leaves_of(code)
    if not leaves:
        return code
    return "\n".join(_line(leaves, room, unit))


def _line(leaves: Sequence[Leaf], room: int, unit: str, *, inside: bool = False) -> list[str]:
    """One line, or what it is cut into; `inside` brackets no others are needed to continue it."""
    flat = render(leaves)
    if len(flat) <= room and not _stays_open(leaves):
        return [flat]
    parts = None if inside else _in_new_parentheses(leaves, room, unit)
    parts = parts or _at_last_bracket(leaves)
    if parts is None:
        return [flat]
    inner = _body(parts.body, room - len(unit.expandtabs(4)), unit, display=parts.display)
    return [parts.head, *(unit + line for line in inner), render(parts.tail)]


def _body(leaves: Sequence[Leaf], room: int, unit: str, *, display: bool = False) -> list[str]:
    """What stands between brackets: on one line, or cut at its weakest operator.

    The elements of a display never share a line of their own.
    """
    flat = render(leaves)
    # A piece of a longer line starts with the operator that it was cut at.
    cuts = [(priority, place) for priority, place in _delimiters(leaves) if place]
    one_each = display and max(cuts, default=(0, 0))[0] == _COMMA
    if len(flat) <= room and not one_each and not _stays_open(leaves) and leaves[-1].text != ",":
        return [flat]
    if not cuts:
        return _line(leaves, room, unit, inside=True)
    weakest = max(priority for priority, _ in cuts)
    places = [place for priority, place in cuts if priority == weakest]
    if weakest == _COMMA:
        pieces = _pieces(leaves, [place + 1 for place in places])
        return [line for piece in pieces for line in _item(piece, room, unit)]
    return [line for piece in _pieces(leaves, places) for line in _body(piece, room, unit)]


def _pieces(leaves: Sequence[Leaf], places: Sequence[int]) -> list[Sequence[Leaf]]:
    bounds = [0, *places, len(leaves)]
    return [leaves[start:end] for start, end in pairwise(bounds) if start < end]


def _item(piece: Sequence[Leaf], room: int, unit: str) -> list[str]:
    """One item of a list of arguments or elements, with its comma."""
    item = piece[:-1] if piece[-1].text == "," else piece
    *lines, last = _body(item, room - 1, unit)
    return [*lines, f"{last},"]


def _in_new_parentheses(leaves: Sequence[Leaf], room: int, unit: str) -> _Parts | None:
    """`x = a + b` as `x = (`, `a + b`, `)`, when the right side has operators to break at."""
    start = _value_starts(leaves)
    end = len(leaves) - (leaves[-1].text == ":")
    if start is None or start >= end:
        return None
    head, body, tail = leaves[:start], leaves[start:end], leaves[end:]
    cuts = list(_delimiters(body))
    hugs = body[-1].text in CLOSING and (found := _at_last_bracket(leaves)) and len(found.head) <= room
    strong = [priority for priority, _ in cuts if priority > 1]
    if hugs and (not strong or (strong == [max(strong)] and max(strong) <= _COMPARE)):
        return None
    if not strong and (_at_last_bracket(leaves) or len(render(body)) + len(unit.expandtabs(4)) > room):
        return None
    return _Parts(f"{render(head)} (", body, (Leaf(")", space=False), *tail))


def _value_starts(leaves: Sequence[Leaf]) -> int | None:
    """Where the right side of an assignment, or what follows `return`, `if`, `while`, begins."""
    depth = 0
    found = 1 if leaves[0].text in _HEADS else None
    for index, leaf in enumerate(leaves):
        depth += (leaf.text in OPENING) - (leaf.text in CLOSING)
        if depth == 0 and leaf.text in _ASSIGNMENTS and leaves[0].text not in _HEADS:
            found = index + 1
        if depth == 0 and leaf.text == "in" and leaves[0].text == "for" and found is None:
            found = index + 1
    return found


def _at_last_bracket(leaves: Sequence[Leaf]) -> _Parts | None:
    """Cut at the last pair of brackets that holds something."""
    depth, close = 0, 0
    for index in range(len(leaves) - 1, -1, -1):
        text = leaves[index].text
        if text in CLOSING and not leaves[index].string:
            close = index if depth == 0 else close
            depth += 1
        elif text in OPENING:
            depth -= 1
            if depth == 0 and close > index + 1:
                display = not (index and leaves[index - 1].operand)
                return _Parts(render(leaves[: index + 1]), leaves[index + 1 : close], leaves[close:], display)
    return None


def _stays_open(leaves: Sequence[Leaf]) -> bool:
    """Whether the author wants several lines: by a comma at the end, or with a text of several strings."""
    strings = any(one.string and two.string and two.newline for one, two in pairwise(leaves))
    return strings or _has_magic_comma(leaves)


def _has_magic_comma(leaves: Sequence[Leaf]) -> bool:
    """Whether a comma before a closing bracket says that this bracket stays one item to a line."""
    stack: list[tuple[int, int]] = []
    for index, leaf in enumerate(leaves):
        if leaf.text in OPENING:
            stack.append((index, 0))
        elif leaf.text == "," and stack:
            stack[-1] = (stack[-1][0], stack[-1][1] + 1)
        elif leaf.text in CLOSING and stack:
            start, commas = stack.pop()
            single = commas == 1 and leaf.text == ")" and not (start and leaves[start - 1].operand)
            if leaves[index - 1].text == "," and not single and leaf.text != "]":
                return True
    return False


def _delimiters(leaves: Sequence[Leaf]) -> Iterator[tuple[int, int]]:
    """Priority and index of the leaves outside all brackets that a line may break at."""
    depth, target_of_for, parameters = 0, False, False
    comprehension = False
    for index, leaf in enumerate(leaves):
        text = leaf.text
        depth += (text in OPENING) - (text in CLOSING)
        if depth or (leaf.string and not (index and leaves[index - 1].string)):
            continue
        if text == "lambda" or parameters:
            parameters = text != ":"
        elif text == "for":
            previous = index - 1 if index and leaves[index - 1].text == "async" else index
            comprehension = target_of_for = True
            yield _COMPREHENSION, previous
        elif text == "in" and target_of_for:
            target_of_for = False
        elif text == "if":
            yield (_COMPREHENSION if comprehension and not _has_else(leaves, index) else _TERNARY), index
        elif priority := _priority(leaves, index):
            yield priority, index


def _has_else(leaves: Sequence[Leaf], start: int) -> bool:
    """Whether the `if` at `start` is that of `a if b else c`, not of a comprehension."""
    depth = open_ifs = 0
    for leaf in leaves[start:]:
        depth += (leaf.text in OPENING) - (leaf.text in CLOSING)
        if depth == 0 and leaf.text == "for":
            return False
        if depth == 0:
            open_ifs += (leaf.text == "if") - (leaf.text == "else")
        if open_ifs == 0:
            return True
    return False


def _priority(leaves: Sequence[Leaf], index: int) -> int:
    text, before = leaves[index].text, leaves[index - 1] if index else None
    after = leaves[index + 1].text if index + 1 < len(leaves) else ""
    if leaves[index].string:
        return _STRINGS
    if text in _ALWAYS:
        return _ALWAYS[text]
    if before is None or not before.operand:
        return 0
    if text in _COMPARISONS or (text == "not" and after == "in"):
        return _COMPARE
    return _ARITHMETIC.get(text, 0)
