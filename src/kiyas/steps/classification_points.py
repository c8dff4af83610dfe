"""Search settings -> the points of a random search. What Optuna asks for is ``optuna_search``."""

from __future__ import annotations

import math

import numpy as np

from kiyas.config import ClassifierTrainSettings, LoraSettings
from kiyas.config.classification import SearchRange, SearchSettings, SearchValue

_NUM_DIGITS = 3
"""Of a drawn number, which is read in tables and names of folders."""
_NUM_STEPS = 100
"""Numbers that rounding leaves apart in the narrowest range, at least."""


def random_points(search: SearchSettings, seed: int) -> list[dict[str, SearchValue]]:
    """Draw points; the same for the same seed, and a longer search begins with the same ones."""
    generator = np.random.default_rng([seed, 7])
    assert search.num_points is not None  # a conflict otherwise
    points = [
        {key: _draw(key, values, generator) for key, values in search.keys.items()}
        for _ in range(search.num_points)
    ]
    return list({repr(point): point for point in points}.values())


def _draw(
    key: str, values: list[SearchValue] | SearchRange, generator: np.random.Generator
) -> SearchValue:
    if not isinstance(values, SearchRange):
        return values[int(generator.integers(len(values)))]
    if is_whole(key) and not values.log:
        return int(generator.integers(int(values.low), int(values.high) + 1))
    low, high = float(values.low), float(values.high)
    share = generator.random()
    if values.log:
        drawn = float(np.exp(np.log(low) + share * (np.log(high) - np.log(low))))
    else:
        drawn = low + share * (high - low)
    return round(drawn) if is_whole(key) else round_drawn(drawn, low, high)


def round_drawn(drawn: float, low: float, high: float) -> float:
    """Return a drawn number in three digits or, from a narrow range, as many more as it needs.

    Args:
        drawn: A number from ``low`` to ``high``, as the result is.
        low: The smallest.
        high: The largest.
    """
    if not drawn:
        return drawn
    finest = math.floor(math.log10((high - low) / _NUM_STEPS))
    digits = math.floor(math.log10(abs(drawn))) + 1 - finest
    rounded = float(f"{drawn:.{max(_NUM_DIGITS, digits)}g}")
    return min(max(rounded, low), high)


def is_whole(key: str) -> bool:
    """Return whether a searched key takes whole numbers only."""
    section, name = key.split(".", 1)
    model = LoraSettings if section == "lora" else ClassifierTrainSettings
    return model.model_fields[name].annotation is int
