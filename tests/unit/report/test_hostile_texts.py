"""Whatever a repository prints, is called or contains stays in its place: in summaries, notices and a terminal."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from optimizer.model import Counterexample, Decision, Reason, Run, Skipped, Stage
from optimizer.report.annotations import notices
from optimizer.report.check import check_text
from optimizer.report.html import html
from optimizer.report.markdown import markdown
from optimizer.report.patches import LIMIT, size
from optimizer.report.safe import clipped, for_markdown, for_title, markdown_code, one_line
from optimizer.report.terminal import show
from optimizer.safe_text import is_seen, safe_text
from tests.golden.hostile import HOSTILE, texts
from tests.golden.rendered import OURS, Rendered

with_run = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


def spoilt(run: Run, text: str) -> Run:
    """A run in which every text that a repository chooses is `text`."""
    assert run.workload is not None
    return replace(
        run,
        project=text,
        decisions=tuple(spoilt_decision(decision, text) for decision in run.decisions),
        skipped=(Skipped(path=text, because=text),),
        declined=tuple(replace(one, path=text, qualname=text, because=text) for one in run.declined),
        notes=(text,),
        workload=replace(run.workload, unstable=(text,), notes=(text,)),
    )


def spoilt_decision(decision: Decision, text: str) -> Decision:
    candidate = decision.candidate
    counterexample = Counterexample(arguments=text, before=text, after=text, found_by=text, snippet=text)
    verification = decision.verification
    if verification is not None:
        verification = replace(
            verification,
            not_observable=(text,),
            survivors=(text,),
            reasons=(text,),
            counterexample=counterexample if verification.counterexample else None,
        )
    target = replace(candidate.targets[0], qualname=text, module=text, path=text)
    return replace(
        decision,
        candidate=replace(
            candidate,
            path=text,
            transform=text,
            patch=f"--- a\n+++ b\n@@ -1 +1 @@\n {text}\n",
            targets=(target,),
        ),
        reasons=tuple(Reason(stage=one.stage, code=text, text=text) for one in decision.reasons),
        verification=verification,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_named_texts_stay_in_their_place(run: Run, text: str) -> None:
    check_all(run, text)


@with_run
@given(texts())
def test_no_text_leaves_its_place(run: Run, text: str) -> None:
    check_all(run, text)


def check_all(run: Run, text: str) -> None:
    evil = spoilt(run, text)
    check_summary(evil)
    check_notices(evil)
    check_log(text, evil)


def check_summary(run: Run) -> None:
    summary = markdown(run, artifact="tenpercent")
    assert size(summary) < LIMIT
    page = Rendered(summary)
    assert set(page.elements) <= OURS
    assert page.attributes <= {"align", "lang", "class"}
    assert page.live == []
    assert page.comments == []
    assert page.elements.count("details") == len(run.accepted)
    assert page.elements.count("table") == 2
    assert page.elements.count("pre") == (0 if "holds what would end" in summary else len(run.accepted))


def check_notices(run: Run) -> None:
    for line in notices(run):
        assert line.splitlines() == [line]
        assert line.startswith("::notice file=")
        head, properties, said = line.split("::", 2)
        assert head == ""
        assert [each.split("=", 1)[0] for each in properties.removeprefix("notice ").split(",")] == [
            "file",
            "line",
            "title",
        ]
        assert "##[" not in line
        assert len(said) < 2_000
        line.encode("utf-8")


def check_log(text: str, run: Run) -> None:
    stream = io.StringIO()
    show(run, stream, explain_refusals=True)
    for said in (safe_text(text), safe_text(text.encode("utf-8", "surrogatepass")), stream.getvalue()):
        check_lines(said)
    for decision in run.decisions:
        check_lines(check_text(decision))
    for said in (one_line(text), clipped(text), for_title(text)):
        assert len(said.splitlines()) <= 1
        check_lines(said)


def check_lines(said: str) -> None:
    said.encode("utf-8")
    for line in said.splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert is_seen(line.replace("\u200b", ""))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_page_is_the_same_whatever_it_is_about(run: Run, text: str) -> None:
    page = html(spoilt(run, text))
    for bad in ("<script", "<img", "javascript:", "\u202e", "\x1b", "\x00"):
        assert bad not in page
    page.encode("utf-8")


@given(texts())
@example("\n::error::x")
def test_what_is_safe_is_left_as_it_is(text: str) -> None:
    once = safe_text(text)
    assert safe_text(once) == once
    assert one_line(one_line(text)) == one_line(text)


@given(texts())
def test_words_and_code_are_words_and_code(text: str) -> None:
    words = Rendered(f"x {for_markdown(text)} y")
    assert set(words.elements) <= {"p", "code"}
    assert words.live == []
    assert Rendered(f"- {for_markdown(text)}").elements.count("li") == 1
    code = Rendered(f"x {markdown_code(text)} y")
    assert code.elements == ["p", "code"]
    assert code.words.split() == ["x", "y"]
    row = Rendered(f"| a | b |\n| --- | --- |\n| {markdown_code(text)} | {for_markdown(text)} |\n")
    assert row.elements.count("td") == 2
    assert row.elements.count("table") == 1


def test_a_diff_can_be_copied_out_and_applied(run: Run, tmp_path: Path) -> None:
    decision = run.decisions[0]
    file = tmp_path / decision.candidate.path
    file.parent.mkdir(parents=True)
    file.write_text(decision.candidate.before)
    page = Rendered(markdown(replace(run, decisions=(decision,))))
    (patch,) = page.blocks
    assert patch == decision.candidate.patch
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    assert file.read_text() == decision.candidate.after


def test_a_diff_that_cannot_be_shown_whole_is_not_to_be_applied(run: Run) -> None:
    first = run.decisions[0]
    for text in ("\u202e", "\r", "\u200b", "\x0c"):
        hidden = replace(first, candidate=replace(first.candidate, patch=f"+x{text}\n"))
        said = markdown(replace(run, decisions=(hidden,)), artifact="tenpercent")
        assert "Not to be applied from here" in said
        assert "the patch is `patches/000000000001.patch` in the artifact `tenpercent`." in said


def test_many_changes_fit_into_githubs_limit(run: Run) -> None:
    wide = replace(run.decisions[0].candidate, patch="+漢\n" * 6_000)
    many = replace(run, decisions=tuple(replace(run.decisions[0], candidate=wide) for _ in range(400)))
    said = markdown(many, artifact="tenpercent")
    assert size(said) <= LIMIT
    assert "did not fit into GitHub's limit for summaries; see the artifact `tenpercent`." in said
    assert said.count("<details>") == said.count("</details>")


def test_everything_long_still_fits(run: Run) -> None:
    long = "&" * 5_000
    reason = Reason(stage=Stage.VERIFY, code=long, text=long)
    refused = tuple(
        replace(run.decisions[3], reasons=(replace(reason, code=f"{n}{long}"),)) for n in range(900)
    )
    accepted = (spoilt_decision(run.decisions[0], long),) * 900
    whole = replace(run, decisions=(*accepted, *refused), notes=(long,) * 900)
    assert size(markdown(whole)) <= LIMIT
