"""Several training seeds as a level of variance of their own."""

import numpy as np
import pytest
from scipy import stats

from kiyas.statistics import compare_over_seeds, seed_variance


def crossed(rng: np.random.Generator, shape: tuple[int, int], deviations: tuple) -> np.ndarray:
    """Return (S, N) scores with normal seed, problem and residual effects."""
    by_seed, by_problem, rest = deviations
    return (
        by_seed * rng.normal(size=(shape[0], 1))
        + by_problem * rng.normal(size=(1, shape[1]))
        + rest * rng.normal(size=shape)
    )


def test_one_seed_supports_no_interval_and_no_p_value():
    comparison = compare_over_seeds(np.ones((1, 20)), np.zeros((1, 20)))
    assert comparison.over_seeds.estimate == 1.0
    assert comparison.over_seeds.low is None
    assert comparison.over_seeds_and_problems.low is None
    assert (comparison.p_value, comparison.variance) == (None, None)


def test_over_seeds_is_the_paired_t_test_of_scipy():
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 5, 30))
    interval = compare_over_seeds(a, b).over_seeds
    expected = stats.ttest_rel(a.mean(axis=1), b.mean(axis=1)).confidence_interval()
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_variance_parts_are_those_of_the_simulation():
    rng = np.random.default_rng(2)
    parts = [seed_variance(crossed(rng, (6, 60), (0.5, 1.0, 0.8))) for _ in range(400)]
    # Standard error of the seed part: 0.25 sqrt(2/5) / sqrt(400) is 0.008; of the others less.
    assert np.mean([p.seed for p in parts]) == pytest.approx(0.25, abs=0.035)
    assert np.mean([p.problem for p in parts]) == pytest.approx(1.0, abs=0.04)
    assert np.mean([p.residual for p in parts]) == pytest.approx(0.64, abs=0.02)


def test_variance_parts_equal_the_analysis_of_variance_table():
    # By hand, 2 x 3: seed means 2 and 4, problem means 2, 3, 4, no residual.
    parts = seed_variance([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]])
    assert (parts.seed, parts.problem, parts.residual) == pytest.approx((2.0, 1.0, 0.0))


@pytest.mark.parametrize("deviations", [(0.05, 0.3, 0.4), (0.0, 0.0, 0.5), (0.1, 0.0, 0.4)])
def test_the_interval_over_seeds_and_problems_covers(deviations: tuple):
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(1000):
        scores = crossed(rng, (4, 164), deviations)
        interval = compare_over_seeds(scores, np.zeros_like(scores)).over_seeds_and_problems
        covered.append(interval.low <= 0.0 <= interval.high)
    # At least nominal within four binomial standard errors of 1000 draws.
    assert np.mean(covered) >= 0.95 - 0.028


def test_ignoring_the_seeds_would_cover_far_too_seldom():
    # The mistake this module guards against: every seed x problem as an independent trial.
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(300):
        scores = crossed(rng, (4, 164), (0.1, 0.0, 0.4)).ravel()
        covered.append(abs(scores.mean()) <= 1.96 * scores.std(ddof=1) / np.sqrt(scores.size))
    assert np.mean(covered) < 0.7


def test_arms_with_other_seeds_or_problems_are_refused():
    with pytest.raises(ValueError, match="same seeds and problems"):
        compare_over_seeds(np.zeros((2, 3)), np.zeros((3, 3)))
