from itertools import pairwise

import pytest

from kiyas.report.svg import Axis, choose_log_ticks, choose_ticks, element, shorten, spread


def test_text_and_attributes_are_escaped():
    drawn = element("text", "<script>", aria_label='"x"')
    assert drawn == '<text aria-label="&#34;x&#34;">&lt;script&gt;</text>'


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 0.24, (0, 0.05, 0.1, 0.15, 0.2)), (0, 800, (0, 200, 400, 600, 800)), (3, 3, (3,))],
)
def test_ticks_are_round_numbers_inside_the_range(low, high, ticks):
    assert choose_ticks(low, high) == ticks


def test_an_axis_of_one_value_places_it_in_the_middle():
    assert Axis(5, 5, 0, 100).place(5) == 50


def test_labels_that_would_overlap_are_moved_apart():
    placed = spread([50, 51, 52], 15, 0, 100)
    assert placed == sorted(placed)
    assert min(b - a for a, b in pairwise(placed)) >= 15


def test_labels_stay_above_the_lower_edge():
    assert max(spread([99, 99, 99], 15, 0, 100)) <= 100


def test_a_logarithmic_axis_places_equal_ratios_equally_far_apart():
    axis = Axis(1e-5, 1e-3, 0, 100, is_log=True)
    assert axis.place(1e-4) == pytest.approx(50)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1, 10, (1, 2, 5, 10)),
        (0.5, 500, (1, 3, 10, 30, 100, 300)),
        (0.5, 5e5, (1, 10, 100, 1e3, 1e4, 1e5)),
        (1e-5, 2e-4, (1e-5, 2e-5, 5e-5, 1e-4, 2e-4)),
    ],
)
def test_logarithmic_ticks_are_round_and_few(low, high, ticks):
    assert choose_log_ticks(low, high) == pytest.approx(ticks)


def test_a_label_that_is_too_long_ends_in_an_ellipsis():
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"
