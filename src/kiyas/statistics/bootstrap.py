"""Values of items -> BCa bootstrap intervals of their means; what every bootstrap here shares.

Resamples items (problems, rows), never samples within a problem, and does not see the variance of
training. The same seed, labels and number of resamples give the same resampled items, so arms on
the same items are always resampled together.

Sources: Efron 1987 (JASA 82:171) for BCa; Davison & Hinkley 1997, section 5.3,
for its acceleration with several strata.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from kiyas.statistics.arrays import FloatArray, IntArray, finite_matrix
from kiyas.statistics.intervals import Interval, two_sided_z

_CHUNK_CELLS = 4_000_000
"""Cells held at once: about 32 MB of float64, so that memory does not grow with the resamples."""


def bca_means(
    values: ArrayLike,
    seed: int | np.random.Generator,
    num_resamples: int = 10_000,
    confidence: float = 0.95,
) -> tuple[Interval, ...]:
    """Return the BCa interval of each column's mean; rows are resampled for all columns together.

    Args:
        values: (N, M) values of N problems in M arms or comparisons; (N,) counts as (N, 1).
        seed: Seed or generator of the resampling.
        num_resamples: Number of bootstrap resamples.
        confidence: Nominal coverage.

    Returns:
        M intervals. Estimate None with N = 0; bounds None with N = 1 or without any spread.

    Raises:
        ValueError: Values not finite or not (N, M).
    """
    column = np.asarray(values, dtype=np.float64)
    table = finite_matrix(column[:, None] if column.ndim == 1 else column, "(N, M)")
    num_rows = table.shape[0]
    if num_rows < 2:
        estimates = table.mean(axis=0).tolist() if num_rows else [None] * table.shape[1]
        return tuple(Interval(estimate, None, None, confidence, "bca") for estimate in estimates)
    replicates = np.empty((num_resamples, table.shape[1]))
    done = 0
    for counts in _resampled_counts(seed, num_resamples, num_rows):
        replicates[done : done + len(counts)] = counts @ table / num_rows
        done += len(counts)
    means = table.mean(axis=0)
    acceleration = acceleration_of(table - means, np.zeros(num_rows, dtype=np.int64))
    return bca(replicates, means, acceleration, confidence)


def _resampled_counts(
    seed: int | np.random.Generator, num_resamples: int, num_rows: int
) -> Iterator[FloatArray]:
    """Yield pieces of (R, N) how often each row is drawn; of few rows, drawn once a seed."""
    if isinstance(seed, int) and num_resamples * num_rows <= _CHUNK_CELLS:
        yield _kept_counts(seed, num_resamples, num_rows)
        return
    generator = np.random.default_rng(seed)
    for start, stop in chunks_of(num_resamples, num_rows):
        drawn = generator.integers(0, num_rows, size=(stop - start, num_rows))
        yield row_counts(drawn, num_rows)


@lru_cache(maxsize=4)
def _kept_counts(seed: int, num_resamples: int, num_rows: int) -> FloatArray:
    """Return the counts of a seed; a study compares thousands of columns by the same ones."""
    drawn = np.random.default_rng(seed).integers(0, num_rows, size=(num_resamples, num_rows))
    counts = row_counts(drawn, num_rows)
    counts.setflags(write=False)
    return counts


def bca(
    replicates: FloatArray, estimates: FloatArray, acceleration: FloatArray, confidence: float
) -> tuple[Interval, ...]:
    """Return the bias-corrected and accelerated intervals of M statistics (Efron 1987).

    Levels Phi(z0 + (z0 + z) / (1 - a (z0 + z))) of the replicates, z = +-z_{1-alpha/2}; replicates
    equal to the estimate count as half below it, which matters for counts.

    Args:
        replicates: (R, M) statistics of R resamples.
        estimates: (M,) statistics of the data.
        acceleration: (M,) acceleration constants.
        confidence: Nominal coverage.

    Returns:
        M intervals; bounds None where all replicates are the same.
    """
    z = two_sided_z(confidence)
    num_resamples = replicates.shape[0]
    tolerance = 1e-12 * np.maximum(1.0, np.abs(estimates))
    below = (replicates < estimates - tolerance).sum(axis=0)
    equal = (np.abs(replicates - estimates) <= tolerance).sum(axis=0)
    # Clipping keeps the correction finite where every replicate lies on one side.
    share = np.clip((below + equal / 2) / num_resamples, 0.5 / num_resamples, None)
    bias = special.ndtri(np.minimum(share, 1 - 0.5 / num_resamples))
    intervals = []
    for column, estimate in enumerate(estimates.tolist()):
        drawn = replicates[:, column]
        if np.ptp(drawn) <= tolerance[column]:
            intervals.append(Interval(estimate, None, None, confidence, "bca"))
            continue
        shifted = bias[column] + np.array([-z, z])
        levels = special.ndtr(bias[column] + shifted / (1 - acceleration[column] * shifted))
        low, high = np.quantile(drawn, levels)
        intervals.append(Interval(estimate, float(low), float(high), confidence, "bca"))
    return tuple(intervals)


def acceleration_of(influence: FloatArray, strata: IntArray) -> FloatArray:
    """Return (S,) accelerations of (N, S) influences in (N,) strata.

    a = sum_c n_c^-3 sum l^3 / (6 (sum_c n_c^-2 sum l^2)^(3/2)) (Davison & Hinkley 1997).
    """
    sizes = np.bincount(strata)[strata][:, None]
    scaled = influence / sizes
    cubes, squares = (scaled**3).sum(axis=0), (scaled**2).sum(axis=0)
    return np.asarray(cubes / (6 * np.where(squares > 0, squares, 1.0) ** 1.5))


def row_counts(codes: IntArray, num_codes: int) -> FloatArray:
    """Return (R, num_codes) how often each code stands in each row of (R, N) codes."""
    num_rows = codes.shape[0]
    offset = codes + num_codes * np.arange(num_rows)[:, None]
    counts = np.bincount(offset.ravel(), minlength=num_rows * num_codes)
    return counts.reshape(num_rows, num_codes).astype(np.float64)


def chunks_of(num_rows: int, cells_per_row: int) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) pieces of range(num_rows) of at most ``_CHUNK_CELLS`` cells each."""
    step = max(1, _CHUNK_CELLS // max(1, cells_per_row))
    for start in range(0, num_rows, step):
        yield start, min(start + step, num_rows)
