"""Names and bytes -> what the bundle claims: typed and range-checked, and never believed about code.

What a claim says about code (path, digests, patch) only selects one of the rewrites that `rerun` makes
itself; the verdict is not read at all, as `rerun` asks the judge again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from optimizer.errors import BundleError
from optimizer.model import (
    Behaviour,
    Kind,
    Measurement,
    Metric,
    Recording,
    Stratum,
    Target,
    Verification,
)
from optimizer.publish.archive import read_bundle
from optimizer.publish.fields import Fields, UnfitError, parse, parse_lines

FORMAT = 1
MOST_CANDIDATES = 5_000
_KIND = "tenpercent bundle"
_ID = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
_SHA = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_SHA256 = r"[0-9a-f]{64}"
_RULE = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_WORDS = r"[a-z][a-z -]{0,39}"
_NAME = r"[^\W\d]\w*(?:\.(?:[^\W\d]\w*|<locals>|<lambda>))*"
_PYTHON = r"3\.\d{1,3}(?:\.\d{1,3})?[a-z0-9.+]{0,12}"
_SUITE = re.compile(r"(\d{1,9}) tests pass as before(?:, (\d{1,9}) of them reach the change)?")
_MOST_RATIO = 1e7
_LONGEST_PATCH = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a run says about one rewrite.

    `share` is that of the function in the workload, 0 when unknown. `recordings` hold only names of types with
    counts: what a transform asks about parameters. `refusal` is the code of the first reason against it.
    """

    id: str
    transform: str
    path: str
    before_sha256: str
    after_sha256: str
    patch: str
    recordings: tuple[Recording, ...]
    verification: Verification | None
    measurements: tuple[Measurement, ...]
    share: float
    refusal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """A bundle: the measured `commit` as the run names it, the workload's `kind`, the A/A `control` (0: none)."""

    commit: str
    sandbox: str
    kind: str
    control: float
    budget_exhausted: bool
    claims: tuple[Claim, ...]


def open_bundle(place: Path) -> Claims:
    """Read and check a bundle; BundleError says what is wrong with it."""
    files = read_bundle(place)
    try:
        return _claims(files)
    except UnfitError as error:
        message = f"The bundle {place} is refused: {error}; make it with this version of tenpercent."
        raise BundleError(message) from error


def _claims(files: Mapping[str, bytes]) -> Claims:
    run = parse(_file(files, "run.json"), "run.json")
    if run.data.get("kind") != _KIND or run.data.get("format") != FORMAT:
        message = f"run.json does not say that it is a {_KIND} of format {FORMAT}"
        raise UnfitError(message)
    decisions = _by_id(files, "decisions.jsonl")
    workload = run.maybe("workload")
    return Claims(
        commit=run.text("commit", pattern=f"(?:{_SHA})?"),
        sandbox=run.text("sandbox", pattern=r"L[0-3]"),
        kind=workload.text("kind", pattern=_WORDS) if workload else "",
        control=run.number("control", most=100, null=0.0),
        budget_exhausted=run.flag("budget_exhausted"),
        claims=tuple(
            _claim(files, row, decisions.get(key)) for key, row in _by_id(files, "candidates.jsonl").items()
        ),
    )


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        message = f"{name} is missing"
        raise UnfitError(message)
    return files[name]


def _by_id(files: Mapping[str, bytes], name: str) -> dict[str, Fields]:
    rows = {row.text("id", pattern=_ID): row for row in parse_lines(_file(files, name), name)}
    if len(rows) > MOST_CANDIDATES:
        message = f"{name} has more than {MOST_CANDIDATES:,} lines"
        raise UnfitError(message)
    return rows


def _claim(files: Mapping[str, bytes], row: Fields, decision: Fields | None) -> Claim:
    name = row.text("id", pattern=_ID)
    evidence = parse(_file(files, f"evidence/{name}.json"), f"evidence/{name}.json")
    if decision is None:
        message = f"{name} has no line in decisions.jsonl"
        raise UnfitError(message)
    path = row.text("path", longest=400)
    verification = evidence.maybe("verification")
    hotspot = evidence.maybe("hotspot")
    reasons = decision.many("reasons")
    return Claim(
        id=name,
        transform=row.text("transform", pattern=_RULE, longest=80),
        path=path,
        before_sha256=row.text("before_sha256", pattern=_SHA256),
        after_sha256=row.text("after_sha256", pattern=_SHA256),
        patch=_patch(_file(files, f"patches/{name}.patch"), name),
        recordings=tuple(_recording(one, path) for one in row.many("observed"))
        if "observed" in row.data
        else (),
        verification=_verification(verification) if verification else None,
        measurements=tuple(map(_measurement, evidence.many("measurements", most=50))),
        share=min(1.0, hotspot.number("share", most=100)) if hotspot else 0.0,
        refusal=reasons[0].text("code", longest=100) if reasons else "",
    )


