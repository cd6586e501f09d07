"""On a pull request: which changes are suggested in place, which need a stacked pull request. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.ports import ChangedFile, Remark
from optimizer.publish.bundle import Claims
from optimizer.publish.marker import remark_of
from optimizer.publish.rerun import Offer
from optimizer.publish.suggestion import suggestion

MOST_SUGGESTIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """An offer that is no suggestion, and why not, as a phrase."""

    offer: Offer
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What becomes of the offers: `suggested` new remarks, and the offers that cannot be suggested."""

    suggested: tuple[Remark, ...]
    elsewhere: tuple[Elsewhere, ...]


def review(
    offers: Sequence[Offer], files: Sequence[ChangedFile], remarks: Sequence[str], claims: Claims
) -> Reviewed:
    """Sort the offers for a pull request that changes `files` and has `remarks` of ours already.

    What has been suggested once is not suggested again, and there are never more than five in all.
    """
    known = {remark_of(body) for body in remarks}
    patches = {file.path: file.patch for file in files}
    suggested: list[Remark] = []
    elsewhere: list[Elsewhere] = []
    for offer in sorted(offers, key=lambda one: (-one.saved, one.fingerprint)):
        remark = suggestion(offer, patches.get(offer.path, ""), claims)
        if isinstance(remark, str):
            elsewhere.append(Elsewhere(offer=offer, because=remark))
        elif offer.fingerprint not in known and len(remarks) + len(suggested) < MOST_SUGGESTIONS:
            suggested.append(remark)
    return Reviewed(suggested=tuple(suggested), elsewhere=tuple(elsewhere))
