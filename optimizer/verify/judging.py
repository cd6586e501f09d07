"""The steps from two versions to a verdict: compare, search, look for noise, ask whether that was enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from optimizer.model import Behaviour, Verification
from optimizer.verify.adequacy import Planted, branches, planted
from optimizer.verify.evidence import FOR_RECORDED, HASH_SEEDS, Evidence, evenly
from optimizer.verify.imports import import_difference
from optimizer.verify.inputs import search
from optimizer.verify.mutants import mutants
from optimizer.verify.outcomes import OK, Order, Outcome, Recipe, limit_for
from optimizer.verify.regions import Change
from optimizer.verify.tell import shown
from optimizer.verify.trials import Trials, is_recorded

Say: TypeAlias = Callable[[str], None]

_SEARCH_SHARE = 0.25
_MUTANTS_SHARE = 0.35
_HUNT_SHARE = 0.1
_INPUTS_A_SECOND = 10
_UNDER_OTHER_SEEDS = 40
_MOST_HUNTED = 3
_KEPT_OF_A_HUNT = 8
_LEAST_KNOWN = 0.8
_UNREADABLE = "What a process said of the inputs cannot be read"
_TOO_DEEP = "What the original gives or changes is nested too deeply to be compared place by place."
_DEPENDS_ON_HASHES = (
    "The two versions differ under some hash seeds only: the new version depends on the order of a set."
)


@dataclass(slots=True, kw_only=True)
class Judging(Evidence):
    """The evidence as it grows. Each step either gives the verdict or None: go on."""

    change: Change
    budget_seconds: float
    seed: int
    known: Trials | None
    """What was enough on another interpreter, None on the first."""
    say: Say

    def judge(self) -> Verification:
        """All steps in order, up to the first that has a verdict."""
        steps = [
            ("the recorded calls", self._recorded),
            ("the search for inputs", self._found),
            ("the noise", self.enough_inputs),
            ("the branches that were reached", self._branches),
        ]
        if self.known is None:
            steps += [("other hash seeds", self._other_seeds), ("planted mistakes", self._planted)]
        for name, step in steps:
            self.say(name)
            try:
                verdict = step()
            except RecursionError:
                return self.not_enough(_TOO_DEEP)
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                # Code of the module can speak in its worker's place, and say anything.
                return self.not_enough(f"{_UNREADABLE} ({type(error).__name__}: {error}).")
            if verdict is not None:
                return verdict
        return self.verdict(Behaviour.SAME)

    def _recorded(self) -> Verification | None:
        """Import both versions and compare them on the recorded calls."""
        old = self.observer.observe(Order(text=self.subject.before, recipes=None, cpu_seconds=FOR_RECORDED))
        if not old.ok:
            return self.not_enough(f"The module cannot be used as it is: {shown(old.imported['error'])}.")
        self.plans = old.imported["plans"]
        recorded = [{"base": ["call", n], "found_by": "recorded"} for n in range(old.imported["count"])]
        new = self.observer.observe(self.held_to(recorded, old.outcomes))
        found = import_difference(self.subject, self.change, old, new)
        if found is not None:
            return self.different(found)
        if "inputs failed" in old.imported:
            return self.not_enough(f"The inputs cannot be made: {old.imported['inputs failed']}.")
        self.trials.new_names = frozenset(new.imported["data"].keys() - old.imported["data"].keys())
        self.trials.add(recorded, old.outcomes, new.outcomes)
        return self.difference()

    def _found(self) -> Verification | None:
        """Search for more inputs and compare on them."""
        if self.known is not None:
            verdict = self._compare_on_known(self.known)
            if verdict is not None:
                return verdict
        result = search(
            self.subject,
            self.observer.runner,
            seconds=self.budget_seconds * _SEARCH_SHARE,
            seed=self.seed,
            limit=int(self.budget_seconds * _INPUTS_A_SECOND),
        )
        self.notes = result.notes
        if not self.trials.recipes and not result.domain:
            return self.not_enough(_no_domain(self.subject.qualnames[0]))
        if not result.recipes:
            return self.not_enough(f"The search for inputs found nothing. {' '.join(result.notes)}".strip())
        return self.compare_on([recipe for recipe in result.recipes if not is_recorded(recipe)])

    def _compare_on_known(self, known: Trials) -> Verification | None:
        """Compare on what was found on another interpreter, nearly all of which must be there on this one too."""
        verdict = self.compare_on([recipe for recipe in known.recipes if not is_recorded(recipe)])
        compared, wanted = len(self.trials.compared), len(known.compared)
        if verdict is None and compared < _LEAST_KNOWN * wanted:
            return self.not_enough(
                f"On {self.subject.python} only {compared} of the {wanted} inputs could be compared that were "
                "enough on another interpreter."
            )
        return verdict

    def _branches(self) -> Verification | None:
        """Every branch of the changed lines, on both sides, must have been reached."""
        sides = [
            ("before", self.subject.before, self.change.before_lines),
            ("after", self.subject.after, self.change.after_lines),
        ]
        compared = self.trials.compared
        found = branches(self.observer, sides, [self.trials.recipes[n] for n in compared], self.plans)
        self.branches = replace(found, useful=tuple(compared[place] for place in found.useful))
        if self.branches.missed:
            missed = "; ".join(self.branches.missed[:5])
            return self.not_enough(f"Not every branch of the changed lines was reached: {missed}.")
        return None

    def _other_seeds(self) -> Verification | None:
        """A choice of inputs under other hash seeds, both versions."""
        chosen = self._chosen()
        recipes = [self.trials.recipes[n] for n in chosen]
        known = [self.trials.before[n] for n in chosen]
        orders = [self.order(recipes, hash_seed) for hash_seed in HASH_SEEDS[1:]]
        orders += [self.held_to(recipes, known, hash_seed) for hash_seed in HASH_SEEDS[1:]]
        runs = [observed.outcomes for observed in self.observer.observe_all(orders)]
        old, new = runs[: len(runs) // 2], runs[len(runs) // 2 :]
        self.learn_noise(chosen, old)
        return self.enough_inputs() or self._difference_among(chosen, old, new)

    def _difference_among(
        self, chosen: Sequence[int], old: Sequence[Sequence[Outcome]], new: Sequence[Sequence[Outcome]]
    ) -> Verification | None:
        for before, after in zip(old, new, strict=True):
            for place, number in enumerate(chosen):
                masks = self.trials.noise.masks[number]
                steady = self.trials.steady(number) and before[place].how == OK
                if steady and self.trials.differ(number, before[place], after[place], masks):
                    found = self.confirmer().confirm(number)
                    return self.different(found) if found else self.not_enough(_DEPENDS_ON_HASHES)
        return None

    def _planted(self) -> Verification | None:
        """Mistakes planted into the new version must be noticed by the same inputs."""
        made = mutants(self.subject.before, self.subject.after, self.subject.qualnames)
        self.planted = self._plant(made, self._most_telling_first(), self.budget_seconds * _MUTANTS_SHARE)
        if made and not self.planted.made:
            return self.not_enough("There was no time to see whether a planted mistake is noticed.")
        if not self.planted.enough:
            verdict = self._hunt_survivors()
            if verdict is not None:
                return verdict
        if self.planted.enough:
            return None
        return self.not_enough(
            f"Only {self.planted.noticed} of {self.planted.made} planted mistakes were noticed; "
            f"not noticed: {'; '.join(self.planted.names[:3])}."
        )

    def _plant(self, made: Sequence[tuple[str, str]], numbers: Sequence[int], seconds: float) -> Planted:
        trials = self.trials
        usable = [n for n in numbers if trials.steady(n) and trials.after[n].how == OK]
        return planted(
            self.observer,
            made,
            [trials.recipes[n] for n in usable],
            [trials.after[n] for n in usable],
            [trials.noise.masks[n] for n in usable],
            lambda place, outcome: self._notices(usable[place], outcome),
            plans=self.plans,
            limits=[limit_for(trials.before[n]) for n in usable],
            seconds=seconds,
        )

    def _notices(self, number: int, outcome: Outcome) -> bool:
        return self.trials.differ(number, self.trials.after[number], outcome, self.trials.noise.masks[number])

    def _hunt_survivors(self) -> Verification | None:
        """Search for inputs that notice the survivors; the two versions are compared on what is found."""
        found: list[Recipe] = []
        for _, text in self.planted.survivors[:_MOST_HUNTED]:
            pair = replace(self.subject, before=self.subject.after, after=text)
            seconds = self.budget_seconds * _HUNT_SHARE
            more = search(pair, self.observer.runner, seconds=seconds, seed=self.seed, limit=_KEPT_OF_A_HUNT)
            found += [recipe for recipe in more.recipes if not is_recorded(recipe)]
        start = len(self.trials.recipes)
        verdict = self.compare_on(found)
        if verdict is None:
            numbers = range(start, len(self.trials.recipes))
            seconds = self.budget_seconds * _MUTANTS_SHARE
            self.planted = self.planted.after(self._plant(self.planted.survivors, numbers, seconds))
        return verdict

    def _chosen(self) -> list[int]:
        """Recorded inputs, those that were first to reach a branch, and an even choice of the others."""
        half = _UNDER_OTHER_SEEDS // 2
        wanted = {
            *self.trials.recorded[:half],
            *self.branches.useful,
            *evenly(len(self.trials.recipes), half),
        }
        return [n for n in self.trials.compared if n in wanted]

    def _most_telling_first(self) -> list[int]:
        """All inputs: first some recorded ones and the pioneers of branches, then the others by turns."""
        count = len(self.trials.recipes)
        turns = [n for start in range(7) for n in range(start, count, 7)]
        return list(dict.fromkeys([*self.trials.recorded[:10], *self.branches.useful, *turns]))


def _no_domain(qualname: str) -> str:
    return (
        f"Nothing says what {qualname} is called with: no recorded call, no annotations, no example in its "
        "docstring. Run it in the workload, annotate its parameters, or give --inputs FILE."
    )
