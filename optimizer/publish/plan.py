"""What there is and what is offered -> what to do next. Pure: the same situation gives the same steps.

The plan is made again after every round of steps until nothing is left to do, so that a run that was stopped
anywhere is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from optimizer.ports import Commit, Issue, Pull
from optimizer.publish.body import branch_name, effect_on
from optimizer.publish.bundle import Claims
from optimizer.publish.marker import BRANCHES, DASHBOARD, Mark, box, is_ours, is_ticked, is_untouched, mark_of
from optimizer.publish.rerun import Offer
from optimizer.report import sentences
from optimizer.report.names import function_of
from optimizer.report.safe import clipped, markdown_code

_SECONDS_A_DAY = 86_400
_MOST_WAITING = 50
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be open at once and be opened in one day (UTC); `ask_first` waits for the dashboard's box."""

    max_open: int = 2
    max_a_day: int = 1
    ask_first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the plan depends on.

    `pulls` come from our own branches, in every state; `tips` are the commits at the tips of our branches;
    `lapsed` says of open pull requests, by number, why their change no longer holds. `now` is in seconds since
    the epoch. `base` is the branch, `commit` its tip.
    """

    base: str
    commit: str
    claims: Claims
    offers: tuple[Offer, ...]
    pulls: tuple[Pull, ...]
    tips: Mapping[str, Commit]
    dashboard: Issue | None
    now: float
    limits: Limits
    lapsed: Mapping[int, str] = field(default_factory=dict)
    has_dashboard: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDashboard:
    """The first thing that is ever opened."""

    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditDashboard:
    """Say on the dashboard what there is now."""

    number: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """A new pull request."""

    offer: Offer
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """The change made again on the base of today, in the pull request that there is."""

    offer: Offer
    branch: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Close a pull request whose change no longer holds."""

    pull: Pull
    mark: Mark
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """Remove a branch of ours that nothing needs."""

    branch: str


Step = OpenDashboard | EditDashboard | Propose | Renew | Withdraw | Tidy


def plan(situation: Situation) -> tuple[Step, ...]:
    """The next steps; empty when all is as it should be."""
    dashboard = situation.dashboard
    if situation.has_dashboard and dashboard is None:
        body = dashboard_text(situation, ticked=False)
        return (OpenDashboard(body=body),) if situation.offers else ()
    if dashboard is not None and not dashboard.open:
        return ()
    steps = (*_lapsed(situation), *_renewed(situation), *_proposed(situation), *_leftovers(situation))
    return steps or tuple(_said(situation))


def is_touched(pull: Pull, tips: Mapping[str, Commit]) -> bool:
    """Whether a person has edited a pull request's text or pushed to its branch."""
    tip = tips.get(pull.branch)
    return not is_untouched(pull.body) or (tip is not None and not is_ours(tip))


def _lapsed(situation: Situation) -> Iterator[Step]:
    for pull in situation.pulls:
        mark = mark_of(pull.body)
        if pull.open and mark and pull.number in situation.lapsed and not is_touched(pull, situation.tips):
            yield Withdraw(pull=pull, mark=mark, because=situation.lapsed[pull.number])


def _renewed(situation: Situation) -> Iterator[Step]:
    offers = {offer.fingerprint: offer for offer in situation.offers}
    for pull in situation.pulls:
        mark = mark_of(pull.body)
        offer = offers.get(mark.fingerprint) if mark else None
        if not pull.open or mark is None or offer is None or pull.number in situation.lapsed:
            continue
        tip = situation.tips.get(pull.branch)
        is_stale = mark.blob != offer.base_blob or (tip is not None and tip.parents != (mark.base,))
        if is_stale and not is_touched(pull, situation.tips):
            yield Renew(offer=offer, branch=pull.branch, number=pull.number)


def _proposed(situation: Situation) -> Iterator[Step]:
    room = _room(situation)
    if not _may_open(situation):
        return
    for offer in waiting(situation)[: max(0, room)]:
        yield Propose(offer=offer, branch=branch_name(offer))


def _may_open(situation: Situation) -> bool:
    if not situation.limits.ask_first:
        return True
    return situation.dashboard is not None and is_ticked(situation.dashboard.body)


