"""The verdict: the same with its evidence, different with a counterexample, or not enough evidence with the reason."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.model import Behaviour, Subject, Verification
from optimizer.sandbox.launch import Launcher
from optimizer.verify.verify import verify, verify_on_each


def subject(folder: Path, before: str, after: str, *, calls: str = "", name: str = "f", **fields) -> Subject:
    before, after = textwrap.dedent(before).lstrip(), textwrap.dedent(after).lstrip()
    (folder / "code.py").write_text(before)
    (folder / "scratch").mkdir()
    if calls:
        (folder / "calls.py").write_text(
            f"import code_under_test as it\ndef inputs():\n    yield from [{calls}]\n"
        )
    return Subject(
        file=str(folder / "code.py"),
        module="code_under_test",
        qualnames=(name,),
        before=before,
        after=after,
        python=fields.pop("python", sys.executable),
        cwd=str(folder / "scratch"),
        sys_path=(str(folder),),
        inputs_file=str(folder / "calls.py") if calls else "",
        **fields,
    )


def judged(folder: Path, before: str, after: str, **options) -> Verification:
    return verify(subject(folder, before, after, **options), Launcher(), budget_seconds=6.0)


LOOP = """
def f(xs: list[int]) -> int:
    total = 0
    for x in xs:
        total += x
    return total
"""
SUM = """
def f(xs: list[int]) -> int:
    return sum(xs)
