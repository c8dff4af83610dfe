"""Areas under ROC curves."""

import math

import numpy as np
import pytest
from scipy import special, stats
from sklearn.metrics import roc_auc_score

from kiyas.statistics import auc, compare_auc, compare_macro_auc, macro_auc


def standard_error(interval) -> float:
    """Undo the logit interval."""
    width = special.logit(interval.high) - special.logit(interval.low)
    return width / (2 * stats.norm.ppf(0.975)) * interval.estimate * (1 - interval.estimate)


def simulate(rng: np.random.Generator, counts: tuple[int, int], shift: float):
    """Return labels, and two correlated scores with the same true AUC Phi(shift / sqrt 2)."""
    y = np.repeat([1, 0], counts)
    shared = rng.normal(size=y.size)
    scores = [
        0.7 * shared + math.sqrt(0.51) * rng.normal(size=y.size) + shift * y for _ in range(2)
    ]
    return y, *scores


def test_the_published_standard_error_of_the_ct_ratings():
    # Hanley & McNeil 1982, table I: five ratings of 58 normal and 51 abnormal scans. Stata's
    # manual, roctab with these data: area 0.8932, DeLong standard error 0.0307.
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    scores = np.concatenate([np.repeat(range(5), normal), np.repeat(range(5), abnormal)])
    interval = auc(np.repeat([0, 1], [58, 51]), scores)
    assert interval.estimate == pytest.approx(0.8932, abs=5e-5)
    assert standard_error(interval) == pytest.approx(0.0307, abs=5e-5)


def test_delong_equals_placements_counted_pair_by_pair():
    rng = np.random.default_rng(1)
    y, a, b = simulate(rng, (30, 45), 0.8)
    a, b = a.round(1), b.round(1)  # ties
    placements = []
    for scores in (a, b):
        pairs = scores[y == 1][:, None] - scores[y == 0]
        wins = (pairs > 0) + 0.5 * (pairs == 0)
        placements.append((wins.mean(axis=1), wins.mean(axis=0)))
    (a10, a01), (b10, b01) = placements
    interval, comparison = auc(y, a), compare_auc(y, a, b)
    assert interval.estimate == pytest.approx(a10.mean()) == pytest.approx(roc_auc_score(y, a))
    assert standard_error(interval) ** 2 == pytest.approx(
        a10.var(ddof=1) / 30 + a01.var(ddof=1) / 45
    )
    variance = (a10 - b10).var(ddof=1) / 30 + (a01 - b01).var(ddof=1) / 45
    z = (a10.mean() - b10.mean()) / math.sqrt(variance)
    assert comparison.p_value == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_auc_covers_and_the_paired_test_keeps_its_level():
    rng = np.random.default_rng(2)
    truth = stats.norm.cdf(1.0 / math.sqrt(2))
    covered, rejected = [], []
    for _ in range(1000):
        y, a, b = simulate(rng, (40, 60), 1.0)
        interval = auc(y, a)
        covered.append(interval.low <= truth <= interval.high)
        rejected.append(compare_auc(y, a, b).p_value <= 0.05)
    # Four binomial standard errors of 1000 draws at 0.95 are 0.028.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.028)
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.028)


def test_few_items_and_high_areas_are_still_covered():
    rng = np.random.default_rng(3)
    truth = stats.norm.cdf(2.5 / math.sqrt(2))
    covered = []
    for _ in range(600):
        y, a, _ = simulate(rng, (7, 20), 2.5)
        interval = auc(y, a)
        covered.append(interval.low <= truth <= interval.high)
    # At least nominal within four binomial standard errors (0.036); DeLong's interval on the logit
    # scale covers 0.78 in the same simulation, perfect separation counted as a miss.
    assert np.mean(covered) >= 0.95 - 0.036


def test_perfect_separation_has_a_lower_bound_below_1():
    interval = auc([0] * 12 + [1] * 12, range(24))
    assert (interval.estimate, interval.high) == (1.0, 1.0)
    assert 0.75 < interval.low < 0.99
    mirrored = auc([1] * 12 + [0] * 12, range(24))
    assert mirrored.high == pytest.approx(1 - interval.low)


def test_a_single_class_has_no_area():
    assert auc([1, 1], [0.1, 0.2]).estimate is None
    assert compare_auc([1, 1], [0.1, 0.2], [0.3, 0.2]).p_value is None
    assert macro_auc([2, 2], np.zeros((2, 3))).estimate is None


def test_scores_that_rank_alike_do_not_differ():
    y, a, _ = simulate(np.random.default_rng(4), (20, 20), 1.0)
    comparison = compare_auc(y, a, np.exp(a))
    assert (comparison.difference.estimate, comparison.p_value) == (0.0, 1.0)


def test_labels_other_than_0_and_1_are_refused():
    with pytest.raises(ValueError, match="labels 0 and 1"):
        auc([0, 2], [0.1, 0.2])


def probabilities(rng: np.random.Generator, labels: np.ndarray, skill: float) -> np.ndarray:
    logits = rng.normal(size=(labels.size, 4))
    logits[np.arange(labels.size), labels] += skill
    return special.softmax(logits, axis=1)


def test_macro_auc_equals_scikit_learn():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 4, 200)
    scores = probabilities(rng, labels, 1.0)
    expected = roc_auc_score(labels, scores, multi_class="ovr", average="macro")
    assert macro_auc(labels, scores).estimate == pytest.approx(expected)


def test_macro_auc_of_two_classes_is_delong():
    y, a, b = simulate(np.random.default_rng(6), (30, 45), 0.8)
    two, other = np.column_stack([-a, a]), np.column_stack([-b, b])
    single, macro = auc(y, a), macro_auc(y, two)
    assert (macro.low, macro.high) == pytest.approx((single.low, single.high))
    assert compare_macro_auc(y, two, other).p_value == pytest.approx(compare_auc(y, a, b).p_value)


def test_macro_auc_covers_and_its_paired_test_keeps_its_level():
    rng = np.random.default_rng(7)
    labels = np.repeat(np.arange(4), [40, 30, 20, 20])
    # The true value by 20,000 items of the same class shares.
    big = np.repeat(labels, 200)
    truth = macro_auc(big, probabilities(rng, big, 1.0)).estimate
    covered, rejected = [], []
    for _ in range(500):
        a, b = probabilities(rng, labels, 1.0), probabilities(rng, labels, 1.0)
        comparison = compare_macro_auc(labels, a, b)
        covered.append(comparison.a.low <= truth <= comparison.a.high)
        rejected.append(comparison.p_value <= 0.05)
    # Four binomial standard errors of 500 draws at 0.95 are 0.039.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.039)
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.039)


def test_a_class_of_one_item_has_an_area_and_no_interval():
    interval = macro_auc([0, 0, 1, 1, 2], np.random.default_rng(8).random((5, 3)))
    assert interval.estimate is not None
    assert interval.low is None
