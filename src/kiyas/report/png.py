"""A drawing as a file of its own -> its pixels.

Text is set in a font that comes with a dependency, so that a drawing looks alike on every machine
and no letter is missing on one without fonts.
"""

from __future__ import annotations

from pathlib import Path

ZOOM = 2
"""Pixels a user unit: sharp on paper at the width of a page."""
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
            zoom=ZOOM,
            background=_PAPER,
            skip_system_fonts=True,
            font_files=files,
            font_family=_FONT,
            sans_serif_family=_FONT,
        )
    )
