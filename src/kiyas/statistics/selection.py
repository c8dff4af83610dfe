"""Scores of checkpoints on the same problems -> the best one without the winner's curse; plateau.

Choosing the best of m on the problems that score it flatters it. Does not replace a validation
part that the test never sees: that is better wherever a study has one. The order of the rows is
the order of the steps, earliest first; ties go to the earlier.

Sources: expected maximum of normals, Cramer 1946; cross-fitting, Chernozhukov et al.
2018 (Econometrics Journal 21:C1); one-standard-error rule, Breiman et al. 1984, section 3.4.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from kiyas.statistics.arrays import FloatArray, IntArray, finite_matrix
from kiyas.statistics.intervals import Interval, standard_error, two_sided_t
from kiyas.statistics.paired import sign_flip_p_value

_CHUNK_SPLITS = 500
"""Splits held at once, so that memory does not grow with their number."""
_MOST_KEPT = 1_000_000
"""Cells of a seed's splits that are kept: 8 MB."""


@dataclass(frozen=True)
class BestCheckpoint:
    """The best of several checkpoints, as observed and corrected for having been chosen."""

    best: int
    """Row of the best observed checkpoint; the earliest of equals."""
    observed: float
    """Its mean score on all problems, flattered by the choice."""
    corrected: Interval
    """Mean score of choosing on one half and scoring on the other, with its interval."""
    inflation: float
    """observed - corrected.estimate."""
    expected_inflation: float
    """Inflation expected if all checkpoints were equal: E[max of m normals] sqrt(v / 2n)."""
    selection_shares: tuple[float, ...]
    """Share of the splits' halves in which each checkpoint was chosen; sums to 1."""
    num_splits: int
    """Number of random splits into halves."""


@dataclass(frozen=True)
class PlateauStep:
    """One checkpoint against the best."""

    index: int
    """Row of the checkpoint."""
    deficit: float
    """Mean score of the best minus that of this checkpoint."""
    within_one_standard_error: bool
    """Whether the deficit is at most one standard error of the best's mean score."""
    p_value: float
    """Two-sided paired sign-flip p of the deficit, not corrected for the number of steps."""


@dataclass(frozen=True)
class Plateau:
    """The earliest checkpoint that cannot be told from the best."""

    best: int
    """Row of the best observed checkpoint; the earliest of equals."""
    earliest: int
    """Row of the earliest checkpoint indistinguishable from it; ``best`` when there is none."""
    standard_error: float
    """Standard error of the best's mean score over problems."""
    alpha: float
    """Level of the paired tests."""
    steps: tuple[PlateauStep, ...]
    """Every checkpoint up to the best, earliest first: the reason for the recommendation."""


def expected_max_of_normals(m: int) -> float:
    """Return the expected largest of m independent standard normals: 0.56 for 2, 1.42 for 8.

    Integral of x m phi(x) Phi(x)^(m-1) (Cramer 1946), by quadrature.

    Raises:
        ValueError: m below 1.
    """
    if m < 1:
        raise ValueError(f"expected at least one, got {m}")

    def integrand(x: float) -> float:
        density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        return x * m * density * float(special.ndtr(x)) ** (m - 1)

    from scipy import integrate

    return float(integrate.quad(integrand, -12, 12, limit=200)[0]) if m > 1 else 0.0


def expected_inflation(m: int, discordance: float, n: int) -> float | None:
    """Return how much the best of m equal checkpoints is flattered by having been chosen.

    E[max of m normals] sqrt(psi / 2n): of the variance of a pairwise difference, psi / n, half
    belongs to each checkpoint.

    Args:
        m: Number of checkpoints.
        discordance: psi, mean share of problems on which two checkpoints disagree; for graded
            scores the mean variance of their differences.
        n: Number of problems; 0 gives None.

    Raises:
        ValueError: m below 1, or discordance negative.
    """
    if discordance < 0:
        raise ValueError(f"expected a discordance of 0 or more, got {discordance}")
    if n == 0:
        return None
    return expected_max_of_normals(m) * math.sqrt(discordance / (2 * n))


def mean_discordance(scores: ArrayLike) -> float:
    """Return the mean over pairs of rows of mean (s_i - s_j)^2: for 0/1 the share that differs.

    Args:
        scores: (M, N) scores; 0 with one row.
    """
    table = _table(scores)
    m = int(table.shape[0])
    if m < 2:
        return 0.0
    # Sum over all pairs of squared differences = m sum x^2 - (sum x)^2, column by column.
    pairs = m * (table**2).sum(axis=0) - table.sum(axis=0) ** 2
    return float(pairs.mean()) / (m * (m - 1) / 2)


