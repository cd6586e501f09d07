"""One self-contained page about a run: nothing is loaded, nothing is executed, every text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from optimizer.model import Decision, Measurement, Run, Verdict
from optimizer.report import sentences
from optimizer.report.names import function_of, place_of
from optimizer.report.safe import clipped
from optimizer.safe_text import safe_text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_BREAKS = re.compile(r"[.:_](?=\w)")
_TICKS = re.compile(r"`([^`]+)`")
_KINDS = {"+++": "", "---": "", "@@": "place", "+": "add", "-": "drop"}


def html(run: Run) -> str:
    """The page."""
    title = _text(f"tenpercent: {run.project or 'a run'}")
    style = (files("optimizer.report") / "style.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(_body(run))
        + "\n</body>\n</html>\n"
    )


def _body(run: Run) -> Iterator[str]:
    yield f"<h1>{_text(sentences.outcome(run))}</h1>"
    yield _soft(sentences.headline(run))
    yield _soft(" | ".join(filter(None, [run.project, run.commit[:12], run.cpu])))
    for line in filter(None, (sentences.control(run), sentences.stopped_early(run))):
        yield f"<p>{_text(line)}</p>"
    if run.accepted:
        yield "<h2>Accepted</h2>"
        yield _accepted_table(run)
        yield from map(_card, run.accepted)
    yield from _refused(run)
    yield from _list("Could not be checked", sentences.unchecked_in(run))
    if run.skipped:
        yield _soft(sentences.left_alone(run.skipped))
    yield from _declined(run)


def _accepted_table(run: Run) -> str:
    gains = sentences.gains_heading(run)
    head = (
        f'<thead><tr><th>Function</th><th>Rule</th><th class="number">{gains}</th>'
        '<th class="number">Workload saved</th><th class="number">Inputs</th></tr></thead>'
    )
    rows = "".join(_accepted_row(decision, gains) for decision in run.accepted)
    return f'<table class="stack">{head}<tbody>{rows}</tbody></table>'


def _accepted_row(decision: Decision, gains: str) -> str:
    candidate = decision.candidate
    inputs = f"{decision.verification.inputs_tried:,}" if decision.verification else "-"
    cells = (
        (gains, f'<span class="good">{_text(sentences.gain_of(decision))}</span>'),
        ("Workload saved", _text(sentences.share(decision.workload_saved))),
        ("Inputs", _text(inputs)),
    )
    numbers = "".join(f'<td class="number" data-name="{name}">{value}</td>' for name, value in cells)
    link = f'<a href="#{_anchor(decision)}">{_code(function_of(candidate))}</a>'
    return f'<tr><td>{link}</td><td data-name="Rule">{_text(candidate.transform)}</td>{numbers}</tr>'


def _card(decision: Decision) -> str:
    candidate = decision.candidate
    return "\n".join(
        [
            f'<section class="card" id="{_anchor(decision)}">',
            f"<h3>{_code(function_of(candidate))}</h3>",
            _soft(f"{candidate.transform}, {place_of(decision)}"),
            _diff(candidate.patch),
            *_evidence(decision),
            "</section>",
        ]
    )


def _evidence(decision: Decision) -> Iterator[str]:
    """What stands under a diff; the details are folded."""
    yield _items(sentences.evidence(decision))
    yield from (_strata(each) for each in decision.measurements if each.strata)
    if decision.readability and decision.readability.moved:
        rules = _items(map(sentences.rule_moved, decision.readability.moved))
        yield f"<details><summary>Readability, rule by rule</summary>{rules}</details>"


def _strata(measurement: Measurement) -> str:
    rows = _items(map(sentences.stratum, measurement.strata))
    title = f"Kinds of inputs, each alone, on Python {measurement.python}"
    return f"<details><summary>{_text(title)}</summary>{rows}</details>"


def _refused(run: Run) -> Iterator[str]:
    counts = sentences.refusal_counts(run.decisions)
    if not counts:
        return
    yield "<h2>Refused</h2>"
    for row in counts:
        same = [decision for decision in run.decisions if _first_reason(decision) == (row.stage, row.code)]
        items = "".join(map(_refused_item, same))
        summary = f'{row.count:,} {_text(row.code)} <span class="soft">{_text(row.stage.value)}</span>'
        yield f"<details><summary>{summary}</summary><ul>{items}</ul></details>"


def _first_reason(decision: Decision) -> tuple[str, str] | None:
    if decision.verdict is Verdict.ACCEPT or not decision.reasons:
        return None
    return decision.reasons[0].stage, decision.reasons[0].code


def _refused_item(decision: Decision) -> str:
    reasons = " ".join(reason.text for reason in decision.reasons)
    name = f"{_code(function_of(decision.candidate))} {_text(decision.candidate.transform)}"
    return f'<li>{name}<div class="soft">{_prose(clipped(reasons, 600))}</div></li>'


def _declined(run: Run) -> Iterator[str]:
    if not run.declined:
        return
    places = "".join(
        f"<li>{_code(f'{place.path}:{place.line} {place.qualname}'.strip())} {_text(place.transform)}"
        f'<div class="soft">{_prose(place.because)}</div></li>'
        for place in run.declined
    )
    count = sentences.count_of(len(run.declined), "place")
    yield "<h2>Declined</h2>"
    yield f"<details><summary>{count} where a rule looked and refused</summary><ul>{places}</ul></details>"


def _list(title: str, items: Iterable[str]) -> Iterator[str]:
    found = list(items)
    if found:
        yield f"<h2>{_text(title)}</h2>"
        yield _items(found)


def _items(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_prose(item)}</li>' for item in items)}</ul>"


def _diff(patch: str) -> str:
    lines = safe_text(patch).rstrip("\n").split("\n")
    return f'<pre class="diff">{"".join(map(_diff_line, lines))}</pre>'


def _diff_line(line: str) -> str:
    kind = next((kind for mark, kind in _KINDS.items() if line.startswith(mark)), "")
    return f'<span class="{kind}">{escape(line) or " "}</span>'


def _anchor(decision: Decision) -> str:
    return "change-" + "".join(filter(str.isalnum, decision.candidate.id))


def _soft(text: str) -> str:
    return f'<p class="soft">{_text(text)}</p>'


def _code(text: str) -> str:
    """A name, which may break after its dots, colons and underscores."""
    breakable = _BREAKS.sub(r"\g<0><wbr>", _text(text))
    return f"<code>{breakable}</code>"


def _prose(text: str) -> str:
    """A sentence; what stands in backticks is code."""
    return _TICKS.sub(r"<code>\1</code>", _text(text))


def _text(text: str) -> str:
    return escape(safe_text(text))
