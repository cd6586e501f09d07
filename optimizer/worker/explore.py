"""Find inputs worth comparing: recorded calls, their neighbours, drawn ones, and what new branches ask for.

Both versions live in this process (see `duel`), so that branches of the new code steer the search as
well and inputs under suspicion come first. Every input is announced before it runs: if it takes the
process down, whoever started it knows which one it was and starts again without it.

payload: module, file, aliases, before, after, qualnames, samples, sample_of, inputs_file,
         restricted {parameter: [types]}, seconds, seed, most, toolbox,
         skip [keys] of inputs that took the process down, fatal [keys] of those that did so in the new version
messages: {"domain"}, {"note"}, {"at"}, {"kept"} (see `_Keeper`), {"counts"}
"""

from __future__ import annotations

import json
import os
import random
import time
import zlib

from .calls import Sequences, draw_call
from .choose import RandomChooser
from .domain import Surveyor
from .duel import load_sides, observe
from .guard import Guard
from .hotspots import hot_pools, mutable_globals
from .mine import changed, mine
from .neighbours import Neighbourhood
from .recipes import materialise
from .shrink import smaller

DEADLINE_SECONDS = 0.5
_ENOUGH_SUSPECTS = 24
_MOST_RUNS = 12_000
_MOST_RESULTS = 800


def run(payload, send):
    """Explore until the time is up or nothing new turns up."""
    _silence()
    explorer = _Explorer(payload, send)
    try:
        ready = explorer.ready()
    except BaseException as error:
        send(
            {
                "note": "the original cannot be loaded to search for inputs: %s: %s"
                % (type(error).__name__, error)
            }
        )
        return
    if ready:
        explorer.explore()
        explorer.report()


