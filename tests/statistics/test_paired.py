"""Two arms on the same problems."""

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from kiyas.statistics import compare_means, mcnemar, sign_flip_p_value, tango


def test_mcnemar_gives_the_p_value_of_the_public_qwen_generations():
    # Qwen2.5-Coder 1.5B against 7B base on HumanEval, b = 9, c = 38: p = 2.5e-5, outside figure.
    assert mcnemar(9, 38, 164).exact_p_value == pytest.approx(2.5e-5, rel=0.01)


@pytest.mark.parametrize(("b", "c"), [(0, 1), (0, 6), (3, 3), (1, 7), (9, 38), (300, 371)])
def test_exact_mcnemar_equals_statsmodels_and_scipy(b: int, c: int):
    p = mcnemar(b, c, 1000).exact_p_value
    assert p == pytest.approx(statsmodels_mcnemar([[0, b], [c, 0]], exact=True).pvalue)
    assert p == pytest.approx(stats.binomtest(b, b + c).pvalue)


def test_mid_p_and_tango_give_the_published_airway_example():
    # Fagerland, Lydersen & Laake 2013 and 2014, data of Bentur et al. 2009: n = 21, discordant
    # 1 and 7; exact p 0.070, mid-p 0.039, Tango -0.517 to -0.026.
    test = mcnemar(1, 7, 21)
    assert test.exact_p_value == pytest.approx(0.0703, abs=1e-4)
    assert test.mid_p_value == pytest.approx(0.0391, abs=1e-4)
    assert (test.difference.low, test.difference.high) == pytest.approx((-0.517, -0.026), abs=5e-4)


def test_arms_that_never_disagree_are_not_different():
    test = mcnemar(0, 0, 164)
    assert (test.exact_p_value, test.mid_p_value) == (1.0, 1.0)
    # Closed form of Tango's interval at b = c = 0: +- z^2 / (n + z^2).
    z2 = stats.norm.ppf(0.975) ** 2
    assert test.difference.high == pytest.approx(z2 / (164 + z2))
    assert test.difference.low == pytest.approx(-z2 / (164 + z2))


def test_no_problems_give_none():
    test = mcnemar(0, 0, 0)
    assert (test.exact_p_value, test.mid_p_value, test.difference.estimate) == (None, None, None)


def test_counts_that_exceed_the_problems_are_refused():
    with pytest.raises(ValueError, match="b \\+ c <= n"):
        mcnemar(5, 6, 10)


def test_swapping_the_arms_mirrors_the_result():
    forward, backward = mcnemar(9, 38, 164), mcnemar(38, 9, 164)
    assert forward.mid_p_value == backward.mid_p_value
    assert forward.difference.low == pytest.approx(-backward.difference.high, abs=1e-9)


@pytest.mark.parametrize(("b", "c", "n"), [(3, 1, 12), (9, 38, 164), (0, 4, 30), (5, 0, 5)])
def test_tango_equals_a_score_test_inverted_by_brute_force(b: int, c: int, n: int):
    # At each bound the score statistic under the constrained maximum of the trinomial likelihood,
    # found by a numerical search that knows no closed form, must be +-1.96.
    def score(difference: float) -> float:
        def minus_log_likelihood(q: float) -> float:
            cells = np.array([q + difference, q, 1 - 2 * q - difference])
            counts = np.array([b, c, n - b - c])
            used = counts > 0
            return -float(counts[used] @ np.log(np.maximum(cells[used], 1e-300)))

        bounds = (max(0.0, -difference), (1 - difference) / 2)
        options = {"xatol": 1e-12}
        q = optimize.minimize_scalar(
            minus_log_likelihood, bounds=bounds, method="bounded", options=options
        ).x
        return (b - c - n * difference) / np.sqrt(n * (2 * q + difference * (1 - difference)))

    interval = tango(b, c, n)
    assert score(interval.low) == pytest.approx(1.96, abs=2e-3)
    if interval.high < 1:
        assert score(interval.high) == pytest.approx(-1.96, abs=2e-3)


def test_tango_covers_the_true_difference_and_mid_p_holds_its_level():
    rng = np.random.default_rng(11)
    cells = rng.multinomial(164, [0.10, 0.10, 0.80], size=2000)
    tests = {(b, c): mcnemar(b, c, 164) for b, c, _ in cells.tolist()}
    outcomes = [tests[b, c] for b, c, _ in cells.tolist()]
    covered = np.mean([t.difference.low <= 0 <= t.difference.high for t in outcomes])
    rejected = np.mean([t.mid_p_value <= 0.05 for t in outcomes])
    # Four binomial standard errors of 2000 draws at 0.95 are 0.019.
    assert covered == pytest.approx(0.95, abs=0.019)
    assert rejected <= 0.05 + 0.019


def test_sign_flips_of_single_verdicts_are_exact_mcnemar():
    differences = np.array([1] * 2 + [-1] * 9 + [0] * 30)
    expected = mcnemar(2, 9, 41).exact_p_value
    assert sign_flip_p_value(differences, seed=0) == pytest.approx(expected)


def test_sign_flips_of_many_differences_of_one_size_are_an_exact_binomial_test():
    differences = np.array([0.5] * 30 + [-0.5] * 12 + [0] * 20)
    expected = stats.binomtest(12, 42).pvalue
    assert sign_flip_p_value(differences, seed=0) == pytest.approx(expected, rel=1e-12)


def test_sign_flips_equal_the_permutation_test_of_scipy():
    differences = np.random.default_rng(3).normal(0.2, 1, size=60)
    expected = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=40_000,
        rng=np.random.default_rng(1),
    ).pvalue
    found = sign_flip_p_value(differences, seed=2, num_resamples=40_000)
    # Monte-Carlo error of both: four standard errors at p = 0.1 are 0.009.
    assert found == pytest.approx(expected, abs=0.009)


def test_paired_comparison_covers_the_gain_and_keeps_its_level():
    rng = np.random.default_rng(14)
    covered, rejected = [], []
    for seed in range(400):
        ability = rng.beta(0.5, 0.5, (2, 164))
        rates = rng.binomial(5, np.array([0.9 * ability[0], ability[0]])) / 5
        difference = compare_means(rates[0] - rates[1], seed, 1000).difference
        covered.append(difference.low <= -0.05 <= difference.high)
        equal = rng.binomial(5, np.array([ability[1], ability[1]])) / 5
        p_value = compare_means(equal[0] - equal[1], seed, 1000).p_value
        rejected.append(p_value <= 0.05)
    # Four binomial standard errors of 400 draws at 0.95 are 0.044.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.044)
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.044)


def test_no_problem_that_differs_gives_p_1_and_no_problem_gives_none():
    assert compare_means([0.0, 0.0], seed=0).p_value == 1.0
    empty = compare_means([], seed=0)
    assert (empty.n, empty.p_value, empty.difference.estimate) == (0, None, None)
