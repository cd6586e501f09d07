"""Does the new version behave the same? Three answers: the same, different, not enough evidence.

The promise is narrow and kept strictly: on everything that was tried nothing observable differed, what
was tried was enough to notice planted mistakes, and what could not be observed is listed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from optimizer.model import Behaviour, Counterexample, Subject, Verification
from optimizer.ports import Runner
from optimizer.verify.adequacy import Branches, Planted, branches, planted
from optimizer.verify.compare import Difference, Domain, Path, compare
from optimizer.verify.domain import Kinds, domain_of, kinds
from optimizer.verify.inputs import search
from optimizer.verify.mutants import mutants
from optimizer.verify.noise import Noise, merged, noise
from optimizer.verify.outcomes import OK, Observed, Observer, Order, Outcome, Recipe
from optimizer.verify.regions import Change, change_between
from optimizer.verify.shrink import Shrinker
from optimizer.verify.tell import sentence, shown, sides, snippet

Progress: TypeAlias = Callable[[str], None]

HASH_SEEDS = (0, 1, 2)
_SEARCH_SHARE = 0.25
_MUTANTS_SHARE = 0.35
_INPUTS_A_SECOND = 10
_REPEATED = 30
_UNDER_OTHER_SEEDS = 40
_MOST_CONFIRMED = 6
_MOST_UNSTABLE = 0.3
_BEFORE_SECONDS = 1.5
_AFTER_SECONDS = 4.0


def verify(
    subject: Subject,
    runner: Runner,
    *,
    budget_seconds: float = 20.0,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Verification:
    """Compare the two versions of `subject` on recorded calls and on what a search adds to them."""
    started = time.monotonic()
    judged = _Judging(
        subject=subject,
        observer=_observer(subject, runner, budget_seconds),
        change=change_between(subject.before, subject.after),
        budget_seconds=budget_seconds,
        seed=seed,
        say=on_progress or (lambda _: None),
    ).judge()
    return replace(judged, seconds=time.monotonic() - started)


def _observer(subject: Subject, runner: Runner, budget_seconds: float) -> Observer:
    change = change_between(subject.before, subject.after)
    return Observer(
        subject=subject, runner=runner, classes=change.classes, wall_seconds=max(60.0, 4 * budget_seconds)
    )


@dataclass(slots=True, kw_only=True)
class _Judging:
    """The evidence as it grows. Each step either gives the verdict or None: go on."""

    subject: Subject
    observer: Observer
    change: Change
    budget_seconds: float
    seed: int
    say: Progress
    plans: Mapping[str, Any] = field(default_factory=dict)
    new_names: frozenset[str] = frozenset()
    recipes: tuple[Recipe, ...] = ()
    before: tuple[Outcome, ...] = ()
    after: tuple[Outcome, ...] = ()
    noise: Noise = field(default_factory=lambda: Noise(masks=(), unstable=frozenset()))
    kinds: Kinds = field(default_factory=lambda: Kinds(seen={}, rejects=frozenset()))
    branches: Branches = field(default_factory=lambda: Branches(total=0, missed=()))
    planted: Planted = field(default_factory=lambda: Planted(made=0, noticed=0))
    dropped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def judge(self) -> Verification:
        for step in (
            self._recorded,
            self._found,
            self._enough_inputs,
            self._branches,
            self._other_seeds,
            self._planted,
        ):
            verdict = step()
            if verdict is not None:
                return verdict
        return self._verdict(Behaviour.SAME)

    # -- recorded calls -----------------------------------------------------------------------------

    def _recorded(self) -> Verification | None:
        """Import both versions and compare them on the recorded calls."""
        self.say("the recorded calls")
        old = self.observer.observe(
            Order(text=self.subject.before, recipes=None, cpu_seconds=_BEFORE_SECONDS * 4)
        )
        if not old.ok:
            error = shown(old.imported["error"])
            return self._not_enough(f"The module cannot be imported as it is: {error}.")
        self.plans = old.imported["plans"]
        count = old.imported["count"]
        self.recipes = tuple({"base": ["call", n], "found_by": "recorded"} for n in range(count))
        new = self.observer.observe(
            Order(
                text=self.subject.after,
                recipes=self.recipes,
                plans=self.plans,
                cpu_seconds=_AFTER_SECONDS * 4,
            )
        )
        found = self._import_difference(old, new)
        if found is not None:
            return found
        if "inputs failed" in old.imported:
            return self._not_enough(f"The inputs cannot be made: {old.imported['inputs failed']}.")
        self.before, self.after = old.outcomes, new.outcomes
        self.new_names = frozenset(new.imported["data"].keys() - old.imported["data"].keys())
        self.kinds = kinds(self.recipes, self.before)
        self.noise = Noise(masks=(frozenset(),) * count, unstable=frozenset())
        return self._difference()

    def _import_difference(self, old: Observed, new: Observed) -> Verification | None:
        if not new.ok:
            return self._different_import("imports", shown(new.imported["error"]))
        for what in ("output", "warnings"):
            if old.imported[what] != new.imported[what]:
                return self._different_import(
                    f"{what} of the import: {shown(old.imported[what])}", shown(new.imported[what])
                )
        for name, node in old.imported["data"].items():
            if self._compared_at_import(name) and new.imported["data"].get(name) != node:
                now = new.imported["data"].get(name)
                return self._different_import(
                    f"{name} = {shown(node)}", "it is not there" if now is None else f"{name} = {shown(now)}"
                )
        return None

    def _compared_at_import(self, name: str) -> bool:
        """A class that changed is compared by what the changed function does with it, unless it is what is judged."""
        top = name.split(".", maxsplit=1)[0]
        if top in self.change.imported:
            return False
        return top not in self.change.classes or any(name.startswith(q) for q in self.subject.qualnames)

    def _different_import(self, before: str, after: str) -> Verification:
        counterexample = Counterexample(
            arguments="(importing the module)",
            before=before,
            after=after,
            found_by="import",
            snippet=f"import {self.subject.module}\n",
        )
        reason = f"Importing the module shows a difference: before: {before}; after: {after}."
        return self._verdict(Behaviour.DIFFERENT, reason, counterexample=counterexample)

    # -- found inputs -------------------------------------------------------------------------------

    def _found(self) -> Verification | None:
        """Search for more inputs and compare on them."""
        self.say("the search for inputs")
        result = search(
            self.subject,
            self.observer.runner,
            seconds=self.budget_seconds * _SEARCH_SHARE,
            seed=self.seed,
            limit=int(self.budget_seconds * _INPUTS_A_SECOND),
        )
        if not self.recipes and not result.domain:
            return self._no_domain()
        self.notes.extend(result.notes)
        found = [recipe for recipe in result.recipes if not _is_recorded(recipe)]
        self.recipes = (*self.recipes, *found)
        again = self._repeated()
        old, new = self.observer.observe_all(
            [
                self._order(
                    self.subject.before, [*found, *(self.recipes[n] for n in again)], _BEFORE_SECONDS
                ),
                self._order(self.subject.after, found, _AFTER_SECONDS),
            ]
        )
        self.before = (*self.before, *old.outcomes[: len(found)])
        self.after = (*self.after, *new.outcomes)
        repeated: list[Outcome | None] = [None] * len(self.recipes)
        for place, outcome in zip(again, old.outcomes[len(found) :], strict=True):
            repeated[place] = outcome
        self.noise = noise([self.before, repeated])
        self.kinds = kinds(self.recipes, self.before)
        self._count_dropped()
        return self._difference()

    def _no_domain(self) -> Verification:
        return self._not_enough(
            f"Nothing says what {self.subject.qualnames[0]} is called with: no recorded call, no annotations, no "
            "example in its docstring. Run it in the workload, annotate its parameters, or give --inputs FILE."
        )

    def _repeated(self) -> list[int]:
        """Which recipes run twice in one process: an even choice, recorded ones among them."""
        step = max(1, len(self.recipes) // _REPEATED)
        return list(range(0, len(self.recipes), step))

    def _order(
        self, text: str, recipes: Sequence[Recipe], seconds: float, hash_seed: int = HASH_SEEDS[0]
    ) -> Order:
        return Order(text=text, recipes=recipes, plans=self.plans, cpu_seconds=seconds, hash_seed=hash_seed)

    def _count_dropped(self) -> None:
        for outcome in self.before:
            if outcome.how != OK:
                self.dropped[f"the original exceeds a limit ({outcome.how})"] += 1
            elif _too_deep(outcome):
                self.dropped["the original recurses too deep"] += 1
            elif outcome.unusable:
                self.dropped["the input cannot be made"] += 1

    def _enough_inputs(self) -> Verification | None:
        compared = [n for n in range(len(self.recipes)) if self._usable(n)]
        if not compared:
            return self._not_enough("No input could be made that the original takes.")
        unstable = [n for n in self.noise.unstable if n in compared]
        recorded = any(domain_of(self.recipes[n]) is Domain.RECORDED for n in unstable)
        if recorded or len(unstable) > _MOST_UNSTABLE * len(compared):
            return self._not_enough(
                f"The original does not repeat its own result ({len(unstable)} of {len(compared)} inputs), "
                "so that a difference could not be told from chance."
            )
        if all(self.before[n].raised for n in compared):
            return self._not_enough(
                "The original raises on every input that was tried; give it inputs that work."
            )
        return None

    # -- comparing ----------------------------------------------------------------------------------

    def _usable(self, number: int) -> bool:
        before = self.before[number]
        return before.how == OK and not before.unusable and not _too_deep(before)

    def _differs(
        self, number: int, before: Outcome, after: Outcome, masks: frozenset[Path]
    ) -> tuple[bool, Difference | None]:
        """(whether it counts, where) of one recipe."""
        domain = domain_of(self.recipes[number])
        if after.how != OK or after.unusable:
            return domain is not Domain.OUTSIDE or not before.raised, None
        found = compare(before.seen, after.seen, domain=domain, masks=masks, new_names=self.new_names)
        if found is None or (domain is Domain.OUTSIDE and not self.kinds.count(before, after)):
            return False, found
        return True, found

    def _difference(self) -> Verification | None:
        """The verdict `different` when some input shows it again and again, or None."""
        suspects = [
            n
            for n in range(len(self.before))
            if self._usable(n)
            and n not in self.noise.unstable
            and self._differs(n, self.before[n], self.after[n], self.noise.masks[n])[0]
        ]
        suspects.sort(
            key=lambda n: (domain_of(self.recipes[n]) is not Domain.RECORDED, _size(self.before[n]))
        )
        for number in suspects[:_MOST_CONFIRMED]:
            verdict = self._confirmed(number)
            if verdict is not None:
                return verdict
        if suspects:
            return self._not_enough(
                "The two versions differed on an input, but not each time it was replayed."
            )
        return None

    def _confirmed(self, number: int) -> Verification | None:
        """Replay one input twice on both sides; a difference that stays is made small and told."""
        shrinker = Shrinker(
            replay=self._replay,
            differs=lambda before, after: self._replayed(number, before, after),
        )
        small = shrinker.shrink(self.recipes[number])
        if small is None:
            return None
        recipe, before, after = small
        found = self._differs(number, before, after, frozenset())[1]
        arguments = self._shown_arguments(recipe)
        texts = sides(before, after, found)
        name = self._called(recipe)
        counterexample = Counterexample(
            arguments=arguments,
            before=texts[0],
            after=texts[1],
            found_by=str(recipe.get("found_by", "")),
            snippet=snippet(self.subject.module, name, recipe, arguments),
        )
        reason = f"{sentence(found).capitalize()} differs for {name}{arguments}: before: {texts[0]}; after: {texts[1]}."
        return self._verdict(Behaviour.DIFFERENT, reason, counterexample=counterexample)

    def _replay(
        self, recipes: Sequence[Recipe]
    ) -> list[tuple[tuple[Outcome, Outcome], tuple[Outcome, Outcome]]]:
        """For each recipe ((before, before again), (after, after again)) under two hash seeds."""
        texts = (self.subject.before, self.subject.after)
        orders = [
            self._order(text, recipes, seconds * 2, hash_seed)
            for text, seconds in zip(texts, (_BEFORE_SECONDS, _AFTER_SECONDS), strict=True)
            for hash_seed in HASH_SEEDS[:2]
        ]
        one, two, three, four = (observed.outcomes for observed in self.observer.observe_all(orders))
        return [((a, b), (c, d)) for a, b, c, d in zip(one, two, three, four, strict=True)]

    def _replayed(self, number: int, before: tuple[Outcome, Outcome], after: tuple[Outcome, Outcome]) -> bool:
        """Whether both replays differ, apart from what the original does not repeat itself."""
        if any(outcome.how != OK or outcome.unusable or _too_deep(outcome) for outcome in before):
            return False
        masks = merged(noise([[before[0]], [before[1]]]).masks)
        if masks and noise([[before[0]], [before[1]]]).unstable:
            return False
        return all(self._differs(number, old, new, masks)[0] for old, new in zip(before, after, strict=True))

    def _shown_arguments(self, recipe: Recipe) -> str:
        order = self._order(self.subject.before, [recipe], _BEFORE_SECONDS)
        ran = self.observer.runner.work(self.observer.job("observe_show", order))
        shown_texts = [str(message["arguments"]) for message in ran.messages]
        return shown_texts[0] if shown_texts else "(its arguments cannot be shown)"

    def _called(self, recipe: Recipe) -> str:
        kind, what = recipe["base"]
        if "target" in recipe:
            return str(recipe["target"])
        if kind == "call" and what < len(self.subject.sample_of):
            return self.subject.sample_of[what]
        return self.subject.qualnames[0]

    # -- adequacy -----------------------------------------------------------------------------------

    def _branches(self) -> Verification | None:
        """Every branch of the changed lines, on both sides, must have been reached."""
        self.say("the branches that were reached")
        lines = (self.change.before_lines, self.change.after_lines)
        texts = (self.subject.before, self.subject.after)
        sides = list(zip(("before", "after"), texts, lines, strict=True))
        self.branches = branches(self.observer, sides, self.recipes, self.plans)
        if self.branches.missed:
            missed = "; ".join(self.branches.missed[:5])
            return self._not_enough(f"Not every branch of the changed lines was reached: {missed}.")
        return None

    def _other_seeds(self) -> Verification | None:
        """A choice of inputs under other hash seeds, both versions."""
        self.say("other hash seeds")
        chosen = self._chosen()
        recipes = [self.recipes[n] for n in chosen]
        orders = [
            self._order(text, recipes, seconds, hash_seed)
            for hash_seed in HASH_SEEDS[1:]
            for text, seconds in (
                (self.subject.before, _BEFORE_SECONDS),
                (self.subject.after, _AFTER_SECONDS),
            )
        ]
        runs = [observed.outcomes for observed in self.observer.observe_all(orders)]
        base = [self.before[n] for n in chosen]
        more = noise([base, runs[0], runs[2]])
        masks = [self.noise.masks[n] | more.masks[place] for place, n in enumerate(chosen)]
        self._add_noise(chosen, more)
        verdict = self._enough_inputs()
        if verdict is not None:
            return verdict
        for before, after in ((runs[0], runs[1]), (runs[2], runs[3])):
            for place, number in enumerate(chosen):
                if self._differs_here(number, before[place], after[place], masks[place]):
                    return self._confirmed(number) or self._not_enough(
                        "The two versions differ under some hash seeds: the new version depends on the order of a set."
                    )
        return None

    def _differs_here(self, number: int, before: Outcome, after: Outcome, masks: frozenset[Path]) -> bool:
        if not self._usable(number) or number in self.noise.unstable:
            return False
        if before.how != OK or before.unusable or _too_deep(before):
            return False
        return self._differs(number, before, after, masks)[0]

    def _add_noise(self, chosen: Sequence[int], more: Noise) -> None:
        masks = list(self.noise.masks)
        for place, number in enumerate(chosen):
            masks[number] |= more.masks[place]
        unstable = self.noise.unstable | {chosen[place] for place in more.unstable}
        self.noise = Noise(masks=tuple(masks), unstable=unstable)

    def _chosen(self) -> list[int]:
        """Recorded inputs, those that were first to reach a branch, and an even choice of the others."""
        wanted = [n for n, recipe in enumerate(self.recipes) if _is_recorded(recipe)][
            : _UNDER_OTHER_SEEDS // 2
        ]
        wanted += self.branches.useful
        step = max(1, len(self.recipes) * 2 // _UNDER_OTHER_SEEDS)
        wanted += range(0, len(self.recipes), step)
        return sorted({n for n in wanted if self._usable(n)})

    def _planted(self) -> Verification | None:
        """Mistakes planted into the new version must be noticed by the same inputs."""
        self.say("planted mistakes")
        texts = list(mutants(self.subject.before, self.subject.after, self.subject.qualnames))
        usable = [
            n
            for n in self._spread()
            if self._usable(n) and n not in self.noise.unstable and self.after[n].how == OK
        ]
        self.planted = planted(
            self.observer,
            texts,
            [self.recipes[n] for n in usable],
            [self.after[n] for n in usable],
            [self.noise.masks[n] for n in usable],
            lambda place, outcome: self._counts(usable[place], outcome),
            plans=self.plans,
            cpu_seconds=_AFTER_SECONDS / 4,
            seconds=self.budget_seconds * _MUTANTS_SHARE,
        )
        if self.planted.enough:
            return None
        return self._not_enough(
            f"Only {self.planted.noticed} of {self.planted.made} planted mistakes were noticed; "
            f"not noticed: {'; '.join(self.planted.survivors[:3])}."
        )

    def _counts(self, number: int, outcome: Outcome) -> bool:
        return self._differs(number, self.after[number], outcome, self.noise.masks[number])[0]

    def _spread(self) -> list[int]:
        """All recipes, those first that tell most: recorded ones and pioneers, then by turns."""
        first = [n for n, recipe in enumerate(self.recipes) if _is_recorded(recipe)][:10]
        order = [*first, *self.branches.useful]
        for start in range(7):
            order += range(start, len(self.recipes), 7)
        return list(dict.fromkeys(order))

    # -- verdicts -----------------------------------------------------------------------------------

    def _not_enough(self, reason: str) -> Verification:
        return self._verdict(Behaviour.NOT_ENOUGH_EVIDENCE, reason)

    def _verdict(
        self, behaviour: Behaviour, *reasons: str, counterexample: Counterexample | None = None
    ) -> Verification:
        compared = [n for n in range(len(self.before)) if self._usable(n)]
        tried = Counter(str(self.recipes[n].get("found_by", "other")) for n in compared)
        return Verification(
            behaviour=behaviour,
            tried=tuple(tried.items()),
            counterexample=counterexample,
            branches_reached=self.branches.total - len(self.branches.missed),
            branches_total=self.branches.total,
            branches_missed=self.branches.missed,
            mutants_made=self.planted.made,
            mutants_killed=self.planted.noticed,
            survivors=self.planted.survivors,
            not_observable=self._not_observable(compared),
            masked=self.noise.masked,
            reasons=reasons,
        )

    def _not_observable(self, compared: Sequence[int]) -> tuple[str, ...]:
        found = {what for n in compared for what in self.before[n].seen.get("not observable", ())}
        dropped = {f"{count} inputs: {reason}" for reason, count in self.dropped.items()}
        return (*sorted(found), *sorted(dropped), *self.notes)


def _is_recorded(recipe: Recipe) -> bool:
    return domain_of(recipe) is Domain.RECORDED


def _too_deep(outcome: Outcome) -> bool:
    return outcome.raised and outcome.seen["error"]["type"] == "builtins.RecursionError"


def _size(outcome: Outcome) -> int:
    return len(str(outcome.seen.get("arguments", "")))