def _silence():
    """What the project prints below Python's streams goes nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


def key_of(recipe):
    """A short key that is equal for equal recipes in every process."""
    text = json.dumps({name: value for name, value in recipe.items() if name != "found_by"}, sort_keys=True)
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


class _Explorer:
    def __init__(self, payload, send):
        self._payload, self._send = payload, send
        self._started = time.perf_counter()
        self._seconds = payload["seconds"]
        self._most = payload.get("most") or _MOST_RUNS
        self._skip, self._fatal = set(payload.get("skip", ())), set(payload.get("fatal", ()))
        self._seen, self._digests, self._signatures = set(), set(), set()
        self._counts = {"runs": 0, "dropped": 0, "slow": 0}
        self._suspects, self._interesting = [], []
        self._guard = Guard(DEADLINE_SECONDS)
        self._choose = RandomChooser(random.Random(payload.get("seed", 0)))
        self._domains, self._problems = {}, {}

    # -- preparation --------------------------------------------------------------------------------

    def ready(self):
        """Load both versions and work out the domains; False when there is nothing to explore."""
        payload = self._payload
        self._before, self._after, problem = load_sides(payload)
        self._sides = [side for side in (self._before, self._after) if side is not None]
        if problem:
            self._send({"note": "the changed version cannot be loaded: " + problem})
        names = (
            [*payload["qualnames"], *changed(*[side.sources for side in self._sides])] if self._after else []
        )
        self._focus = names or list(payload["qualnames"])
        for side in self._sides:
            side.track(self._focus)
            side.remember_state(mutable_globals([other.sources for other in self._sides]))
        self._pools = mine([side.sources for side in self._sides], self._focus, self._before.module.__dict__)
        self._before.activate()
        for qualname in payload["qualnames"]:
            self._survey(qualname)
        self._send({"domain": {name: [d.known, d.describe()] for name, d in self._domains.items()}})
        self._started = time.perf_counter()
        return bool(self._domains)

    def _survey(self, qualname):
        surveyor = Surveyor(
            self._before.module.__dict__, self._before.text, self._pools, self._before.context
        )
        try:
            target = self._before.target(qualname)
            for side in self._sides:
                side.target(qualname)
        except AttributeError as error:
            self._send({"note": "%s is not in both versions: %s" % (qualname, error)})
            return
        calls = self._calls_of(qualname)
        domain = surveyor.domain(target, qualname, calls, self._payload.get("restricted", {}))
        self._domains[qualname] = domain
        domain.sequences = Sequences(target, surveyor, self._choose, self._pools) if domain.is_class else None

    def _calls_of(self, qualname):
        """Numbers of the recorded calls of one target; those of the inputs file are the first target's."""
        owners = self._payload.get("sample_of") or []
        first = self._payload["qualnames"][0]
        samples = len(self._payload.get("samples", ()))
        try:
            count = self._before.context.count()
        except Exception as error:
            self._send({"note": "the inputs cannot be listed: %s: %s" % (type(error).__name__, error)})
            count = samples
        return [
            number
            for number in range(count)
            if (owners[number] if number < min(samples, len(owners)) else first) == qualname
        ]

    # -- the search ---------------------------------------------------------------------------------

    def explore(self):
        """Every source in turn, each within its share of the time."""
        domains = list(self._domains.items())
        for share, source in (
            (0.25, self._recorded), (0.55, self._neighbours), (0.72, self._drawn),
            (0.82, self._targeted), (0.92, self._hypothesis),
        ):  # fmt: skip
            for number, (qualname, domain) in enumerate(domains, start=1):
                until = self._seconds * share * (1 if source == self._recorded else number / len(domains))
                if not self._enough():
                    source(qualname, domain, max(until, self._elapsed() + 0.02))
        self._shrink()

    def _elapsed(self):
        return time.perf_counter() - self._started

    def _enough(self):
        return len(self._suspects) >= _ENOUGH_SUSPECTS or self._counts["runs"] >= self._most

    def _recorded(self, qualname, domain, until):
        for number in _spread(domain.calls):
            if self._elapsed() > until:
                return
            self._try({"base": ["call", number], "found_by": "recorded"}, qualname, "recorded")
        for text, keywords in domain.documented:
            recipe = {"base": ["source", text], "found_by": "documented"}
            if keywords:
                recipe["kwargs"] = {name: {"source": value} for name, value in keywords.items()}
            self._try(recipe, qualname, "documented")
        if not domain.parameters and not domain.calls:
            self._try({"base": ["source", "()"], "found_by": "recorded"}, qualname, "recorded")

    def _neighbours(self, qualname, domain, until):
        """Edits of several calls, dealt out in turns, so that each kind of edit meets each kind of call."""
        bases = [{"base": ["call", number]} for number in _spread(domain.calls)[:12]]
        if not bases:
            bases = [self._simple(domain) for _ in range(6)]
        lists = [self._edits(base, domain, qualname) for base in bases]
        for edit, base in _dealt([entries for entries in lists if entries]):
            if self._elapsed() > until or self._enough():
                return
            found_by = "mined" if "mined" in edit.label or "pattern" in edit.label else "neighbour"
            self._try(_edited(base, [edit], found_by), qualname, edit.label)
        if domain.sequences is not None:
            self._sequences(qualname, domain, bases, until)

    def _simple(self, domain):
        recipe = draw_call(domain, self._choose, self._pools, beyond=0)
        return {name: value for name, value in recipe.items() if name != "found_by"}

    def _edits(self, base, domain, qualname):
        """All edits of one call, one of each kind first."""
        self._before.activate()
        try:
            with self._guard.watch(shielded=True):
                args, kwargs = materialise(base, self._before.context)
                found = list(Neighbourhood(domain, self._pools, self._choose).edits(args, kwargs))
        except BaseException:
            return []
        by_label = {}
        for edit in found:
            by_label.setdefault((edit.label, str(edit.ops[0][1])), []).append(edit)
        return [
            (edit, base) for edit in _in_turns([self._choose.shuffled(group) for group in by_label.values()])
        ]

    def _sequences(self, qualname, domain, bases, until):
        for steps in domain.sequences.single():
            for base in bases[:2]:
                self._try(
                    {**base, "sequence": steps, "found_by": "sequence"},
                    qualname,
                    "sequence " + str(steps[0][:2]),
                )
        while self._elapsed() < until and not self._enough():
            base = self._choose.pick([*bases, self._simple(domain)])
            self._try(
                {**base, "sequence": domain.sequences.mixed(), "found_by": "sequence"}, qualname, "sequence"
            )

    def _drawn(self, qualname, domain, until):
        tries = 0
        while self._elapsed() < until and not self._enough() and tries < self._most // 3:
            tries += 1
            beyond = 0.25 if domain.known else 0.1
            recipe = draw_call(domain, self._choose, self._pools, beyond=beyond)
            if domain.sequences is not None and self._choose.chance(0.5):
                recipe["sequence"] = domain.sequences.mixed()
                recipe["found_by"] = "sequence"
            self._try(recipe, qualname, "drawn")

    def _targeted(self, qualname, domain, until):
        """Change what came far, and draw with the constants that stand at the doors of what was not reached."""
        pools = hot_pools(self._sides, self._pools)
        if pools is None:
            pools = self._pools
        found_by = "mined"
        tries = 0
        while self._elapsed() < until and not self._enough() and tries < self._most // 4:
            tries += 1
            if self._interesting and self._choose.chance(0.6):
                self._mutate(qualname, domain, pools, found_by)
            else:
                self._try(draw_call(domain, self._choose, pools, found_by), qualname, "targeted")

    def _mutate(self, qualname, domain, pools, found_by):
        base = self._choose.pick(self._interesting[-60:])
        if base.get("target", self._payload["qualnames"][0]) != qualname:
            return
        self._before.activate()
        try:
            with self._guard.watch(shielded=True):
                args, kwargs = materialise(base, self._before.context)
                edits = list(Neighbourhood(domain, pools, self._choose).edits(args, kwargs))
        except BaseException:
            return
        for _ in range(min(8, len(edits))):
            chosen = [self._choose.pick(edits) for _ in range(self._choose.between(1, 2))]
            self._try(_edited(base, chosen, found_by), qualname, "mutated")

    def _hypothesis(self, qualname, domain, until):
        if not self._payload.get("toolbox") or self._after is None:
            return
        from .hypothesized import search

        def differs(recipe):
            return self._try(recipe, qualname, "hypothesis")

        search(
            domain,
            self._pools,
            self._payload,
            until - self._elapsed(),
            differs,
            lambda note: self._send({"note": note}),
        )

    # -- one input ----------------------------------------------------------------------------------

    def _try(self, recipe, qualname, label):
        """Run one recipe on both sides and keep it when it tells something; whether it looks different."""
        if qualname != self._payload["qualnames"][0]:
            recipe = {**recipe, "target": qualname}
        key = key_of(recipe)
        if key in self._seen or key in self._skip:
            return False
        self._seen.add(key)
        self._counts["runs"] += 1
        if key in self._fatal:
            self._send({"kept": recipe, "rank": 0, "seconds": 0.0, "label": "ended the changed version"})
            return False
        seen = []
        for side in self._sides:
            self._send({"at": key, "side": side.label})
            seen.append(self._observe(side, recipe, qualname))
            if seen[0].told is None:
                break
        if seen[0].told is None:
            self._dropped(recipe, seen[0], key)
            return False
        suspect = len(seen) > 1 and not seen[1].blocked and self._unlike(seen, recipe)
        suspect = suspect and self._stable(recipe, qualname, seen[0])
        self._keep(recipe, qualname, label, seen, key, suspect)
        return suspect

    def _observe(self, side, recipe, qualname):
        domain = self._domains[qualname]
        return observe(
            side, recipe, self._guard, qualname, lambda args, kwargs: _admitted(domain, args, kwargs)
        )

    @staticmethod
    def _unlike(seen, recipe):
        return seen[1].told is None or not seen[0].like(seen[1], recipe.get("outside"))

    def _stable(self, recipe, qualname, seen):
        """Whether the original does the same again: a difference is only one when it is not noise."""
        return self._observe(self._before, recipe, qualname).told == seen.told

    def _dropped(self, recipe, seen, key):
        self._counts["dropped"] += 1
        if seen.problem == "too long":
            self._counts["slow"] += 1
            self._problems["some inputs ran over %s s and were left out" % DEADLINE_SECONDS] = None
        if recipe.get("found_by") == "recorded":
            self._send(
                {
                    "kept": recipe,
                    "rank": 1,
                    "seconds": DEADLINE_SECONDS,
                    "label": "recorded",
                    "problem": seen.problem,
                }
            )

    def _keep(self, recipe, qualname, label, seen, key, suspect):
        fresh = any(part.fresh for part in seen)
        digest = zlib.crc32(seen[0].result.encode("utf-8", "surrogatepass"))
        signature = (qualname, label, seen[0].result[:30])
        if suspect:
            rank = 0
            self._suspects.append((recipe, qualname))
        elif recipe["found_by"] in ("recorded", "documented"):
            rank = 1
        elif fresh:
            rank = 2
        elif signature not in self._signatures:
            rank = 3
        elif digest not in self._digests and len(self._digests) < _MOST_RESULTS:
            rank = 4
        else:
            return
        self._signatures.add(signature)
        self._digests.add(digest)
        if fresh and not suspect:
            self._interesting.append(recipe)
        message = {"kept": recipe, "rank": rank, "seconds": round(seen[0].seconds, 6), "label": label}
        if fresh:
            message["fresh"] = sum(len(part.fresh) for part in seen)
        if seen[0].raised:
            message["raised"] = seen[0].raised
        self._send(message)

    # -- the end ------------------------------------------------------------------------------------

    def _shrink(self):
        """Make the first few inputs under suspicion smaller, as long as they stay under suspicion."""
        for recipe, qualname in self._suspects[:4]:
            current, tries = recipe, 0
            progress = True
            while progress and tries < 400 and self._elapsed() < self._seconds:
                progress = False
                for candidate in smaller(current):
                    tries += 1
                    if self._elapsed() > self._seconds:
                        break
                    if self._suspicious(candidate, qualname):
                        current, progress = candidate, True
                        break
            if current is not recipe:
                self._send({"kept": current, "rank": 0, "seconds": 0.0, "label": "shrunk", "shrunk": True})

    def _suspicious(self, recipe, qualname):
        if qualname != self._payload["qualnames"][0]:
            recipe = {**recipe, "target": qualname}
        key = key_of(recipe)
        if key in self._skip or key in self._fatal:
            return False
        seen = []
        for side in self._sides:
            self._send({"at": key, "side": side.label})
            seen.append(self._observe(side, recipe, qualname))
        return seen[0].told is not None and self._unlike(seen, recipe)

    def report(self):
        for problem in self._problems:
            self._send({"note": problem})
        missed = {side.label: side.tracker.lines_missed() for side in self._sides}
        self._send({"counts": self._counts, "missed": missed, "seconds": round(self._elapsed(), 3)})


