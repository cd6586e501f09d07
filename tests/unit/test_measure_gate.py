"""The gate: Student's t against tables, what each look answers, and its error rates on known noise."""

from __future__ import annotations

import math
import random

import pytest

from optimizer.measure.control import control_of
from optimizer.measure.gate import (
    ALPHA,
    LOOKS,
    PRIOR_SD,
    PRIOR_WEIGHT,
    THRESHOLD,
    Answer,
    bounds,
    look,
    run_gate,
)
from optimizer.measure.prior import FEWEST, USUAL_SD, refitted_sd
from optimizer.measure.student import distribution, quantile

# Probability, degrees of freedom, t: from printed tables of the distribution.
TABLE = [
    (0.75, 1, 1.000),
    (0.95, 1, 6.314),
    (0.975, 1, 12.706),
    (0.95, 6, 1.943),
    (0.975, 10, 2.228),
    (0.99, 30, 2.457),
    (0.995, 5, 4.032),
    (0.999, 7, 4.785),
    (0.9995, 3, 12.924),
    (0.9995, 9, 4.781),
    (0.9995, 120, 3.373),
]


@pytest.mark.parametrize(("probability", "degrees", "t"), TABLE)
def test_quantiles_are_those_of_the_tables(probability: float, degrees: int, t: float) -> None:
    assert quantile(probability, degrees) == pytest.approx(t, abs=6e-4)


def test_one_degree_of_freedom_is_the_cauchy_distribution() -> None:
    for probability in (0.5, 0.6, 0.9, 0.9998):
        assert quantile(probability, 1) == pytest.approx(math.tan(math.pi * (probability - 0.5)), rel=1e-9)


@pytest.mark.parametrize("degrees", [1, 2, 5, 9, 31, 400])
def test_the_quantile_undoes_the_distribution(degrees: int) -> None:
    for probability in (0.5, 0.8, 0.95, 0.9997, 0.9998):
        assert distribution(quantile(probability, degrees), degrees) == pytest.approx(probability, abs=1e-12)
    assert distribution(-2.0, degrees) == pytest.approx(1 - distribution(2.0, degrees))


@pytest.mark.parametrize(("probability", "degrees"), [(0.4, 3), (1.0, 3), (0.9, 0)])
def test_a_quantile_that_does_not_exist_is_an_error(probability: float, degrees: int) -> None:
    with pytest.raises(ValueError, match="No t quantile"):
        quantile(probability, degrees)


def test_the_errors_of_all_looks_add_up_to_one_in_a_thousand() -> None:
    assert sum(ALPHA) == pytest.approx(0.001)
    assert len(ALPHA) == len(LOOKS)
    assert math.exp(THRESHOLD) == pytest.approx(1.10)


def test_the_first_look_never_accepts() -> None:
    assert look([1.0] * LOOKS[0]).answer is Answer.UNDECIDED


def test_equal_numbers_do_not_make_the_gate_certain() -> None:
    """Six processes that agree to the last digit still have the prior's spread."""
    just_above = [THRESHOLD + 0.01] * 6
    assert look(just_above).answer is Answer.UNDECIDED
    error = PRIOR_SD * math.sqrt(PRIOR_WEIGHT / 9 / 6)
    assert look(just_above).low == pytest.approx(just_above[0] - quantile(1 - ALPHA[1], 9) * error)


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ([0.0] * 3, Answer.REFUSE),
        ([0.20] * 6, Answer.ACCEPT),
        ([0.20] * 5 + [-0.40], Answer.UNDECIDED),
        ([THRESHOLD] * 16, Answer.UNDECIDED),
        ([THRESHOLD] * 28, Answer.REFUSE),
        ([0.12] * 27 + [0.9], Answer.REFUSE),
    ],
)
def test_what_a_look_answers(values: list[float], answer: Answer) -> None:
    assert look(values).answer is answer


def test_a_lower_threshold_shows_that_something_is_not_slower() -> None:
    assert look([0.0] * 10, threshold=math.log(0.98)).answer is Answer.ACCEPT
    assert look([-0.05] * 6, threshold=math.log(0.98)).answer is Answer.REFUSE


