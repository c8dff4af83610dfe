"""Fisher's test and the permutation of midranks, against SciPy, one by one."""

import numpy as np
import pytest
from scipy import stats

from kiyas.statistics.association import fisher_p_values, rank_p_values


def test_every_table_gets_the_p_that_scipy_gives_it_alone() -> None:
    generator = np.random.default_rng(1)
    tables = [tuple(int(n) for n in row) for row in generator.integers(0, 40, (200, 4))]
    tables += [(9, 3, 2, 10), (0, 5, 5, 0), (1, 0, 0, 1), (9, 3, 2, 10), (50, 50, 50, 50)]
    expected = [stats.fisher_exact(np.array(t).reshape(2, 2)).pvalue for t in tables]
    assert fisher_p_values(tables) == pytest.approx(expected, rel=1e-9)


def test_fisher_on_a_lady_tasting_tea_is_34_of_70() -> None:
    # Fisher 1935: three of four cups right; 2 (16 + 1) / 70 on both sides.
    assert fisher_p_values([(3, 1, 1, 3)]) == pytest.approx([34 / 70])


def test_many_groups_get_the_p_of_each_alone_and_near_the_exact_one() -> None:
    generator = np.random.default_rng(2)
    groups = []
    for size in (12, 30, 30, 30):
        passed = np.arange(size) < generator.integers(3, size - 3)
        groups.append((generator.normal(size=size) + passed, generator.permutation(passed)))
    together = rank_p_values(groups, 0)
    assert together == [rank_p_values([group], 0)[0] for group in groups]
    exact = [stats.mannwhitneyu(v[p], v[~p], method="exact").pvalue for v, p in groups]
    assert together == pytest.approx(exact, abs=0.02)


def test_equal_amounts_say_nothing_and_no_groups_no_p() -> None:
    same = np.ones(20), np.arange(20) < 8
    assert rank_p_values([same], 0) == [1.0]
    assert rank_p_values([], 0) == []
    assert fisher_p_values([]) == []
