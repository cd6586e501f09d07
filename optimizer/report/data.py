"""Values -> the JSON that programs read. The shapes are published in `schema/`.

What has no finite value (a gain that leaves nothing) is null. Recorded calls are never written: they
may hold secrets of the people who ran the project.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from typing import Any

from optimizer import __version__
from optimizer.model import (
    Candidate,
    Counterexample,
    Decision,
    Declined,
    Hotspot,
    Machine,
    Measurement,
    Readability,
    Reason,
    Recording,
    Run,
    Target,
    Verification,
    Workload,
)
from optimizer.report.names import function_of, line_of

FORMAT = 1
Json = dict[str, Any]


def dumps(data: Json, *, indent: int | None = 1) -> str:
    """Strict JSON in ASCII, so that any text can be written and read anywhere."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False, indent=indent) + "\n"


def run_data(run: Run) -> Json:
    """A whole run, with one decision for every candidate."""
    return {**run_head(run), "decisions": [decision_data(decision) for decision in run.decisions]}


def run_head(run: Run) -> Json:
    """What a run says beside its decisions."""
    return {
        "format": FORMAT,
        "tool": {"name": "tenpercent", "version": __version__},
        "project": run.project,
        "commit": run.commit,
        "sandbox": run.sandbox,
        "interpreters": [
            {"executable": each.executable, "version": each.version, "implementation": each.implementation}
            for each in run.interpreters
        ],
        "cpu": run.cpu,
        "machine": machine_data(run.machine) if run.machine else None,
        "workload": workload_data(run.workload) if run.workload else None,
        "functions": run.functions,
        "files": run.files,
        "candidates": len(run.decisions),
        "accepted": [decision.candidate.id for decision in run.accepted],
        "skipped": [{"path": file.path, "because": file.because} for file in run.skipped],
        "declined": [declined_data(place) for place in run.declined],
        "control": finite(run.control),
        "controls": [
            {"python": one.python, "ratio": one.ratio, "processes": one.processes, "blocks": one.blocks}
            for one in run.controls
        ],
        "seconds": round(run.seconds, 3),
        "peak_bytes": run.peak_bytes,
        "dry_run": run.dry_run,
        "written": list(run.written),
        "budget_exhausted": run.budget_exhausted,
        "notes": list(run.notes),
    }


def machine_data(machine: Machine) -> Json:
    """Where figures come from."""
    return {
        "cpu": machine.cpu,
        "cores": machine.cores,
        "processors": machine.processors,
        "system": machine.system,
        "builds": [
            {
                "version": build.version,
                "implementation": build.implementation,
                "compiler": build.compiler,
                "options": list(build.options),
                "free_threaded": build.free_threaded,
                "debug": build.debug,
            }
            for build in machine.builds
        ],
    }


def workload_data(workload: Workload) -> Json:
    """What was run, and what could not be kept of it."""
    lost: Counter[str] = Counter()
    for recording in workload.recordings:
        lost.update(dict(recording.lost))
    return {
        "kind": workload.kind,
        "argv": list(workload.argv),
        "seconds": workload.seconds,
        "overhead": finite(workload.overhead),
        "tests": {
            "passed": len(workload.baseline.passed),
            "failed": len(workload.baseline.failed),
            "skipped": len(workload.baseline.skipped),
        },
        "recorded": {
            "functions": len(workload.recordings),
            "calls_seen": sum(recording.calls_seen for recording in workload.recordings),
            "calls_kept": sum(len(recording.samples) for recording in workload.recordings),
            "lost": dict(lost),
        },
        "unstable": list(workload.unstable),
        "notes": list(workload.notes),
    }


def declined_data(place: Declined) -> Json:
    """A place where a rule looked and refused."""
    return {
        "path": place.path,
        "line": place.line,
        "function": place.qualname,
        "transform": place.transform,
        "because": place.because,
    }


def decision_data(decision: Decision) -> Json:
    """One decision with its candidate and all the evidence."""
    return {
        "candidate": candidate_data(decision.candidate),
        "verdict": decision.verdict.value,
        "reasons": [reason_data(reason) for reason in decision.reasons],
        "workload_saved": decision.workload_saved,
        **evidence_data(decision),
    }


def evidence_data(decision: Decision) -> Json:
    """What verification, measuring and reading have shown; null for a stage that did not run."""
    return {
        "verification": verification_data(decision.verification) if decision.verification else None,
        "measurements": [measurement_data(measurement) for measurement in decision.measurements],
        "readability": readability_data(decision.readability) if decision.readability else None,
        "hotspot": hotspot_data(decision.hotspot) if decision.hotspot else None,
    }


