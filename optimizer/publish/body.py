"""A change -> the title and the text of its pull request. Every section is a small function over typed values.

Names and texts come from code and from a job that nobody has read: nothing in them may mention a person, link,
close a table or become HTML. Numbers are worded here, from checked fields.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from optimizer.model import Decision, Measurement, Metric
from optimizer.publish.bundle import Claims
from optimizer.publish.fingerprint import qualnames
from optimizer.publish.marker import BRANCHES, Mark, marked
from optimizer.publish.rerun import Offer
from optimizer.report import sentences
from optimizer.report.names import fitted, function_of
from optimizer.report.safe import clipped, for_markdown, for_title, markdown_code

_TESTS = frozenset({"pytest", "unittest", "doctest"})
_GAINED = {Metric.TIME: "off", Metric.MEMORY: "less memory in", Metric.RESOURCES: "fewer open resources in"}
_MOST_UNCHECKED = 6
_MOST_ROWS = 4
_LONGEST_NAME = 60
_LONGEST_IN_TITLE = 100
_MOST_FOLDED = 30_000
"""Characters; GitHub refuses texts of more than 65,536."""


def branch_name(offer: Offer) -> str:
    """`optimizer/<transform>/<module>-<qualname>-<fingerprint>` in characters that git and people like."""
    target = offer.candidate.targets[0]
    name = (
        f"{target.module}-{target.qualname or 'module'}".encode("ascii", "replace").decode().replace("?", "_")
    )
    plain = "".join(each if each.isalnum() or each in "-_." else "_" for each in name).replace("..", "_")
    return f"{BRANCHES}{offer.candidate.transform}/{plain.strip('.')[-120:].lstrip('.')}-{offer.fingerprint}"


def title_of(offer: Offer, claims: Claims) -> str:
    """The effect as a title: one short line in which nothing is a mention, a reference or a link."""
    return for_title(effect_of(offer, claims))


def effect_of(offer: Offer, claims: Claims) -> str:
    """`12% off shop.cart:total, 4% of the test suite`, by the lower bounds, rounded down."""
    return effect_on(fitted(function_of(offer.candidate), _LONGEST_IN_TITLE), offer, claims)


def effect_on(name: str, offer: Offer, claims: Claims) -> str:
    """The same with the function called `name`."""
    least = sentences.slowest(offer.decision.measurements)
    part = math.floor(100 * _part(least)) if least else 0
    what = f"{part}% {_GAINED[offer.candidate.metric]} {name}"
    whole = _of_workload(offer.decision, least)
    return f"{what}, {whole} of the {_workload(claims)}" if whole else what


def _part(measurement: Measurement) -> float:
    """The share of its own cost that the function is certain to lose."""
    return 1 - 1 / measurement.low if measurement.low > 1 else 0.0


def _of_workload(decision: Decision, least: Measurement | None) -> str:
    """The share of the whole workload that is certain to go, "" when that is under a per cent."""
    share = decision.hotspot.share if decision.hotspot else 0.0
    per_cent = math.floor(100 * share * _part(least)) if least else 0
    return f"{per_cent}%" if per_cent else ""


def _workload(claims: Claims) -> str:
    return "test suite" if claims.kind in _TESTS else "workload"


def mark_for(offer: Offer, *, base: str) -> Mark:
    """What the pull request of a change says about itself to us."""
    return Mark(
        fingerprint=offer.fingerprint,
        function=offer.function,
        transform=offer.candidate.transform,
        path=offer.path,
        names=qualnames(offer.candidate),
        base=base,
        blob=offer.base_blob,
    )


def body_of(offer: Offer, *, base: str) -> str:
    """The whole text, with its hidden mark."""
    sections = (
        what(offer),
        measured(offer.decision.measurements),
        checked(offer.decision),
        unchecked(offer.decision),
        folded("Sizes of inputs, readability, assumptions", as_many_as_fit(details(offer.decision))),
        reproduce(offer),
        about(),
    )
    text = "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines)
    return marked(mark_for(offer, base=base), text + "\n")


def what(offer: Offer) -> Iterator[str]:
    """One sentence: which function, which rule."""
    candidate = offer.candidate
    summary = candidate.title.rpartition(": ")[2]
    name = markdown_code(clipped(function_of(candidate)))
    yield f"{name}: {for_markdown(clipped(summary))} ({markdown_code(candidate.transform)})."


def measured(measurements: Iterable[Measurement]) -> Iterator[str]:
    """The confirmed ratios, each with its bound and the A/A control beside it."""
    rows = list(measurements)
    yield "| Python | CPU | Before / after | At least | Same code against itself | A call |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for one in rows[:_MOST_ROWS]:
        control = f"{one.same_code_ratio:.3f}x" if one.same_code_ratio else "not measured"
        times = (one.seconds_per_call_before, one.seconds_per_call_after)
        call = " to ".join(map(sentences.per_call, times)) if all(times) else "-"
        cpu = for_markdown(clipped(one.cpu, _LONGEST_NAME)) or "-"
        ratios = f"**{sentences.ratio(one.ratio)}** | {sentences.ratio(one.low)}"
        yield f"| {for_markdown(one.python) or '-'} | {cpu} | {ratios} | {control} | {call} |"
    if len(rows) > _MOST_ROWS:
        yield f"\n{sentences.count_of(len(rows) - _MOST_ROWS, 'more measurement')} in the bundle."


def checked(decision: Decision) -> Iterator[str]:
    """What was compared, and whether that was enough to notice a mistake."""
    if decision.verification:
        tried = for_markdown(sentences.inputs_phrase(decision.verification))
        yield f"Old and new code behaved the same on {tried}. {for_markdown(sentences.adequacy(decision.verification))}"


def unchecked(decision: Decision) -> Iterator[str]:
    """What could not be checked: the first few, and how many more there are."""
    found = sentences.unchecked(decision.verification)
    yield "**Could not be checked:**" if found else "**Could not be checked:** nothing that we know of."
    yield from (f"- {for_markdown(clipped(text))}" for text in found[:_MOST_UNCHECKED])
    if len(found) > _MOST_UNCHECKED:
        yield f"- and {sentences.count_of(len(found) - _MOST_UNCHECKED, 'more thing')}, all in the bundle."


def details(decision: Decision) -> Iterator[str]:
    """What only some readers look for."""
    for one in decision.measurements[:_MOST_ROWS]:
        where = f"Python {one.python}, " if len(decision.measurements) > 1 else ""
        yield from (f"- {for_markdown(clipped(where + sentences.stratum(row)))}" for row in one.strata[:20])
    for assumption in decision.candidate.assumptions:
        yield f"- Right because {for_markdown(clipped(sentences.assumption(assumption)))}."
    if decision.readability:
        yield from (f"- {for_markdown(sentences.rule_moved(row))}" for row in decision.readability.moved)
        yield f"- {for_markdown(sentences.readability(decision.readability))}"


def as_many_as_fit(lines: Iterable[str], room: int = _MOST_FOLDED) -> Iterator[str]:
    """The first lines that have at most `room` characters together, and how many more there are."""
    left = 0
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            left += 1
        else:
            yield line
    if left:
        yield f"- and {sentences.count_of(left, 'more line')}, all in the bundle."


def folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines behind a summary that opens with a click; nothing when there are none."""
    inside = list(lines)
    if inside:
        yield f"<details><summary>{summary}</summary>"
        yield ""
        yield from inside
        yield ""
        yield "</details>"


def reproduce(offer: Offer) -> Iterator[str]:
    """One command that does it again."""
    command = f"optimize --dry-run --fresh --select {offer.candidate.transform} ."
    yield f"To see it again: {markdown_code(command)}"


def about() -> Iterator[str]:
    """What wrote this, and how to say no."""
    yield "A deterministic codemod; no AI-generated code. Close this and the change is not offered again until the"
    yield "function changes; push to the branch or edit this text and it is left to you."
    yield "If no checks have started here, it was opened with a workflow's default token, whose pull requests start"
    yield "none: close and reopen it, or give the workflow a GitHub App's token."
