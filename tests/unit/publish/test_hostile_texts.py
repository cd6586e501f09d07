"""Whatever a repository or a bundle says stays in its place: in titles, bodies, dashboards, suggestions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from optimizer.model import Assumption, Decision, Evidence, Measurement, Readability, RuleMoved, Target
from optimizer.ports import Remark
from optimizer.publish import body
from optimizer.publish.marker import commit_message, is_ticked, mark_of, remark_mark, remark_of
from optimizer.publish.plan import Limits, Situation, dashboard_text
from optimizer.publish.rerun import Offer
from optimizer.publish.suggestion import suggestion
from optimizer.safe_text import is_seen
from tests.golden.hostile import HOSTILE, texts
from tests.golden.rendered import OURS, Rendered
from tests.unit.publish.offers import BASE, full_offer, some_claims

LONGEST_TITLE = 256
LONGEST_BODY = 65_536
"""GitHub's own limits."""
OFFER, CLAIMS = full_offer(), some_claims()
DIFF = "@@ -1,99 +1,99 @@"


def spoilt(text: str) -> Offer:
    """An offer in which every text that others choose is `text`."""
    decision = OFFER.decision
    target: Target = replace(decision.candidate.targets[0], qualname=text[:1_000], module=text)
    candidate = replace(
        decision.candidate,
        targets=(target,),
        title=f"x: {text}",
        assumptions=(Assumption(text=text, evidence=Evidence.OBSERVED, observed=3),) * 9,
    )
    first: Measurement = decision.measurements[0]
    measured = replace(first, cpu=text, strata=(replace(first.strata[0], name=text),) * 50)
    assert decision.verification is not None
    checked = replace(
        decision.verification,
        not_observable=(text,),
        survivors=(text,),
        masked=(text,),
        branches_missed=(text,),
    )
    moved = RuleMoved(rule=text, before=1, after=2, limit=3)
    spoilt_decision: Decision = replace(
        decision,
        candidate=candidate,
        measurements=(measured, measured),
        verification=checked,
        readability=Readability(moved=(moved,)),
    )
    return replace(OFFER, decision=spoilt_decision, path=text[:400])


def check_place(page: Rendered, elements: frozenset[str]) -> None:
    """Nothing but what our own texts are made of, and nothing that GitHub would make a link of."""
    assert set(page.elements) <= elements
    assert page.live == []
    assert page.attributes <= {"align", "type", "disabled"}


@pytest.mark.parametrize("text", HOSTILE)
def test_named_texts_stay_in_their_place(text: str) -> None:
    check_all(text)


@given(texts())
def test_no_text_leaves_its_place(text: str) -> None:
    check_all(text)


def check_all(text: str) -> None:
    offer = spoilt(text)
    check_title(body.title_of(offer, CLAIMS))
    whole = body.body_of(offer, base=BASE)
    assert len(whole) < LONGEST_BODY
    page = Rendered(whole)
    check_place(page, OURS)
    for element in ("details", "table", "tbody"):
        assert page.elements.count(element) == 1
    assert page.elements.count("tr") == 1 + len(offer.decision.measurements)
    assert page.elements.count("td") == 6 * len(offer.decision.measurements)
    assert len(page.comments) == 1
    mark = mark_of(whole)
    assert mark is not None
    assert mark.fingerprint == offer.fingerprint
    check_dashboard(offer)


def check_title(title: str) -> None:
    assert len(title) <= LONGEST_TITLE
    assert title.splitlines() == [title]
    assert Rendered(f"`{title.replace('`', '')}`").elements == ["p", "code"]
    plain = Rendered("")
    plain.words = title
    assert plain.live == []
    message = commit_message(title, fingerprint="f" * 12, base=BASE, tree="e" * 40)
    assert message.count("\nTenpercent-Tree: ") == message.count("\n\n") == 1


