"""Does the new version behave the same? Three answers: the same, different, not enough evidence.

The promise is narrow and kept strictly: on everything that was tried nothing observable differed, what
was tried was enough to notice planted mistakes, and what could not be observed is listed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from optimizer.model import Behaviour, Subject, Verification
from optimizer.ports import Runner
from optimizer.verify.adequacy import Branches, Planted, branches, planted
from optimizer.verify.counterexample import Confirmer, Found
from optimizer.verify.imports import import_difference
from optimizer.verify.inputs import search
from optimizer.verify.mutants import mutants
from optimizer.verify.noise import noise
from optimizer.verify.outcomes import MOST_STOPPED, OK, Observer, Order, Outcome, Recipe, limit_for
from optimizer.verify.regions import Change, change_between
from optimizer.verify.tell import shown
from optimizer.verify.trials import Trials, is_recorded

Say: TypeAlias = Callable[[str], None]

HASH_SEEDS = (0, 1, 2)
_SEARCH_SHARE = 0.25
_MUTANTS_SHARE = 0.35
_INPUTS_A_SECOND = 10
_LEAST_WALL_SECONDS = 60.0
_REPEATED = 30
_UNDER_OTHER_SEEDS = 40
_HUNT_SHARE = 0.1
_MOST_HUNTED = 3
_KEPT_OF_A_HUNT = 8
_MOST_CONFIRMED = 6
_MOST_UNSTABLE = 0.3
_LEAST_KNOWN = 0.8
_FOR_RECORDED = 12.0
_FOR_FOUND = 2.0
"""CPU seconds that the original may take for one input."""


def verify(
    subject: Subject,
    runner: Runner,
    *,
    budget_seconds: float = 20.0,
    seed: int = 0,
    on_progress: Say | None = None,
) -> Verification:
    """Compare the two versions of `subject` on recorded calls and on what a search adds to them."""
    return verify_on_each(
        (subject,), runner, budget_seconds=budget_seconds, seed=seed, on_progress=on_progress
    )


def verify_on_each(
    subjects: Sequence[Subject],
    runner: Runner,
    *,
    budget_seconds: float = 20.0,
    seed: int = 0,
    on_progress: Say | None = None,
) -> Verification:
    """Compare on several interpreters: the same change in each subject, and the first objection is the answer.

    What the first one's search found is tried on the others too, and planted mistakes have shown there that it is
    enough. Each is searched by itself as well, since what differs on one alone leads no search on another (`sum`
    of floats), and must reach the branches of the changed lines, which may ask for the version.
    """
    started = time.monotonic()
    change = change_between(subjects[0].before, subjects[0].after)
    wall = max(_LEAST_WALL_SECONDS, 4 * budget_seconds)
    first: _Judging | None = None
    for subject in subjects:
        judging = _Judging(
            subject=subject,
            observer=Observer(subject=subject, runner=runner, classes=change.classes, wall_seconds=wall),
            change=change,
            budget_seconds=budget_seconds,
            seed=seed,
            known=first.trials if first else None,
            say=on_progress or _say_nothing,
        )
        verdict = judging.judge()
        if verdict.behaviour is not Behaviour.SAME:
            break
        first = first or judging
        verdict = first.verdict(Behaviour.SAME)
    return replace(verdict, seconds=time.monotonic() - started)


def _say_nothing(text: str) -> None:
    del text


@dataclass(slots=True, kw_only=True)
class _Judging:
    """The evidence as it grows. Each step either gives the verdict or None: go on."""

    subject: Subject
    observer: Observer
    change: Change
    budget_seconds: float
    seed: int
    known: Trials | None
    """What was enough on another interpreter, None on the first."""
    say: Say
    trials: Trials = field(default_factory=Trials)
    plans: Mapping[str, Any] = field(default_factory=dict)
    branches: Branches = field(default_factory=lambda: Branches(total=0, missed=()))
    planted: Planted = field(default_factory=lambda: Planted(made=0, noticed=0))
    notes: tuple[str, ...] = ()

    def judge(self) -> Verification:
        steps = [
            ("the recorded calls", self._recorded),
            ("the search for inputs", self._found),
            ("the noise", self._enough_inputs),
            ("the branches that were reached", self._branches),
        ]
        if self.known is None:
            steps += [("other hash seeds", self._other_seeds), ("planted mistakes", self._planted)]
        for name, step in steps:
            self.say(name)
            try:
                verdict = step()
            except RecursionError:
                return self._not_enough(_TOO_DEEP)
            if verdict is not None:
                return verdict
        return self.verdict(Behaviour.SAME)

    def _recorded(self) -> Verification | None:
        """Import both versions and compare them on the recorded calls."""
        old = self.observer.observe(Order(text=self.subject.before, recipes=None, cpu_seconds=_FOR_RECORDED))
        if not old.ok:
            return self._not_enough(f"The module cannot be used as it is: {shown(old.imported['error'])}.")
        self.plans = old.imported["plans"]
        recorded = [{"base": ["call", n], "found_by": "recorded"} for n in range(old.imported["count"])]
        new = self.observer.observe(self._held_to(recorded, old.outcomes))
        found = import_difference(self.subject, self.change, old, new)
        if found is not None:
            return self._different(found)
        if "inputs failed" in old.imported:
            return self._not_enough(f"The inputs cannot be made: {old.imported['inputs failed']}.")
        self.trials.new_names = frozenset(new.imported["data"].keys() - old.imported["data"].keys())
        self.trials.add(recorded, old.outcomes, new.outcomes)
        return self._difference()

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
            return self._not_enough(_no_domain(self.subject.qualnames[0]))
        if not result.recipes:
            return self._not_enough(f"The search for inputs found nothing. {' '.join(result.notes)}".strip())
        return self._compare_on([recipe for recipe in result.recipes if not is_recorded(recipe)])

    def _compare_on_known(self, known: Trials) -> Verification | None:
        """Compare on what was found on another interpreter, nearly all of which must be there on this one too."""
        verdict = self._compare_on([recipe for recipe in known.recipes if not is_recorded(recipe)])
        compared, wanted = len(self.trials.compared), len(known.compared)
        if verdict is None and compared < _LEAST_KNOWN * wanted:
            return self._not_enough(
                f"On {self.subject.python} only {compared} of the {wanted} inputs could be compared that were "
                "enough on another interpreter."
            )
        return verdict

    def _enough_inputs(self) -> Verification | None:
        """Whether there is something to compare, and whether the original repeats itself."""
        compared, unstable = self.trials.compared, self.trials.noise.unstable
        if not compared:
            return self._not_enough("No input could be made that the original takes.")
        if unstable.intersection(self.trials.recorded) or len(unstable) > _MOST_UNSTABLE * len(compared):
            return self._not_enough(
                f"The original does not repeat its own result ({len(unstable)} of {len(compared)} inputs), "
                "so that a difference could not be told from chance."
            )
        if all(self.trials.before[n].raised for n in compared):
            return self._not_enough(
                "The original raises on every input that was tried; give it inputs that work."
            )
        return None

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
            return self._not_enough(f"Not every branch of the changed lines was reached: {missed}.")
        return None

    def _other_seeds(self) -> Verification | None:
        """A choice of inputs under other hash seeds, both versions."""
        chosen = self._chosen()
        recipes = [self.trials.recipes[n] for n in chosen]
        known = [self.trials.before[n] for n in chosen]
        orders = [self._order(recipes, hash_seed) for hash_seed in HASH_SEEDS[1:]]
        orders += [self._held_to(recipes, known, hash_seed) for hash_seed in HASH_SEEDS[1:]]
        runs = [observed.outcomes for observed in self.observer.observe_all(orders)]
        old, new = runs[: len(runs) // 2], runs[len(runs) // 2 :]
        self._learn_noise(chosen, old)
        return self._enough_inputs() or self._difference_among(chosen, old, new)

    def _difference_among(
        self, chosen: Sequence[int], old: Sequence[Sequence[Outcome]], new: Sequence[Sequence[Outcome]]
    ) -> Verification | None:
        for before, after in zip(old, new, strict=True):
            for place, number in enumerate(chosen):
                masks = self.trials.noise.masks[number]
                steady = self.trials.steady(number) and before[place].how == OK
                if steady and self.trials.differ(number, before[place], after[place], masks):
                    found = self._confirmer().confirm(number)
                    return self._different(found) if found else self._not_enough(_DEPENDS_ON_HASHES)
        return None

    def _planted(self) -> Verification | None:
        """Mistakes planted into the new version must be noticed by the same inputs."""
        made = mutants(self.subject.before, self.subject.after, self.subject.qualnames)
        self.planted = self._plant(made, self._most_telling_first(), self.budget_seconds * _MUTANTS_SHARE)
        if made and not self.planted.made:
            return self._not_enough("There was no time to see whether a planted mistake is noticed.")
        if not self.planted.enough:
            verdict = self._hunt_survivors()
            if verdict is not None:
                return verdict
        if self.planted.enough:
            return None
        return self._not_enough(
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
        verdict = self._compare_on(found)
        if verdict is None:
            numbers = range(start, len(self.trials.recipes))
            seconds = self.budget_seconds * _MUTANTS_SHARE
            self.planted = self.planted.after(self._plant(self.planted.survivors, numbers, seconds))
        return verdict

    def _compare_on(self, found: Sequence[Recipe]) -> Verification | None:
        """Observe both versions on more inputs and compare; some run twice in one process, to see the noise."""
        everything = (*self.trials.recipes, *found)
        could = [*self.trials.compared, *range(len(self.trials.recipes), len(everything))]
        again = [could[place] for place in _evenly(len(could), _REPEATED)]
        old = self.observer.observe(self._order([*found, *(everything[n] for n in again)]))
        new = self.observer.observe(self._held_to(found, old.outcomes[: len(found)]))
        self.trials.add(found, old.outcomes[: len(found)], new.outcomes)
        self._learn_noise(again, [old.outcomes[len(found) :]])
        return self._difference()

    def _difference(self) -> Verification | None:
        """The verdict `different` when some input shows it again and again, or None."""
        suspects = self.trials.suspects()
        for number in suspects[:_MOST_CONFIRMED]:
            found = self._confirmer().confirm(number)
            if found is not None:
                return self._different(found)
        return self._explain(suspects) if suspects else None

    def _explain(self, suspects: Sequence[int]) -> Verification | None:
        """Differences that do not stay: either the original does not repeat itself there, or the new version."""
        recipes = [self.trials.recipes[n] for n in suspects]
        runs = self.observer.observe_all([self._order(recipes), self._order(recipes, HASH_SEEDS[1])])
        self._learn_noise(suspects, [observed.outcomes for observed in runs])
        verdict = self._enough_inputs()
        if verdict is not None:
            return verdict
        return self._not_enough(_NOT_EACH_TIME) if self.trials.suspects() else None

    def _confirmer(self) -> Confirmer:
        return Confirmer(observer=self.observer, trials=self.trials, plans=self.plans)

    def _order(self, recipes: Sequence[Recipe], hash_seed: int = HASH_SEEDS[0]) -> Order:
        """Inputs for the original."""
        limits = [_FOR_RECORDED if is_recorded(recipe) else _FOR_FOUND for recipe in recipes]
        text = self.subject.before
        return Order(text=text, recipes=recipes, plans=self.plans, limits=limits, hash_seed=hash_seed)

    def _held_to(
        self, recipes: Sequence[Recipe], known: Sequence[Outcome], hash_seed: int = HASH_SEEDS[0]
    ) -> Order:
        """Inputs for the new version, which may take some times longer than the original did."""
        return Order(
            text=self.subject.after,
            recipes=recipes,
            plans=self.plans,
            limits=[limit_for(outcome) for outcome in known],
            most_stopped=MOST_STOPPED,
            hash_seed=hash_seed,
        )

    def _learn_noise(self, numbers: Sequence[int], runs: Sequence[Sequence[Outcome]]) -> None:
        """Compare the original's first outcomes of some inputs with those of more runs."""
        first = [self.trials.before[n] for n in numbers]
        self.trials.noise = self.trials.noise.joined(numbers, noise([first, *runs]))

    def _chosen(self) -> list[int]:
        """Recorded inputs, those that were first to reach a branch, and an even choice of the others."""
        half = _UNDER_OTHER_SEEDS // 2
        wanted = {
            *self.trials.recorded[:half],
            *self.branches.useful,
            *_evenly(len(self.trials.recipes), half),
        }
        return [n for n in self.trials.compared if n in wanted]

    def _most_telling_first(self) -> list[int]:
        """All inputs: first some recorded ones and the pioneers of branches, then the others by turns."""
        count = len(self.trials.recipes)
        turns = [n for start in range(7) for n in range(start, count, 7)]
        return list(dict.fromkeys([*self.trials.recorded[:10], *self.branches.useful, *turns]))

    def _different(self, found: Found) -> Verification:
        verdict = self.verdict(Behaviour.DIFFERENT, found.reason)
        return replace(verdict, counterexample=found.counterexample)

    def _not_enough(self, reason: str) -> Verification:
        return self.verdict(Behaviour.NOT_ENOUGH_EVIDENCE, reason)

    def verdict(self, behaviour: Behaviour, *reasons: str) -> Verification:
        """The evidence so far, with this answer."""
        return Verification(
            behaviour=behaviour,
            tried=self.trials.tried(),
            branches_reached=self.branches.total - len(self.branches.missed),
            branches_total=self.branches.total,
            branches_missed=self.branches.missed,
            mutants_made=self.planted.made,
            mutants_killed=self.planted.noticed,
            survivors=self.planted.names,
            not_observable=(*self.trials.not_observable(), *self.notes),
            masked=self.trials.noise.masked,
            reasons=reasons,
        )


_TOO_DEEP = "What the original gives or changes is nested too deeply to be compared place by place."
_NOT_EACH_TIME = "The two versions differed on an input, but not each time it was replayed."
_DEPENDS_ON_HASHES = (
    "The two versions differ under some hash seeds only: the new version depends on the order of a set."
)


def _no_domain(qualname: str) -> str:
    return (
        f"Nothing says what {qualname} is called with: no recorded call, no annotations, no example in its "
        "docstring. Run it in the workload, annotate its parameters, or give --inputs FILE."
    )


def _evenly(count: int, most: int) -> list[int]:
    """About `most` of the numbers below `count`, evenly spread."""
    return list(range(0, count, max(1, count // most)))
