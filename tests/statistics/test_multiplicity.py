"""Correction for the number of comparisons."""

import time
from itertools import product

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from kiyas.statistics import holm, max_t, mean_t, sign_flip_p_value, simultaneous_intervals


def test_holm_equals_statsmodels():
    p = np.random.default_rng(1).uniform(size=40) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])


def test_holm_of_a_worked_example():
    # By hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, then the running maximum.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_a_family_of_one_is_not_corrected_and_an_empty_one_stays_empty():
    assert holm([0.03]).tolist() == [0.03]
    assert holm([]).tolist() == []


def test_a_p_value_outside_0_and_1_is_refused():
    with pytest.raises(ValueError, match="p values in"):
        holm([0.2, 1.2])


def family(rng: np.random.Generator, num_arms: int, gain: float = 0.0) -> np.ndarray:
    """Return (M, 164) differences of checkpoints to one shared baseline; the last gains."""
    ability = rng.beta(0.5, 0.5, 164)
    baseline = rng.random(164) < ability
    arms = rng.random((num_arms, 164)) < ability
    arms[-1] |= rng.random(164) < gain
    return arms.astype(float) - baseline


def test_max_t_equals_the_enumeration_of_all_sign_flips():
    rng = np.random.default_rng(1)
    differences = rng.normal(0.4, 1, size=(3, 10))
    signs = np.array(list(product([-1, 1], repeat=10)))
    scale = np.sqrt((differences**2).sum(axis=1))
    flipped = np.abs(signs @ differences.T) / scale
    observed = np.abs(differences.sum(axis=1)) / scale
    order = np.argsort(-observed)
    expected, running = np.empty(3), 0.0
    for step, row in enumerate(order):
        largest = flipped[:, order[step:]].max(axis=1)
        running = max(running, float((largest >= observed[row] - 1e-12).mean()))
        expected[row] = running
    found = max_t(differences, seed=0, num_resamples=40_000)
    # Monte-Carlo error: four standard errors of 40,000 draws are at most 0.01.
    np.testing.assert_allclose(found.adjusted_p_values, expected, atol=0.01)


def test_a_family_of_one_has_the_p_value_of_the_sign_flip_test():
    differences = np.random.default_rng(2).normal(0.1, 1, size=40)
    test = max_t(differences[None, :], seed=0, num_resamples=40_000)
    assert test.adjusted_p_values == test.p_values
    expected = sign_flip_p_value(differences, seed=1, num_resamples=40_000)
    assert test.p_values[0] == pytest.approx(expected, abs=0.014)


def test_copies_of_one_comparison_cost_nothing():
    differences = np.random.default_rng(3).normal(0.3, 1, size=(1, 50))
    test = max_t(np.repeat(differences, 20, axis=0), seed=0)
    assert test.adjusted_p_values == pytest.approx(test.p_values)


def test_arms_that_never_differ_have_p_1():
    test = max_t(np.zeros((3, 20)), seed=0, num_resamples=100)
    assert test.adjusted_p_values == (1.0, 1.0, 1.0)


def test_adjusted_p_values_are_never_below_raw_ones_and_do_not_depend_on_the_order():
    differences = family(np.random.default_rng(4), 12, gain=0.1)
    test = max_t(differences, seed=0)
    backwards = max_t(differences[::-1], seed=0)
    assert all(a >= p for a, p in zip(test.adjusted_p_values, test.p_values, strict=True))
    np.testing.assert_allclose(test.adjusted_p_values, backwards.adjusted_p_values[::-1])


def test_max_t_holds_the_error_of_the_family_and_finds_more_than_holm():
    rng = np.random.default_rng(5)
    false_alarms, uncorrected, found, found_by_holm = 0, 0, 0, 0
    for seed in range(400):
        null = max_t(family(rng, 8), seed, num_resamples=500)
        false_alarms += min(null.adjusted_p_values) <= 0.05
        uncorrected += min(null.p_values) <= 0.05
        gain = max_t(family(rng, 8, gain=0.18), seed, num_resamples=500)
        found += gain.adjusted_p_values[-1] <= 0.05
        found_by_holm += holm(gain.p_values)[-1] <= 0.05
    # Four binomial standard errors of 400 draws at 0.05 are 0.044.
    assert false_alarms / 400 <= 0.05 + 0.044
    assert uncorrected / 400 > 0.10
    assert found > found_by_holm


def test_ten_thousand_flips_of_40_comparisons_on_164_problems_take_less_than_a_second():
    differences = family(np.random.default_rng(6), 40)
    start = time.perf_counter()
    max_t(differences, seed=0, num_resamples=10_000)
    assert time.perf_counter() - start < 1.0


def test_simultaneous_intervals_cover_all_means_at_once():
    rng = np.random.default_rng(7)
    covered, one_by_one = 0, 0
    for seed in range(400):
        scores = (rng.random((8, 164)) < rng.beta(0.5, 0.5, 164)).astype(float)
        intervals = simultaneous_intervals(scores, seed, num_resamples=500)
        covered += all(i.low <= 0.5 <= i.high for i in intervals)
        one_by_one += all(i.low <= 0.5 <= i.high for i in map(mean_t, scores))
    # Four binomial standard errors of 400 draws at 0.95 are 0.044.
    assert covered / 400 >= 0.95 - 0.044
    assert one_by_one < covered


def test_a_row_without_spread_has_no_band():
    first, second = simultaneous_intervals([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]], 0, 200)
    assert first.low is None
    assert second.low is not None
