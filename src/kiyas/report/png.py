"""A drawing as a file of its own -> its pixels.

Text is set in a font that comes with a dependency, so that a drawing looks alike on every machine
and no letter is missing on one without fonts.
"""

from __future__ import annotations

import re
from pathlib import Path

ZOOM = 2
"""Pixels a user unit: sharp on paper at the width of a page."""
_PAGE_HEIGHT = 1064
"""User units that fit on a page below each other; a taller drawing is shrunk to it when printed."""
_PAPER = "#ffffff"
_FONT = "DejaVu Sans"
_STYLES = ("", "-Bold", "-Oblique", "-BoldOblique")


def draw_png(svg: str) -> bytes:
    """Return a PNG of a standalone SVG on white paper."""
    import matplotlib
    from resvg_py import svg_to_bytes

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    # Not the folder: reading its forty files takes longer than most drawings.
    files = [str(fonts / f"{_FONT.replace(' ', '')}{style}.ttf") for style in _STYLES]
    return bytes(
        svg_to_bytes(
            svg_string=svg,
            zoom=_zoom(svg),
            background=_PAPER,
            skip_system_fonts=True,
            font_files=files,
            font_family=_FONT,
            sans_serif_family=_FONT,
        )
    )


def _zoom(svg: str) -> float:
    """Return pixels a user unit: less for what paper shrinks, never too few to read on a screen."""
    found = re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)
    height = float(found[1]) if found else 0.0
    return ZOOM if height <= _PAGE_HEIGHT else max(1.0, ZOOM * _PAGE_HEIGHT / height)
