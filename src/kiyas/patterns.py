"""English text -> what stands at the places of a pattern, such as ``%(num)s rows``.

A pattern is a message of a catalogue, with places and a doubled percent sign as Python's ``%``
operator has them; that operator fills its translation. Knows no language.
"""

from __future__ import annotations

import re
from functools import cache

_PLACE = re.compile(r"%\((\w+)\)s")


def fit(pattern: str, text: str) -> dict[str, str] | None:
    """Return what stands at each place if the whole text is of this pattern, else None."""
    if not all(part in text for part in _literals(pattern)):  # compiling takes far longer
        return None
    found = _compile(pattern).fullmatch(text)
    return found.groupdict() if found else None


def num_literal(pattern: str) -> int:
    """Return how many letters and signs of a pattern are its own: the more, the surer it fits."""
    return sum(map(len, _literals(pattern)))


@cache
def _literals(pattern: str) -> tuple[str, ...]:
    return tuple(text.replace("%%", "%") for text in _PLACE.split(pattern)[::2])


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    first, *others = map(re.escape, _literals(pattern))
    places = _PLACE.findall(pattern)
    rest = (f"(?P<{place}>.+?){text}" for place, text in zip(places, others, strict=True))
    return re.compile(first + "".join(rest), re.DOTALL)