def _admitted(domain, args, kwargs):
    """Whether parameters that are assumed to have certain exact types have them."""
    for number, parameter in enumerate(domain.parameters):
        if not parameter.only:
            continue
        if parameter.name in kwargs:
            value = kwargs[parameter.name]
        elif parameter.kind in (0, 1) and number < len(args):
            value = args[number]
        else:
            continue
        kind = type(value)
        names = {kind.__name__, kind.__qualname__, kind.__module__ + "." + kind.__qualname__}
        if not names & set(parameter.only):
            return False
    return True


def _edited(base, edits, found_by):
    recipe = {name: value for name, value in base.items() if name not in ("found_by", "target")}
    ops = list(base.get("ops", ()))
    for op in (op for edit in edits for op in edit.ops):
        if op[0] == "set":
            ops = [old for old in ops if old[1][: len(op[1])] != op[1]]
        ops.append(op)
    recipe["ops"] = ops
    recipe["found_by"] = found_by
    if any(edit.outside for edit in edits):
        recipe["outside"] = True
    return recipe


def _spread(numbers):
    """All of them, reordered so that any beginning is spread over the whole."""
    found, step = {}, max(len(numbers) // 8, 1)
    for start in range(step):
        found.update(dict.fromkeys(numbers[start::step]))
    return list(found)


def _in_turns(lists):
    """One of each list, then the next of each."""
    longest = max(map(len, lists), default=0)
    return [entries[turn] for turn in range(longest) for entries in lists if turn < len(entries)]


_dealt = _in_turns
