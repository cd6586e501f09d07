"""What people read outside a terminal: the page, the summary of a job, the text of `check`."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from optimizer.model import Decision, Reason, Run, Stage, Verdict, Verification
from optimizer.report.check import check_json, check_text
from optimizer.report.html import html
from optimizer.report.markdown import markdown
from tests.golden.agreed import agreed

EVIL = '</code></pre><script>alert(1)</script><img src=x onerror="x"> `` ``` @octocat #1 https://evil.example | x'
VOID = {"meta", "wbr", "br"}


class Page(HTMLParser):
    """Checks that every element is closed, and collects elements, attributes and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data


def evil_run(run: Run) -> Run:
    """Every text that a repository can choose holds something nasty."""
    decisions = []
    for decision in run.decisions:
        candidate = replace(
            decision.candidate,
            transform=EVIL,
            path=EVIL,
            patch=f"--- a\n+++ b\n-{EVIL}\n",
            targets=tuple(
                replace(target, qualname=EVIL, module=EVIL) for target in decision.candidate.targets
            ),
        )
        reasons = tuple(Reason(stage=reason.stage, code=EVIL, text=EVIL) for reason in decision.reasons)
        verification = (
            replace(decision.verification, not_observable=(EVIL,)) if decision.verification else None
        )
        decisions.append(replace(decision, candidate=candidate, reasons=reasons, verification=verification))
    declined = tuple(replace(place, because=EVIL, qualname=EVIL) for place in run.declined)
    return replace(run, project=EVIL, decisions=tuple(decisions), declined=declined, notes=(EVIL,))


def test_the_page_is_whole_and_loads_nothing(run: Run) -> None:
    page = Page(html(run))
    assert "script" not in page.elements
    assert not {"src", "onclick", "onerror", "style"} & page.attributes.keys()
    assert all(link.startswith("#") for link in page.attributes["href"])
    assert set(page.attributes["href"]) <= {f"#{name}" for name in page.attributes["id"]}
    assert "url(" not in html(run)
    assert "@import" not in html(run)


def test_the_page_says_what_a_reader_wants_to_know(run: Run) -> None:
    words = " ".join(Page(html(run)).words.split())
    for text in (
        "3 changes accepted",
        "Sandbox L0 | CPython 3.13.0 | pytest, 27 tests in 3.2 s",
        "1.42x (at least 1.38x)",
        "+_PHONE_NUMBER = re.compile",
        "what the handle writes to the socket (not observable)",
        "2 no proved gain in time",
        "It adds the one-letter name x",
        "the elements may be floats",
        "Left alone: 3 files (vendored: 2",
        "A/A control",
        "cognitive complexity 5 -> 2 (limit 6)",
        "lines: list of 1 to 9 str: 1.31x (1.27x to 1.36x), 60% of the calls",
    ):
        assert text in words


def test_a_page_about_nothing(nothing: Run) -> None:
    page = Page(html(nothing))
    assert "Nothing to change" in page.words
    assert "table" not in page.elements


def test_nothing_that_a_repository_says_becomes_part_of_the_page(run: Run) -> None:
    good, evil = Page(html(run)), Page(html(evil_run(run)))
    assert set(evil.elements) == set(good.elements)
    assert evil.attributes.keys() == good.attributes.keys()
    assert "<script>alert(1)</script>" in evil.words


def test_the_summary_reads_as_agreed(run: Run) -> None:
    assert agreed(markdown(run, artifact="tenpercent"), "summary.md")


