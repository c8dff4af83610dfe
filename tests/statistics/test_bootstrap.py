"""BCa bootstrap of means and of label metrics."""

import warnings

import numpy as np
import pytest
from scipy import stats

from kiyas.statistics import (
    accuracy,
    balanced_accuracy,
    bca_means,
    bootstrap_metric,
    compare_metric,
    macro_f1,
    mcnemar,
)


def classifier(rng: np.random.Generator, y_true: np.ndarray, skill: float) -> np.ndarray:
    """Predict the truth with probability ``skill``, else any of four classes."""
    guess = rng.integers(0, 4, y_true.size)
    return np.where(rng.random(y_true.size) < skill, y_true, guess)


def test_bca_of_a_skewed_mean_equals_scipy():
    values = np.random.default_rng(1).exponential(size=60)
    interval = bca_means(values, seed=0, num_resamples=20_000)[0]
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    # Two Monte-Carlo quantiles of 20,000 draws: about 2 % of the standard error of 0.13 each.
    assert (interval.low, interval.high) == pytest.approx(tuple(expected), abs=0.012)


def test_stratified_bca_equals_the_two_sample_bootstrap_of_scipy():
    # Balanced accuracy of two classes is the mean of two independent recalls.
    hits = [np.array([1] * 30 + [0] * 10), np.array([1] * 9 + [0] * 11)]
    y_true = np.repeat([0, 1], [40, 20])
    y_pred = np.where(np.concatenate(hits) == 1, y_true, 1 - y_true)
    interval = bootstrap_metric(balanced_accuracy, y_true, y_pred, 0, 20_000)
    expected = stats.bootstrap(
        hits,
        lambda a, b, axis: (a.mean(axis=axis) + b.mean(axis=axis)) / 2,
        n_resamples=20_000,
        method="BCa",
        rng=np.random.default_rng(0),
    ).confidence_interval
    # The replicates lie on a grid of 1/80 = 0.0125.
    assert (interval.low, interval.high) == pytest.approx(tuple(expected), abs=0.0126)


def test_columns_are_resampled_together():
    values = np.random.default_rng(2).normal(size=(50, 1))
    first, second = bca_means(np.hstack([values, values + 1]), seed=3, num_resamples=500)
    assert second.low == pytest.approx(first.low + 1)
    assert second.high == pytest.approx(first.high + 1)


def test_the_same_seed_gives_the_same_interval_and_another_another():
    values = np.random.default_rng(2).normal(size=30)
    assert bca_means(values, 5, 500) == bca_means(values, 5, 500)
    assert bca_means(values, 5, 500) != bca_means(values, 6, 500)


def test_no_spread_or_no_data_has_no_interval():
    assert bca_means([0.5, 0.5, 0.5], 0)[0].low is None
    assert bca_means([0.5], 0)[0].estimate == 0.5
    assert bca_means([], 0)[0].estimate is None
    assert bootstrap_metric(macro_f1, [0, 1], [0, 1], 0).low is None
    assert bootstrap_metric(macro_f1, [], [], 0).estimate is None


def test_bca_covers_the_mean_of_skewed_scores():
    rng = np.random.default_rng(12)
    covered = []
    for _ in range(800):
        interval = bca_means(rng.beta(0.5, 1.5, 100), rng, num_resamples=1000)[0]
        covered.append(interval.low <= 0.25 <= interval.high)
    # Four binomial standard errors of 800 draws at 0.95 are 0.031.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.031)


def test_the_difference_of_macro_f1_is_covered_and_equal_arms_are_seldom_told_apart():
    rng = np.random.default_rng(13)
    sizes = np.array([60, 50, 30, 20])
    y_true = np.repeat(np.arange(4), sizes)
    # Expected counts: a class's items are right with probability skill, else spread evenly.
    matrices = [sizes[:, None] * (s * np.eye(4) + (1 - s) / 4) for s in (0.8, 0.6)]
    truth = float(macro_f1(matrices[0]) - macro_f1(matrices[1]))
    covered, rejected = [], []
    for seed in range(300):
        arms = (classifier(rng, y_true, 0.8), classifier(rng, y_true, 0.6))
        difference = compare_metric(macro_f1, y_true, arms, seed, 600).difference
        covered.append(difference.low <= truth <= difference.high)
        equal = (arms[0], classifier(rng, y_true, 0.8))
        rejected.append(compare_metric(macro_f1, y_true, equal, seed, 600).p_value <= 0.05)
    # Four binomial standard errors of 300 draws at 0.95 are 0.05.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.05)
    assert np.mean(rejected) <= 0.05 + 0.05


def test_the_permutation_p_of_accuracy_is_exact_mcnemar():
    # Swapping predictions of differing items is a fair coin for each: McNemar's null.
    y_true = np.zeros(60, dtype=int)
    a = np.array([0] * 52 + [1] * 8)
    b = np.array([1] * 15 + [0] * 42 + [1] * 3)
    comparison = compare_metric(accuracy, y_true, (a, b), 0, 40_000)
    only_a = int(((a == 0) & (b != 0)).sum())
    only_b = int(((a != 0) & (b == 0)).sum())
    expected = mcnemar(only_a, only_b, 60).exact_p_value
    # Monte-Carlo error: four standard errors of 40,000 draws at p = 0.25 are 0.009.
    assert comparison.p_value == pytest.approx(expected, abs=0.009)


def test_arms_that_agree_on_every_item_have_p_1():
    y = np.array([0, 1, 1, 0, 2])
    comparison = compare_metric(macro_f1, y, (y, y), 0, 200)
    assert comparison.p_value == 1.0
    assert comparison.difference.estimate == 0.0


def test_more_items_than_fit_one_piece_are_resampled_too():
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, 4, 20_000)
    interval = bootstrap_metric(accuracy, y_true, classifier(rng, y_true, 0.8), 0, 500)
    # Accuracy 0.85: standard error sqrt(0.85 x 0.15 / 20,000) = 0.00252, times 2 x 1.96.
    assert interval.high - interval.low == pytest.approx(0.0099, rel=0.15)


def test_labels_that_are_not_classes_are_refused():
    with pytest.raises(ValueError, match="integer classes"):
        bootstrap_metric(macro_f1, [0.5, 1.0], [0.0, 1.0], 0)
    with pytest.raises(ValueError, match="one length"):
        bootstrap_metric(macro_f1, [0, 1], [0], 0)


def test_a_class_of_one_item_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        interval = bootstrap_metric(macro_f1, [0, 0, 0, 0, 1], [0, 0, 1, 0, 1], 0, 500)
    assert interval.low is not None
