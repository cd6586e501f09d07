"""What is said of a machine, from files that look like another machine's."""

from __future__ import annotations

import pytest

from optimizer.measure.environment import cpu_count, cpu_model, describe, throttle_count, unsteady


@pytest.fixture
def machine(tmp_path):
    """`machine({"proc/loadavg": "0.00 ..."})` describes a machine with these files."""

    def make(files):
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return describe(tmp_path)

    return make


QUIET = {
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 3.00GHz\n",
    "proc/loadavg": "0.01 0.05 0.02 1/200 999\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
    "sys/class/power_supply/BAT0/type": "Battery\n",
    "sys/class/power_supply/BAT0/status": "Charging\n",
}


def words(machine):
    return [hint for hint in machine.hints if "one processor only" not in hint]


def test_a_quiet_machine_has_no_hints(machine):
    seen = machine(QUIET)
    assert seen.cpu == "Some CPU @ 3.00GHz"
    assert seen.cores == cpu_count() > 0
    assert 0 < seen.clock_seconds < 1e-3
    assert words(seen) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
            "powersave\n",
            "frequency governor is powersave",
        ),
        ("sys/class/power_supply/BAT0/status", "Discharging\n", "runs on battery"),
        ("proc/loadavg", "99.00 50.0 20.0 9/200 999\n", "load 99.0 on"),
        ("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n", "because of heat"),
    ],
)
def test_what_hinders_is_said(machine, name, text, said):
    hints = words(machine({**QUIET, name: text}))
    assert len(hints) == 1
    assert said in hints[0]
    assert hints[0].endswith(".")


def test_what_moves_the_clock_rate_is_asked_beside_every_measurement(machine, tmp_path):
    machine(
        {**QUIET, "sys/class/power_supply/BAT0/status": "Discharging\n", "proc/loadavg": "99 9 9 1/9 9\n"}
    )
    assert [hint.partition(",")[0] for hint in unsteady(tmp_path)] == ["This machine runs on battery"]


def test_throttling_is_counted_over_all_processors(machine, tmp_path):
    name = "sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count"
    machine({name % 0: "3\n", name % 1: "4\n", name % 2: "?\n"})
    assert throttle_count(tmp_path) == 7


def test_a_system_that_says_nothing_is_no_error(machine):
    seen = machine({})
    assert seen.system
    assert isinstance(seen.cpu, str)


def test_this_machine():
    assert cpu_model() == describe().cpu
