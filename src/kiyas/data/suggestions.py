"""A misspelt name and the names there are -> "did you mean", and lists of row numbers in words.

Does not decide whether a name is wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice that is most like a name, ignoring case; None if none is like it."""
    by_folded = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def name_rows(numbers: Sequence[int], unit: str = "line", shown: int = 5) -> str:
    """Return row numbers in words, such as ``lines 3, 8, 12 and 40 more``."""
    listed = ", ".join(str(number) for number in numbers[:shown])
    more = f" and {len(numbers) - shown} more" if len(numbers) > shown else ""
    return f"{unit if len(numbers) == 1 else unit + 's'} {listed}{more}"
