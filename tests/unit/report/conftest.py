"""A run as the pipeline hands it over: three accepted changes, refusals of every stage, odd names."""

from __future__ import annotations

import difflib
from dataclasses import replace

import pytest

from optimizer.model import (
    Assumption,
    Behaviour,
    Candidate,
    Counterexample,
    Decision,
    Declined,
    Evidence,
    Hotspot,
    Interpreter,
    Kind,
    Measurement,
    Metric,
    Readability,
    Reason,
    Recording,
    RuleMoved,
    Run,
    Skipped,
    Stage,
    Stratum,
    SuiteResult,
    Target,
    Verdict,
    Verification,
    Workload,
)

REGEX_BEFORE = '''\
"""Parsing of addresses."""

import re


def phone_numbers(lines):
    numbers = []
    for line in lines:
        match = re.search(r"\\+?[0-9][0-9 -]{6,}", line)
        if match:
            numbers.append(match.group().replace(" ", ""))
    return numbers
'''
REGEX_AFTER = REGEX_BEFORE.replace(
    "import re\n", 'import re\n\n_PHONE_NUMBER = re.compile(r"\\+?[0-9][0-9 -]{6,}")\n'
).replace('re.search(r"\\+?[0-9][0-9 -]{6,}", line)', "_PHONE_NUMBER.search(line)")

PYPERF = '{"version": "1.0", "benchmarks": []}'


def target(path: str, qualname: str, *, kind: Kind = Kind.FUNCTION, line: int = 6) -> Target:
    module = path.removesuffix(".py").replace("/", ".")
    return Target(
        path=path,
        module=module,
        qualname=qualname,
        kind=kind,
        first_line=line,
        last_line=line + 6,
        source="",
        digest="0" * 64,
    )


def candidate(
    number: int, where: Target, transform: str, *, before: str = REGEX_BEFORE, after: str = REGEX_AFTER
) -> Candidate:
    patch = "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            f"a/{where.path}",
            f"b/{where.path}",
        )
    )
    return Candidate(
        id=f"{number:012x}",
        transform=transform,
        transform_version=1,
        metric=Metric.TIME,
        targets=(where,),
        path=where.path,
        before=before,
        after=after,
        patch=patch,
        title=f"{transform} in {where.qualname}",
    )


MEASUREMENT = Measurement(
    metric=Metric.TIME,
    claim=True,
    ratio=1.418,
    low=1.384,
    high=1.452,
    processes=6,
    same_code_ratio=1.001,
    python="3.13.0",
    cpu="Example CPU 3000",
    seconds_per_call_before=3.1e-6,
    seconds_per_call_after=2.19e-6,
    strata=(
        Stratum(name="lines: list of 1 to 9 str", weight=0.6, ratio=1.31, low=1.27, high=1.36),
        Stratum(name="lines: list of 100 to 999 str", weight=0.4, ratio=1.47, low=1.43, high=1.51),
    ),
    worst=1.22,
    seconds=1.4,
    pyperf_before=PYPERF,
    pyperf_after=PYPERF,
)
SAME = Verification(
    behaviour=Behaviour.SAME,
    tried=(("recorded", 12), ("neighbour", 150), ("strategy", 50)),
    branches_reached=4,
    branches_total=4,
    mutants_made=22,
    mutants_killed=21,
    survivors=("`>` for `>=` in line 9",),
    not_observable=("what the handle writes to the socket",),
    suite="27 tests pass as before",
    seconds=8.2,
)
READS_WELL = Readability(
    moved=(
        RuleMoved(rule="cognitive complexity", before=5, after=2, limit=6),
        RuleMoved(rule="tokens", before=50, after=53, limit=95),
    )
)


def hotspot(where: Target, part: float) -> Hotspot:
    return Hotspot(target=where, calls=1204, self_seconds=0.2, cumulative_seconds=0.4, share=part)


def accepted(number: int, where: Target, transform: str, *, saved: float, ratio: float = 1.418) -> Decision:
    return Decision(
        candidate=candidate(number, where, transform),
        verdict=Verdict.ACCEPT,
        reasons=(),
        verification=SAME,
        measurements=(replace(MEASUREMENT, ratio=ratio, low=ratio - 0.034, high=ratio + 0.034),),
        readability=READS_WELL,
        hotspot=hotspot(where, saved * 3),
        workload_saved=saved,
    )


