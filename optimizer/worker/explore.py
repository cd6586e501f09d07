"""Find inputs worth comparing: recorded calls, their neighbours, drawn ones, and what new branches ask for.

Both versions live in this process (see `duel`), so that branches of the new code steer the search as
well and inputs under suspicion come first. Every input is announced before it runs: if it takes the
process down, whoever started it knows which one it was and starts again without it.

payload: module, file, aliases, before, after, qualnames, samples, sample_of, inputs_file,
         restricted {parameter: [types]}, seconds, seed, most, toolbox,
         skip [keys] of inputs that took the process down, fatal [keys] of those that the new version died of
messages: {"domain"}, {"note"}, {"at"}, {"kept", "rank", "label", "seconds", ...}, {"counts"}
"""

from __future__ import annotations

import os
import random
import time

from .calls import Sequences, draw_call
from .choose import RandomChooser
from .domain import Surveyor
from .duel import load_sides
from .hotspots import hot_pools, mutable_globals
from .mine import changed, mine
from .neighbours import Neighbourhood
from .recipes import materialise
from .trials import DEADLINE_SECONDS, Trials, key_of

_MOST_BASES = 12
_MOST_PIONEERS = 60
_MUTATIONS = 8
_LEAST_SECONDS = 0.02
_BEYOND = 0.2


def run(payload, send):
    """Explore until the time is up or nothing new turns up."""
    _silence()
    try:
        explorer = _Explorer(payload, send)
    except BaseException as error:
        send({"note": "No inputs could be searched for: %s: %s" % (type(error).__name__, error)})
        return
    explorer.explore()


