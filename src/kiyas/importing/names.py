"""Names of files and data sets -> names that a study allows."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 80
_RESERVED = "base"
"""The untrained model's name, which no arm may have."""


def clean_name(text: str, fallback: str) -> str:
    """Return a text as a name: what a name may not hold becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:_LONGEST].strip("-._") or fallback


def name_arms(texts: Iterable[str]) -> list[str]:
    """Return a name for each arm; capitals alone do not tell two apart."""
    taken, names = {_RESERVED}, []
    for text in texts:
        name = plain = clean_name(text, "arm")
        count = 1
        while name.casefold() in taken:
            count += 1
            number = f"-{count}"
            name = plain[: _LONGEST - len(number)] + number
        taken.add(name.casefold())
        names.append(name)
    return names
