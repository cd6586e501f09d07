"""The equivalence corpus as subjects of verification: two files and an inputs file, as `optimize check` gets them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.model import Subject

CORPUS = Path(__file__).parent.parent / "tests" / "corpora" / "equivalence"
CASES, ADVERSARIAL = CORPUS / "cases.jsonl", CORPUS / "adversarial.jsonl"
MODULE = "case_module"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled pair."""

    id: str
    family: str
    entry: str
    equivalent: bool
    before: str
    after: str
    inputs: tuple[str, ...]
    witness: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()


def load(file: Path = CASES) -> tuple[Case, ...]:
    """All cases of a corpus, in order."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return tuple(_case(json.loads(line)) for line in lines)


def _case(row: dict[str, object]) -> Case:
    return Case(
        id=str(row["id"]),
        family=str(row["family"]),
        entry=str(row["entry"]),
        equivalent=row["label"] == "equivalent",
        before=str(row["before"]),
        after=str(row["after"]),
        inputs=_texts(row["inputs"]),
        witness=_texts(row.get("witness")),
        requires=_texts(row.get("requires")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def subject(case: Case, folder: Path, *, python: str, inputs: Sequence[str] | None = None) -> Subject:
    """Write the files of a case into an empty folder; `inputs` replaces the case's own recorded calls."""
    calls = case.inputs if inputs is None else inputs
    (folder / f"{MODULE}.py").write_text(case.before, encoding="utf-8")
    scratch = folder / "scratch"
    scratch.mkdir()
    if calls:
        (folder / "case_inputs.py").write_text(_inputs_file(calls), encoding="utf-8")
    return Subject(
        file=str(folder / f"{MODULE}.py"),
        module=MODULE,
        qualnames=(case.entry,),
        before=case.before,
        after=case.after,
        python=python,
        cwd=str(scratch),
        sys_path=(str(folder),),
        inputs_file=str(folder / "case_inputs.py") if calls else "",
    )


def _inputs_file(calls: Sequence[str]) -> str:
    helpers = (CORPUS / "helpers.py").read_text(encoding="utf-8")
    yields = "".join(f"    yield {call}\n" for call in calls)
    return f"{helpers}\n\nfrom {MODULE} import *  # noqa: E402\n\n\ndef inputs():\n{yields}"
