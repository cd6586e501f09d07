"""`--sarif FILE`: the accepted changes in the format that code scanning reads (SARIF 2.1.0, an OASIS standard)."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from urllib.parse import quote

from optimizer import __version__
from optimizer.model import Decision, Run
from optimizer.report.annotations import first_changed_line
from optimizer.report.data import Json, dumps
from optimizer.report.names import function_of
from optimizer.report.safe import clipped, one_line
from optimizer.report.sentences import gain_of, share

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_NO_BYTE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
MOST = 5_000
"""GitHub shows so many results of one run."""


def sarif(run: Run, *, folder: PurePosixPath = PurePosixPath()) -> str:  # noqa: B008
    """The log of one run. `folder` is where the project lies in its repository: paths start at the top of that."""
    found = run.accepted[:MOST]
    rules = sorted({one_line(decision.candidate.transform) for decision in found})
    driver = {"name": "tenpercent", "version": __version__, "rules": [_rule(name) for name in rules]}
    results = [_result(decision, folder, rules) for decision in found]
    log = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [log]})


def _rule(name: str) -> Json:
    return {
        "id": name,
        "shortDescription": {"text": f"A faster way that behaves the same: {name}."},
        "help": {"text": f"`optimize explain {name}` shows when it is safe, with examples."},
    }


def _result(decision: Decision, folder: PurePosixPath, rules: list[str]) -> Json:
    candidate = decision.candidate
    rule = one_line(candidate.transform)
    saved = f", {share(decision.workload_saved)} of the workload" if decision.workload_saved > 0 else ""
    text = f"{function_of(candidate)}: {gain_of(decision)}{saved}, by the rule {rule}."
    place = {
        "artifactLocation": {"uri": _uri(folder / candidate.path), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": first_changed_line(decision)},
    }
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": "note",
        "message": {"text": _plain(clipped(text))},
        "locations": [{"physicalLocation": place}],
        # Not the line, so that it is the same finding when something above it changes.
        "partialFingerprints": {"functionAndRule/v1": _hash(candidate.path, function_of(candidate), rule)},
    }


def _uri(path: PurePosixPath) -> str:
    """A relative reference; a first part with a colon would be read as a scheme, so that is quoted as well."""
    return quote(
        _NO_BYTE.sub("\N{REPLACEMENT CHARACTER}", str(path)).encode("utf-8", "surrogateescape"), safe="/"
    )


def _plain(text: str) -> str:
    """Without what a message's text can hold besides words: links in brackets, places for arguments in braces."""
    return re.sub(r"([\\\[\]])", r"\\\1", text).replace("{", "{{").replace("}", "}}")


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
