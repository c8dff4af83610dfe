from itertools import pairwise

import pytest

from kiyas.report.svg import Axis, choose_ticks, element, spread


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
