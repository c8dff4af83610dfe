"""The best checkpoint without the winner's curse, and the plateau."""

from itertools import combinations

import numpy as np
import pytest

from kiyas.statistics import (
    correct_best,
    expected_inflation,
    expected_max_of_normals,
    find_plateau,
    mean_discordance,
)


def checkpoints(rng: np.random.Generator, shifts: list[float], n: int = 164) -> np.ndarray:
    """Return (M, n) verdicts; checkpoint j solves 40 % + shift_j of the problems."""
    luck = rng.random((len(shifts), n))
    easy = rng.random(n)
    # Half of the problems' outcomes are shared by all checkpoints, as within one run.
    draw = np.where(rng.random(n) < 0.5, easy, luck)
    return (draw < 0.4 + np.array(shifts)[:, None]).astype(float)


@pytest.mark.parametrize(
    ("m", "expected"),
    # Expected largest of m standard normals: Harter 1961, to two digits.
    [(1, 0.0), (2, 0.56), (3, 0.85), (4, 1.03), (5, 1.16), (8, 1.42), (10, 1.54), (20, 1.87)],
)
def test_the_expected_largest_normal(m: int, expected: float):
    assert expected_max_of_normals(m) == pytest.approx(expected, abs=0.005)


def test_the_expected_largest_of_two_is_its_closed_form():
    assert expected_max_of_normals(2) == pytest.approx(1 / np.sqrt(np.pi))


def test_mean_discordance_equals_the_pairs_counted_one_by_one():
    scores = np.random.default_rng(1).random((5, 30)) < 0.4
    pairs = [np.mean(a != b) for a, b in combinations(scores, 2)]
    assert mean_discordance(scores) == pytest.approx(np.mean(pairs))


def test_the_best_of_8_equal_checkpoints_is_corrected_to_the_truth():
    rng = np.random.default_rng(2)
    found = [correct_best(checkpoints(rng, [0.0] * 8), s, num_splits=100) for s in range(400)]
    observed = np.mean([f.observed for f in found]) - 0.4
    corrected = np.mean([f.corrected.estimate for f in found]) - 0.4
    covered = np.mean([f.corrected.low <= 0.4 <= f.corrected.high for f in found])
    # psi = P(two checkpoints differ) = half of 2 x 0.4 x 0.6.
    expected = expected_inflation(8, 0.24, 164)
    assert observed == pytest.approx(expected, abs=0.008)
    assert np.mean([f.expected_inflation for f in found]) == pytest.approx(expected, abs=0.002)
    # Four standard errors of the mean of 400 with sd 0.036 are 0.007.
    assert corrected == pytest.approx(0.0, abs=0.007)
    # At least nominal within four binomial standard errors of 400 draws.
    assert covered >= 0.95 - 0.044


def test_a_checkpoint_that_stands_out_is_chosen_and_never_oversold():
    rng = np.random.default_rng(3)
    found = [correct_best(checkpoints(rng, [0.0] * 7 + [0.2]), s, 100) for s in range(300)]
    assert np.mean([f.best == 7 for f in found]) > 0.95
    assert np.mean([f.selection_shares[7] for f in found]) > 0.9
    assert np.mean([f.corrected.estimate for f in found]) == pytest.approx(0.6, abs=0.02)
    # Misses below the interval are at most 2.5 %, and four binomial standard errors of 300.
    assert np.mean([f.corrected.low > 0.6 for f in found]) <= 0.025 + 0.036


def test_a_single_checkpoint_is_not_corrected():
    scores = checkpoints(np.random.default_rng(4), [0.0])
    found = correct_best(scores, seed=0)
    assert found.corrected.estimate == pytest.approx(scores.mean())
    assert (found.inflation, found.expected_inflation) == (pytest.approx(0.0, abs=1e-12), 0.0)


def test_the_same_seed_gives_the_same_correction():
    scores = checkpoints(np.random.default_rng(5), [0.0] * 4)
    assert correct_best(scores, 7) == correct_best(scores, 7)


def test_a_generator_draws_the_halves_of_its_seed():
    scores = checkpoints(np.random.default_rng(5), [0.0] * 4)
    assert correct_best(scores, np.random.default_rng(7)) == correct_best(scores, 7)


def test_a_problem_is_scored_by_a_choice_that_it_had_no_part_in():
    # Chosen on the first problem is who passes it, and fails the second; and the other way round.
    found = correct_best([[1.0, 0.0], [0.0, 1.0]], seed=0)
    assert (found.observed, found.corrected.estimate) == (0.5, 0.0)
    assert found.selection_shares == (0.5, 0.5)


def test_equal_checkpoints_go_to_the_earliest():
    scores = np.tile([1.0, 0.0, 1.0, 0.0], (3, 1))
    found = correct_best(scores, seed=0)
    assert found.best == 0
    assert found.selection_shares == (1.0, 0.0, 0.0)


def test_one_problem_is_refused():
    with pytest.raises(ValueError, match="N >= 2"):
        correct_best([[1.0]], seed=0)


def test_the_plateau_starts_where_a_curve_goes_flat():
    rng = np.random.default_rng(6)
    curve = [-0.3, -0.2, 0.0, 0.0, 0.0, 0.0]
    found = [find_plateau(checkpoints(rng, curve, 500), s, num_resamples=500) for s in range(60)]
    earliest = np.array([f.earliest for f in found])
    assert (earliest >= 2).all()
    assert np.mean(earliest == 2) > 0.5


def test_the_plateau_shows_every_step_up_to_the_best():
    scores = np.zeros((3, 100))
    scores[0, :20], scores[1, :50], scores[2, :52] = 1, 1, 1
    plateau = find_plateau(scores, seed=0)
    assert (plateau.best, plateau.earliest) == (2, 1)
    assert [step.index for step in plateau.steps] == [0, 1, 2]
    # Only 2 problems separate steps 1 and 2: 4 sign patterns, 2 as extreme, p = 0.5.
    assert plateau.steps[1].p_value == pytest.approx(0.5)
    assert plateau.steps[1].deficit == pytest.approx(0.02)
    assert not plateau.steps[0].within_one_standard_error


def test_a_small_but_certain_deficit_is_not_a_plateau():
    # 8 problems lost and none gained out of 400: within a standard error of 2.5 points, p = 1/128.
    scores = np.zeros((2, 400))
    scores[0, :192], scores[1, :200] = 1, 1
    assert find_plateau(scores, seed=0).earliest == 1