def test_nothing_that_a_repository_says_becomes_markup(run: Run) -> None:
    text = markdown(evil_run(run))
    outside = re.sub(r"^(`{3,})diff\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert outside.count("<details>") == outside.count("</details>") == len(run.accepted)
    prose = re.sub(r"(?<!`)(`+) .*? \1(?!`)", "", outside)
    assert not {"<script", "<img"} & set(re.findall(r"<\w+", prose))
    assert set(re.findall(r"</?\w+>", prose)) == {
        f"<{end}{name}>" for end in ("", "/") for name in ("details", "summary", "code")
    }
    linked = re.sub(r"<code>.*?</code>", "", prose)
    for forbidden in ("@octocat", "#1 ", "://"):
        assert forbidden not in linked
    rows = [line for line in prose.split("\n") if line.startswith("| ")]
    assert all(line.endswith(" |") for line in rows)


def test_a_summary_that_is_too_long_says_what_is_missing(run: Run) -> None:
    whole, cut = markdown(run), markdown(run, limit=4500)
    assert len(cut) < len(whole)
    assert "did not fit into GitHub's limit for summaries; see the bundle." in cut
    assert "Could not be checked" in cut


def test_a_huge_diff_is_left_out(run: Run) -> None:
    first = run.decisions[0]
    huge = replace(first, candidate=replace(first.candidate, patch="+x\n" * 20_000))
    assert "characters; the patch is `patches/000000000001.patch` in the bundle." in markdown(
        replace(run, decisions=(huge,))
    )


def test_check_puts_the_short_answer_first(run: Run) -> None:
    data = json.loads(check_json(run.decisions[0]))
    assert list(data)[1:8] == ["verdict", "behaviour", "counterexample", "claim", "ratio", "low", "reasons"]
    assert (data["verdict"], data["behaviour"], data["counterexample"]) == ("accept", "same", None)
    assert (data["claim"], data["ratio"], data["low"], data["reasons"]) == (True, 1.418, 1.384, [])
    refused = json.loads(check_json(run.decisions[3]))
    assert (refused["verdict"], refused["behaviour"], refused["claim"]) == ("refuse", "different", False)
    assert (refused["ratio"], refused["low"]) == (None, None)
    assert refused["counterexample"]["arguments"] == "([],)"
    assert refused["reasons"] == ["On ([],) it raises IndexError before and returns None after."]


def test_a_claim_has_to_hold_on_every_interpreter(run: Run) -> None:
    first = run.decisions[0]
    other = replace(first.measurements[0], python="3.9.18", claim=False, ratio=1.05, low=1.01)
    data = json.loads(check_json(replace(first, measurements=(*first.measurements, other))))
    assert (data["claim"], data["ratio"], data["low"]) == (False, 1.05, 1.01)


def test_behaviour_that_nobody_asked_for_is_not_judged(run: Run) -> None:
    alone = replace(run.decisions[0], verification=None)
    assert json.loads(check_json(alone))["behaviour"] == "not judged"
    assert "Behaviour: not judged" in check_text(alone)


@pytest.mark.parametrize(
    ("index", "name"),
    [(0, "check-accepted"), (3, "check-different"), (4, "check-no-gain"), (6, "check-reads-worse")],
)
def test_the_text_of_check_reads_as_agreed(run: Run, index: int, name: str) -> None:
    assert agreed(check_text(run.decisions[index]), f"{name}.txt")


def test_the_text_of_check_fits_a_terminal_and_leaves_code_alone(run: Run) -> None:
    decision = run.decisions[3]
    assert decision.verification is not None
    assert decision.verification.counterexample is not None
    snippet = f"first({'x' * 100})\nfirst(2)\n"
    found = replace(decision.verification.counterexample, snippet=snippet)
    notes = tuple(f"thing {number} of many things that could not be observed here" for number in range(9))
    verification = replace(decision.verification, counterexample=found, not_observable=notes)
    lines = check_text(replace(decision, verification=verification), 60).splitlines()
    assert [line for line in lines if len(line) >= 60] == [f"    first({'x' * 100})"]
    assert "  Not checked: 3 more, which --json lists." in lines
    whole = " ".join(" ".join(lines).split())
    assert "of many things that could not be observed here (not observable)." in whole


def test_a_counterexample_is_shown_with_a_snippet_to_run(run: Run) -> None:
    text = check_text(run.decisions[3])
    assert "    from shop.orders import first\n" in text


def test_huge_values_in_a_counterexample_are_shortened(run: Run) -> None:
    decision: Decision = run.decisions[3]
    verification = decision.verification
    assert verification is not None
    assert verification.counterexample is not None
    huge = replace(verification.counterexample, arguments=f"({'x' * 9999},)\x1b[2J")
    text = check_text(replace(decision, verification=replace(verification, counterexample=huge)))
    assert len(text) < 2000
    assert "\x1b" not in text


def test_a_stage_that_did_not_run_is_said(run: Run) -> None:
    bare = Decision(
        candidate=run.decisions[0].candidate,
        verdict=Verdict.REFUSE,
        reasons=(Reason(stage=Stage.JUDGE, code="x", text="No evidence."),),
    )
    text = check_text(bare)
    assert "Speed: not measured" in text
    assert "Readability: not read" in text


def test_every_verdict_of_verification_has_its_word(run: Run) -> None:
    first = run.decisions[0]
    verification = first.verification
    assert isinstance(verification, Verification)
    for behaviour in type(verification.behaviour):
        changed = replace(first, verification=replace(verification, behaviour=behaviour))
        assert json.loads(check_json(changed))["behaviour"] == behaviour.value
