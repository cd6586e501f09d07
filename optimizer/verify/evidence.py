"""What is known so far about two versions: inputs, outcomes on both sides, noise; and how it is compared.

A step of the judging adds inputs with `compare_on` and reads its answer: a verdict, or None to go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from optimizer.model import Behaviour, Subject, Verification
from optimizer.verify.adequacy import Branches, Planted
from optimizer.verify.counterexample import Confirmer, Found
from optimizer.verify.noise import noise
from optimizer.verify.outcomes import MISSING, MOST_STOPPED, Observer, Order, Outcome, Recipe, limit_for
from optimizer.verify.trials import Trials, is_recorded

HASH_SEEDS = (0, 1, 2)
FOR_RECORDED = 12.0
_FOR_FOUND = 2.0
"""CPU seconds that the original may take for one input."""

_MORE_TIME = 3.0
_UNFINISHED = frozenset({"timeout", MISSING})
_REPEATED = 30
_MOST_CONFIRMED = 6
_MOST_UNSTABLE = 0.3
_NOT_EACH_TIME = "The two versions differed on an input, but not each time it was replayed."


@dataclass(slots=True, kw_only=True)
class Evidence:
    """The inputs that were tried on the two versions of `subject`, what came out, and what it is worth."""

    subject: Subject
    observer: Observer
    trials: Trials = field(default_factory=Trials)
    plans: Mapping[str, Any] = field(default_factory=dict)
    branches: Branches = field(default_factory=lambda: Branches(total=0, missed=()))
    planted: Planted = field(default_factory=lambda: Planted(made=0, noticed=0))
    notes: tuple[str, ...] = ()

    def enough_inputs(self) -> Verification | None:
        """Whether there is something to compare, and whether the original repeats itself."""
        compared, unstable = self.trials.compared, self.trials.noise.unstable
        if not compared:
            return self.not_enough("No input could be made that the original takes.")
        if unstable.intersection(self.trials.recorded) or len(unstable) > _MOST_UNSTABLE * len(compared):
            return self.not_enough(
                f"The original does not repeat its own result ({len(unstable)} of {len(compared)} inputs), "
                "so that a difference could not be told from chance."
            )
        if all(self.trials.before[n].raised for n in compared):
            return self.not_enough(
                "The original raises on every input that was tried; give it inputs that work."
            )
        return None

    def compare_on(self, found: Sequence[Recipe]) -> Verification | None:
        """Observe both versions on more inputs and compare; some run twice in one process, to see the noise."""
        everything = (*self.trials.recipes, *found)
        could = [*self.trials.compared, *range(len(self.trials.recipes), len(everything))]
        again = [could[place] for place in evenly(len(could), _REPEATED)]
        old = self.observer.observe(self.order([*found, *(everything[n] for n in again)]))
        new = self.observer.observe(self.held_to(found, old.outcomes[: len(found)]))
        self.trials.add(found, old.outcomes[: len(found)], new.outcomes)
        self.learn_noise(again, [old.outcomes[len(found) :]])
        return self.difference()

    def difference(self) -> Verification | None:
        """The verdict `different` when some input shows it again and again, or None."""
        suspects = self.trials.suspects()
        for number in suspects[:_MOST_CONFIRMED]:
            found = self.confirmer().confirm(number)
            if found is not None:
                return self.different(found)
        return self._explain(suspects) if suspects else None

    def _explain(self, suspects: Sequence[int]) -> Verification | None:
        """Differences that do not stay: either the original does not repeat itself there, or the new version."""
        self._give_more_time([n for n in suspects if self.trials.after[n].how in _UNFINISHED])
        recipes = [self.trials.recipes[n] for n in suspects]
        runs = self.observer.observe_all([self.order(recipes), self.order(recipes, HASH_SEEDS[1])])
        self.learn_noise(suspects, [observed.outcomes for observed in runs])
        verdict = self.enough_inputs()
        if verdict is not None:
            return verdict
        return self.not_enough(_NOT_EACH_TIME) if self.trials.suspects() else None

    def _give_more_time(self, numbers: Sequence[int]) -> None:
        """Run the new version again where it only did not end: a busy machine is no difference."""
        if not numbers:
            return
        order = self.held_to(
            [self.trials.recipes[n] for n in numbers], [self.trials.before[n] for n in numbers]
        )
        limits = [_MORE_TIME * limit for limit in order.limits or ()]
        longer = self.observer.observe(replace(order, limits=limits, most_stopped=1))
        self.trials.take_after(numbers, longer.outcomes)

    def confirmer(self) -> Confirmer:
        """What replays a suspect, and makes it small, before it is called a difference."""
        return Confirmer(observer=self.observer, trials=self.trials, plans=self.plans)

    def order(self, recipes: Sequence[Recipe], hash_seed: int = HASH_SEEDS[0]) -> Order:
        """Inputs for the original."""
        limits = [FOR_RECORDED if is_recorded(recipe) else _FOR_FOUND for recipe in recipes]
        text = self.subject.before
        return Order(text=text, recipes=recipes, plans=self.plans, limits=limits, hash_seed=hash_seed)

    def held_to(
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

    def learn_noise(self, numbers: Sequence[int], runs: Sequence[Sequence[Outcome]]) -> None:
        """Compare the original's first outcomes of some inputs with those of more runs."""
        first = [self.trials.before[n] for n in numbers]
        self.trials.noise = self.trials.noise.joined(numbers, noise([first, *runs]))

    def different(self, found: Found) -> Verification:
        """The verdict for a difference that stayed."""
        verdict = self.verdict(Behaviour.DIFFERENT, found.reason)
        return replace(verdict, counterexample=found.counterexample)

    def not_enough(self, reason: str) -> Verification:
        """The verdict where nothing differed but too little is known."""
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


def evenly(count: int, most: int) -> list[int]:
    """About `most` of the numbers below `count`, evenly spread."""
    return list(range(0, count, max(1, count // most)))
