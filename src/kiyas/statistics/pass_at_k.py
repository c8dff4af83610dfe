"""Passes a problem, of K samples -> pass@k with its interval over problems, and its variance parts.

Never pools the N x K samples as if they were independent: the problem is the unit, and the spread
between problems already holds the sampling noise (Miller 2024, arXiv:2411.00640).

Sources: Chen et al. 2021 (arXiv:2107.03374), equation 1; Korn & Graubard 1998 (Survey Methodology
24:193) for an interval of a mean in [0, 1] by its effective number of trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from kiyas.statistics.arrays import FloatArray, IntArray
from kiyas.statistics.bootstrap import bca_means
from kiyas.statistics.intervals import (
    Interval,
    mean_t,
    standard_error,
    two_sided_t,
    wilson,
    wilson_bounds,
)

IntervalMethod = Literal["wilson", "t", "bca"]
"""Score interval with an effective number of trials, Student's t, or bootstrap over problems."""


@dataclass(frozen=True)
class ScoreVariance:
    """Where the spread of a mean score over problems comes from; variances of one problem."""

    between: float
    """Variance over problems of their true pass rates, at least 0; more samples do not lower it."""
    within: float
    """Mean variance within a problem of one sample, p(1 - p); divided by K in a mean of K."""
    num_problems: int
    """N, number of problems."""
    num_samples: int
    """K, samples a problem."""


def pass_at_k(counts: ArrayLike, num_samples: int, k: int) -> FloatArray:
    """Return the unbiased estimate of pass@k of each problem.

    1 - C(K - c, k) / C(K, k) (Chen et al. 2021, equation 1), as the product over
    i = K-c+1 .. K of (1 - k / i), which does not overflow.

    Args:
        counts: (N,) samples that pass, of ``num_samples`` each.
        num_samples: K, samples a problem.
        k: Draws of which one must pass, 1 <= k <= K.

    Returns:
        (N,) estimates in [0, 1].

    Raises:
        ValueError: k outside 1..K, or a count outside 0..K.
    """
    passes = _counts(counts, num_samples)
    if not 1 <= k <= num_samples:
        raise ValueError(f"expected 1 <= k <= {num_samples} samples, got k={k}")
    factors = 1 - k / np.arange(num_samples, 0, -1, dtype=np.float64)
    # Where fewer than k samples fail, a factor is 0 or below: some draw must pass.
    none_pass = np.concatenate([[1.0], np.cumprod(np.maximum(factors, 0.0))])
    return np.asarray(1 - none_pass[passes])


def pass_at_k_interval(
    counts: ArrayLike,
    num_samples: int,
    k: int,
    *,
    method: IntervalMethod = "wilson",
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Return mean pass@k over problems with its interval.

    ``wilson``: Wilson's interval with the effective number of trials p(1 - p) / SE^2 and the t
    quantile (Korn & Graubard 1998); it keeps to [0, 1] and holds at the floor and the ceiling,
    where ``t`` and ``bca`` are too narrow. With K = 1 it is Wilson's interval of k/n. All problems
    alike at 0 or 1 count as N trials.

    Args:
        counts: (N,) samples that pass, of ``num_samples`` each.
        num_samples: K, samples a problem.
        k: Draws of which one must pass.
        method: ``wilson``, ``t`` (clipped to [0, 1]) or ``bca``.
        seed: Seed of ``bca``.
        confidence: Nominal coverage.

    Returns:
        Estimate None without problems; bounds None where the data allow no interval.

    Raises:
        ValueError: k outside 1..K, or a count outside 0..K.
    """
    scores = pass_at_k(counts, num_samples, k)
    if num_samples == 1:
        return wilson(int(scores.sum()), scores.size, confidence)
    if method == "bca":
        return bca_means(scores, seed, confidence=confidence)[0]
    plain = mean_t(scores, confidence)
    if method == "wilson":
        return mean_in_unit_interval(scores, confidence)
    if plain.low is None or plain.high is None:
        return plain
    return Interval(plain.estimate, max(0.0, plain.low), min(1.0, plain.high), confidence, "t")


def mean_in_unit_interval(scores: FloatArray, confidence: float = 0.95) -> Interval:
    """Return Wilson's interval of the mean of (N,) scores in [0, 1], by effective trials.

    Effective trials p(1 - p) / SE^2 are about N or more, because a score in [0, 1] varies no more
    than a coin; z is stretched by t_{N-1} / z (Korn & Graubard 1998).
    """
    n = scores.size
    if n == 0:
        return Interval(None, None, None, confidence, "wilson")
    mean = float(scores.mean())
    if mean in {0.0, 1.0}:
        return wilson(round(mean * n), n, confidence)
    if n == 1 or np.ptp(scores) == 0:
        return Interval(mean, None, None, confidence, "wilson")
    effective = mean * (1 - mean) / standard_error(scores) ** 2
    low, high = wilson_bounds(mean, effective, two_sided_t(confidence, n - 1))
    return Interval(mean, low, high, confidence, "wilson")


def score_variance(counts: ArrayLike, num_samples: int) -> ScoreVariance | None:
    """Split the spread of the pass rates into problems and sampling.

    within = mean c(K - c) / (K(K - 1)), between = var(c / K) - within / K (one-way random effects;
    Miller 2024).

    Args:
        counts: (N,) samples that pass, of ``num_samples`` each.
        num_samples: K, samples a problem.

    Returns:
        None with fewer than two samples or two problems: the parts cannot be told apart.
    """
    passes = _counts(counts, num_samples)
    if num_samples < 2 or passes.size < 2:
        return None
    rates = passes / num_samples
    within = float((rates * (1 - rates)).mean()) * num_samples / (num_samples - 1)
    between = max(0.0, float(rates.var(ddof=1)) - within / num_samples)
    return ScoreVariance(between, within, passes.size, num_samples)


def _counts(counts: ArrayLike, num_samples: int) -> IntArray:
    passes = np.asarray(counts)
    if passes.ndim != 1 or not (passes.size == 0 or np.issubdtype(passes.dtype, np.integer)):
        raise ValueError(f"expected (N,) whole counts, got {passes.dtype} of shape {passes.shape}")
    if passes.size and (passes.min() < 0 or passes.max() > num_samples):
        raise ValueError(f"expected counts in 0..{num_samples}, got {passes.min()}..{passes.max()}")
    return passes.astype(np.int64)
