"""Does the new version behave the same? Three answers: the same, different, not enough evidence.

The promise is narrow and kept strictly: on everything that was tried nothing observable differed, what
was tried was enough to notice planted mistakes, and what could not be observed is listed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from optimizer.model import Behaviour, Subject, Verification
from optimizer.ports import Runner
from optimizer.verify.judging import Judging, Say
from optimizer.verify.outcomes import Observer
from optimizer.verify.regions import change_between

_LEAST_WALL_SECONDS = 60.0


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
    first: Judging | None = None
    for subject in subjects:
        judging = Judging(
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
