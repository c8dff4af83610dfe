import re

import pytest

from kiyas.report.heat_map import _STRONGEST
from kiyas.report.page import _read


def read_palette(theme):
    """Return the colours of a theme (0 light, 1 dark) by name."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", _read("styles/palette.css"))
    return {name: pair[theme] for name, *pair in found}


def channels(colour):
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def luminance(colour):
    """Return the relative luminance of WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_text_on_every_shade_has_the_contrast_that_wcag_asks_for(theme, share):
    palette = read_palette(theme)
    opacity = _STRONGEST * share
    paper, shade = channels(palette["paper"]), channels(palette["series-0"])
    ground = [opacity * s + (1 - opacity) * p for s, p in zip(shade, paper, strict=True)]
    levels = sorted((luminance(ground), luminance(channels(palette["ink"]))))
    assert (levels[1] + 0.05) / (levels[0] + 0.05) >= 4.5
