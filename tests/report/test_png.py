"""Drawings as PNG: their size in pixels."""

import io

import pytest
from PIL import Image

from kiyas.report.png import draw_png
from kiyas.report.svg import canvas, element, standalone


@pytest.mark.parametrize(
    ("height", "pixels"),
    [(340, (1520, 680)), (1520, (1064, 2128)), (2600, (760, 2600))],
    ids=["twice on a page", "a page high", "never below a pixel a unit"],
)
def test_a_drawing_is_sharp_and_no_higher_than_paper_shows(height, pixels):
    # 760 units wide: two pixels a unit, less where 1064 units fill a page, one at least.
    svg = standalone(canvas("a", "A", (760, height), [element("rect", width=10, height=10)]), "")
    assert Image.open(io.BytesIO(draw_png(svg))).size == pixels
