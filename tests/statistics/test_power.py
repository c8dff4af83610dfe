"""What a comparison can see, and what it would need."""

import numpy as np
import pytest
from scipy import stats

from kiyas.statistics import (
    mcnemar,
    mcnemar_power,
    minimum_detectable_difference,
    minimum_detectable_mean_difference,
    num_problems_needed,
    num_samples_needed,
    smallest_significant_gain,
)

# Minimum detectable differences in points at 80 % power, worked out before this code from the
# formula of Connor 1987; None = not reachable.
TABLE = [
    (41, 0.05, (None, None, 19.0, 23.3)),
    (164, 0.05, (6.9, 8.4, 9.7, 11.9)),
    (164, 0.05 / 8, (8.7, 10.7, 12.4, 15.2)),
    (378, 0.05, (4.5, 5.6, 6.4, 7.9)),
    (1000, 0.05, (2.8, 3.4, 4.0, 4.8)),
]


@pytest.mark.parametrize(("n", "alpha", "expected"), TABLE)
def test_the_planning_table_is_reproduced(n: int, alpha: float, expected: tuple):
    for discordance, points in zip((0.10, 0.15, 0.20, 0.30), expected, strict=True):
        found = minimum_detectable_difference(n, discordance, alpha)
        if points is None:
            assert found is None
        else:
            assert 100 * found == pytest.approx(points, abs=0.06)


@pytest.mark.parametrize(
    ("discordance", "points"), [(0.10, 7.0), (0.15, 8.7), (0.20, 10.1), (0.30, 12.3)]
)
def test_exact_mcnemar_needs_a_little_more(discordance: float, points: float):
    found = minimum_detectable_difference(164, discordance, method="exact")
    assert 100 * found == pytest.approx(points, abs=0.06)


@pytest.mark.parametrize("method", ["exact", "mid-p"])
def test_enumerated_power_equals_a_sum_over_all_tables(method: str):
    # Brute force: every (b, c) of 12 problems with its trinomial probability.
    n, discordance, difference = 12, 0.6, 0.4
    cells = [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]
    power = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            test = mcnemar(b, c, n)
            p = test.exact_p_value if method == "exact" else test.mid_p_value
            if p <= 0.05:
                power += stats.multinomial.pmf([b, c, n - b - c], n, cells)
    assert mcnemar_power(n, discordance, difference, 0.05, method) == pytest.approx(power)


def test_the_detectable_difference_is_detected_as_often_as_promised():
    rng = np.random.default_rng(5)
    difference = minimum_detectable_difference(164, 0.2, method="mid-p")
    cells = [(0.2 + difference) / 2, (0.2 - difference) / 2, 0.8]
    draws = rng.multinomial(164, cells, size=2000)
    found = np.mean([mcnemar(b, c, 164).mid_p_value <= 0.05 for b, c, _ in draws.tolist()])
    # Four binomial standard errors of 2000 draws at 0.8 are 0.036.
    assert found == pytest.approx(0.8, abs=0.036)


@pytest.mark.parametrize("power", [0.3, 0.8])
@pytest.mark.parametrize("discordance", [0.1, 0.3, 1.0])
def test_the_closed_form_of_the_detectable_difference_has_the_power_asked_for(discordance, power):
    found = minimum_detectable_difference(164, discordance, 0.05, power)
    reached = mcnemar_power(164, discordance, found, 0.05, "clt")
    assert reached == pytest.approx(power, abs=1e-12)


def test_problems_needed_and_difference_detected_are_inverse():
    needed = num_problems_needed(0.05, 0.2)
    assert minimum_detectable_difference(needed, 0.2) <= 0.05
    assert minimum_detectable_difference(needed - 1, 0.2) > 0.05


def test_a_difference_larger_than_the_discordance_is_refused():
    with pytest.raises(ValueError, match="difference"):
        num_problems_needed(0.3, 0.2)


def test_nothing_is_detectable_without_problems_or_disagreement():
    assert minimum_detectable_difference(0, 0.2) is None
    assert minimum_detectable_difference(164, 0.0) is None


def test_samples_needed_reach_the_difference_asked_for():
    variances = (0.02, 0.1, 0.12)
    samples = num_samples_needed(0.05, 164, variances)
    assert minimum_detectable_mean_difference(164, variances, samples) <= 0.05
    assert minimum_detectable_mean_difference(164, variances, samples - 1) > 0.05


def test_no_number_of_samples_helps_against_variance_between_problems():
    # Floor of Miller 2024: 2.80 x sqrt(0.1 / 164) = 6.9 points.
    assert num_samples_needed(0.05, 164, (0.1, 0.1, 0.1)) is None


@pytest.mark.parametrize(
    ("discordant", "gain"),
    # Exact McNemar at 0.05; with 5 or fewer disagreements p cannot fall below 2 / 2^5 = 0.0625.
    [(5, None), (6, 6), (10, 8), (20, 10), (40, 14)],
)
def test_the_smallest_significant_gain(discordant: int, gain: int | None):
    assert smallest_significant_gain(discordant) == gain
