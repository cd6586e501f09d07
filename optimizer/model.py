"""The frozen values that flow from stage to stage.

Ratios are time before / time after: 1.10 is "1.10x faster". Shares are between 0 and 1. Seconds and
bytes are named so. Source texts are whole files unless a name says otherwise; paths of files are
POSIX paths relative to the repository's root.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

_NO_WEIGHT = 1e-6


class Kind(StrEnum):
    """What a target is."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    MODULE = "module"


class Stage(StrEnum):
    """Where in the pipeline something happened."""

    DISCOVER = "discover"
    WORKLOAD = "workload"
    PROPOSE = "propose"
    VERIFY = "verify"
    MEASURE = "measure"
    READABILITY = "readability"
    JUDGE = "judge"


class Evidence(StrEnum):
    """How well an assumption is known to hold."""

    PROVED = "proved"
    ANNOTATED = "annotated"
    OBSERVED = "observed"
    UNKNOWN = "unknown"


class Behaviour(StrEnum):
    """The three verdicts of verification; only the first goes on."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_ENOUGH_EVIDENCE = "not enough evidence"


class Metric(StrEnum):
    """What a change is meant to gain; each has its own 10%."""

    TIME = "time"
    MEMORY = "memory"
    RESOURCES = "resources"


class Verdict(StrEnum):
    """The judge's answer."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file (or part of one) that is left alone, and why."""

    path: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One function, method, class or module level of a file.

    `qualname` is Python's `__qualname__` ("" for module level); `first_line` counts decorators in;
    lines are 1-based and inclusive. `source` is the target's own text, `digest` its SHA-256 in hex.
    """

    path: str
    module: str
    qualname: str
    kind: Kind
    first_line: int
    last_line: int
    source: str
    digest: str

    @property
    def name(self) -> str:
        """How reports name it: `package.module:Class.method`."""
        return f"{self.module}:{self.qualname or '<module>'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A Python file as found: `text` decoded with newlines untouched, `data` its exact bytes."""

    path: str
    module: str
    text: str
    encoding: str
    bom: bool
    newline: str
    targets: tuple[Target, ...]

    def encode(self, text: str) -> bytes:
        """`text` as bytes in this file's own encoding, with its byte order mark if it had one."""
        codec = "utf-8-sig" if self.bom else self.encoding
        return text.encode(codec)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python of the project: `executable`, and what it says of itself."""

    executable: str
    version: str
    implementation: str = "CPython"

    @property
    def minor(self) -> str:
        """`3.12` of `3.12.1`."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How an interpreter was built; `options` are what its `configure` was told, without paths."""

    version: str
    implementation: str
    compiler: str = ""
    options: tuple[str, ...] = ()
    free_threaded: bool = False
    debug: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where figures come from. `cores` of the machine's `processors` could be used."""

    cpu: str
    cores: int
    processors: int
    system: str
    builds: tuple[Build, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspot:
    """Where a workload spends its time. `share` is cumulative seconds / seconds of the workload."""

    target: Target
    calls: int
    self_seconds: float
    cumulative_seconds: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Seconds spent below these functions, outermost first. `inside` says that the last one itself was running."""

    names: tuple[str, ...]
    inside: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Where processor time went: `hotspots` the biggest share first, `stacks` the same by who called whom."""

    kind: str
    python: str
    tests: int
    seconds: float
    hotspots: tuple[Hotspot, ...]
    stacks: tuple[Stack, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One recorded call.

    `call` is base64 of the pickle (protocol 4) of `(args, kwargs)`; for a method, `args[0]` is the
    receiver. `stratum` names the class of argument types and sizes that it stands for; `weight` is
    the share of the target's calls that this sample stands for (the weights of a recording sum to 1).
    `types` are the exact types of the arguments by parameter name, in order. `taken` is how many items the caller
    took of what a generator gave, 0 for all of them, None where that was not seen or the result is no generator.
    """

    call: str
    stratum: str
    weight: float
    taken: int | None = None
    types: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Real calls of one target. `lost` counts calls that could not be kept, by reason."""

    target: Target
    calls_seen: int
    samples: tuple[Sample, ...]
    lost: tuple[tuple[str, int], ...] = ()
    types: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    """For each parameter, the exact types seen over all calls with their counts.

    A function that is called more than some hundred times has estimated counts, and one that is called more
    than 20,000 times may have been given a rare type that is not here.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """What a run of the project's tests came to. Names are the runner's own ids.

    `ended` is "ok" when the run came to its end, whatever failed. `why` gives the first line of each failure.
    """

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    seconds: float
    ended: str
    tail: str = ""
    why: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What running the project once has shown.

    `kind` is pytest, unittest, doctest or command; `argv` follows the interpreter. `sys_path` are
    the import roots as the run saw them, relative to the root where they lie inside it.
    `reaching` maps `Target.name` to the ids of the tests that called it.
    """

    kind: str
    argv: tuple[str, ...]
    sys_path: tuple[str, ...]
    seconds: float
    overhead: float
    baseline: SuiteResult
    hotspots: tuple[Hotspot, ...]
    recordings: tuple[Recording, ...]
    reaching: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unstable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    digest: str = ""
    """Names what was run: equal for two runs of the same tests on the same interpreter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What must hold for a change to be right, and how it is known.

    `parameter` and `types` are given when the assumption is that a parameter has one of these exact
    types: verification then keeps to them for that parameter.
    """

    text: str
    evidence: Evidence
    observed: int = 0
    parameter: str = ""
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One rewrite of one file. `before` and `after` are the whole file's text."""

    id: str
    transform: str
    transform_version: int
    metric: Metric
    targets: tuple[Target, ...]
    path: str
    before: str
    after: str
    patch: str
    assumptions: tuple[Assumption, ...] = ()
    pythons: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """A place where a transform looked and refused, with the reason as a sentence."""

    path: str
    line: int
    qualname: str
    transform: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """An input on which before and after differ, replayed twice. The texts are for people."""

    arguments: str
    before: str
    after: str
    found_by: str
    snippet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What verification tried and saw. `tried` counts inputs by source."""

    behaviour: Behaviour
    tried: tuple[tuple[str, int], ...] = ()
    counterexample: Counterexample | None = None
    branches_reached: int = 0
    branches_total: int = 0
    branches_missed: tuple[str, ...] = ()
    mutants_made: int = 0
    mutants_killed: int = 0
    survivors: tuple[str, ...] = ()
    not_observable: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    suite: str = "not run"
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def inputs_tried(self) -> int:
        """How many inputs both versions were compared on."""
        return sum(count for _, count in self.tried)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One class of inputs measured alone: its ratio with bounds, and its weight in the workload."""

    name: str
    weight: float
    ratio: float
    low: float
    high: float

    @property
    def is_recorded(self) -> bool:
        """Whether calls were recorded like this; what is looked at besides has no weight to speak of."""
        return self.weight > _NO_WEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One metric on one interpreter and machine.

    `ratio` is the confirmed point with `low` and `high` its one-sided bounds (for memory and
    resources: gain as before / after). `claim` is whether the gate claims at least 10%.
    `same_code_ratio` is the A/A control: the old code against a copy of itself. `withheld` says that nothing
    but a failed control stands against a claim, so that another run may make it.
    """

    metric: Metric
    claim: bool
    ratio: float
    low: float
    high: float
    processes: int
    same_code_ratio: float
    python: str
    cpu: str
    seconds_per_call_before: float = 0.0
    seconds_per_call_after: float = 0.0
    strata: tuple[Stratum, ...] = ()
    worst: float = 0.0
    synthetic: bool = False
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    withheld: bool = False
    seconds: float = 0.0
    pyperf_before: str = field(default="", repr=False)
    pyperf_after: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SameCode:
    """The A/A control of a run on one interpreter: what the same code measured against itself.

    `blocks` says that it is surely not 1, so nothing that the run measured there can be believed.
    """

    python: str
    ratio: float
    processes: int
    blocks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMoved:
    """One readability rule whose value changed: `cognitive complexity 5 -> 2 (limit 6)`."""

    rule: str
    before: float
    after: float
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Readability:
    """Whether a change reads no worse: the rules that moved, and objections as sentences."""

    moved: tuple[RuleMoved, ...] = ()
    objections: tuple[str, ...] = ()

    @property
    def not_worse(self) -> bool:
        """Whether nothing objects."""
        return not self.objections


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something was decided. `code` is counted in reports; `text` is the sentence."""

    stage: Stage
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The judge's word on one candidate, with all the evidence that there is."""

    candidate: Candidate
    verdict: Verdict
    reasons: tuple[Reason, ...]
    verification: Verification | None = None
    measurements: tuple[Measurement, ...] = ()
    readability: Readability | None = None
    hotspot: Hotspot | None = None
    workload_saved: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Two versions of one file, ready to be run against each other.

    `file` is the absolute path under which either text is served; `module` its import name, and
    `aliases` other names that must give the same module. `qualnames` are the functions, methods or
    classes that changed. `cwd` is where to run (a copy of the tree, or a scratch folder), `sys_path`
    the absolute import roots. Real calls come as `samples` (for `qualnames[0]` unless `sample_of`
    says otherwise, position by position), or from `inputs_file`: a Python file whose `inputs()`
    yields argument tuples, called afresh for each version. `assumptions` that name a parameter
    limit what that parameter is given; without them and without annotations any plausible type is tried.
    """

    file: str
    module: str
    qualnames: tuple[str, ...]
    before: str
    after: str
    python: str
    cwd: str
    sys_path: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    sample_of: tuple[str, ...] = ()
    inputs_file: str = ""
    assumptions: tuple[Assumption, ...] = ()
    metric: Metric = Metric.TIME
    transform: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the pipeline is doing now: `done` of `total` (0 when unknown) in `stage`, on `detail`."""

    stage: Stage
    detail: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything one run of the pipeline has found.

    `control` is the A/A ratio furthest from 1 that was measured in this run (0: none), `controls` all of them.
    """

    project: str
    commit: str
    sandbox: str
    interpreters: tuple[Interpreter, ...]
    cpu: str
    workload: Workload | None
    functions: int
    files: int
    skipped: tuple[Skipped, ...]
    declined: tuple[Declined, ...]
    decisions: tuple[Decision, ...]
    control: float
    seconds: float
    peak_bytes: int = 0
    dry_run: bool = True
    written: tuple[str, ...] = ()
    budget_exhausted: bool = False
    notes: tuple[str, ...] = ()
    controls: tuple[SameCode, ...] = ()
    machine: Machine | None = None

    @property
    def accepted(self) -> tuple[Decision, ...]:
        """The accepted decisions, biggest saving of the workload first."""
        yes = (decision for decision in self.decisions if decision.verdict is Verdict.ACCEPT)
        return tuple(sorted(yes, key=lambda decision: -decision.workload_saved))


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What one machine says about one candidate.

    `objections` are those of its own run that are not about the gain; `disagrees` is what the judge finds in all of it
    against a change that was accepted elsewhere.
    """

    machine: Machine
    measurements: tuple[Measurement, ...] = ()
    objections: tuple[Reason, ...] = ()
    disagrees: tuple[Reason, ...] = ()