def _silence():
    """What the project prints below Python's streams goes nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


class _Explorer:
    """Both versions loaded, the domains worked out, and a source of inputs for each method `_from_...`."""

    def __init__(self, payload, send):
        self._payload, self._send = payload, send
        self._seconds = payload["seconds"]
        self._choose = RandomChooser(random.Random(payload.get("seed", 0)))
        self._before, self._after, problem = load_sides(payload)
        self._sides = [side for side in (self._before, self._after) if side is not None]
        if problem:
            send({"note": "The changed version cannot be loaded beside the original: " + problem})
        self._prepare_sides()
        self._trials = Trials(self._sides, payload, send)
        self._sequences = {}
        self._before.activate()
        for qualname in payload["qualnames"]:
            self._survey(qualname)
        self._started = time.perf_counter()
        domains = self._trials.domains
        send({"domain": {name: [domain.known, domain.describe()] for name, domain in domains.items()}})

    def _prepare_sides(self):
        """Watch and mine what changed, and what is called from outside."""
        focus = list(self._payload["qualnames"])
        if self._after is not None:
            focus += changed(self._before.sources, self._after.sources)
        sources = [side.sources for side in self._sides]
        data = mutable_globals(sources)
        for side in self._sides:
            side.track(focus)
            side.remember_state(data)
        self._pools = mine(sources, focus, self._before.module.__dict__)

    def _survey(self, qualname):
        surveyor = Surveyor(
            self._before.module.__dict__, self._before.text, self._pools, self._before.context
        )
        try:
            for side in reversed(self._sides):
                target = side.target(qualname)
        except AttributeError as error:
            self._send({"note": "%s is not in both versions: %s." % (qualname, error)})
            return
        restricted = self._payload.get("restricted", {})
        domain = surveyor.domain(target, qualname, self._calls_of(qualname), restricted)
        self._trials.domains[qualname] = domain
        if domain.is_class:
            self._sequences[qualname] = Sequences(target, surveyor, self._choose, self._pools)

    def _calls_of(self, qualname):
        """Numbers of the recorded calls of one target; those of the inputs file are the first target's."""
        owners = self._payload.get("sample_of") or []
        samples = len(self._payload.get("samples", ()))
        try:
            count = self._before.context.count()
        except Exception as error:
            self._send({"note": "The inputs cannot be listed: %s: %s." % (type(error).__name__, error)})
            count = samples
        owners = [*owners[:samples], *[self._payload["qualnames"][0]] * (count - len(owners[:samples]))]
        return [number for number in range(count) if owners[number] == qualname]

    # -- the search ---------------------------------------------------------------------------------

    def explore(self):
        """Every source in turn, each until its share of the time is gone."""
        domains = list(self._trials.domains.items())
        for share, source in (
            (0.25, self._from_recorded),
            (0.50, self._from_neighbours),
            (0.66, self._from_domain),
            (0.80, self._from_hypothesis),
            (0.92, self._from_branches),
        ):
            for number, (qualname, domain) in enumerate(domains, start=1):
                until = self._started + self._seconds * share * number / len(domains)
                if not self._trials.enough():
                    source(qualname, domain, max(until, time.perf_counter() + _LEAST_SECONDS))
        self._trials.shrink(self._started + self._seconds)
        self._report()

    def _report(self):
        if self._trials.counts["slow"]:
            self._send({"note": "Inputs that took longer than %s s were left out." % DEADLINE_SECONDS})
        missed = {side.label: side.tracker.lines_missed() for side in self._sides}
        seconds = round(time.perf_counter() - self._started, 3)
        self._send({"counts": self._trials.counts, "missed": missed, "seconds": seconds})

    def _goes_on(self, until):
        return time.perf_counter() < until and not self._trials.enough()

    def _from_recorded(self, qualname, domain, until):
        for number in _spread(domain.calls):
            if not self._goes_on(until):
                return
            self._trials.attempt({"base": ["call", number], "found_by": "recorded"}, qualname, "recorded")
        for text, keywords in domain.documented:
            recipe = {"base": ["source", text], "found_by": "documented"}
            if keywords:
                recipe["kwargs"] = {name: {"source": value} for name, value in keywords.items()}
            self._trials.attempt(recipe, qualname, "documented")
        if not domain.parameters and not domain.calls:
            self._trials.attempt({"base": ["source", "()"], "found_by": "recorded"}, qualname, "recorded")

    def _from_neighbours(self, qualname, domain, until):
        """Edits of several calls, dealt out in turns, so that each kind of edit meets each kind of call."""
        bases = [{"base": ["call", number]} for number in _spread(domain.calls)[:_MOST_BASES]]
        bases = bases or [self._simple(domain) for _ in range(_MOST_BASES // 2)]
        for edit, base in in_turns([self._edits(base, domain) for base in bases]):
            if not self._goes_on(until):
                break
            is_mined = "mined" in edit.label or "pattern" in edit.label
            recipe = edited(base, [edit], "mined" if is_mined else "neighbour")
            self._trials.attempt(recipe, qualname, edit.label)
        if qualname in self._sequences:
            self._from_sequences(qualname, domain, bases, until)

    def _simple(self, domain):
        """A plain call to start from where nothing was recorded."""
        recipe = draw_call(domain, self._choose, self._pools, beyond=0)
        return {name: value for name, value in recipe.items() if name != "found_by"}

    def _edits(self, base, domain):
        """All (edit, base) of one call, one of each kind first."""
        groups = {}
        for edit in self._neighbourhood(base, domain, self._pools):
            groups.setdefault((edit.label, str(edit.ops[0][1])), []).append((edit, base))
        return in_turns([self._choose.shuffled(group) for group in groups.values()])

    def _neighbourhood(self, base, domain, pools):
        self._before.activate()
        try:
            with self._trials.guard.watch(shielded=True):
                args, kwargs = materialise(base, self._before.context)
                return list(Neighbourhood(domain, pools, self._choose).edits(args, kwargs))
        except BaseException:
            return []

    def _from_sequences(self, qualname, domain, bases, until):
        sequences = self._sequences[qualname]
        for steps in sequences.single():
            for base in bases[:2]:
                recipe = {**base, "sequence": steps, "found_by": "sequence"}
                self._trials.attempt(recipe, qualname, "sequence " + str(steps[0][:2]))
        while self._goes_on(until):
            base = self._choose.pick([*bases, self._simple(domain)])
            recipe = {**base, "sequence": sequences.mixed(), "found_by": "sequence"}
            self._trials.attempt(recipe, qualname, "sequence")

    def _from_domain(self, qualname, domain, until):
        """Whole calls drawn from what the parameters may be."""
        for _ in self._rounds(until):
            recipe = draw_call(domain, self._choose, self._pools, beyond=_BEYOND)
            if qualname in self._sequences and self._choose.chance(0.5):
                recipe["sequence"] = self._sequences[qualname].mixed()
                recipe["found_by"] = "sequence"
            self._trials.attempt(recipe, qualname, "drawn")

    def _rounds(self, until):
        """Numbers as long as there is time; an end also when nearly all that is drawn was seen before."""
        number, start = 0, self._trials.counts["runs"]
        while self._goes_on(until) and (number < 500 or self._trials.counts["runs"] - start > number // 20):
            yield number
            number += 1

    def _from_branches(self, qualname, domain, until):
        """Change what came far, and draw with the constants that guard what was not reached."""
        pools = hot_pools(self._sides, self._pools) or self._pools
        for _ in self._rounds(until):
            pioneers = [
                base for base in self._trials.pioneers[-_MOST_PIONEERS:] if self._is_of(base, qualname)
            ]
            if pioneers and self._choose.chance(0.6):
                self._mutate(self._choose.pick(pioneers), qualname, domain, pools)
            else:
                recipe = draw_call(domain, self._choose, pools, "mined")
                self._trials.attempt(recipe, qualname, "targeted")

    def _is_of(self, recipe, qualname):
        return recipe.get("target", self._payload["qualnames"][0]) == qualname

    def _mutate(self, base, qualname, domain, pools):
        edits = self._neighbourhood(base, domain, pools)
        for _ in range(min(_MUTATIONS, len(edits))):
            chosen = [self._choose.pick(edits) for _ in range(self._choose.between(1, 2))]
            self._trials.attempt(edited(base, chosen, "mined"), qualname, "mutated")

    def _from_hypothesis(self, qualname, domain, until):
        if not self._payload.get("toolbox") or self._after is None:
            return
        from .hypothesized import search

        verdicts = {}

        def differs(recipe):
            key = key_of(recipe)
            if key not in verdicts:
                verdicts[key] = self._trials.attempt(recipe, qualname, "hypothesis", keep_suspects=False)
            return verdicts[key]

        seconds = until - time.perf_counter()
        found = search(
            domain, self._pools, self._payload, seconds, differs, lambda note: self._send({"note": note})
        )
        if found is not None:
            self._trials.suspected(found, qualname)


def edited(base, edits, found_by):
    """A recipe with more edits."""
    recipe = {name: value for name, value in base.items() if name not in ("found_by", "target")}
    recipe["ops"] = list(base.get("ops", ()))
    for op in (op for edit in edits if not edit.earlier for op in edit.ops):
        recipe["ops"] = [*_still_of_use(recipe["ops"], op), op]
    for edit in edits:
        if edit.earlier:
            recipe["earlier"] = edit.ops
    recipe["found_by"] = found_by
    if any(edit.outside for edit in edits):
        recipe["outside"] = True
    return recipe


def _still_of_use(ops, following):
    """Without the edits of what the following one replaces whole."""
    kind, path = following[:2]
    return [op for op in ops if kind != "set" or op[1][: len(path)] != path]


def _spread(numbers):
    """All of them, reordered so that any beginning is spread over the whole."""
    found, step = {}, max(len(numbers) // 8, 1)
    for start in range(step):
        found.update(dict.fromkeys(numbers[start::step]))
    return list(found)


def in_turns(lists):
    """One of each list, then the next of each."""
    longest = max(map(len, lists), default=0)
    return [entries[turn] for turn in range(longest) for entries in lists if turn < len(entries)]
