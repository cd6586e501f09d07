"""Draw texts: plain and odd ones, pieces of what was mined, and texts for patterns, dates and templates."""

from __future__ import annotations

import re

from .patterns import CASE_CALLS, CASE_TEXTS, DATE_TEXTS, JSON_TEXTS, NUMBER_TEXTS, matching, nearly

_PLAIN = (
    *("", "a", "b", "ab", "A", "abc", " ", "a b", "x", "1", "0", "ba", "B", "a,b", "foo", "bar", "aa", "10"),
    "Ab c",
)
_ODD = (
    *("\u00e9", "a  b", " a ", "a\tb", "a\n", "\n", "a\nb\n", "a\r\nb", "\u00df", "\u0130", "e\u0301"),
    *("\u00b2", "\u0663", "\u00a0a", "a\u2028b", "\U0001f600", "\0", "-", "--", "a-b_c", "a.b", "/", "a/b/"),
    *("#x", "%s", "{}", "{0}", "\\", "'", "\ufb01", "\u01c5", "nan", "None", "True", "-1", "1.5", "A" * 30),
    *("a" * 70, "\x1c", "\x85", "\ufeffa"),
)
_WORDS = ("a", "b", "foo", "x", "1", "42", "A", " ", ",", "-", "\u00e9", "2024-02-29", "")
_PATTERNS = ("a", "[a-z]+", r"\d+", "(a)(b)?", "", ".", "^a", "a|b", "[", r"\w+", "A", "x*")
_TEMPLATES = ("{%s}", "%%(%s)s", "$%s", "{%s!r:>8}", "%s", "{%s.__class__}")
_NUMBER_CALLS = {"int", "float", "Decimal", "isdigit", "isdecimal", "isnumeric"}
_DATE_CALLS = {"fromisoformat", "strptime"}
_MOST_NAMES = 12


class Texts:
    """Draws texts for one search; simple ones stand first in each list of options."""

    def __init__(self, choose, pools):
        self._choose, self._pools = choose, pools
        self._special = {}

    def draw(self, words=frozenset()):
        """A text; `words` say what it is used for."""
        choose = self._choose
        roll = choose.between(0, 19)
        special = self._for(words)
        if special and roll < 9:
            return choose.pick(special)
        if "regex" in words:
            own = [text for text, _ in self._pools.regexes if isinstance(text, str)]
            return choose.pick([*own, *_PATTERNS])
        for limit, draw in (
            (5, self._plain),
            (8, self.mined),
            (11, self._assembled),
            (14, self._in_some_form),
        ):
            if roll < limit:
                return draw()
        return choose.pick(_ODD) if roll < 17 else nearly(self.mined(), choose)

    def mined(self):
        """A text of the source, of a recorded call, or a piece of one."""
        pools, choose = self._pools, self._choose
        found = [*pools.strs, *pools.keys]
        if not found:
            return choose.pick(_PLAIN)
        text = choose.pick(found)
        roll = choose.between(0, 9)
        if roll < 5 or not text:
            return text
        low = choose.between(0, len(text) - 1)
        high = choose.between(low + 1, len(text))
        return (text[low:high], text.swapcase(), text[::-1], text + text, text.upper())[roll - 5]

    def _plain(self):
        return self._choose.pick(_PLAIN)

    def _for(self, words):
        """Texts for what the source calls: dates, numbers, JSON, letters with odd cases."""
        if words not in self._special:
            pools = self._pools
            ignores_case = any(flags & re.IGNORECASE for _, flags in pools.regexes)
            self._special[words] = [
                *pools.texts,
                *(JSON_TEXTS if "json" in words or "loads" in pools.calls else ()),
                *(DATE_TEXTS if "date_text" in words or pools.calls & _DATE_CALLS else ()),
                *(NUMBER_TEXTS if not words and pools.calls & _NUMBER_CALLS else ()),
                *(CASE_TEXTS if ignores_case or pools.calls & CASE_CALLS else ()),
            ]
        return self._special[words]

    def _assembled(self):
        choose = self._choose
        pieces = [choose.pick((self.mined(), choose.pick(_WORDS))) for _ in range(choose.between(2, 6))]
        return choose.pick(("", "", " ", "\n")).join(pieces)

    def _in_some_form(self):
        """What a pattern of the source matches (nearly), or a template with a name of the source."""
        pools, choose = self._pools, self._choose
        if pools.regexes and (not pools.names or choose.chance(0.7)):
            return self._by_pattern()
        if not pools.names:
            return self._plain()
        return choose.pick(_TEMPLATES) % choose.pick(list(pools.names)[:_MOST_NAMES])

    def _by_pattern(self):
        choose = self._choose
        pattern, flags = choose.pick(list(self._pools.regexes))
        text = matching(pattern, flags, choose)
        text = text.decode("latin-1") if isinstance(text, bytes) else text
        roll = choose.between(0, 3)
        if roll == 0:
            return nearly(text, choose)
        return text if roll < 3 else choose.pick(_WORDS) + text + choose.pick(_WORDS)
