"""A bundle's changes are measured again only where the very same code lies, and are made of its patches."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.adapters.git import GitRepository
from optimizer.adapters.ledger import SqliteLedger
from optimizer.config import Config
from optimizer.discover import discover
from optimizer.errors import UsageError
from optimizer.judge import withdrawn
from optimizer.model import (
    Behaviour,
    Build,
    Candidate,
    Decision,
    Interpreter,
    Machine,
    Measurement,
    Metric,
    Readability,
    Run,
    Verdict,
    Verification,
)
from optimizer.propose.patch import unified_diff
from optimizer.reconcile import reconcile
from optimizer.remeasure import Remeasurer
from optimizer.report.bundle import write_bundle
from optimizer.report.bundle_reading import read_bundle
from optimizer.workload.project import find_project

BEFORE = '''\
"""Levels."""
import re


def levels(lines):
    """How many lines have a level ä."""
    return sum(1 for line in lines if re.match(r"\\[(?P<level>[A-Z]+)\\] (?P<text>.*)", line))
'''
AFTER = BEFORE.replace(
    "import re\n", 'import re\n\n_LEVEL = re.compile(r"\\[(?P<level>[A-Z]+)\\] (?P<text>.*)")\n'
).replace('re.match(r"\\[(?P<level>[A-Z]+)\\] (?P<text>.*)", line)', "_LEVEL.match(line)")
TESTS = """\
import unittest
from logs import levels


class Levels(unittest.TestCase):
    def test_levels(self):
        self.assertEqual(levels(["[INFO] up", "noise"] * 20), 20)
"""
MEASURED = Measurement(
    metric=Metric.TIME, claim=True, ratio=1.9, low=1.8, high=2.0, processes=6, same_code_ratio=1.0, python="3.99.0", cpu="Elsewhere"
)  # fmt: skip
MACHINE = Machine(
    cpu="Elsewhere", cores=1, processors=1, system="", builds=(Build(version="3.99.0", implementation="CPython"),)
)  # fmt: skip


@pytest.fixture
def root(make_project) -> Path:
    return make_project(
        {"logs.py": ("# coding: latin-1\n" + BEFORE).encode("latin-1"), "test_logs.py": TESTS}
    )


@pytest.fixture
def repository(root) -> GitRepository:
    return GitRepository.open(root)


@pytest.fixture
def remeasurer(root, repository, runner, tmp_path) -> Remeasurer:
    project = find_project(root, runner, python=sys.executable)
    ledger = SqliteLedger(tmp_path / "ledger", warn=print)
    yield Remeasurer(
        repository=repository, project=project, runner=runner, ledger=ledger, config=Config(), cpu="Here", watch=lambda _: None
    )  # fmt: skip
    ledger.close()


def bundle_of(repository: GitRepository, folder: Path, *, after: str = AFTER, **changes: object):
    """What another machine would have written; `changes` are to its candidate."""
    (file,) = discover(repository, Config()).files
    coding = file.text.partition('"""')[0]
    targets = tuple(target for target in file.targets if target.qualname == "levels")
    candidate = Candidate(
        id="c1",
        transform="literal-regex-to-constant",
        transform_version=1,
        metric=Metric.TIME,
        targets=targets,
        path="logs.py",
        before=file.text,
        after=coding + after,
        patch=unified_diff("logs.py", file.text, coding + after),
    )
    decision = Decision(
        candidate=replace(candidate, **changes),  # type: ignore[arg-type]
        verdict=Verdict.ACCEPT,
        reasons=(),
        verification=Verification(behaviour=Behaviour.SAME),
        measurements=(MEASURED,),
        readability=Readability(),
    )
    run = Run(
        project=repository.root.name,
        commit=repository.head,
        sandbox="L0",
        interpreters=(Interpreter(executable="python", version="3.99.0"),),
        cpu="Elsewhere",
        workload=None,
        functions=1,
        files=1,
        skipped=(),
        declined=(),
        decisions=(decision,),
        control=1.0,
        seconds=1.0,
        machine=MACHINE,
    )
    write_bundle(run, folder)
    return read_bundle(folder)


@pytest.mark.slow
def test_this_machine_measures_and_compares_the_same_change(remeasurer, repository, tmp_path):
    bundle = bundle_of(repository, tmp_path / "bundle")
    machine, ((entry, witness),) = remeasurer.remeasure(bundle)
    assert entry.id == "c1"
    assert machine.builds[0].version == sys.version.split()[0]
    (measurement,) = witness.measurements
    assert measurement.claim
    assert measurement.low > 1.1
    # The bundle's run has not seen this Python, so behaviour was compared too.
    assert witness.objections == ()
    status = subprocess.check_output(
        ["git", "-C", str(repository.root), "status", "--porcelain", "--ignored"]
    )
    assert status == b""


