"""What people read on GitHub reads as agreed, and renders as meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from optimizer.ports import Pull, Remark
from optimizer.publish import body
from optimizer.publish.bundle import Claims
from optimizer.publish.plan import Limits, Situation, dashboard_text
from optimizer.publish.rerun import Offer
from optimizer.publish.suggestion import suggestion
from tests.forge import bundles
from tests.golden.agreed import agreed
from tests.golden.rendered import OURS, Rendered
from tests.unit.publish.offers import BASE, offer_of

MOST_VISIBLE_LINES = 40
SECTIONS: dict[str, Callable[[Offer], Iterable[str]]] = {
    "what": body.what,
    "measured": lambda offer: body.measured(offer.decision.measurements),
    "checked": lambda offer: body.checked(offer.decision),
    "unchecked": lambda offer: body.unchecked(offer.decision),
    "details": lambda offer: body.folded("More", body.details(offer.decision)),
    "reproduce": body.reproduce,
    "about": lambda _: body.about(),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_each_section_reads_as_agreed(name: str, offer: Offer) -> None:
    text = "\n".join(SECTIONS[name](offer)) + "\n"
    assert agreed(text, f"pull/{name}.md")
    assert set(Rendered(text).elements) <= OURS


def test_the_whole_text_reads_as_agreed(offer: Offer, claims: Claims) -> None:
    text = body.body_of(offer, base=BASE)
    assert agreed(f"{body.title_of(offer, claims)}\n\n{text}", "pull/whole.md")
    page = Rendered(text)
    assert set(page.elements) <= OURS
    assert page.elements.count("details") == page.elements.count("table") == 1
    assert page.live == []
    (mark,) = page.comments
    assert mark.startswith(" tenpercent {")
    assert text.partition("<details>")[0].count("\n") < MOST_VISIBLE_LINES


def test_a_change_of_which_little_is_known_reads_as_agreed(offer: Offer) -> None:
    bare = replace(offer, decision=replace(offer.decision, verification=None, readability=None))
    bare = replace(bare, decision=replace(bare.decision, candidate=replace(bare.candidate, assumptions=())))
    unmeasured = tuple(
        replace(one, strata=(), same_code_ratio=0.0, seconds_per_call_before=0.0, python="", cpu="")
        for one in bare.decision.measurements
    )
    bare = replace(bare, decision=replace(bare.decision, measurements=unmeasured))
    text = body.body_of(bare, base=BASE)
    assert agreed(text, "pull/bare.md")
    assert "<details>" not in text


@pytest.mark.parametrize("ticked", [False, True])
def test_the_dashboard_reads_as_agreed(offer: Offer, claims: Claims, *, ticked: bool) -> None:
    more = offer_of(bundles.candidates({"shop/mail.py": bundles.module("names", "A-Z")})[0])
    closed = _pull(3, body.body_of(more, base=BASE), still_open=False)
    situation = Situation(
        base="main",
        commit=BASE,
        claims=claims,
        offers=(offer,),
        pulls=(_pull(7, body.body_of(more, base=BASE)), closed),
        tips={},
        dashboard=None,
        now=0.0,
        limits=Limits(),
    )
    text = dashboard_text(situation, ticked=ticked)
    assert agreed(text, f"pull/dashboard-{'ticked' if ticked else 'new'}.md")
    page = Rendered(text)
    assert set(page.elements) <= OURS | {"input"}
    # The only references are to our own pull requests.
    assert page.live == ["#7", "#3"]


def test_a_dashboard_says_how_many_more_are_waiting(offer: Offer, claims: Claims) -> None:
    many = tuple(replace(offer, fingerprint=f"{number:012x}") for number in range(60))
    situation = Situation(
        base="main",
        commit=BASE,
        claims=claims,
        offers=many,
        pulls=(),
        tips={},
        dashboard=None,
        now=0.0,
        limits=Limits(),
    )
    assert "- and 10 more\n" in dashboard_text(situation, ticked=False)


def test_a_suggestion_reads_as_agreed(offer: Offer, claims: Claims) -> None:
    found = suggestion(offer, "@@ -1,20 +1,20 @@", claims)
    assert isinstance(found, Remark)
    assert agreed(f"{found.path}, lines {found.first} to {found.last}\n\n{found.body}", "pull/suggestion.md")
    page = Rendered(found.body)
    assert set(page.elements) == {"p", "pre", "code"}
    assert page.live == []


def _pull(number: int, text: str, *, still_open: bool = True) -> Pull:
    return Pull(
        number=number,
        open=still_open,
        merged=False,
        title="",
        body=text,
        branch=f"optimizer/{number}",
        head="0" * 40,
        head_owner="",
        home=True,
        base="main",
        base_sha="",
        created=0.0,
    )