def _room(situation: Situation) -> int:
    today = situation.now // _SECONDS_A_DAY
    opened = sum(pull.created // _SECONDS_A_DAY == today for pull in situation.pulls)
    open_now = sum(pull.open for pull in situation.pulls)
    return min(situation.limits.max_open - open_now, situation.limits.max_a_day - opened)


def waiting(situation: Situation) -> Sequence[Offer]:
    """Offers without a pull request, the biggest saving first; none that a person has closed or merged."""
    known = {
        mark.fingerprint
        for pull in situation.pulls
        if (mark := mark_of(pull.body)) is not None and not mark.withdrawn
    }
    branches = {pull.branch for pull in situation.pulls if mark_of(pull.body) is None}
    taken = {name for name, tip in situation.tips.items() if not is_ours(tip)}
    new: dict[str, Offer] = {}
    for offer in sorted(situation.offers, key=lambda one: (-one.saved, one.fingerprint)):
        if offer.fingerprint not in known and branch_name(offer) not in branches | taken:
            new.setdefault(offer.fingerprint, offer)
    return tuple(new.values())


def _leftovers(situation: Situation) -> Iterator[Step]:
    """Branches of ours without an open pull request: of a run that was stopped, or of what was withdrawn."""
    soon = {branch_name(offer) for offer in waiting(situation)}
    for name, tip in situation.tips.items():
        pulls = [pull for pull in situation.pulls if pull.branch == name]
        marks = [mark_of(pull.body) for pull in pulls]
        needed = name in soon or any(pull.open for pull in pulls)
        closed_by_us = all(mark is not None and mark.withdrawn for mark in marks)
        if name.startswith(BRANCHES) and is_ours(tip) and not needed and closed_by_us:
            yield Tidy(branch=name)


def _said(situation: Situation) -> Iterator[Step]:
    dashboard = situation.dashboard
    if dashboard is None:
        return
    body = dashboard_text(situation, ticked=is_ticked(dashboard.body))
    if body.split() != dashboard.body.split():
        yield EditDashboard(number=dashboard.number, body=body)


def dashboard_text(situation: Situation, *, ticked: bool) -> str:
    """The text of the dashboard."""
    lines = [
        DASHBOARD,
        "Small rewrites of this repository's own functions, each proved to behave the same, measured to be faster,",
        "and no harder to read. Each comes as a pull request of its own, the biggest saving first.",
        "",
    ]
    if situation.limits.ask_first:
        until = "Untick it to have no more opened." if ticked else "Nothing is opened before it is ticked."
        lines += [box(ticked=ticked), "", until]
    most, a_day = situation.limits.max_open, situation.limits.max_a_day
    lines += [
        f"At most {sentences.count_of(most, 'pull request')} at a time, and {a_day} new a day.",
        "Close this issue to stop all of it.",
        "",
        *_list("Open", [f"- #{pull.number}" for pull in situation.pulls if pull.open]),
        *_list("Waiting", list(_waiting_rows(situation))),
        *_list("Closed by a person, not offered again until the function changes", list(_closed(situation))),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _list(title: str, rows: Sequence[str]) -> Iterator[str]:
    if rows:
        yield f"### {title}"
        yield ""
        yield from rows
        yield ""


def _waiting_rows(situation: Situation) -> Iterator[str]:
    offers = waiting(situation)
    yield from (_row(offer, situation) for offer in offers[:_MOST_WAITING])
    if len(offers) > _MOST_WAITING:
        yield f"- and {len(offers) - _MOST_WAITING:,} more"


def _row(offer: Offer, situation: Situation) -> str:
    name = markdown_code(clipped(function_of(offer.candidate), _LONGEST_NAME))
    return f"- {effect_on(name, offer, situation.claims)} ({markdown_code(offer.candidate.transform)})"


def _closed(situation: Situation) -> Iterator[str]:
    for pull in situation.pulls:
        mark = mark_of(pull.body)
        if not pull.open and not pull.merged and mark is not None and not mark.withdrawn:
            yield f"- #{pull.number}"