def test_another_behaviour_on_this_python_is_an_objection(remeasurer, repository, tmp_path):
    wrong = BEFORE.replace("sum(1 for", "sum(2 for")
    _, ((_, witness),) = replace(remeasurer, measure_seconds=1.0).remeasure(
        bundle_of(repository, tmp_path / "bundle", after=wrong)
    )
    assert {reason.code for reason in witness.objections} == {"behaviour: different"}


def test_another_commit(remeasurer, repository, tmp_path):
    bundle = bundle_of(repository, tmp_path / "bundle")
    git = ["git", "-C", str(repository.root), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "On"], check=True)
    with pytest.raises(UsageError, match=f"check the first one out .`git checkout {bundle.commit}`"):
        remeasurer.remeasure(bundle)


def test_a_changed_file(remeasurer, repository, tmp_path):
    bundle = bundle_of(repository, tmp_path / "bundle")
    with (repository.root / "logs.py").open("a") as stream:
        stream.write("\nX = 1\n")
    with pytest.raises(
        UsageError, match=r"logs\.py in .* is not as it was when .* was made; put local changes aside"
    ):
        remeasurer.remeasure(bundle)


def test_a_file_that_is_not_there(remeasurer, repository, tmp_path):
    bundle = bundle_of(repository, tmp_path / "bundle", path="../outside.py")
    with pytest.raises(UsageError, match=r"outside\.py in .* is not as it was"):
        remeasurer.remeasure(bundle)


def test_a_patch_that_gives_another_text(remeasurer, repository, tmp_path):
    bundle = bundle_of(repository, tmp_path / "bundle")
    patch = bundle.folder / "patches" / "c1.patch"
    patch.write_text(patch.read_text().replace("_LEVEL.match", "_LEVEL.search"))
    with pytest.raises(
        UsageError, match=r"a patch for logs\.py that gives another text than was measured there"
    ):
        remeasurer.remeasure(read_bundle(bundle.folder))


def test_a_patch_for_another_file_touches_nothing(remeasurer, repository, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_text("x = 1\n")
    bundle = bundle_of(
        repository, tmp_path / "bundle", patch=f"--- a/../../../{outside.name}\n+++ b/../../../{outside.name}\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
    )  # fmt: skip
    with pytest.raises(UsageError):
        remeasurer.remeasure(bundle)
    assert outside.read_text() == "x = 1\n"


def test_bundles_about_something_else_are_not_combined(repository, tmp_path):
    first = bundle_of(repository, tmp_path / "first")
    with pytest.raises(UsageError, match="give bundles of the same commit"):
        reconcile(first, [replace(first, commit="f" * 40)])
    with pytest.raises(UsageError, match="have no change in common"):
        reconcile(first, [replace(first, entries=())])


def test_a_run_elsewhere_that_came_to_another_end_is_heard(repository, tmp_path):
    first = bundle_of(repository, tmp_path / "first")
    (entry,) = first.entries
    small = replace(MEASURED, claim=False, ratio=1.04, low=1.01, reasons=("1.04x is not 1.10x for certain.",))
    other_entry = replace(
        entry, decision=replace(entry.decision, verdict=Verdict.REFUSE, measurements=(small,))
    )
    other = replace(first, machine=replace(MACHINE, cpu="Third"), entries=(other_entry,))
    ((decision, (witness,)),) = reconcile(first, [other])
    assert decision.verdict is Verdict.REFUSE
    assert "On Third, Python 3.99.0: 1.04x (at least 1.01x) does not agree" in decision.reasons[0].text
    assert witness.disagrees == decision.reasons
    # Figures of a run that took its own acceptance back count as little there as here.
    back = withdrawn(entry.decision, "The same code came out 1.05x.")
    other = replace(other, entries=(replace(entry, decision=back),))
    ((decision, _),) = reconcile(first, [other])
    assert [reason.text for reason in decision.reasons] == ["On Third: The same code came out 1.05x."]
    # The same change of another text is another change.
    ((decision, witnesses),) = reconcile(
        first, [replace(other, entries=(replace(other_entry, after_sha256="0" * 64),))]
    )
    assert (decision.verdict, witnesses) == (Verdict.ACCEPT, ())
