"""Two arms on the same problems -> tests and intervals of their difference.

A is always the first arm and the difference is A - B. Corrects for no multiplicity
(``multiplicity``) and generalises over problems, not over training seeds (``seeds``).

Sources: McNemar 1947; Fagerland, Lydersen & Laake 2013 (BMC Med Res Methodol 13:91) for mid-p;
Tango 1998 (Statistics in Medicine 17:891) for the interval; Fisher 1935 for sign flips.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from kiyas.statistics.arrays import FloatArray, finite_vector
from kiyas.statistics.bootstrap import bca_means
from kiyas.statistics.intervals import Interval, two_sided_z
from kiyas.statistics.multiplicity import random_signs


@dataclass(frozen=True)
class McNemarTest:
    """Two arms with one verdict a problem each, compared on the same problems."""

    b: int
    """Number of problems that only A passes."""
    c: int
    """Number of problems that only B passes."""
    n: int
    """Number of problems both arms were scored on."""
    exact_p_value: float | None
    """Two-sided exact conditional p; conservative. None without problems."""
    mid_p_value: float | None
    """Two-sided mid-p, the default for verdicts. None without problems."""
    difference: Interval
    """(b - c) / n with Tango's score interval, as a fraction."""


@dataclass(frozen=True)
class PairedTest:
    """Two arms with a score in [0, 1] or any number a problem, compared on the same problems."""

    n: int
    """Number of problems both arms were scored on."""
    difference: Interval
    """Mean of A - B with its BCa interval over problems."""
    p_value: float | None
    """Two-sided sign-flip p; 1 when the arms never differ, None without problems."""
    num_resamples: int
    """Number of resamples of the interval, and of sign flips unless all were enumerated."""


def mcnemar(b: int, c: int, n: int, confidence: float = 0.95) -> McNemarTest:
    """Compare two arms by the problems on which they disagree.

    exact p = min(1, 2 P(X <= min(b, c))), mid-p = 2 P(X <= min(b, c)) - P(X = min(b, c)) with
    X ~ Binomial(b + c, 1/2) (Fagerland et al. 2013). With b = c = 0 both are 1:
    nothing speaks against equality.

    Args:
        b: Number of problems that only A passes.
        c: Number of problems that only B passes.
        n: Number of problems; 0 gives Nones.
        confidence: Nominal coverage of the interval of the difference.

    Raises:
        ValueError: b or c negative, or b + c > n, or confidence outside (0, 1).
    """
    if min(b, c) < 0 or b + c > n:
        raise ValueError(f"expected b, c >= 0 and b + c <= n, got b={b}, c={c}, n={n}")
    difference = tango(b, c, n, confidence)
    if n == 0:
        return McNemarTest(b, c, n, None, None, difference)
    exact, mid = mcnemar_p_values(b, c)
    return McNemarTest(b, c, n, exact, mid, difference)


@lru_cache(maxsize=2**14)
def mcnemar_p_values(b: int, c: int) -> tuple[float, float]:
    """Return (exact, mid-p) of McNemar's two-sided test; both are 1 when b = c = 0.

    In a large family the same few counts come back.
    """
    smaller, discordant = min(b, c), b + c
    cumulative = 2 * float(special.bdtr(smaller, discordant, 0.5))
    log_choose = -np.log(discordant + 1) - special.betaln(smaller + 1, discordant - smaller + 1)
    point = float(np.exp(log_choose - discordant * np.log(2)))
    return min(1.0, cumulative), min(1.0, cumulative - point)


def tango(b: int, c: int, n: int, confidence: float = 0.95) -> Interval:
    """Return Tango's asymptotic score interval of the paired difference (b - c) / n.

    Inverts T(D) = (b - c - nD) / sqrt(n (2q + D(1 - D))), q being the maximum-likelihood estimate
    of P(only B passes) under difference D (Tango 1998). It depends on the
    discordant pairs only, keeps to [-1, 1], and has width also when b = c = 0.

    Args:
        b: Number of problems that only A passes.
        c: Number of problems that only B passes.
        n: Number of problems; 0 gives an ``Interval`` of Nones.
        confidence: Nominal coverage.
    """
    if n == 0:
        return Interval(None, None, None, confidence, "tango")
    low, high = _tango_bounds(b, c, n, confidence)
    return Interval((b - c) / n, low, high, confidence, "tango")


