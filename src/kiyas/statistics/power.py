"""Number of problems and discordance -> what a comparison can see, and what it would need.

Plans one paired comparison at a given alpha; for a family of m pass alpha / m. Differences and
discordances are fractions. Discordance is the share of problems on which the two arms disagree.

Sources: Connor 1987 (Biometrics 43:207) for paired proportions; Miller 2024 (arXiv:2411.00640)
for several samples a problem; exact power by enumeration of McNemar's rejection region.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import special

from kiyas.statistics.arrays import FloatArray
from kiyas.statistics.paired import mcnemar_p_values

PowerMethod = Literal["clt", "exact", "mid-p"]
"""Normal approximation, exact McNemar, or mid-p McNemar."""


def minimum_detectable_difference(
    n: int,
    discordance: float,
    alpha: float = 0.05,
    power: float = 0.8,
    method: PowerMethod = "clt",
) -> float | None:
    """Return the smallest true difference that n problems detect with the given power.

    ``clt`` solves n = (z_{1-alpha/2} sqrt(psi) + z_power sqrt(psi - delta^2))^2 / delta^2 for
    delta (Connor 1987); the others solve ``mcnemar_power`` = power.

    Args:
        n: Number of problems.
        discordance: psi, share of problems on which the arms disagree, 0 to 1.
        alpha: Two-sided level.
        power: Wanted probability of detection.
        method: Normal approximation or enumeration.

    Returns:
        Difference as a fraction; None when even the largest one possible, delta = psi, is missed.

    Raises:
        ValueError: An argument outside its range.
    """
    _check_plan(discordance, alpha, power)
    if n < 0:
        raise ValueError(f"expected n >= 0, got {n}")
    if n == 0 or discordance == 0:
        return None
    if mcnemar_power(n, discordance, discordance, alpha, method) < power:
        return None
    if method == "clt":
        return _solve_connor(n, discordance, _z(1 - alpha / 2), _z(power))
    from scipy import optimize

    def shortfall(difference: float) -> float:
        return mcnemar_power(n, discordance, difference, alpha, method) - power

    return float(optimize.brentq(shortfall, 0.0, discordance, xtol=1e-9))


def _solve_connor(n: int, discordance: float, z_level: float, z_power: float) -> float:
    """Return the root of delta sqrt(n) - z_level sqrt(psi) = z_power sqrt(psi - delta^2).

    Squared it is quadratic in delta; of its two roots the one on the side that z_power's sign says.
    """
    reach = z_level * math.sqrt(discordance)
    square = n + z_power**2
    inner = square * z_power**2 * discordance - (z_power * reach) ** 2
    return (math.sqrt(n) * reach + math.copysign(math.sqrt(max(inner, 0.0)), z_power)) / square


def mcnemar_power(
    n: int, discordance: float, difference: float, alpha: float = 0.05, method: PowerMethod = "clt"
) -> float:
    """Return the probability that n problems show a true difference.

    ``clt``: Phi((delta sqrt(n) - z_{1-alpha/2} sqrt(psi)) / sqrt(psi - delta^2)), the formula of
    ``minimum_detectable_difference`` solved for power. Otherwise the exact sum over the number of
    discordant problems M ~ Binomial(n, psi) and b | M ~ Binomial(M, (psi + delta) / (2 psi)).

    Raises:
        ValueError: An argument outside its range, or |difference| > discordance.
    """
    _check_plan(discordance, alpha, 0.5)
    if abs(difference) > discordance:
        raise ValueError(f"a difference of {difference} needs a discordance of at least as much")
    if n == 0 or discordance == 0:
        return 0.0
    if method == "clt":
        gap = abs(difference) * math.sqrt(n) - _z(1 - alpha / 2) * math.sqrt(discordance)
        # delta = psi = 1 has no spread at all: every problem flips the same way.
        spread = math.sqrt(max(discordance - difference**2, 1e-300))
        return float(special.ndtr(gap / spread))
    discordant = np.arange(n + 1)
    critical = _critical_counts(n, alpha, method)
    share = (discordance + abs(difference)) / (2 * discordance)
    # bdtr of a negative count is undefined: no rejection is possible there.
    possible = critical >= 0
    lower = special.bdtr(critical[possible], discordant[possible], share)
    upper = special.bdtr(critical[possible], discordant[possible], 1 - share)
    return float(_binomial_pmf(n, discordance)[possible] @ (lower + upper))


def num_problems_needed(
    difference: float, discordance: float, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return how many problems a paired comparison needs to see a true difference.

    n = (z_{1-alpha/2} sqrt(psi) + z_power sqrt(psi - delta^2))^2 / delta^2, rounded up (Connor
    1987; the same normal approximation as ``minimum_detectable_difference``).

    Raises:
        ValueError: An argument outside its range, a difference of 0, or |difference| > discordance.
    """
    _check_plan(discordance, alpha, power)
    if not 0 < abs(difference) <= discordance:
        raise ValueError(f"expected 0 < |difference| <= {discordance}, got {difference}")
    spread = math.sqrt(max(discordance - difference**2, 0.0))
    root = _z(1 - alpha / 2) * math.sqrt(discordance) + _z(power) * spread
    return math.ceil(root**2 / difference**2 - 1e-9)


