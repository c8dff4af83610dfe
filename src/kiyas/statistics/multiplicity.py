"""P values or paired differences of a declared family -> p values and bands corrected for its size.

Decides neither what belongs to a family nor which verdict follows.

Sources: Holm 1979 (Scand J Statist 6:65); Westfall & Young 1993 (step-down max-T);
Chernozhukov, Chetverikov & Kato 2013 (Ann Statist 41:2786) for the bands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from kiyas.statistics.arrays import FloatArray, finite_matrix, finite_vector
from kiyas.statistics.intervals import Interval

_CHUNK_ROWS = 2_000
"""Sign flips held at once, so that memory does not grow with the resamples."""
_KEPT_SIGNS = 4_000_000
"""Signs that are kept from one family to the next: 32 MB."""


@dataclass(frozen=True)
class MaxTTest:
    """A family of paired comparisons on the same problems, tested together."""

    statistics: tuple[float, ...]
    """T_j = sum_i d_ij / sqrt(sum_i d_ij^2) of each comparison; 0 where the arms never differ."""
    p_values: tuple[float, ...]
    """Two-sided sign-flip p of each comparison alone."""
    adjusted_p_values: tuple[float, ...]
    """The same, corrected for the whole family by step-down max-T."""
    num_resamples: int
    """Number of sign flips drawn."""


def holm(p_values: ArrayLike) -> FloatArray:
    """Return Holm's step-down adjusted p values, in the order given.

    Adjusted p of the i-th smallest of m is max over j <= i of min(1, (m - j + 1) p_j) (Holm 1979).
    Valid under any dependence; the fallback where ``max_t`` has no problem-by-problem data.

    Args:
        p_values: (M,) p values of the whole family.

    Raises:
        ValueError: A p value outside [0, 1].
    """
    p = finite_vector(p_values)
    if p.size and (p.min() < 0 or p.max() > 1):
        raise ValueError(f"expected p values in [0, 1], got {p.min()} to {p.max()}")
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1.0, p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def max_t(
    differences: ArrayLike, seed: int | np.random.Generator, num_resamples: int = 10_000
) -> MaxTTest:
    """Test all comparisons of a family at once by step-down max-T over shared sign flips.

    One sign a problem, the same for all comparisons, keeps their dependence: arms that share a
    baseline or most of their verdicts cost less than Holm charges. Step-down (Westfall & Young
    1993): the j-th largest |T| is compared with the maximum over itself and the
    smaller ones; p = (1 + as extreme) / (1 + num_resamples), made monotone.

    Args:
        differences: (M, N) score differences of M comparisons on the same N problems.
        seed: Seed or generator of the flips.
        num_resamples: Number of sign flips.

    Raises:
        ValueError: Differences that are not finite (M, N).
    """
    table = finite_matrix(differences, "(M, N)")
    scaled = table / np.maximum(np.sqrt((table**2).sum(axis=1, keepdims=True)), 1e-300)
    observed = np.abs(scaled.sum(axis=1))
    order = np.argsort(-observed, kind="stable")
    # Float sums of the same signs may differ in the last place: a tie counts as as extreme.
    threshold = observed[order] - 1e-9
    alone = np.zeros(observed.size)
    together = np.zeros(observed.size)
    for signs in _sign_chunks(table.shape[1], num_resamples, seed):
        flipped = np.abs(signs @ scaled[order].T)
        alone += (flipped >= threshold).sum(axis=0)
        # Maximum over this comparison and all with smaller observed statistics.
        successive = np.maximum.accumulate(flipped[:, ::-1], axis=1)[:, ::-1]
        together += (successive >= threshold).sum(axis=0)
    raw, adjusted = np.empty_like(observed), np.empty_like(observed)
    raw[order] = (1 + alone) / (1 + num_resamples)
    adjusted[order] = np.maximum.accumulate((1 + together) / (1 + num_resamples))
    return MaxTTest(
        statistics=tuple(scaled.sum(axis=1).tolist()),
        p_values=tuple(raw.tolist()),
        adjusted_p_values=tuple(adjusted.tolist()),
        num_resamples=num_resamples,
    )


def simultaneous_intervals(
    values: ArrayLike,
    seed: int | np.random.Generator,
    num_resamples: int = 10_000,
    confidence: float = 0.95,
) -> tuple[Interval, ...]:
    """Return intervals that cover all M means together, so also the one chosen for being largest.

    mean_j +- c sd_j / sqrt(N), c the quantile of the largest |t| under sign flips of the centred
    values (multiplier bootstrap with Rademacher weights, Chernozhukov et al. 2013).

    Args:
        values: (M, N) scores or differences of M checkpoints or comparisons on the same problems.
        seed: Seed or generator of the flips.
        num_resamples: Number of sign flips.
        confidence: Nominal coverage of all intervals at once.

    Returns:
        M intervals; bounds None for a row without spread or with fewer than two problems.

    Raises:
        ValueError: Values that are not finite (M, N), or confidence outside (0, 1).
    """
    table = finite_matrix(values, "(M, N)")
    if not 0 < confidence < 1:
        raise ValueError(f"expected a confidence between 0 and 1, got {confidence}")
    num_problems = table.shape[1]
    if num_problems < 2:
        means = table[:, 0].tolist() if num_problems else [None] * table.shape[0]
        return tuple(Interval(mean, None, None, confidence, "max-t") for mean in means)
    centred = table - table.mean(axis=1, keepdims=True)
    errors = centred.std(axis=1, ddof=1) / np.sqrt(num_problems)
    spread = errors > 0
    if not spread.any():
        means = table.mean(axis=1).tolist()
        return tuple(Interval(mean, None, None, confidence, "max-t") for mean in means)
    scaled = centred[spread] / (errors[spread, None] * num_problems)
    largest = [
        np.abs(signs @ scaled.T).max(axis=1)
        for signs in _sign_chunks(num_problems, num_resamples, seed)
    ]
    reach = float(np.quantile(np.concatenate(largest), confidence)) * errors
    return tuple(
        Interval(mean, mean - width, mean + width, confidence, "max-t")
        if width > 0
        else Interval(mean, None, None, confidence, "max-t")
        for mean, width in zip(table.mean(axis=1).tolist(), reach.tolist(), strict=True)
    )


def random_signs(num_rows: int, num_problems: int, generator: np.random.Generator) -> FloatArray:
    """Return (num_rows, num_problems) independent signs -1.0 or +1.0, one random bit each."""
    width = -(-num_problems // 8)
    packed = generator.integers(0, 256, size=(num_rows, width), dtype=np.uint8)
    bits = np.unpackbits(packed, axis=1, count=num_problems)
    return np.asarray(bits * 2.0 - 1.0)


def _sign_chunks(
    num_problems: int, num_resamples: int, seed: int | np.random.Generator
) -> Iterable[FloatArray]:
    if isinstance(seed, int) and num_problems * num_resamples <= _KEPT_SIGNS:
        return _seeded_chunks(num_problems, num_resamples, seed)
    return _draw_chunks(num_problems, num_resamples, np.random.default_rng(seed))


@lru_cache(maxsize=1)
def _seeded_chunks(num_problems: int, num_resamples: int, seed: int) -> tuple[FloatArray, ...]:
    """Return the signs of a seed, kept: a study has hundreds of families, which all flip alike."""
    return tuple(_draw_chunks(num_problems, num_resamples, np.random.default_rng(seed)))


def _draw_chunks(
    num_problems: int, num_resamples: int, generator: np.random.Generator
) -> Iterator[FloatArray]:
    for start in range(0, num_resamples, _CHUNK_ROWS):
        yield random_signs(min(_CHUNK_ROWS, num_resamples - start), num_problems, generator)