@lru_cache(maxsize=2**14)
def _tango_bounds(b: int, c: int, n: int, confidence: float) -> tuple[float, float]:
    """Return the bounds of ``tango``, for a large family as above."""
    from scipy import optimize

    z, estimate = two_sided_z(confidence), (b - c) / n

    def score(difference: float) -> float:
        linear = -b - c + (2 * n - b + c) * difference
        root = np.sqrt(linear**2 + 8 * n * c * difference * (1 - difference))
        q = max(0.0, (root - linear) / (4 * n))
        variance = n * (2 * q + difference * (1 - difference))
        return float((b - c - n * difference) / np.sqrt(max(variance, 1e-300)))

    # The score falls from above z to below -z; at D = -1 and D = 1 its variance is 0, so the
    # search stops just inside, and an estimate at the edge is its own bound.
    edge = 1 - 1e-12
    low, high = -1.0, 1.0
    if b - c > -n:
        low = float(optimize.brentq(lambda d: score(d) - z, -edge, estimate, xtol=1e-12))
    if b - c < n:
        high = float(optimize.brentq(lambda d: score(d) + z, estimate, edge, xtol=1e-12))
    return low, high


def compare_means(
    differences: ArrayLike,
    seed: int,
    num_resamples: int = 10_000,
    confidence: float = 0.95,
) -> PairedTest:
    """Compare two arms by their score differences a problem; for K > 1 samples a problem.

    Args:
        differences: (N,) mean score of A minus mean score of B on each problem.
        seed: Seed of bootstrap and sign flips.
        num_resamples: Number of resamples of each.
        confidence: Nominal coverage of the interval.

    Raises:
        ValueError: Differences that are not one-dimensional and finite.
    """
    values = finite_vector(differences)
    difference = bca_means(values, seed, num_resamples, confidence)[0]
    p_value = sign_flip_p_value(values, seed, num_resamples)
    return PairedTest(values.size, difference, p_value, num_resamples)


def sign_flip_p_value(
    differences: ArrayLike, seed: int | np.random.Generator, num_resamples: int = 10_000
) -> float | None:
    """Return the two-sided p of a paired permutation test of the mean difference.

    If the arms were alike, each problem's difference could as well have the other sign (Fisher
    1935, section 21). Where all m non-zero differences are of one size, as with one verdict a
    problem, their sum is a binomial count and p is that of exact McNemar; else all 2^m signs are
    enumerated where that is no more work than ``num_resamples``, and p is exact too. Otherwise
    p = (1 + as extreme) / (1 + num_resamples).

    Args:
        differences: (N,) differences.
        seed: Seed or generator of the flips.
        num_resamples: Number of sign flips.

    Returns:
        1 when no problem differs; None without problems.
    """
    values = finite_vector(differences)
    if values.size == 0:
        return None
    nonzero = values[values != 0]
    if nonzero.size == 0 or np.ptp(np.abs(nonzero)) == 0:
        num_above = int((nonzero > 0).sum())
        return mcnemar_p_values(num_above, nonzero.size - num_above)[0]
    # Float sums of the same signs may differ in the last place: a tie counts as as extreme.
    threshold = abs(float(nonzero.sum())) - 1e-9 * float(np.abs(nonzero).sum())
    if 2**nonzero.size <= num_resamples:
        flipped = _all_signs(nonzero.size) @ nonzero
        return float((np.abs(flipped) >= threshold).mean())
    generator = np.random.default_rng(seed)
    as_extreme, done = 0, 0
    while done < num_resamples:
        rows = min(2_000, num_resamples - done)
        flipped = random_signs(rows, nonzero.size, generator) @ nonzero
        as_extreme += int((np.abs(flipped) >= threshold).sum())
        done += rows
    return (1 + as_extreme) / (1 + num_resamples)


def _all_signs(num_signs: int) -> FloatArray:
    """Return (2^num_signs, num_signs): every combination of -1 and +1."""
    numbers = np.arange(2**num_signs)[:, None]
    return np.asarray((numbers >> np.arange(num_signs)) & 1, dtype=np.float64) * 2 - 1