def check_dashboard(offer: Offer) -> None:
    situation = Situation(
        base="main",
        commit=BASE,
        claims=CLAIMS,
        offers=(offer,),
        pulls=(),
        tips={},
        dashboard=None,
        now=0.0,
        limits=Limits(),
    )
    text = dashboard_text(situation, ticked=False)
    assert not is_ticked(text)
    page = Rendered(text)
    check_place(page, OURS | {"input"})
    assert page.elements.count("input") <= 1


@pytest.mark.parametrize("text", HOSTILE)
def test_branches_have_plain_names(text: str) -> None:
    name = body.branch_name(spoilt(text))
    assert name.isascii()
    assert name.startswith("optimizer/")
    assert all(each.isalnum() or each in "-_./" for each in name)
    assert ".." not in name


def with_code(line: str, *, before: str | None = None) -> Offer:
    """An offer to put `line` in place of another one."""
    old = "import os\n\n\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n" if before is None else before
    new = old.replace("    return 1\n", f"    {line}\n")
    candidate = replace(OFFER.candidate, before=old, after=new)
    return replace(
        OFFER, decision=replace(OFFER.decision, candidate=candidate), data=new.encode("utf-8", "replace")
    )


def applied(before: str, remark: Remark) -> str:
    """A file after the suggestion is accepted: what its block says in place of the lines that it is about."""
    (block,) = Rendered(remark.body).blocks
    lines = before.split("\n")
    return "\n".join(
        [*lines[: remark.first - 1], *block.removesuffix("\n").split("\n"), *lines[remark.last :]]
    )


def check_suggestion(line: str) -> None:
    offer = with_code(line)
    found = suggestion(offer, DIFF, CLAIMS)
    if isinstance(found, str):
        assert "\r" in line or "`" * 70 in line or not is_seen(line)
        return
    page = Rendered(found.body)
    assert set(page.elements) == {"p", "pre", "code"}
    assert page.elements.count("pre") == 1
    assert len(page.comments) == 1
    assert remark_of(found.body) == offer.fingerprint
    assert applied(offer.candidate.before, found).encode() == offer.data


@pytest.mark.parametrize(
    "text",
    [*HOSTILE, "x = '''\n```\n````suggestion\n'''", remark_mark("0" * 12), "\n\n\n", "", "~~~~", "\t\t"],
)
def test_a_suggestion_is_the_very_code(text: str) -> None:
    check_suggestion(text)


@given(texts())
def test_no_code_leaves_its_suggestion(text: str) -> None:
    check_suggestion(text)


def test_lines_that_go_or_come_are_suggested_with_one_that_stays() -> None:
    before = "def f():\n    x = 1\n\n    return 1\n\n\ndef g():\n    return 2\n"
    for after in (
        before.replace("    x = 1\n", ""),
        before.replace("    x = 1\n\n", "\n"),
        before.replace("    x = 1\n", "    x = 1\n    y = 2\n"),
        before.replace("    return 1\n", "    return 1\n\n"),
    ):
        candidate = replace(OFFER.candidate, before=before, after=after)
        offer = replace(OFFER, decision=replace(OFFER.decision, candidate=candidate), data=after.encode())
        found = suggestion(offer, DIFF, CLAIMS)
        assert isinstance(found, Remark)
        assert applied(before, found) == after


@pytest.mark.parametrize(
    ("offer", "because"),
    [
        (with_code("return 3", before="def f():\r\n    return 1\n"), "line ends"),
        (replace(with_code("return 3"), data=b"\xef\xbb\xbf" + with_code("return 3").data), "encoding"),
        (with_code("return 'ä'", before="def f():\n    return 1\n\nx = 1"), "does not end with a line end"),
        (with_code("return 'a\u202eb'"), "cannot be seen"),
        (with_code("return 'a\u200bb'"), "cannot be seen"),
        (with_code("return '\x1b[2J'"), "cannot be seen"),
        (with_code("x = 1\n" * 50), "more than 40 lines"),
        (with_code(f"return '{'`' * 300}'"), "what would end the suggestion"),
    ],
)
def test_what_cannot_be_suggested_says_why(offer: Offer, because: str) -> None:
    found = suggestion(offer, DIFF, CLAIMS)
    assert isinstance(found, str)
    assert because in found
