import pytest

from kiyas.records import Proportion
from kiyas.report.numbers import NumberFormat

ENGLISH = NumberFormat()
TURKISH = NumberFormat(",", "%{}", "; ")


def test_a_proportion_shows_counts_percentage_and_interval():
    # Wilson interval of 44 of 164 at 95 %: statsmodels proportion_confint(44, 164, method="wilson")
    share = Proportion(44, 164, 44 / 164, 0.20641, 0.34089)
    assert ENGLISH.proportion(share) == "44/164 (26.8 %) [20.6, 34.1]"


def test_turkish_writes_the_percent_sign_first_and_a_decimal_comma():
    share = Proportion(44, 164, 44 / 164, 0.20641, 0.34089)
    assert TURKISH.proportion(share) == "44/164 (%26,8) [20,6; 34,1]"


def test_an_undefined_proportion_is_a_dash():
    assert ENGLISH.proportion(Proportion(0, 0, None, None, None)) == "–"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_an_undefined_figure_is_a_dash_and_never_zero(value):
    assert ENGLISH.decimal(value) == "–"
    assert ENGLISH.share(value) == "–"
    assert ENGLISH.points(value) == "–"
    assert ENGLISH.p_value(value) == "–"


def test_an_unknown_count_is_a_dash():
    assert ENGLISH.count(None) == "–"


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.0488, "+4.9"), (-0.0488, "−4.9"), (0.0, "0.0"), (-0.0001, "0.0")],
)
def test_a_difference_carries_its_sign_in_points(difference, text):
    assert ENGLISH.points(difference) == text


def test_a_difference_without_problems_is_a_dash():
    assert ENGLISH.points_with_interval(None, None, None) == "–"


@pytest.mark.parametrize(
    ("p", "text"), [(0.0312, "p = 0.031"), (0.00001, "p < 0.001"), (1.0, "p = 1.000")]
)
def test_a_small_p_value_is_never_printed_as_zero(p, text):
    assert ENGLISH.p_statement(p) == text


@pytest.mark.parametrize(("value", "text"), [(0.2, "20 %"), (0.025, "2.5 %")])
def test_an_axis_has_no_needless_digits(value, text):
    assert ENGLISH.short_share(value) == text


def test_a_figure_shows_its_interval_or_that_it_has_none():
    assert ENGLISH.figure(0.8749, 0.8512, 0.897) == "0.875 [0.851, 0.897]"
    assert TURKISH.figure(0.8749, 0.8512, 0.897) == "0,875 [0,851; 0,897]"
    assert ENGLISH.figure(0.5, None, None) == "0.500 [–]"
    assert ENGLISH.figure(None, 0.1, 0.2) == "–"
