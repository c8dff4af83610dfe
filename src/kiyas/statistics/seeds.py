"""Scores of several training seeds -> the variance of training, and differences that hold over it.

One seed supports "these weights differ", never "this strategy is better": with one seed every
interval and p value here is None. Seeds of two arms are paired by position.

Sources: Searle, Casella & McCulloch 1992 (two-way random effects); Satterthwaite 1946
(Biometrics Bulletin 2:110) for the degrees of freedom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy import special

from kiyas.statistics.arrays import FloatArray, finite_matrix
from kiyas.statistics.intervals import Interval, mean_t, two_sided_t

_MeanSquares = tuple[float, float, float]
"""Of seed, problem and residual."""


@dataclass(frozen=True)
class SeedVariance:
    """Where the spread of scores over seeds and problems comes from; variances of one score."""

    seed: float
    """Variance of the seeds' true means, at least 0."""
    problem: float
    """Variance of the problems' true means, at least 0."""
    residual: float
    """What is left: which seed solves which problem, and sampling."""
    num_seeds: int
    """S, number of seeds."""
    num_problems: int
    """N, number of problems."""


@dataclass(frozen=True)
class SeedComparison:
    """Two arms, each trained with the same seeds, compared with the seed as a level of its own."""

    num_seeds: int
    """S, number of paired seeds."""
    over_seeds: Interval
    """Mean of A - B with a paired t interval: other seeds, these problems. Bounds None if S = 1."""
    over_seeds_and_problems: Interval
    """The same for other seeds and other problems of the kind. Bounds None if S = 1."""
    p_value: float | None
    """Two-sided p over seeds and problems; None if S = 1."""
    variance: SeedVariance | None
    """Parts of the variance of A - B; None if S = 1."""


def seed_variance(scores: ArrayLike) -> SeedVariance | None:
    """Split the spread of (S, N) scores into seeds, problems and the rest.

    Two-way random effects with one score a cell: seed = (MS_seed - MS_residual) / N, problem =
    (MS_problem - MS_residual) / S, residual = MS_residual; a negative estimate is 0.

    Args:
        scores: (S, N) scores, or differences, of S seeds on N problems.

    Returns:
        None with fewer than two seeds or two problems.

    Raises:
        ValueError: Scores that are not finite (S, N).
    """
    table = finite_matrix(scores, "(S, N)")
    return _split(table.shape, _mean_squares(table))


def _split(shape: tuple[int, ...], squares: _MeanSquares | None) -> SeedVariance | None:
    if squares is None:
        return None
    num_seeds, num_problems = shape
    of_seed, of_problem, residual = squares
    return SeedVariance(
        seed=max(0.0, (of_seed - residual) / num_problems),
        problem=max(0.0, (of_problem - residual) / num_seeds),
        residual=residual,
        num_seeds=num_seeds,
        num_problems=num_problems,
    )


def compare_over_seeds(
    scores_a: ArrayLike, scores_b: ArrayLike, confidence: float = 0.95
) -> SeedComparison:
    """Compare two arms over their training seeds, seed by seed and problem by problem.

    ``over_seeds`` is Student's paired t of the S mean differences. ``over_seeds_and_problems`` adds
    the variance of problems: Var = (MS_seed + MS_problem - MS_residual) / (S N), never less than
    either main part alone, with Satterthwaite's degrees of freedom.

    Args:
        scores_a: (S, N) scores of A: S seeds on N problems.
        scores_b: (S, N) scores of B with the same seeds in the same order.
        confidence: Nominal coverage.

    Raises:
        ValueError: Scores that are not finite (S, N) or differ in shape.
    """
    a, b = finite_matrix(scores_a, "(S, N)"), finite_matrix(scores_b, "(S, N)")
    if a.shape != b.shape:
        raise ValueError(f"expected the same seeds and problems, got {a.shape} and {b.shape}")
    table = a - b
    over_seeds = mean_t(table.mean(axis=1), confidence)
    squares = _mean_squares(table)
    variance = _split(table.shape, squares)
    error, df = _crossed_error(table.shape, squares)
    mean = over_seeds.estimate
    if mean is None or error is None:
        crossed = Interval(mean, None, None, confidence, "satterthwaite")
        return SeedComparison(table.shape[0], over_seeds, crossed, None, variance)
    reach = two_sided_t(confidence, df) * error
    crossed = Interval(mean, mean - reach, mean + reach, confidence, "satterthwaite")
    p_value = 2 * float(special.stdtr(df, -abs(mean) / error))
    return SeedComparison(table.shape[0], over_seeds, crossed, p_value, variance)


def _crossed_error(
    shape: tuple[int, ...], squares: _MeanSquares | None
) -> tuple[float | None, float]:
    """Return the standard error of the mean of (S, N) crossed scores and its degrees of freedom.

    Error None with one seed or problem, or without any spread.
    """
    if squares is None:
        return None, math.nan
    num_seeds, num_problems = shape
    of_seed, of_problem, residual = squares
    combined = of_seed + of_problem - residual
    parts: list[tuple[float, float]] = [
        (of_seed, num_seeds - 1),
        (of_problem, num_problems - 1),
        (residual, (num_seeds - 1) * (num_problems - 1)),
    ]
    if combined <= max(of_seed, of_problem):
        # A negative estimate of one part: leave it out, and do not let it shrink the other.
        combined, df = max(parts[:2])
    else:
        df = combined**2 / sum(square**2 / freedom for square, freedom in parts)
    error = math.sqrt(combined / (num_seeds * num_problems))
    return (error if error > 0 else None), df


def _mean_squares(table: FloatArray) -> _MeanSquares | None:
    """Return the mean squares of (S, N) scores; None with fewer than two seeds or problems."""
    num_seeds, num_problems = table.shape
    if min(table.shape) < 2:
        return None
    by_seed = table.mean(axis=1, keepdims=True)
    by_problem = table.mean(axis=0, keepdims=True)
    rest = table - by_seed - by_problem + table.mean()
    freedom = (num_seeds - 1) * (num_problems - 1)
    return (
        num_problems * float(by_seed.var(ddof=1)),
        num_seeds * float(by_problem.var(ddof=1)),
        float((rest**2).sum()) / freedom,
    )
