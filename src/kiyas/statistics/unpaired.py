"""Two counts on different problems -> test and interval of the difference of their shares.

For a reported table that gives only k and n: with the verdicts problem by problem ``paired`` sees
smaller differences.

Sources: Newcombe 1998 (Statistics in Medicine 17:873), method 10; Pearson's chi-square test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from kiyas.statistics.intervals import Interval, two_sided_z, wilson, wilson_bounds


@dataclass(frozen=True)
class UnpairedTest:
    """Two independent shares compared."""

    a: Interval
    """Share of A with Wilson's interval."""
    b: Interval
    """Share of B with Wilson's interval."""
    difference: Interval
    """A - B with Newcombe's hybrid score interval."""
    p_value: float | None
    """Two-sided p of the pooled z test; 1 when both are all or nothing, None without problems."""


def compare_shares(
    passes: tuple[int, int], totals: tuple[int, int], confidence: float = 0.95
) -> UnpairedTest:
    """Compare k_A of n_A with k_B of n_B as independent samples.

    Bounds d -+ sqrt((p_A - l_A)^2 + (u_B - p_B)^2) and the mirror, l and u Wilson's bounds
    (Newcombe 1998, method 10); z = d / sqrt(p(1 - p)(1/n_A + 1/n_B)) with the pooled share p,
    which is Pearson's chi-square without correction.

    Args:
        passes: (k_A, k_B).
        totals: (n_A, n_B); a 0 gives Nones.
        confidence: Nominal coverage.

    Raises:
        ValueError: Not 0 <= k <= n, or confidence outside (0, 1).
    """
    a = wilson(passes[0], totals[0], confidence)
    b = wilson(passes[1], totals[1], confidence)
    if min(totals) == 0:
        return UnpairedTest(a, b, Interval(None, None, None, confidence, "newcombe"), None)
    share_a, share_b = passes[0] / totals[0], passes[1] / totals[1]
    difference = share_a - share_b
    z = two_sided_z(confidence)
    low_a, high_a = wilson_bounds(share_a, totals[0], z)
    low_b, high_b = wilson_bounds(share_b, totals[1], z)
    low = difference - math.hypot(share_a - low_a, high_b - share_b)
    high = difference + math.hypot(high_a - share_a, share_b - low_b)
    pooled = sum(passes) / sum(totals)
    variance = pooled * (1 - pooled) * (1 / totals[0] + 1 / totals[1])
    p_value = 1.0 if variance == 0 else 2 * float(special.ndtr(-abs(difference) / variance**0.5))
    interval = Interval(difference, low, high, confidence, "newcombe")
    return UnpairedTest(a, b, interval, p_value)
