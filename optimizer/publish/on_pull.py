"""On a pull request: suggestions inside its diff, stacked pull requests for the rest, nothing on a fork's branch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from optimizer.errors import ForgeConflict
from optimizer.ports import Pull
from optimizer.publish.base import fetch_base, with_rules_of
from optimizer.publish.carry_out import Done, Publisher, said
from optimizer.publish.event import Event
from optimizer.publish.marker import BRANCHES
from optimizer.publish.rerun import Offer, Refused, rerun
from optimizer.publish.reviews import Reviewed, review

_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPublisher:
    """Publishes on the pull request of `event`, with the forge and the claims of `publisher`.

    Without `stack` what does not fit into the diff is only named.
    """

    publisher: Publisher
    event: Event
    stack: bool = True

    def run(self) -> Done:
        """Suggest what fits into the diff; stack what does not. ForgeError when the forge says no."""
        pull = self._pull()
        if pull is None:
            return Done(steps=("the pull request has moved on, so nothing was posted",))
        if pull.branch.startswith(BRANCHES):
            return Done(steps=("the pull request is one of ours, so nothing was posted",))
        offers, refused = self._offers(pull)
        if not offers:
            return Done(refused=refused)
        reviewed = self._reviewed(pull, offers)
        dry_run = self.publisher.dry_run
        steps = [
            said("suggest", f"a change to {one.path}, line {one.first}", dry_run=dry_run)
            for one in reviewed.suggested
        ]
        steps += self._stacked(pull, reviewed)
        return Done(steps=tuple(steps), refused=refused)

    def _pull(self) -> Pull | None:
        """The open pull request whose tip was measured, by the event alone."""
        forge, event = self.publisher.forge, self.event
        found = [forge.pull(event.number)] if event.number else forge.pulls_of(event.branch, event.owner)
        fitting = [pull for pull in found if pull.open and pull.head == event.commit]
        return fitting[0] if len(fitting) == 1 else None

    def _offers(self, pull: Pull) -> tuple[tuple[Offer, ...], tuple[Refused, ...]]:
        """What holds on the pull request's tip, by the settings of the branch that it goes to."""
        forge, claims, folder = self.publisher.forge, self.publisher.claims, self.publisher.folder
        tip = fetch_base(forge, pull.head, {claim.path for claim in claims.claims}, folder=folder)
        target = fetch_base(forge, pull.base_sha, (), folder=folder)
        answers = list(rerun(claims.claims, with_rules_of(tip, target), self.publisher.transforms))
        offers = tuple(one for one in answers if isinstance(one, Offer))
        return offers, tuple(one for one in answers if isinstance(one, Refused))

    def _reviewed(self, pull: Pull, offers: tuple[Offer, ...]) -> Reviewed:
        """Post the suggestions, looking again when it is not known whether they are there."""
        forge = self.publisher.forge
        files = forge.changed_files(pull.number)
        reviewed = review(offers, files, forge.remarks(pull.number), self.publisher.claims)
        first = reviewed
        for _ in range(_ROUNDS):
            if not reviewed.suggested or self.publisher.dry_run:
                return first
            try:
                forge.review(pull.number, pull.head, reviewed.suggested)
            except ForgeConflict:
                reviewed = review(offers, files, forge.remarks(pull.number), self.publisher.claims)
                continue
            return first
        return first

    def _stacked(self, pull: Pull, reviewed: Reviewed) -> tuple[str, ...]:
        left = [f"{one.offer.candidate.title} (not suggested: {one.because})" for one in reviewed.elsewhere]
        if not left:
            return ()
        if not pull.home:
            where = "only as a patch in the summary of the run that measured, as the branch is a fork's"
            return tuple(f"{where}: {title}" for title in left)
        if not self.stack:
            return tuple(f"not posted, as only suggestions are asked for: {title}" for title in left)
        wanted = {one.offer.candidate.id for one in reviewed.elsewhere}
        claims = self.publisher.claims
        few = replace(claims, claims=tuple(one for one in claims.claims if one.id in wanted))
        return replace(self.publisher, claims=few, base=pull.branch).run().steps