def test_bounds_hold_the_mean_between_them() -> None:
    mean, low, high = bounds([0.1, 0.12, 0.11])
    assert mean == pytest.approx(0.11)
    assert low < mean < high


def test_running_out_of_time_is_no_claim() -> None:
    drawn: list[float] = []

    def draw() -> float:
        drawn.append(0.3)
        return 0.3

    seen = run_gate(draw, enough_time=lambda _more: False)
    assert (seen.answer, len(drawn)) == (Answer.UNDECIDED, LOOKS[0])


def test_only_as_many_processes_are_drawn_as_a_look_needs() -> None:
    draws = iter([0.0] * 28)
    assert run_gate(lambda: next(draws)).count == 3
    assert len(list(draws)) == 25


def _claims(ratio: float, *, runs: int, bias: float, seed: int = 7) -> float:
    """The share of gates that claim, when each process carries a bias of its own."""
    rng = random.Random(seed)
    gates = (run_gate(lambda: math.log(ratio) + rng.gauss(0, bias)) for _ in range(runs))
    return sum(seen.answer is Answer.ACCEPT for seen in gates) / runs


@pytest.mark.parametrize("bias", [0.002, 0.009, 0.04])
def test_error_rates(bias: float) -> None:
    assert _claims(1.00, runs=300, bias=bias) == 0
    assert _claims(1.08, runs=300, bias=bias) == 0
    assert _claims(1.10, runs=300, bias=bias) <= 0.01


def test_power() -> None:
    assert _claims(1.12, runs=300, bias=0.009) > 0.9
    assert _claims(1.15, runs=300, bias=0.009) > 0.98
    assert _claims(1.30, runs=100, bias=0.04) > 0.98


def test_a_noisier_machine_makes_claims_harder_and_never_easier() -> None:
    rng = random.Random(3)
    harder = 0
    for _ in range(400):
        ratio, bias = rng.uniform(1.08, 1.25), rng.choice([0.003, 0.01, 0.03])
        values = [math.log(ratio) + rng.gauss(0, bias) for _ in range(LOOKS[-1])]
        usual, noisy = (run_gate(iter(values).__next__, prior_sd=sd) for sd in (PRIOR_SD, 3 * PRIOR_SD))
        assert noisy.answer is not Answer.ACCEPT or usual.answer is Answer.ACCEPT
        harder += usual.answer is Answer.ACCEPT and noisy.answer is not Answer.ACCEPT
    assert harder > 5


def test_a_quieter_machine_does_not_make_them_easier() -> None:
    values = [math.log(1.12)] * 6
    assert look(values, prior_sd=0.0001) == look(values)


@pytest.mark.parametrize(
    ("log", "times"),
    [
        ([], 1),
        ([0.09] * (FEWEST - 1), 1),
        ([0.001, -0.001] * 50, 1),
        ([USUAL_SD * 2 / 1.4826, -USUAL_SD * 2 / 1.4826] * 50, 2),
        ([0.001] * 60 + [0.5] * 40, 1),
    ],
)
def test_the_prior_follows_the_log_of_the_machine(log: list[float], times: float) -> None:
    assert refitted_sd(log) == pytest.approx(times * PRIOR_SD)


def test_a_log_of_normal_noise_gives_its_spread() -> None:
    rng = random.Random(5)
    log = [rng.gauss(0, 0.03) for _ in range(300)]
    assert refitted_sd(log) == pytest.approx(PRIOR_SD * 0.03 / USUAL_SD, rel=0.15)


@pytest.mark.parametrize(
    ("values", "blocks"),
    [
        ([0.001, -0.002, 0.0, 0.002, -0.001, 0.0], False),
        ([0.02, 0.021, 0.019, 0.02, 0.021, 0.02], True),
        ([0.01, 0.0101, 0.0099, 0.01, 0.0101, 0.01], False),
        ([0.3, -0.2, 0.25, -0.1, 0.2, -0.15], False),
        ([0.02] * 6, True),
    ],
)
def test_a_control_blocks_when_it_is_surely_off(values: list[float], blocks: bool) -> None:
    assert control_of(values, subject="m:f").blocks is blocks