"""


def test_the_same_comes_with_its_evidence(tmp_path):
    found = judged(tmp_path, LOOP, SUM, calls="([1, 2],), ([],)")
    assert found.behaviour is Behaviour.SAME
    assert dict(found.tried)["recorded"] == 2
    assert found.inputs_tried > 10
    assert found.branches_reached == found.branches_total > 0
    assert found.mutants_killed == found.mutants_made > 0
    assert not found.reasons
    assert found.seconds > 0


class SlowOnce(Launcher):
    """A launcher on a machine that, the first time, leaves the new version no time for one of its inputs."""

    def __init__(self, after: str) -> None:
        super().__init__()
        self._after, self.times = after, 0

    def work(self, job, on_message=None):
        ran = super().work(job, on_message)
        if job.task != "observe" or job.payload["text"] != self._after or len(ran.messages) < 9 or self.times:
            return ran
        self.times += 1
        late = {**ran.messages[-1], "how": "timeout", "outcome": "it did not end in time"}
        return replace(ran, messages=(*ran.messages[:-1], late))


def test_an_input_that_only_once_took_too_long_is_tried_with_more_time(tmp_path):
    pair = subject(tmp_path, LOOP, SUM, calls="([1, 2],), ([],)")
    launcher = SlowOnce(pair.after)
    found = verify(pair, launcher, budget_seconds=6.0)
    assert launcher.times == 1
    assert found.behaviour is Behaviour.SAME, found.reasons


def test_a_difference_comes_with_a_small_counterexample_that_runs(tmp_path):
    after = LOOP.replace("return total", "return total if len(xs) < 3 else 0")
    found = judged(tmp_path, LOOP, after, calls="([1, 2],), ([],)")
    assert found.behaviour is Behaviour.DIFFERENT
    assert "returns 0" in found.counterexample.after
    assert len(found.counterexample.arguments) < 60
    (tmp_path / "code_under_test.py").write_text(textwrap.dedent(LOOP))
    script = found.counterexample.snippet
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.counterexample.before == f"returns {ran.stdout.strip()}"


def test_a_recorded_call_that_differs_needs_no_search(tmp_path):
    found = judged(tmp_path, LOOP, SUM.replace("sum(xs)", "sum(xs) + 1"), calls="([1, 2],)")
    assert found.behaviour is Behaviour.DIFFERENT
    assert found.counterexample.found_by == "recorded"
    assert found.tried == (("recorded", 1),)


def test_without_calls_and_annotations_there_is_no_domain(tmp_path):
    before = "def f(x):\n    return x + 1\n"
    found = judged(tmp_path, before, before.replace("x + 1", "1 + x"))
    assert found.behaviour is Behaviour.NOT_ENOUGH_EVIDENCE
    assert "--inputs" in found.reasons[0]


def test_a_module_that_cannot_be_imported_is_no_evidence(tmp_path):
    found = judged(tmp_path, "import not_there\n" + LOOP, "import not_there\n" + SUM)
    assert found.behaviour is Behaviour.NOT_ENOUGH_EVIDENCE
    assert "not_there" in found.reasons[0]


def test_a_version_that_cannot_be_imported_is_different(tmp_path):
    found = judged(tmp_path, LOOP, "import not_there\n" + SUM)
    assert found.behaviour is Behaviour.DIFFERENT
    assert found.counterexample.found_by == "import"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("TABLE = [1]", "TABLE = (1,)"),
        ("TABLE = [1]", "TABLE = [True]"),
        ("TABLE = [1]", ""),
        ("print('hello')", ""),
        ("import warnings\nwarnings.warn('old')", "import warnings"),
    ],
)
def test_what_the_import_leaves_in_the_module_counts(tmp_path, before, after):
    found = judged(tmp_path, before + "\n" + LOOP, after + "\n" + LOOP, calls="([1],)")
    assert found.behaviour is Behaviour.DIFFERENT
    assert found.counterexample.found_by == "import"


def test_inputs_that_cannot_be_made_are_named(tmp_path):
    found = judged(tmp_path, LOOP, SUM, calls="1 / 0")
    assert found.behaviour is Behaviour.NOT_ENOUGH_EVIDENCE
    assert "ZeroDivisionError" in found.reasons[0]


@pytest.mark.parametrize(
    "body", ["return id(object())", "import time; return time.perf_counter()", "return list({'a', 'b', 'c'})"]
)
def test_a_result_that_is_not_repeated_refuses(tmp_path, body):
    before = f"def f(x: int):\n    {body}\n"
    found = judged(tmp_path, before, before + "    # changed\n", calls="(1,), (2,)")
    assert found.behaviour is Behaviour.NOT_ENOUGH_EVIDENCE
    assert "repeat" in found.reasons[0]


def test_noise_beside_the_result_is_masked_and_listed(tmp_path):
    before = "import time\nLAST = 0.0\n" + LOOP.replace(
        "    total = 0", "    global LAST; LAST = time.perf_counter()\n    total = 0"
    )
    after = "import time\nLAST = 0.0\n" + SUM.replace(
        "    return", "    global LAST; LAST = time.perf_counter()\n    return"
    )
    found = judged(tmp_path, before, after, calls="([1, 2],), ([],)")
    assert found.behaviour is Behaviour.SAME, found.reasons
    assert any("globals" in part for part in found.masked)


def test_a_branch_that_no_input_reaches_refuses(tmp_path):
    before = """
    import os
    def f(x: int) -> int:
        if os.path.exists("/no/such/place"):
            return x * 2
        return x
    """
    found = judged(tmp_path, before, before.replace("x * 2", "2 * x"), calls="(1,), (2,)")
    assert found.behaviour is Behaviour.NOT_ENOUGH_EVIDENCE
    assert "line 4 was never reached" in found.reasons[0]


def test_progress_is_told(tmp_path):
    told = []
    verify(
        subject(tmp_path, LOOP, LOOP + "X = 1\n", calls="([1],)"),
        Launcher(),
        budget_seconds=4.0,
        on_progress=told.append,
    )
    assert told[:2] == ["the recorded calls", "the search for inputs"]


@pytest.mark.interpreters
@pytest.mark.parametrize("minor", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_every_interpreter_gives_the_same_verdicts(tmp_path, python_exe, minor):
    (tmp_path / "same").mkdir()
    (tmp_path / "different").mkdir()
    python = python_exe(minor)
    assert (
        judged(tmp_path / "same", LOOP, SUM, calls="([1, 2],), ([],)", python=python).behaviour
        is Behaviour.SAME
    )
    wrong = SUM.replace("sum(xs)", "sum(xs, 0.0)")
    found = judged(tmp_path / "different", LOOP, wrong, calls="([1, 2],), ([],)", python=python)
    assert found.behaviour is Behaviour.DIFFERENT


def test_large_tables_of_the_module_are_compared_whole(tmp_path):
    table = "TABLE = {n: str(n) for n in range(20_000)}\n"
    found = judged(tmp_path, table + LOOP, table + "TABLE[19_999] = 'other'\n" + LOOP, calls="([1],)")
    assert found.behaviour is Behaviour.DIFFERENT
    assert found.counterexample.found_by == "import"


def test_a_change_deep_inside_a_large_table_is_noticed(tmp_path):
    table = "TABLE = {n: [str(n)] for n in range(5_000)}\n"
    after = SUM.replace("    return", "    TABLE[4_999].append(1)\n    return")
    found = judged(tmp_path, table + LOOP, table + after, calls="([1],)")
    assert found.behaviour is Behaviour.DIFFERENT
    assert "TABLE" in found.reasons[0]


def on_each(folder: Path, before: str, after: str, pythons: list[str], **options) -> Verification:
    first = subject(folder, before, after, **options)
    subjects = [replace(first, python=python) for python in pythons]
    return verify_on_each(subjects, Launcher(), budget_seconds=6.0)


@pytest.mark.interpreters
def test_what_differs_on_one_interpreter_only_is_different(tmp_path, python_exe):
    loop = LOOP.replace("int", "float").replace("total = 0", "total = 0.0")
    total = SUM.replace("int", "float").replace("sum(xs)", "sum(xs, 0.0)")
    calls = "([1.5, 2.0],), ([0.5],)"
    pythons = [python_exe("3.11"), python_exe("3.13")]
    assert on_each(tmp_path, loop, total, pythons[:1], calls=calls).behaviour is Behaviour.SAME
    shutil.rmtree(tmp_path / "scratch")
    found = on_each(tmp_path, loop, total, pythons, calls=calls)
    assert found.behaviour is Behaviour.DIFFERENT, "from 3.12 on `sum` of floats is compensated"
    assert found.counterexample is not None


@pytest.mark.interpreters
def test_what_was_enough_on_the_first_is_tried_on_the_others(tmp_path, python_exe):
    pythons = [sys.executable, python_exe("3.9"), python_exe("3.12")]
    found = on_each(tmp_path, LOOP, SUM, pythons, calls="([1, 2],), ([],)")
    assert found.behaviour is Behaviour.SAME
    assert found.mutants_made


@pytest.mark.interpreters
def test_a_branch_for_another_interpreter_must_be_reached_there(tmp_path, python_exe):
    before = """
        import sys

        def f(xs: list[int]) -> int:
            if sys.version_info < (3, 10):
                return len(xs) + 0
            return len(xs)
    """
    after = before.replace("len(xs) + 0", "xs.__len__()")
    found = on_each(tmp_path, before, after, [python_exe("3.11")], calls="([1, 2],), ([],)")
    assert found.behaviour is Behaviour.NOT_ENOUGH_EVIDENCE


@pytest.mark.parametrize(
    ("function", "behaviour"), [("it.first", Behaviour.DIFFERENT), ("max", Behaviour.SAME)]
)
def test_a_stop_by_real_code_is_not_taken_for_a_stand_ins_own(tmp_path, function, behaviour):
    before = """
        def first(xs):
            return next(iter(xs))

        def f(functions: list, xs: list) -> tuple:
            return tuple(call(xs) for call in functions)
    """
    after = before.replace("tuple(call(xs) for call in functions)", "tuple([call(xs) for call in functions])")
    calls = f"([{function}, len], [1, 2]), ([len, {function}], [3]), ([], [1])"
    assert judged(tmp_path, before, after, calls=calls).behaviour is behaviour


NESTED = """
    def f(depth: int) -> list:
        found = []
        for _ in range(700 + depth % 3):
            found = [found]
        return found
"""


def test_what_is_nested_deeply_is_compared_or_refused(tmp_path):
    (tmp_path / "same").mkdir()
    (tmp_path / "other").mkdir()
    same = NESTED.replace("found = [found]", "found = [found][:]")
    found = judged(tmp_path / "same", NESTED, same, calls="(1,), (2,)")
    assert found.behaviour is not Behaviour.DIFFERENT
    other = NESTED.replace("found = []", "found = [0]")
    assert judged(tmp_path / "other", NESTED, other, calls="(1,), (2,)").behaviour is not Behaviour.SAME
