"""From processes to a claim, with processes that say what they are told to."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pyperf
import pytest

from optimizer.measure.control import Control
from optimizer.measure.measure import measure, measure_control
from optimizer.measure.processes import Unmeasurable
from optimizer.model import Measurement, Metric, Subject
from optimizer.ports import Job
from tests.unit.scripted import SUBJECT, Scripted, always, result

QUIET = Control(subject="m:f", mean=0.001, t=1.0, processes=6)
LOUD = Control(subject="m:f", mean=0.04, t=9.0, processes=6)


def said(measurement: Measurement) -> str:
    return " ".join(measurement.reasons)


class TestNoClaim:
    def test_without_calls(self) -> None:
        runner = always(2.0)
        measurement = measure(Subject(**{**_fields(SUBJECT), "samples": ()}), runner)
        assert (measurement.claim, runner.tasks()) == (False, ["ping"])
        assert "--inputs" in said(measurement)
        assert measurement.python == "3.12.1"

    def test_when_nothing_is_gained(self) -> None:
        runner = always(1.0)
        measurement = measure(SUBJECT, runner)
        assert not measurement.claim
        assert (measurement.processes, len(runner.jobs)) == (3, 3)
        assert said(measurement).startswith("1.00x (between ")

    @pytest.mark.parametrize("ratio", [1.05, 1.08, 1.099])
    def test_when_the_gain_is_too_small(self, ratio: float) -> None:
        assert not measure(SUBJECT, always(ratio), control=QUIET).claim

    def test_when_more_was_asked_for(self) -> None:
        measurement = measure(SUBJECT, always(1.20), control=QUIET, threshold=1.25)
        assert not measurement.claim
        assert "1.25x" in said(measurement)

    def test_when_less_was_asked_for(self) -> None:
        assert not measure(SUBJECT, always(1.05), control=QUIET, threshold=1.01).claim

    def test_when_a_class_of_inputs_gets_slower(self) -> None:
        strata = [["big", 0.9, 0.5], ["small", 0.1, math.log(0.8)]]
        measurement = measure(SUBJECT, always(1.4, strata=strata), control=QUIET)
        assert not measurement.claim
        assert "Calls with small (10% of the calls) get slower: 0.80x" in said(measurement)

    def test_when_it_only_waits(self) -> None:
        measurement = measure(SUBJECT, always(1.5, cpu_share=0.05, waits=240), control=QUIET)
        assert "mostly waits" in said(measurement)

    def test_when_other_threads_do_the_work(self) -> None:
        assert "Other threads" in said(measure(SUBJECT, always(1.5, other_threads_share=0.4), control=QUIET))

    def test_when_most_calls_are_lost(self) -> None:
        runner = always(1.5, lost_share=0.7, lost_reasons=["TypeError: no"])
        assert "70% of the recorded calls could not be rebuilt (TypeError: no)" in said(
            measure(SUBJECT, runner, control=QUIET)
        )

    def test_when_the_control_is_off(self) -> None:
        measurement = measure(SUBJECT, always(1.5), control=LOUD)
        assert not measurement.claim
        assert measurement.same_code_ratio == pytest.approx(math.exp(0.04))
        assert "measured against itself" in said(measurement)

    def test_when_its_own_control_is_off(self) -> None:
        measurement = measure(SUBJECT, Scripted(lambda *_: {"result": result(1.5)}))
        assert not measurement.claim
        assert "1.500x (m:f)" in said(measurement)

    def test_when_it_does_not_hold_on_fresh_processes(self) -> None:
        runner = Scripted(lambda _job, number: {"result": result(1.3 if number <= 6 else 1.02)})
        measurement = measure(SUBJECT, runner, control=QUIET)
        assert not measurement.claim
        assert measurement.ratio == pytest.approx(1.02)
        assert "did not hold on fresh processes" in said(measurement)

    def test_when_separate_processes_contradict_it(self) -> None:
        runner = Scripted(lambda job, _n: {"result": result(1.01 if job.task == "duet_apart" else 1.3)})
        measurement = measure(SUBJECT, runner, control=QUIET)
        assert not measurement.claim
        assert "contradict it: 1.01x" in said(measurement)

    def test_when_time_runs_out(self) -> None:
        values: Iterator[float] = iter([1.0, 1.3, 1.1] * 10)
        measurement = measure(SUBJECT, Scripted(lambda *_: {"result": result(next(values))}), seconds=0.0)
        assert not measurement.claim
        assert "no time for more in 0 s" in said(measurement)

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ({"error": "ImportError: no module named x"}, "no module named x"),
            ({"ended": "timeout", "stderr": ""}, "time limit"),
            ({"ended": "memory", "stderr": "MemoryError"}, "ran out of memory (MemoryError)"),
            ({"ended": "crashed", "stderr": "Traceback\nKeyError: 'x'\n"}, "KeyError: 'x'"),
            ({"ended": "flooded", "stderr": ""}, "wrote without end"),
            ({"result": result(1.0, x=math.inf)}, "no measurable time"),
        ],
    )
    def test_when_a_process_fails(self, answer: Mapping[str, Any], words: str) -> None:
        measurement = measure(SUBJECT, Scripted(lambda *_: answer))
        assert (measurement.claim, measurement.processes) == (False, 0)
        assert words in said(measurement)


class TestClaim:
    def test_the_published_figure_is_the_confirmation(self) -> None:
        runner = Scripted(lambda _job, number: {"result": result(1.5 if number <= 6 else 1.3)})
        measurement = measure(SUBJECT, runner, control=QUIET)
        assert measurement.claim
        assert measurement.ratio == pytest.approx(1.3)
        assert 1.10 < measurement.low < 1.3 < measurement.high
        assert (measurement.reasons, measurement.metric, measurement.python) == ((), Metric.TIME, "3.12.1")
        assert runner.tasks() == ["duet"] * 12 + ["duet_apart"] * 3

    def test_without_a_control_one_is_measured(self) -> None:
        runner = always(1.3)
        measurement = measure(SUBJECT, runner)
        assert measurement.claim
        assert measurement.same_code_ratio == pytest.approx(1.0)
        assert sum(job.payload["control"] for job in runner.jobs) == 6

    def test_what_one_process_cannot_hold_goes_to_two(self) -> None:
        def answer(job: Job, _number: int) -> Mapping[str, Any]:
            if job.task == "duet":
                return {"alternate": "the bases of class C change"}
            return {"result": result(1.0 if job.payload["control"] else 1.3)}

        runner = Scripted(answer)
        measurement = measure(SUBJECT, runner)
        assert measurement.claim
        assert runner.tasks() == ["duet"] + ["duet_apart"] * 18
        assert "the bases of class C change" in measurement.notes[0]

    def test_a_control_of_two_processes_has_the_earlier_text_twice(self) -> None:
        runner = Scripted(
            lambda job, _n: {"alternate": "no"} if job.task == "duet" else {"result": result(1.0)}
        )
        measure_control(SUBJECT, runner)
        assert {job.payload["after"] for job in runner.jobs if job.task == "duet_apart"} == {SUBJECT.before}

    def test_processes_differ_in_what_must_not_matter(self) -> None:
        runner = always(1.3)
        measure(SUBJECT, runner, control=QUIET)
        assert all(job.hash_seed is None for job in runner.jobs)
        for part in ("junk", "flips", "schedule"):
            assert len({json.dumps(job.payload[part]) for job in runner.jobs}) == len(runner.jobs)
        assert len({json.dumps(job.payload["order"]) for job in runner.jobs}) == 2
        assert len({len((job.env or {})["TENPERCENT_PADDING"]) for job in runner.jobs}) > 3
        assert {quad for job in runner.jobs for quad in job.payload["schedule"]} == {"ABBA", "BAAB"}

    def test_strata_and_the_worst_call_are_reported(self) -> None:
        strata = [["small", 0.25, math.log(1.01)], ["big", 0.75, math.log(1.6)]]
        calls = [[0, math.log(0.99)], [1, math.log(1.6)]]
        measurement = measure(SUBJECT, always(1.5, strata=strata, calls=calls), control=QUIET)
        assert measurement.claim
        assert [(one.name, one.weight) for one in measurement.strata] == [("big", 0.75), ("small", 0.25)]
        assert measurement.worst == pytest.approx(0.99)

    def test_notes_say_what_limits_the_figure(self) -> None:
        runner = always(
            1.5,
            resets={"before": [], "after": ["the cache of h"]},
            lost_share=0.2,
            lost_reasons=["TypeError: no"],
            empty_seconds=1e-6,
        )
        notes = " ".join(measure(SUBJECT, runner, control=QUIET).notes)
        assert "the cache of h" in notes
        assert "20% of the recorded calls" in notes
        assert "calling an empty function takes 1000 ns" in notes

    def test_a_busy_machine_is_said(self) -> None:
        assert "other work had the processor for 60% of the time" in " ".join(
            measure(SUBJECT, always(1.5, kept_share=0.4), control=QUIET).notes
        )

    def test_a_processor_that_got_hot_meanwhile_is_said(self, monkeypatch) -> None:
        counts = iter([3, 4])
        monkeypatch.setattr("optimizer.measure.measure.throttle_count", lambda: next(counts))
        assert "because of heat" in measure(SUBJECT, always(1.5), control=QUIET).notes[-1]

    def test_progress_is_told(self) -> None:
        told: list[str] = []
        measure(SUBJECT, always(1.3), control=QUIET, on_progress=told.append)
        assert told[0] == "measuring: process 1, 1.30x"
        assert "confirming: process 6, 1.30x" in told

    def test_one_gate_without_confirmation(self) -> None:
        runner = always(1.3)
        assert measure(SUBJECT, runner, control=QUIET, confirm=False).claim
        assert len(runner.jobs) == 6


def test_a_control_that_cannot_run_says_so() -> None:
    with pytest.raises(Unmeasurable, match="no such module"):
        measure_control(SUBJECT, Scripted(lambda *_: {"error": "no such module"}))


class TestPyperf:
    @pytest.fixture
    def files(self, tmp_path):
        ratios = iter([1.3, 1.31, 1.29, 1.3, 1.32, 1.28] * 10)
        measurement = measure(SUBJECT, Scripted(lambda *_: {"result": result(next(ratios))}), control=QUIET)
        names = tmp_path / "before.json", tmp_path / "after.json"
        for name, text in zip(names, (measurement.pyperf_before, measurement.pyperf_after), strict=True):
            name.write_text(text)
        return names

    def test_values_are_the_seconds_of_each_process(self, files) -> None:
        before = pyperf.BenchmarkSuite.load(io.StringIO(files[0].read_text())).get_benchmark("m:f")
        assert before.get_nrun() == 6
        assert before.mean() == pytest.approx(2.6e-6, rel=0.01)
        metadata = before.get_metadata()
        assert metadata["python_version"] == "3.12.1 (64-bit)"
        assert metadata["duet_mean_ratio"] == pytest.approx(1.3, abs=1e-3)
        assert {"cpu_model_name", "platform", "perf_version", "cpu_count"} <= metadata.keys()
        assert not {"hostname", "python_executable", "mem_max_rss"} & metadata.keys()
        ratios = sorted(run.get_metadata()["duet_ratio"] for run in before.get_runs())
        assert ratios == [1.28, 1.29, 1.3, 1.3, 1.31, 1.32]

    @pytest.mark.parametrize(
        "command",
        [["compare_to"], ["compare_to", "--table"], ["stats"], ["hist"], ["show"], ["metadata"], ["check"]],
    )
    def test_pyperf_reads_them(self, files, command) -> None:
        names = [str(file) for file in files] if command[0] == "compare_to" else [str(files[0])]
        ran = subprocess.run(
            [sys.executable, "-m", "pyperf", *command, *names], capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        if command == ["compare_to"]:
            assert "1.30x faster" in ran.stdout


def _fields(subject: Subject) -> dict[str, Any]:
    return {name: getattr(subject, name) for name in Subject.__dataclass_fields__}
