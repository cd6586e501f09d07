"""A claim -> the same change made anew by our own transform on the base's own bytes, or why it is refused.

A forged claim can at most select a change that one of our transforms makes on the base, with types of
parameters that were never seen and numbers that were never measured; the judge and the readability gate are
asked again, so that even then what is offered is what an honest run with such numbers would offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from optimizer.discover import discover
from optimizer.judge import judge
from optimizer.model import Candidate, Decision, Hotspot, SourceFile, Verdict
from optimizer.propose import propose
from optimizer.publish.base import Base, checkout, repository_facts, unfit
from optimizer.publish.bundle import Claim
from optimizer.publish.fingerprint import fingerprint, function_digest, qualnames
from optimizer.readability.gate import read_files
from optimizer.report.data import digest
from optimizer.transform import Transform


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A claim that is not published, and why, as a sentence. With a `fingerprint` the change itself is genuine."""

    claim: str
    path: str
    because: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A change that may be published: `data` are the whole new file's bytes, for `path` from the repository's top.

    `base_blob` is git's name of the old bytes, `function` the digest of the changed functions as they were.
    """

    decision: Decision
    fingerprint: str
    function: str
    path: str
    mode: str
    base_blob: str
    data: bytes

    @property
    def candidate(self) -> Candidate:
        """The change."""
        return self.decision.candidate

    @property
    def saved(self) -> float:
        """The share of the workload's time that it saves."""
        return self.decision.workload_saved


def rerun(claims: Iterable[Claim], base: Base, transforms: Iterable[Transform]) -> Iterator[Offer | Refused]:
    """Every claim in turn, made again from `base`."""
    rules = {transform.name: transform for transform in transforms}
    with checkout(base) as repository:
        found = discover(repository, base.config)
    again = _Again(
        base=base,
        rules=rules,
        files={file.path: file for file in found.files},
        skipped={file.path: file.because for file in found.skipped},
        enabled=base.config.enabled,
    )
    for claim in claims:
        result = again.of(claim)
        yield Refused(claim=claim.id, path=claim.path, because=result) if isinstance(result, str) else result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    base: Base
    rules: Mapping[str, Transform]
    files: Mapping[str, SourceFile]
    skipped: Mapping[str, str]
    enabled: bool

    def of(self, claim: Claim) -> Offer | Refused | str:
        because = self._unwanted(claim)
        if because:
            return because
        candidate = self._made_anew(claim)
        if candidate is None:
            return "this version's rule does not make that change from the base's file"
        return self._judged(claim, candidate)

    def _unwanted(self, claim: Claim) -> str:
        """Why the claim is not even looked at."""
        if not self.enabled:
            return "[tool.optimizer] says enabled = false"
        if because := unfit(claim.path, self.base.entries):
            return because
        if claim.transform not in self.rules:
            return "there is no such rule"
        if because := _not_chosen(claim.transform, self.base):
            return because
        file = self.files.get(claim.path)
        if file is None:
            return f"it is left alone ({self.skipped.get(claim.path, 'not found')})"
        return (
            ""
            if digest(file.text) == claim.before_sha256
            else "the base's file is not the one that was measured"
        )

    def _made_anew(self, claim: Claim) -> Candidate | None:
        proposals = propose(
            (self.files[claim.path],),
            (self.rules[claim.transform],),
            recordings=claim.recordings,
            repository=repository_facts(self.base),
            line_length=self.base.config.line_length,
        )
        made = (each for each in proposals if isinstance(each, Candidate))
        same = (
            each for each in made if digest(each.after) == claim.after_sha256 and each.patch == claim.patch
        )
        return next(same, None)

    def _judged(self, claim: Claim, candidate: Candidate) -> Offer | Refused:
        decision = _decision(claim, candidate, line_length=self.base.config.line_length)
        name = fingerprint(candidate)
        because = claim.refusal and f"the run has refused it ({claim.refusal})"
        if not because and decision.verdict is not Verdict.ACCEPT:
            because = decision.reasons[0].text
        if not because and _least(decision) < 1 + self.base.config.min_gain:
            because = f"its lower bound is not {1 + self.base.config.min_gain:.2f}x"
        if because:
            return Refused(claim=claim.id, path=claim.path, because=because, fingerprint=name)
        entry = self.base.entries[claim.path]
        return Offer(
            decision=decision,
            fingerprint=name,
            function=function_digest(candidate.before, qualnames(candidate)),
            path=self.base.full_path(claim.path),
            mode=entry.mode,
            base_blob=entry.sha,
            data=self.files[claim.path].encode(candidate.after),
        )


def _not_chosen(name: str, base: Base) -> str:
    if name in base.config.ignore:
        return "[tool.optimizer] ignore names its rule"
    if base.config.select and name not in base.config.select:
        return "[tool.optimizer] select does not name its rule"
    return ""


def _decision(claim: Claim, candidate: Candidate, *, line_length: int | None) -> Decision:
    """The judge's word on the change as it was made anew, with the numbers that are claimed for it."""
    reading = read_files(
        candidate.before,
        candidate.after,
        line_length=line_length,
        speedup_low=min((one.low for one in claim.measurements), default=1.0),
    )
    hotspot = Hotspot(
        target=candidate.targets[0],
        calls=0,
        self_seconds=0.0,
        cumulative_seconds=0.0,
        share=claim.share,
    )
    return judge(
        candidate,
        readability=reading,
        verification=claim.verification,
        measurements=tuple(replace(one, metric=one.metric) for one in claim.measurements),
        hotspot=hotspot if claim.share else None,
    )


def _least(decision: Decision) -> float:
    """The smallest lower bound over the interpreters."""
    return min((one.low for one in decision.measurements), default=0.0)