def num_samples_needed(
    difference: float,
    n: int,
    variances: tuple[float, float, float],
    alpha: float = 0.05,
    power: float = 0.8,
) -> int | None:
    """Return how many samples a problem, in each arm, show a true difference on n problems.

    Solves delta = (z_{1-alpha/2} + z_power) sqrt((omega^2 + (s_A^2 + s_B^2) / K) / n) for K
    (Miller 2024): samples help only against the variance within problems.

    Args:
        difference: True difference of the mean scores.
        n: Number of problems.
        variances: (omega^2, s_A^2, s_B^2): variance over problems of the true difference, and mean
            variance within a problem of one sample of A and of B.
        alpha: Two-sided level.
        power: Wanted probability of detection.

    Returns:
        K >= 1; None when no number of samples suffices, because problems alone vary too much.

    Raises:
        ValueError: An argument outside its range or a difference of 0.
    """
    _check_plan(1.0, alpha, power)
    between, within_a, within_b = variances
    if difference == 0 or n < 1 or min(variances) < 0:
        raise ValueError(
            f"expected a difference, n >= 1 and variances >= 0, got {difference}, {n}, {variances}"
        )
    allowed = n * difference**2 / (_z(1 - alpha / 2) + _z(power)) ** 2 - between
    if allowed <= 0:
        return None
    return max(1, math.ceil((within_a + within_b) / allowed - 1e-9))


def minimum_detectable_mean_difference(
    n: int,
    variances: tuple[float, float, float],
    num_samples: int,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float | None:
    """Return the smallest true difference of mean scores that n problems x K samples detect.

    (z_{1-alpha/2} + z_power) sqrt((omega^2 + (s_A^2 + s_B^2) / K) / n) (Miller 2024).

    Args:
        n: Number of problems; 0 gives None.
        variances: As in ``num_samples_needed``.
        num_samples: K, samples a problem in each arm.
        alpha: Two-sided level.
        power: Wanted probability of detection.

    Raises:
        ValueError: An argument outside its range.
    """
    _check_plan(1.0, alpha, power)
    between, within_a, within_b = variances
    if num_samples < 1 or n < 0 or min(variances) < 0:
        raise ValueError(
            f"expected n >= 0, K >= 1, variances >= 0, got {n}, {num_samples}, {variances}"
        )
    if n == 0:
        return None
    variance = (between + (within_a + within_b) / num_samples) / n
    return (_z(1 - alpha / 2) + _z(power)) * math.sqrt(variance)


def smallest_significant_gain(num_discordant: int, alpha: float = 0.05) -> int | None:
    """Return the smallest net gain, in problems, that exact McNemar calls significant.

    Args:
        num_discordant: b + c, problems on which the arms disagree.
        alpha: Two-sided level.

    Returns:
        b - c; None when even b = num_discordant, c = 0 is not significant (5 or fewer at 0.05).
    """
    critical = int(_critical_counts(num_discordant, alpha, "exact")[-1])
    return None if critical < 0 else num_discordant - 2 * critical


@lru_cache(maxsize=16)
def _critical_counts(n: int, alpha: float, method: PowerMethod) -> FloatArray:
    """Return (n+1,) the largest min(b, c) that is significant for each b + c = 0..n, else -1."""
    index = 0 if method == "exact" else 1
    critical = np.full(n + 1, -1.0)
    count = -1
    for discordant in range(1, n + 1):
        # One more discordant problem moves the critical count by one at most.
        while (
            2 * (count + 1) <= discordant
            and mcnemar_p_values(count + 1, discordant - count - 1)[index] <= alpha
        ):
            count += 1
        critical[discordant] = count
    critical.setflags(write=False)
    return critical


def _binomial_pmf(n: int, probability: float) -> FloatArray:
    """Return (n+1,) P(X = 0..n) of a binomial variable."""
    k = np.arange(n + 1)
    log_choose = -np.log(n + 1) - special.betaln(k + 1, n - k + 1)
    return np.asarray(
        np.exp(log_choose + special.xlogy(k, probability) + special.xlog1py(n - k, -probability))
    )


def _z(probability: float) -> float:
    return float(special.ndtri(probability))


def _check_plan(discordance: float, alpha: float, power: float) -> None:
    if not 0 <= discordance <= 1:
        raise ValueError(f"expected a discordance in [0, 1], got {discordance}")
    if not (0 < alpha < 1 and 0 < power < 1):
        raise ValueError(f"expected alpha and power in (0, 1), got {alpha} and {power}")
