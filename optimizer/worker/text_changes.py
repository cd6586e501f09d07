"""Named ways to change a text: blanks, case, digits, line ends, letters beyond ASCII."""

from __future__ import annotations

TEXT_CHANGES = {
    "upper": str.upper,
    "lower": str.lower,
    "swapcase": str.swapcase,
    "title": str.title,
    "padded": lambda s: " " + s + " ",
    "led": lambda s: "  " + s,
    "trailed": lambda s: s + "  ",
    "newline": lambda s: s + "\n",
    "crlf": lambda s: s.replace("\n", "\r\n") if "\n" in s else s + "\r\n",
    "runs": lambda s: s.replace(" ", "  ") if " " in s else s[:1] + "  " + s[1:],
    "tabs": lambda s: s.replace(" ", "\t") if " " in s else s[:1] + "\t" + s[1:],
    "odd_space": lambda s: s + "\u00a0\u2003" + s[-1:],
    "line_separators": lambda s: s[:1] + "\x0b\x0c\x1c\x85\u2028" + s[1:],
    "accents": lambda s: s + "\u00e9\u0301\u00df\u0130\u01c4",
    "digits": lambda s: s + "0",
    "other_digits": lambda s: s + "\u0663\u00b2",
    "emoji": lambda s: s + "\U0001f600",
    "surrogate": lambda s: s + "\ud800",
    "nul": lambda s: s + "\0",
    "twice": lambda s: s + s,
    "doubled_first": lambda s: s[:1] + s,
    "doubled_last": lambda s: s + s[-1:],
    "without_first": lambda s: s[1:],
    "without_last": lambda s: s[:-1],
    "reversed": lambda s: s[::-1],
    "quoted": lambda s: '"' + s + "'",
    "braces": lambda s: "{" + s + "}%s",
    "folded": lambda s: s.replace("ss", "\u00df").replace("s", "\u017f").replace("k", "\u212a"),
}
ONLY_FOR_STR = frozenset({"folded", "surrogate", "emoji"})


def changed(value, name):
    """A text, or bytes through Latin-1, changed in one of the ways."""
    change = TEXT_CHANGES[name]
    if isinstance(value, bytes):
        return change(value.decode("latin-1")).encode("latin-1", "replace")
    return change(value)
