"""Try inputs on both versions; keep what looks different, reaches new code, or gives a new result."""

from __future__ import annotations

import json
import time
import zlib

from .duel import observe
from .guard import Guard
from .shrink import smaller

DEADLINE_SECONDS = 0.5
SUSPECT, RECORDED, FRESH, NEW_KIND, NEW_RESULT = range(5)
_ENOUGH_SUSPECTS = 24
_MOST_RUNS = 12_000
_MOST_RESULTS = 800
_MOST_SHRUNK = 4
_MOST_STEPS = 400


def key_of(recipe):
    """A short key that is equal for equal recipes in every process."""
    text = json.dumps({name: value for name, value in recipe.items() if name != "found_by"}, sort_keys=True)
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


class Trials:
    """One search's inputs so far. Every input is announced before it runs, and sent when it is kept.

    `suspects` are (recipe, qualname) that looked different, `pioneers` the recipes that reached new code.
    """

    def __init__(self, sides, payload, send):
        self._sides, self._send = sides, send
        self._first = payload["qualnames"][0]
        self._most = payload.get("most") or _MOST_RUNS
        self._skip, self._fatal = set(payload.get("skip", ())), set(payload.get("fatal", ()))
        self._seen, self._results, self._kinds = set(), set(), set()
        self.guard = Guard(DEADLINE_SECONDS)
        self.domains = {}
        self.suspects, self.pioneers = [], []
        self.counts = {"runs": 0, "dropped": 0, "slow": 0}

    def enough(self):
        """Whether more inputs would hardly help: many look different already, or very many were tried."""
        return len(self.suspects) >= _ENOUGH_SUSPECTS or self.counts["runs"] >= self._most

    def attempt(self, recipe, qualname, label, keep_suspects=True):
        """Run one recipe on both sides and keep it when it tells something; whether it looks different.

        `label` says what kind of input it is: the first of each kind is kept.
        """
        recipe = self._aimed(recipe, qualname)
        key = key_of(recipe)
        if key in self._seen or key in self._skip:
            return False
        self._seen.add(key)
        self.counts["runs"] += 1
        if key in self._fatal:
            self.keep(recipe, SUSPECT, "ended the changed version")
            return False
        seen = self._on_both(recipe, qualname, key)
        if seen[0].told is None:
            self._drop(recipe, seen[0])
            return False
        suspect = _unlike(seen, recipe) and self._is_stable(recipe, qualname, seen)
        if keep_suspects or not suspect:
            self._judge(recipe, qualname, label, seen, suspect)
        return suspect

    def keep(self, recipe, rank, label, **more):
        """Send a recipe to whoever asked for the search."""
        self._send({"kept": recipe, "rank": rank, "label": label, "seconds": 0.0, **more})

    def suspected(self, recipe, qualname):
        """Keep a recipe that was found to look different and made small elsewhere."""
        self.suspects.append((recipe, qualname))
        self.keep(self._aimed(recipe, qualname), SUSPECT, "shrunk", shrunk=True)

    def _aimed(self, recipe, qualname):
        """The recipe with the name of what it calls, when that is not the first target."""
        return recipe if qualname == self._first else {**recipe, "target": qualname}

    def _on_both(self, recipe, qualname, key):
        """What the sides did; only the first when that makes the input useless."""
        seen = []
        for side in self._sides:
            self._send({"at": key, "side": side.label})
            seen.append(self._on(side, recipe, qualname))
            if seen[0].told is None:
                break
        return seen

    def _on(self, side, recipe, qualname):
        domain = self.domains[qualname]
        return observe(side, recipe, self.guard, qualname, domain.admits)

    def _is_stable(self, recipe, qualname, seen):
        """Whether the original does the same again, and a new version that failed to answer fails again."""
        if seen[1].told is None and self._on(self._sides[1], recipe, qualname).told is not None:
            return False
        return self._on(self._sides[0], recipe, qualname).told == seen[0].told

    def _drop(self, recipe, seen):
        self.counts["dropped"] += 1
        self.counts["slow"] += seen.problem == "too long"
        if recipe.get("found_by") == "recorded":
            self.keep(recipe, RECORDED, "recorded", seconds=DEADLINE_SECONDS, problem=seen.problem)

    def _judge(self, recipe, qualname, label, seen, suspect):
        fresh = sum(len(part.fresh) for part in seen)
        result = zlib.crc32(seen[0].result.encode("utf-8", "surrogatepass"))
        kind = (qualname, label, seen[0].result[:30])
        rank = self._rank(recipe, suspect, fresh, result, kind)
        self._kinds.add(kind)
        self._results.add(result)
        if suspect:
            self.suspects.append((recipe, qualname))
        elif fresh:
            self.pioneers.append(recipe)
        if rank is not None:
            self.keep(
                recipe, rank, label, seconds=round(seen[0].seconds, 6), fresh=fresh, raised=seen[0].raised
            )

    def _rank(self, recipe, suspect, fresh, result, kind):
        if suspect:
            return SUSPECT
        if recipe["found_by"] in ("recorded", "documented"):
            return RECORDED
        if fresh:
            return FRESH
        if kind not in self._kinds:
            return NEW_KIND
        is_new = result not in self._results and len(self._results) < _MOST_RESULTS
        return NEW_RESULT if is_new else None

    # -- smaller ones -------------------------------------------------------------------------------

    def shrink(self, until):
        """Make the first few suspects smaller while they look different; `until` is by `perf_counter`."""
        for recipe, qualname in self.suspects[:_MOST_SHRUNK]:
            if not self._repeats_itself(recipe, qualname):
                # The new version remembers earlier inputs: a small input may not differ in a fresh process.
                continue
            small = self._smallest(recipe, qualname, until)
            if small is not recipe:
                self.keep(small, SUSPECT, "shrunk", shrunk=True)

    def _repeats_itself(self, recipe, qualname):
        recipe = self._aimed(recipe, qualname)
        first, again = (self._on(self._sides[-1], recipe, qualname).told for _ in range(2))
        return first == again

    def _smallest(self, recipe, qualname, until):
        steps, found = 0, recipe
        while found is not None:
            recipe, found = found, None
            for candidate in smaller(recipe):
                steps += 1
                if steps > _MOST_STEPS or time.perf_counter() > until:
                    return recipe
                if self._looks_different(candidate, qualname):
                    found = candidate
                    break
        return recipe

    def _looks_different(self, recipe, qualname):
        recipe = self._aimed(recipe, qualname)
        key = key_of(recipe)
        if key in self._skip or key in self._fatal:
            return False
        seen = self._on_both(recipe, qualname, key)
        return seen[0].told is not None and _unlike(seen, recipe)


def _unlike(seen, recipe):
    """Whether the new version did something else; what was blocked there says nothing."""
    if len(seen) < 2 or seen[1].blocked:
        return False
    return seen[1].told is None or not seen[0].like(seen[1], recipe.get("outside"))
