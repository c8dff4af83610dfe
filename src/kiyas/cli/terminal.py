"""What a terminal can show: colours only where standard output is one and nobody objects."""

from __future__ import annotations

import os
import sys

_CODES = {"red": "31", "green": "32", "yellow": "33"}


def coloured(text: str, colour: str) -> str:
    """Return the text in a colour on a terminal, else as it is.

    ``NO_COLOR`` (no-color.org) and ``TERM=dumb`` switch colours off.
    """
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    if plain or not sys.stdout.isatty():
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"
