"""Text that a regular expression or a format accepts, and text that it almost accepts."""

from __future__ import annotations

import re
import struct
import time

try:
    from re import _constants as _c
    from re import _parser as _p
except ImportError:  # before 3.11
    import sre_constants as _c
    import sre_parse as _p

_MOST_REPEATS = 4
_MOST_CHARACTERS = 12
_ANYTHING = "ax 0.-"
_ALPHABET = "ax0 -Z.,_7\t;/\u00e9"


def matching(pattern, flags, choose):
    """A text that `pattern` most likely matches (look-arounds are only approximated)."""
    try:
        tree = _p.parse(pattern, flags)
    except (re.error, TypeError, RecursionError, OverflowError):
        return "" if isinstance(pattern, str) else b""
    text = "".join(_Writer(choose).write(tree))
    return text if isinstance(pattern, str) else text.encode("latin-1", "replace")


class _Writer:
    def __init__(self, choose):
        self._choose = choose
        self._groups = {}

    def write(self, tree):
        for op, argument in tree:
            yield self._one(op, argument)

    def _all(self, tree):
        return "".join(self.write(tree))

    def _one(self, op, argument):
        if op is _c.LITERAL:
            return chr(argument)
        if op is _c.NOT_LITERAL:
            return self._choose.pick([char for char in _ALPHABET if char != chr(argument)])
        if op is _c.ANY:
            return self._choose.pick(_ANYTHING)
        if op is _c.IN:
            return self._in(argument)
        return self._several(op, argument)

    def _several(self, op, argument):
        if op is _c.BRANCH:
            return self._all(self._choose.pick(argument[1]))
        if op is _c.SUBPATTERN:
            return self._group(argument)
        if op in _REPEATS:
            return self._repeat(*argument)
        if op is _c.GROUPREF:
            return self._groups.get(argument, "")
        if op is getattr(_c, "ATOMIC_GROUP", None):
            return self._all(argument)
        if op is _c.GROUPREF_EXISTS:
            group, yes, no = argument
            return self._all(yes if group in self._groups else no or [])
        return ""  # anchors and look-arounds take no room

    def _group(self, argument):
        text = self._all(argument[-1])
        if argument[0] is not None:
            self._groups[argument[0]] = text
        return text

    def _repeat(self, low, high, tree):
        most = min(high, low + _MOST_REPEATS) if high is not _c.MAXREPEAT else low + _MOST_REPEATS
        return "".join(self._all(tree) for _ in range(self._choose.between(low, most)))

    def _in(self, items):
        candidates = [char for item in items for char in _members(item)] + list(_ALPHABET)
        accepted = [char for char in dict.fromkeys(candidates) if _accepts(items, char)]
        return self._choose.pick(accepted[:_MOST_CHARACTERS]) if accepted else ""


_REPEATS = {_c.MAX_REPEAT, _c.MIN_REPEAT, getattr(_c, "POSSESSIVE_REPEAT", _c.MAX_REPEAT)}


def _members(item):
    """Characters that an item of a character class speaks of, its borders among them."""
    op, argument = item
    if op is _c.LITERAL:
        return [chr(argument)]
    if op is _c.RANGE:
        low, high = argument
        return [chr(low), chr(high), chr((low + high) // 2)]
    return []


def _accepts(items, char):
    """Whether a character class takes a character."""
    negated = items[0][0] is _c.NEGATE
    return negated != any(_is_in(item, char) for item in items[negated:])


def _is_in(item, char):
    op, argument = item
    if op is _c.LITERAL:
        return ord(char) == argument
    if op is _c.RANGE:
        return argument[0] <= ord(char) <= argument[1]
    known = {"DIGIT": char.isdigit(), "SPACE": char.isspace(), "WORD": char.isalnum() or char == "_"}
    return known.get(str(argument).rpartition("_")[2], False) != ("_NOT_" in str(argument))


def nearly(text, choose):
    """`text` with one small mistake."""
    if isinstance(text, bytes):
        return nearly(text.decode("latin-1"), choose).encode("latin-1", "replace")
    position = choose.between(0, max(len(text) - 1, 0))
    changes = (
        text[:position] + text[position + 1 :],
        text[: position + 1] + text[position : position + 1] + text[position + 1 :],
        text + choose.pick((" ", "\n", "x", "0")),
        choose.pick((" ", "x", "0")) + text,
        text.swapcase(),
        text[:position] + choose.pick("x0 -\u00e9") + text[position + 1 :],
        text + text,
        text[::-1],
    )
    return choose.pick(changes)


_MOMENTS = (
    (2024, 2, 29, 23, 59, 59, 3, 60, 0),
    (1999, 12, 31, 0, 0, 0, 4, 365, 0),
    (2001, 1, 2, 3, 4, 5, 1, 2, 0),
    (1970, 1, 1, 12, 0, 0, 3, 1, 0),
)


def moments(date_format):
    """Texts in a `strptime` format, and some that are nearly so."""
    if not isinstance(date_format, str):
        return []
    try:
        texts = [
            time.strftime(date_format.replace("%f", "123456").replace("%z", "+0000"), moment)
            for moment in _MOMENTS
        ]
    except ValueError:
        return []
    unpadded = [re.sub(r"(?<!\d)0(\d)", r"\1", text) for text in texts]
    return [
        *texts,
        *unpadded,
        texts[0] + " ",
        " " + texts[0],
        texts[0][:-1],
        texts[0] + "0",
        texts[0].swapcase(),
    ]


def packed(struct_format):
    """Bytes of the size that a `struct` format asks for, and of neighbouring sizes."""
    try:
        size = struct.calcsize(struct_format)
    except (struct.error, TypeError):
        return []
    if size > 4096:
        return []
    return [
        bytes(range(256))[:size].ljust(size, b"\x01"),
        b"\xff" * size,
        b"\0" * (size + 1),
        b"\0" * max(size - 1, 0),
    ]


JSON_TEXTS = (
    "{}",
    "[]",
    '{"a": 1, "b": [1, 2.0, null]}',
    '{"a": 1, "a": 2}',
    "null",
    "true",
    "NaN",
    "1e400",
    '"text"',
    '"\\u00e9\\ud83d"',
    "{",
    "",
    " [1, 2] ",
    "[1, 2",
)
NUMBER_TEXTS = (
    "0",
    "7",
    "-3",
    "+3",
    " 12 ",
    "1_000",
    "007",
    "1.5",
    "-0",
    "-0.0",
    "1e5",
    "nan",
    "inf",
    "0x1f",
    "\u0663",
    "\u00b2",
    "12a",
    "",
    "9" * 25,
)
DATE_TEXTS = (
    "2024-02-29",
    "2023-02-29",
    "2024-2-9",
    "20240229",
    "2024-02-29T12:30:00",
    "2024-02-29 12:30",
    "2024-02-29T12:30:00Z",
    "2024-02-29T12:30:00.123456+02:00",
    "2024-W09-4",
    "12:30",
    "29/02/2024",
    "Feb 29, 2024",
)
CASE_CALLS = frozenset(
    {"lower", "upper", "casefold", "swapcase", "title", "capitalize", "islower", "isupper"}
)
CASE_TEXTS = (
    "\u00df",
    "SS",
    "ss",
    "\u017f",
    "s",
    "\u212a",
    "k",
    "\u0130",
    "i\u0307",
    "\u01c5",
    "\ufb01",
    "FI",
    "\u03a3",
    "\u03c2",
    "a\u03a3",
    "Ab",
    "aB",
)