def correct_best(
    scores: ArrayLike,
    seed: int | np.random.Generator,
    num_splits: int = 1_000,
    confidence: float = 0.95,
) -> BestCheckpoint:
    """Return the best checkpoint's score as observed, and cross-fitted on random halves.

    Each split chooses the best checkpoint on one half of the problems and scores it on the other,
    both ways; the mean over splits estimates the score of the procedure "take the best". It is low
    where one checkpoint really stands out, because a half chooses worse than the whole. The
    interval is the corrected score +- t_{N-1} SE of the best's own scores, kept within the range
    of the scores: in simulation it covers 95 to 98 % where checkpoints are equal or rise
    gradually, and errs on the cautious side (truth above it) where one stands out. Pass score
    differences to a baseline to correct a gain.

    Args:
        scores: (M, N) scores of M checkpoints on the same N problems, N at least 2.
        seed: Seed or generator of the splits.
        num_splits: Number of random splits.
        confidence: Nominal coverage.

    Raises:
        ValueError: Scores not finite (M, N), M below 1 or N below 2.
    """
    table = _table(scores)
    m, n = table.shape
    chosen, fitted = np.zeros(m), np.zeros((m, n))
    for halves in _halves(seed, num_splits, n):
        for half in (halves, 1 - halves):
            choices = np.eye(m)[_first_best(half @ table.T)]
            chosen += choices.sum(axis=0)
            fitted += choices.T @ (1 - half)
    # Each problem is scored once a split, always by a choice it had no part in.
    corrected = float((fitted * table).sum()) / (n * num_splits)
    means = table.mean(axis=1)
    best_row = int(_first_best(means[None, :])[0])
    observed = float(means[best_row])
    expected = expected_inflation(m, mean_discordance(table), n) or 0.0
    return BestCheckpoint(
        best=best_row,
        observed=observed,
        corrected=_around(corrected, table, best_row, confidence),
        inflation=observed - corrected,
        expected_inflation=expected,
        selection_shares=tuple((chosen / (2 * num_splits)).tolist()),
        num_splits=num_splits,
    )


def find_plateau(
    scores: ArrayLike, seed: int, alpha: float = 0.05, num_resamples: int = 10_000
) -> Plateau:
    """Return the earliest checkpoint that cannot be told from the best.

    It lies within one standard error of the best's mean score (Breiman et al. 1984), and a paired
    sign-flip test does not tell the two apart. The best being flattered by the choice, and the
    tests uncorrected, the recommendation errs towards training longer.

    Args:
        scores: (M, N) scores of M checkpoints on the same N problems, earliest first, N >= 2.
        seed: Seed of the sign flips.
        alpha: Level of the paired tests.
        num_resamples: Number of sign flips.

    Raises:
        ValueError: Scores not finite (M, N), M below 1 or N below 2.
    """
    table = _table(scores)
    best = int(_first_best(table.mean(axis=1)[None, :])[0])
    error = standard_error(table[best])
    steps = []
    for index in range(best + 1):
        differences = table[best] - table[index]
        deficit = float(differences.mean())
        p_value = sign_flip_p_value(differences, seed, num_resamples)
        steps.append(
            PlateauStep(index, deficit, deficit <= error, 1.0 if p_value is None else p_value)
        )
    alike = [s.index for s in steps if s.within_one_standard_error and s.p_value > alpha]
    return Plateau(best, alike[0], error, alpha, tuple(steps))


def _halves(seed: int | np.random.Generator, num_splits: int, n: int) -> Iterable[FloatArray]:
    """Return pieces of (R, N) random halves, 1 for a problem in the first; few are drawn once."""
    if isinstance(seed, int) and num_splits * n <= _MOST_KEPT:
        return _kept_halves(seed, num_splits, n)
    return _draw_halves(np.random.default_rng(seed), num_splits, n)


@lru_cache(maxsize=4)
def _kept_halves(seed: int, num_splits: int, n: int) -> tuple[FloatArray, ...]:
    """Return the halves of a seed; a study corrects the best of hundreds of trials by them."""
    return tuple(_draw_halves(np.random.default_rng(seed), num_splits, n))


def _draw_halves(generator: np.random.Generator, num_splits: int, n: int) -> Iterator[FloatArray]:
    for start in range(0, num_splits, _CHUNK_SPLITS):
        rows = min(_CHUNK_SPLITS, num_splits - start)
        first = np.tile(np.arange(n) < n // 2, (rows, 1))
        halves = generator.permuted(first, axis=1).astype(np.float64)
        halves.setflags(write=False)
        yield halves


def _around(corrected: float, table: FloatArray, best: int, confidence: float) -> Interval:
    """Return the interval of the corrected score by the spread of the best's (N,) scores."""
    spread = standard_error(table[best])
    if not spread > 0:
        return Interval(corrected, None, None, confidence, "cross-fit")
    reach = two_sided_t(confidence, table.shape[1] - 1) * spread
    low, high = max(corrected - reach, table.min()), min(corrected + reach, table.max())
    return Interval(corrected, float(low), float(high), confidence, "cross-fit")


def _first_best(means: FloatArray) -> IntArray:
    """Return (R,) the first column within rounding of each row's maximum of (R, M)."""
    highest = means.max(axis=1, keepdims=True)
    return np.asarray(np.argmax(means >= highest - 1e-9, axis=1), dtype=np.int64)


def _table(scores: ArrayLike) -> FloatArray:
    table = finite_matrix(scores, "(M, N)")
    if table.shape[0] < 1 or table.shape[1] < 2:
        raise ValueError(f"expected (M, N) scores, M >= 1 and N >= 2, got shape {table.shape}")
    return table