def refused(number: int, where: Target, stage: Stage, code: str, text: str, **evidence: object) -> Decision:
    return Decision(
        candidate=candidate(number, where, "generator-to-list"),
        verdict=Verdict.REFUSE,
        reasons=(Reason(stage=stage, code=code, text=text),),
        **evidence,  # type: ignore[arg-type]
    )


COUNTEREXAMPLE = Counterexample(
    arguments="([],)",
    before="raises IndexError('list index out of range')",
    after="returns None",
    found_by="neighbour",
    snippet="from shop.orders import first\n\nfirst([])\n",
)
DIFFERENT = Verification(
    behaviour=Behaviour.DIFFERENT,
    tried=(("recorded", 12), ("neighbour", 31)),
    counterexample=COUNTEREXAMPLE,
    reasons=("On ([],) it raises IndexError before and returns None after.",),
)
WORKLOAD = Workload(
    kind="pytest",
    argv=("-m", "pytest", "-q"),
    sys_path=("src",),
    seconds=3.24,
    overhead=1.6,
    baseline=SuiteResult(
        passed=tuple(f"tests/test_shop.py::test_{i}" for i in range(27)),
        failed=(),
        skipped=("tests/test_shop.py::test_net",),
        seconds=3.24,
        ended="ok",
    ),
    hotspots=(),
    recordings=(
        Recording(
            target=target("shop/orders.py", "first"),
            calls_seen=40,
            samples=(),
            lost=(("an open file cannot be pickled", 3),),
        ),
    ),
    unstable=("tests/test_shop.py::test_clock",),
)

PHONE = target("shop/contacts/addresses.py", "phone_numbers")
METHOD = target(
    "shop/warehouse/replenishment_planning.py",
    "ReplenishmentPlanner.expected_deliveries_by_supplier",
    kind=Kind.METHOD,
    line=112,
)
ODD = target("shop/odd.py", "evil_name", line=3)


@pytest.fixture
def run() -> Run:
    """Three accepted changes and four refusals."""
    observed = Assumption(text="`lines` holds only str", evidence=Evidence.OBSERVED, observed=1204)
    first = accepted(1, PHONE, "hoist-regex", saved=0.041)
    return Run(
        project="shop",
        commit="4f1c2d3e" * 5,
        sandbox="L0",
        interpreters=(Interpreter(executable="/usr/bin/python3", version="3.13.0"),),
        cpu="Example CPU 3000",
        workload=WORKLOAD,
        functions=312,
        files=41,
        skipped=(
            Skipped(path="shop/_vendor/six.py", because="vendored"),
            Skipped(path="shop/_vendor/attr.py", because="vendored"),
            Skipped(path="shop/old.py", because="it cannot be parsed by Python 3.13 (line 3)"),
        ),
        declined=(
            Declined(
                path="shop/orders.py",
                line=40,
                qualname="Order.total",
                transform="loop-to-sum",
                because="the elements may be floats",
            ),
        ),
        decisions=(
            replace(first, candidate=replace(first.candidate, assumptions=(observed,))),
            accepted(2, METHOD, "constant-table", saved=0.0003, ratio=11.94),
            accepted(3, target("shop/util.py", "slug"), "literal-before-regex", saved=0.0, ratio=3.2),
            refused(4, target("shop/orders.py", "first"), Stage.VERIFY, "behaves differently", DIFFERENT.reasons[0], verification=DIFFERENT),
            refused(5, target("shop/orders.py", "second"), Stage.MEASURE, "no proved gain in time", "Python 3.13.0: 1.04x (at least 1.01x) is not 1.10x for certain.", measurements=(replace(MEASUREMENT, claim=False, ratio=1.04, low=1.01, high=1.07),)),
            refused(6, target("shop/orders.py", "third"), Stage.MEASURE, "no proved gain in time", "Python 3.13.0: 0.98x (at least 0.95x) is not 1.10x for certain.", measurements=(replace(MEASUREMENT, claim=False, ratio=0.98, low=0.95, high=1.01),)),
            refused(7, ODD, Stage.READABILITY, "reads worse", "It adds the one-letter name `x`.", readability=Readability(objections=("It adds the one-letter name `x`.",))),
        ),
        control=1.0012,
        seconds=372.4,
        notes=("2 transforms could not be loaded.",),
    )  # fmt: skip


@pytest.fixture
def nothing(run: Run) -> Run:
    """The same project with nothing found."""
    return replace(run, decisions=(), control=0.0, notes=(), skipped=(), workload=None, declined=())
