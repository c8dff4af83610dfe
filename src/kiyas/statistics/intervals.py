"""Counts or values -> confidence intervals of one proportion or one mean.

Does not know what is counted, compares nothing and corrects for no multiplicity. All figures are
fractions (0.707), never percentages. ``Interval`` is the record that every module of this package
returns its intervals in.

Sources: Wilson 1927 (JASA 22:209); Clopper & Pearson 1934 (Biometrika 26:404); Brown, Cai &
DasGupta 2001 (Statistical Science 16:101) for the choice between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from kiyas.statistics.arrays import FloatArray, finite_vector


@dataclass(frozen=True)
class Interval:
    """An estimate with its two-sided confidence interval; what is undefined is None, never 0."""

    estimate: float | None
    """Point estimate as a fraction; None without data."""
    low: float | None
    """Lower bound; None where the data allow no interval."""
    high: float | None
    """Upper bound; None where the data allow no interval."""
    confidence: float
    """Nominal coverage, such as 0.95."""
    method: str
    """How it was computed: ``wilson``, ``clopper-pearson``, ``t``, ``bca``, ``tango``, ..."""


def wilson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval of a proportion; the default for k passes of n problems.

    Wilson 1927: centre (p + z^2/2n) / (1 + z^2/n), half-width
    z sqrt(p(1-p)/n + z^2/4n^2) / (1 + z^2/n).

    Args:
        k: Number of successes.
        n: Number of trials; 0 gives an ``Interval`` of Nones.
        confidence: Nominal coverage.

    Raises:
        ValueError: Not 0 <= k <= n, or confidence outside (0, 1).
    """
    _check_counts(k, n)
    z = two_sided_z(confidence)
    if n == 0:
        return Interval(None, None, None, confidence, "wilson")
    low, high = wilson_bounds(k / n, n, z)
    return Interval(k / n, low, high, confidence, "wilson")


def wilson_bounds(p: float, n: float, z: float) -> tuple[float, float]:
    """Return Wilson's bounds for a proportion ``p`` of ``n`` trials; n may be an effective number.

    At p = 0 and p = 1 the outer bound is exactly 0 or 1.
    """
    scale = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half_width = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    low = 0.0 if p <= 0 else max(0.0, centre - half_width)
    high = 1.0 if p >= 1 else min(1.0, centre + half_width)
    return low, high


def clopper_pearson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the exact interval of Clopper and Pearson: never below nominal coverage, so wide.

    Beta quantiles: low = B(alpha/2; k, n-k+1), high = B(1-alpha/2; k+1, n-k).

    Args:
        k: Number of successes.
        n: Number of trials; 0 gives an ``Interval`` of Nones.
        confidence: Nominal coverage.

    Raises:
        ValueError: Not 0 <= k <= n, or confidence outside (0, 1).
    """
    _check_counts(k, n)
    _check_confidence(confidence)
    if n == 0:
        return Interval(None, None, None, confidence, "clopper-pearson")
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else float(special.betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(special.betaincinv(k + 1, n - k, 1 - tail))
    return Interval(k / n, low, high, confidence, "clopper-pearson")


def mean_t(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return Student's t interval of a mean: mean +- t_{n-1} sd / sqrt(n).

    Args:
        values: (N,) one value a problem, item or seed.
        confidence: Nominal coverage.

    Returns:
        Estimate None without values; bounds None with one value, or when all values are equal
        (no spread was seen, which is not the same as no uncertainty).

    Raises:
        ValueError: Values are not one-dimensional and finite, or confidence outside (0, 1).
    """
    sample = finite_vector(values)
    _check_confidence(confidence)
    if sample.size == 0:
        return Interval(None, None, None, confidence, "t")
    mean = float(sample.mean())
    if sample.size == 1 or np.ptp(sample) == 0:
        return Interval(mean, None, None, confidence, "t")
    half_width = two_sided_t(confidence, sample.size - 1) * standard_error(sample)
    return Interval(mean, mean - half_width, mean + half_width, confidence, "t")


def standard_error(values: FloatArray) -> float:
    """Return sd / sqrt(N) of (N,) values, N at least 2."""
    return float(values.std(ddof=1) / np.sqrt(values.size))


@lru_cache(maxsize=64)
def two_sided_z(confidence: float) -> float:
    """Return the normal quantile of a two-sided interval: 1.96 for 0.95.

    Raises:
        ValueError: Confidence outside (0, 1).
    """
    _check_confidence(confidence)
    return float(special.ndtri((1 + confidence) / 2))


@lru_cache(maxsize=2**10)
def two_sided_t(confidence: float, df: float) -> float:
    """Return the quantile of Student's t with ``df`` degrees of freedom for a two-sided interval.

    Raises:
        ValueError: Confidence outside (0, 1).
    """
    _check_confidence(confidence)
    return float(special.stdtrit(df, (1 + confidence) / 2))


def _check_counts(k: int, n: int) -> None:
    if not 0 <= k <= n:
        raise ValueError(f"expected 0 <= k <= n, got k={k}, n={n}")


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"expected a confidence between 0 and 1, got {confidence}")
