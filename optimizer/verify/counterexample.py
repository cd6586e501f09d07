"""Make sure of a difference: replay it twice on both sides, make it small, and tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.model import Counterexample
from optimizer.verify.compare import Difference
from optimizer.verify.noise import merged, noise
from optimizer.verify.outcomes import MOST_STOPPED, Observer, Order, Outcome, Recipe, limit_for
from optimizer.verify.shrink import Pair, shrunk
from optimizer.verify.snippet import call_text, snippet
from optimizer.verify.tell import sentence, shown, sides
from optimizer.verify.trials import Trials, can_be_compared

_HASH_SEEDS = (0, 1)
_MORE_TIME = 2.0
_BEFORE_SECONDS = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A counterexample and the sentence that says what it shows."""

    counterexample: Counterexample
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmer:
    """Replays under two hash seeds, with more time for the new version than the first run gave it."""

    observer: Observer
    trials: Trials
    plans: Mapping[str, Any]

    def confirm(self, number: int) -> Found | None:
        """The counterexample that this input shows each time, or None."""
        small = shrunk(
            self.trials.recipes[number],
            replay=lambda recipes: self._replay(recipes, limit_for(self.trials.before[number]) * _MORE_TIME),
            differs=lambda before, after: self._differs(number, before, after),
        )
        if small is None:
            return None
        recipe, before, after = small
        return self._told(recipe, before, after, self.trials.where(number, before, after))

    def _replay(self, recipes: Sequence[Recipe], limit: float) -> list[tuple[Pair, Pair]]:
        """For each recipe ((before, before again), (after, after again))."""
        subject = self.observer.subject
        orders = [
            self._order(text, recipes, seconds, hash_seed)
            for text, seconds in ((subject.before, _BEFORE_SECONDS), (subject.after, limit))
            for hash_seed in _HASH_SEEDS
        ]
        one, two, three, four = (observed.outcomes for observed in self.observer.observe_all(orders))
        return [((a, b), (c, d)) for a, b, c, d in zip(one, two, three, four, strict=True)]

    def _order(self, text: str, recipes: Sequence[Recipe], seconds: float, hash_seed: int) -> Order:
        return Order(
            text=text,
            recipes=recipes,
            plans=self.plans,
            cpu_seconds=seconds,
            most_stopped=MOST_STOPPED,
            hash_seed=hash_seed,
        )

    def _differs(self, number: int, before: Pair, after: Pair) -> bool:
        """Whether both replays differ, apart from what the original does not repeat itself."""
        if not all(map(can_be_compared, before)):
            return False
        own = noise([[before[0]], [before[1]]])
        if own.unstable:
            return False
        masks = merged(own.masks)
        return all(
            self.trials.differ(number, old, new, masks) for old, new in zip(before, after, strict=True)
        )

    def _told(self, recipe: Recipe, before: Outcome, after: Outcome, found: Difference | None) -> Found:
        subject = self.observer.subject
        name, arguments = self._called(recipe), self._arguments(recipe)
        earlier = self._arguments(_earlier(recipe)) if recipe.get("earlier") else ""
        old, new = sides(before, after, found)
        counterexample = Counterexample(
            arguments=arguments,
            before=old,
            after=new,
            found_by=str(recipe.get("found_by", "")),
            snippet=snippet(subject.module, subject.before, name, recipe, arguments, earlier, found),
        )
        called = call_text(name, arguments)
        if earlier:
            called += f" after {call_text(name, earlier)}"
        return Found(counterexample=counterexample, reason=f"For {called}, {_what_differs(found, old, new)}.")

    def _called(self, recipe: Recipe) -> str:
        subject = self.observer.subject
        kind, number = recipe["base"]
        if "target" in recipe:
            return str(recipe["target"])
        if kind == "call" and number < len(subject.sample_of):
            return subject.sample_of[int(number)]
        return subject.qualnames[0]

    def _arguments(self, recipe: Recipe) -> str:
        order = self._order(self.observer.subject.before, [recipe], _BEFORE_SECONDS, _HASH_SEEDS[0])
        ran = self.observer.runner.work(self.observer.job("observe_show", order))
        texts = [str(message["arguments"]) for message in ran.messages]
        return texts[0] if texts else "(its arguments cannot be shown)"


def _what_differs(found: Difference | None, old: str, new: str) -> str:
    if found is None or found.part in {"end", "error", "result", "again"}:
        return f"{sentence(found)} is not the same: before, it {old}; after, it {new}"
    return f"it differs in {sentence(found)}: {shown(found.before)} before, {shown(found.after)} after"


def _earlier(recipe: Recipe) -> Recipe:
    """The recipe of the call that is made before that of `recipe`."""
    rest = {name: value for name, value in recipe.items() if name != "earlier"}
    return {**rest, "ops": [*recipe.get("ops", ()), *recipe["earlier"]]}