def candidate_data(candidate: Candidate) -> Json:
    """One rewrite, with its patch; the digests are of the whole file's text in UTF-8."""
    return {
        "id": candidate.id,
        "transform": candidate.transform,
        "transform_version": candidate.transform_version,
        "metric": candidate.metric.value,
        "path": candidate.path,
        "function": function_of(candidate),
        "line": line_of(candidate),
        "title": candidate.title,
        "targets": [target_data(target) for target in candidate.targets],
        "assumptions": [
            {
                "text": each.text,
                "evidence": each.evidence.value,
                "observed": each.observed,
                "parameter": each.parameter,
                "types": list(each.types),
            }
            for each in candidate.assumptions
        ],
        "pythons": candidate.pythons,
        "before_sha256": digest(candidate.before),
        "after_sha256": digest(candidate.after),
        "patch": candidate.patch,
    }


def target_data(target: Target) -> Json:
    """A function, method, class or module level that a rewrite touches."""
    return {
        "module": target.module,
        "qualname": target.qualname,
        "kind": target.kind.value,
        "first_line": target.first_line,
        "last_line": target.last_line,
    }


def recording_data(recording: Recording) -> Json:
    """The types of a function's arguments, never the arguments themselves."""
    return {
        "function": recording.target.qualname,
        "calls": recording.calls_seen,
        "parameters": [{"name": name, "types": dict(types)} for name, types in recording.types],
    }


def reason_data(reason: Reason) -> Json:
    """Why: `code` is for counting, `text` is the sentence."""
    return {"stage": reason.stage.value, "code": reason.code, "text": reason.text}


def verification_data(verification: Verification) -> Json:
    """What was tried and seen."""
    found = verification.counterexample
    return {
        "behaviour": verification.behaviour.value,
        "tried": dict(verification.tried),
        "inputs_tried": verification.inputs_tried,
        "counterexample": counterexample_data(found) if found else None,
        "branches": {
            "reached": verification.branches_reached,
            "total": verification.branches_total,
            "missed": list(verification.branches_missed),
        },
        "mutants": {
            "made": verification.mutants_made,
            "noticed": verification.mutants_killed,
            "survivors": list(verification.survivors),
        },
        "not_observable": list(verification.not_observable),
        "masked": list(verification.masked),
        "suite": verification.suite,
        "reasons": list(verification.reasons),
        "seconds": round(verification.seconds, 3),
    }


def counterexample_data(found: Counterexample) -> Json:
    """An input on which before and after differ."""
    return {
        "arguments": found.arguments,
        "before": found.before,
        "after": found.after,
        "found_by": found.found_by,
        "snippet": found.snippet,
    }


def measurement_data(measurement: Measurement) -> Json:
    """One metric on one interpreter and machine."""
    return {
        "metric": measurement.metric.value,
        "claim": measurement.claim,
        "ratio": finite(measurement.ratio),
        "low": finite(measurement.low),
        "high": finite(measurement.high),
        "processes": measurement.processes,
        "same_code_ratio": finite(measurement.same_code_ratio),
        "python": measurement.python,
        "cpu": measurement.cpu,
        "seconds_per_call_before": measurement.seconds_per_call_before,
        "seconds_per_call_after": measurement.seconds_per_call_after,
        "strata": [
            {
                "name": row.name,
                "weight": row.weight,
                "ratio": finite(row.ratio),
                "low": finite(row.low),
                "high": finite(row.high),
            }
            for row in measurement.strata
        ],
        "worst": finite(measurement.worst),
        "synthetic": measurement.synthetic,
        "reasons": list(measurement.reasons),
        "notes": list(measurement.notes),
        "seconds": round(measurement.seconds, 3),
    }


def readability_data(reading: Readability) -> Json:
    """The rules that moved, and the objections."""
    return {
        "not_worse": reading.not_worse,
        "moved": [
            {"rule": row.rule, "before": row.before, "after": row.after, "limit": row.limit}
            for row in reading.moved
        ],
        "objections": list(reading.objections),
    }


def hotspot_data(hotspot: Hotspot) -> Json:
    """How much of the workload the function is."""
    return {
        "calls": hotspot.calls,
        "self_seconds": hotspot.self_seconds,
        "cumulative_seconds": hotspot.cumulative_seconds,
        "share": hotspot.share,
    }


def finite(value: float) -> float | None:
    """`value`, or None when JSON has no number for it."""
    return value if math.isfinite(value) else None


def digest(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
