"""Intervals of one proportion or one mean."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from kiyas.statistics import clopper_pearson, mean_t, wilson

COUNTS = [(0, 10), (1, 10), (5, 10), (10, 10), (4, 164), (116, 164), (500, 1000)]


@pytest.mark.parametrize(
    ("k", "low", "high"),
    # Qwen2.5-Coder 7B and 1.5B base on HumanEval, computed outside this project.
    [(116, 0.634, 0.772), (72, 0.365, 0.516)],
)
def test_wilson_gives_the_published_intervals_of_164_problems(k: int, low: float, high: float):
    interval = wilson(k, 164)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(("k", "n"), COUNTS)
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_equals_statsmodels(k: int, n: int, confidence: float):
    interval = wilson(k, n, confidence)
    expected = proportion_confint(k, n, 1 - confidence, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("k", "n"), COUNTS)
def test_clopper_pearson_equals_scipy(k: int, n: int):
    interval = clopper_pearson(k, n)
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_counted_is_none_and_not_zero():
    for interval in (wilson(0, 0), clopper_pearson(0, 0), mean_t([])):
        assert (interval.estimate, interval.low, interval.high) == (None, None, None)


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(k: int, n: int):
    with pytest.raises(ValueError, match="0 <= k <= n"):
        wilson(k, n)


def test_percentages_given_as_confidence_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilson(1, 2, confidence=95)


def test_the_interval_of_a_mean_equals_scipy():
    values = np.random.default_rng(3).normal(size=25)
    interval = mean_t(values)
    expected = stats.t.interval(0.95, 24, loc=values.mean(), scale=stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx(expected)


@pytest.mark.parametrize("values", [[0.5], [0.0, 0.0, 0.0]])
def test_a_mean_without_spread_has_no_interval(values: list[float]):
    interval = mean_t(values)
    assert interval.estimate == values[0]
    assert (interval.low, interval.high) == (None, None)


def test_a_value_that_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        mean_t([0.1, float("nan")])


@pytest.mark.parametrize("p", [0.05, 0.3, 0.7])
def test_wilson_covers_on_average_and_clopper_pearson_always(p: float):
    # Coverage summed over every outcome of Binomial(164, p): no simulation error at all.
    # Brown, Cai & DasGupta 2001 show Wilson oscillating within about 2 points of nominal.
    mass = stats.binom.pmf(np.arange(165), 164, p)
    intervals = [(wilson(k, 164), clopper_pearson(k, 164)) for k in range(165)]
    of_wilson = sum(m for m, (w, _) in zip(mass, intervals, strict=True) if w.low <= p <= w.high)
    of_exact = sum(m for m, (_, e) in zip(mass, intervals, strict=True) if e.low <= p <= e.high)
    assert of_wilson == pytest.approx(0.95, abs=0.02)
    assert of_exact >= 0.95