def _patch(data: bytes, name: str) -> str:
    if len(data) > _LONGEST_PATCH:
        message = f"patches/{name}.patch has {len(data):,} bytes"
        raise UnfitError(message)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"patches/{name}.patch is not valid UTF-8"
        raise UnfitError(message) from error


def _recording(fields: Fields, path: str) -> Recording:
    """The types that a recorder saw in one function: all that a transform asks a recording for."""
    target = Target(
        path=path,
        module="",
        qualname=fields.text("function", pattern=_NAME, longest=300),
        kind=Kind.FUNCTION,
        first_line=1,
        last_line=1,
        source="",
        digest="",
    )
    types = tuple(
        (one.text("name", longest=200), one.counts("types", pattern=r"[^\0]{1,300}"))
        for one in fields.many("parameters", most=300)
    )
    return Recording(target=target, calls_seen=fields.count("calls"), samples=(), types=types)


def _verification(fields: Fields) -> Verification:
    branches, mutants = fields.one("branches"), fields.one("mutants")
    different = fields.maybe("counterexample") is not None
    behaviour = Behaviour(fields.text("behaviour", pattern="|".join(each.value for each in Behaviour)))
    found = Verification(
        behaviour=Behaviour.DIFFERENT if different else behaviour,
        tried=fields.counts("tried", pattern=_WORDS),
        branches_reached=branches.count("reached"),
        branches_total=branches.count("total"),
        branches_missed=branches.texts("missed"),
        mutants_made=mutants.count("made"),
        mutants_killed=mutants.count("noticed"),
        survivors=mutants.texts("survivors"),
        not_observable=fields.texts("not_observable"),
        masked=fields.texts("masked"),
        suite=_suite(fields.text("suite")),
        reasons=fields.texts("reasons"),
    )
    if found.branches_reached > found.branches_total or found.mutants_killed > found.mutants_made:
        message = f"{fields.name}: more was reached than there is"
        raise UnfitError(message)
    return found


def _suite(said: str) -> str:
    """What the project's tests did, worded anew from its numbers; "not run" for anything else."""
    found = _SUITE.fullmatch(said)
    if not found:
        return "not run"
    passed, reaching = int(found[1]), found[2]
    return f"{passed:,} tests pass as before" + (
        f", {int(reaching):,} of them reach the change" if reaching else ""
    )


def _measurement(fields: Fields) -> Measurement:
    ratio = _ratio(fields, "ratio")
    measurement = Measurement(
        metric=Metric(fields.text("metric", pattern="|".join(each.value for each in Metric))),
        claim=fields.flag("claim"),
        ratio=ratio,
        low=_ratio(fields, "low"),
        high=_ratio(fields, "high"),
        processes=fields.count("processes", most=100_000),
        same_code_ratio=fields.number("same_code_ratio", most=100, null=0.0),
        python=fields.text("python", pattern=f"(?:{_PYTHON})?"),
        cpu=fields.text("cpu", longest=200),
        seconds_per_call_before=fields.number("seconds_per_call_before"),
        seconds_per_call_after=fields.number("seconds_per_call_after"),
        strata=tuple(map(_stratum, fields.many("strata", most=200))),
        synthetic=fields.flag("synthetic"),
    )
    if not measurement.low <= measurement.ratio <= measurement.high:
        message = f"{fields.name}: the ratio is not between its bounds"
        raise UnfitError(message)
    return replace(measurement, worst=min([one.ratio for one in measurement.strata], default=0.0))


def _ratio(fields: Fields, key: str) -> float:
    return fields.number(key, most=_MOST_RATIO, null=math.inf)


def _stratum(fields: Fields) -> Stratum:
    return Stratum(
        name=fields.text("name", longest=400),
        weight=fields.number("weight", most=1.000001),
        ratio=_ratio(fields, "ratio"),
        low=_ratio(fields, "low"),
        high=_ratio(fields, "high"),
    )
