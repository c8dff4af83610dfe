"""Shares of different problems compared."""

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from kiyas.statistics import compare_shares, mcnemar


def test_newcombes_published_example():
    # Newcombe 1998, table II, contrast (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339.
    difference = compare_shares((56, 48), (70, 80)).difference
    assert (difference.low, difference.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(("passes", "totals"), [((101, 72), (164, 164)), ((0, 9), (20, 30))])
def test_interval_and_p_value_equal_statsmodels(passes: tuple, totals: tuple):
    test = compare_shares(passes, totals)
    low, high = confint_proportions_2indep(
        passes[0], totals[0], passes[1], totals[1], method="newcomb"
    )
    assert (test.difference.low, test.difference.high) == pytest.approx((low, high))
    assert test.p_value == pytest.approx(proportions_ztest(passes, totals)[1])


def test_the_same_verdicts_unpaired_say_less():
    # Qwen2.5-Coder 1.5B and 7B base on HumanEval: 72 and 101 of 164, b = 9, c = 38.
    unpaired, paired = compare_shares((72, 101), (164, 164)), mcnemar(9, 38, 164)
    assert unpaired.difference.estimate == pytest.approx(paired.difference.estimate)
    assert unpaired.p_value > 10 * paired.exact_p_value
    assert unpaired.difference.low < paired.difference.low
    assert unpaired.difference.high > paired.difference.high


def test_nothing_counted_is_none_and_all_passing_is_no_difference():
    assert compare_shares((0, 3), (0, 5)).p_value is None
    assert compare_shares((5, 8), (5, 8)).p_value == 1.0
