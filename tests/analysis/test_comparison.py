"""Two files on the same problems: the verdict is right, and what differs is told."""

from dataclasses import replace

import numpy as np
import pytest

from kiyas.analysis.comparison import compare_all, compare_files
from kiyas.errors import ScoringError
from kiyas.records.files import FileScore, ScoreFile
from kiyas.statistics import minimum_detectable_difference


def file_of(passes, name="a", **fields):
    """Return a file with one verdict a problem; ``passes`` by problem, or a list."""
    if not isinstance(passes, dict):
        passes = {f"P/{i}": bool(passed) for i, passed in enumerate(passes)}
    scores = [
        FileScore(
            task_id,
            0,
            "passed" if passed else "wrong_answer",
            "",
            0.0,
            **{"isolation": "strong", **fields},
        )
        for task_id, passed in passes.items()
    ]
    return ScoreFile(name, tuple(scores), len(scores))


def test_a_loss_is_called_one_and_its_mirror_a_gain():
    # b = 2, c = 20 of 60: exact p = 2 (1 + 22 + 231) / 2^22 = 0.00012, mid-p smaller.
    first = [1] * 2 + [0] * 20 + [1] * 38
    second = [0] * 2 + [1] * 20 + [1] * 38
    lost = compare_files(file_of(first), file_of(second, "b"))
    assert (lost.num_first_only, lost.num_second_only, lost.num_shared) == (2, 20, 60)
    assert lost.difference == pytest.approx(-18 / 60)
    assert (lost.verdict, lost.is_loss) == ("worse", True)
    assert lost.p_value == pytest.approx(2 * (1 + 22 + 231 / 2) / 2**22)
    assert compare_files(file_of(second), file_of(first, "b")).verdict == "better"


def test_a_difference_within_noise_is_no_loss_and_says_what_would_have_been_seen():
    first, second = [1] * 20 + [0] * 24 + [1] * 120, [0] * 20 + [1] * 24 + [1] * 120
    compared = compare_files(file_of(first), file_of(second, "b"))
    assert (compared.verdict, compared.is_loss) == ("no difference detected", False)
    assert compared.smallest_detectable == pytest.approx(0.112, abs=0.01)


def test_too_few_problems_are_underpowered():
    compared = compare_files(file_of([1, 1, 0, 0, 1]), file_of([0, 1, 0, 0, 1], "b"))
    assert compared.verdict == "underpowered"


def test_files_that_share_no_problem_are_refused():
    with pytest.raises(ScoringError, match="share no problem"):
        compare_files(file_of({"A/0": True}), file_of({"B/0": True}, "b"))


def test_only_shared_problems_count_and_the_others_are_told():
    first = file_of({"A/0": True, "A/1": True, "A/2": False})
    second = file_of({"A/1": True, "A/2": True, "A/3": False}, "b")
    compared = compare_files(first, second)
    assert compared.num_shared == 2
    assert "1 of the first and 1 of the second have no partner" in compared.warnings[0]


def test_verdicts_by_other_tests_are_refused():
    first = file_of([1, 0], benchmark="humaneval")
    second = file_of([1, 0], "b", benchmark="humaneval+")
    with pytest.raises(ScoringError, match="different benchmarks"):
        compare_files(first, second)


def test_another_level_of_the_cage_is_told():
    first, second = file_of([1, 0], isolation="weak"), file_of([1, 0], "b", isolation="strong")
    assert "weak against strong" in " ".join(compare_files(first, second).warnings)


def test_mixed_numbers_of_samples_are_told():
    mixed = file_of([1, 0])
    again = replace(mixed.scores[0], sample=1)
    mixed = replace(mixed, scores=(*mixed.scores, again))
    (told,) = compare_files(mixed, file_of([1, 0], "b")).warnings
    assert "(1 to 2)" in told


def test_what_the_cage_could_not_judge_counts_for_neither():
    first = file_of([1, 0, 1])
    lost = FileScore("P/0", 0, "sandbox_error", "", 0.0, "strong")
    second = ScoreFile("b", (lost, *file_of([1, 0, 1]).scores[1:]), 3)
    compared = compare_files(first, second)
    assert compared.num_shared == 2
    assert any("could not be judged" in warning for warning in compared.warnings)


def test_several_samples_a_problem_are_compared_by_their_shares():
    def several(shares, name):
        scores = [
            FileScore(f"P/{i}", k, "passed" if k < passes else "timeout", "", 0.0, "")
            for i, passes in enumerate(shares)
            for k in range(4)
        ]
        return ScoreFile(name, tuple(scores), len(shares))

    compared = compare_files(several([4, 3, 3, 4, 3, 4, 3, 4], "a"), several([1] * 8, "b"))
    assert compared.test == "sign flip"
    assert compared.num_first_only is None
    assert compared.difference == pytest.approx((28 - 8) / 32)
    assert compared.p_value == pytest.approx(2 / 2**8)  # all 2^8 signs, two of them as extreme


def test_equal_files_raise_a_false_alarm_in_at_most_five_of_a_hundred():
    generator = np.random.default_rng(1)
    ability = generator.beta(2, 2, size=164)
    alarms = 0
    for _ in range(400):
        first, second = generator.random((2, 164)) < ability
        verdict = compare_files(file_of(first), file_of(second, "b")).verdict
        alarms += verdict in ("better", "worse")
    # Mid-p is near its level: 400 draws at 5 % exceed 30 once in 500 times.
    assert alarms <= 30


def test_a_family_of_equal_files_is_corrected_together():
    generator = np.random.default_rng(2)
    ability = generator.beta(2, 2, size=164)
    alarms = 0
    for _ in range(40):
        files = [file_of(generator.random(164) < ability, f"f{i}") for i in range(5)]
        alarms += any(item.verdict in ("better", "worse") for item in compare_all(files))
    assert alarms <= 6  # 40 draws at 5 % exceed 6 once in 300 times
    assert compare_all(files)[0].family == "all 10 pairs of files, step-down max-T"


def test_files_with_other_problems_are_corrected_by_holm():
    files = [file_of([1, 0, 1, 1], "a"), file_of([0, 1, 1, 1], "b"), file_of([1, 1, 0], "c")]
    assert all("Holm" in item.family for item in compare_all(files))


def test_a_family_of_several_samples_says_what_each_pair_would_have_seen():
    generator = np.random.default_rng(8)

    def several(name):
        scores = [
            FileScore(f"P/{i}", k, "passed" if passed else "timeout", "", 0.0, "")
            for i, row in enumerate(generator.random((200, 4)) < 0.5)
            for k, passed in enumerate(row)
        ]
        return ScoreFile(name, tuple(scores), 200)

    files = [several(name) for name in "abc"]
    shares = [
        np.array([s.passed for s in file.scores], dtype=float).reshape(200, 4).mean(axis=1)
        for file in files
    ]
    compared = compare_all(files)
    expected = [
        minimum_detectable_difference(200, float(((shares[i] - shares[j]) ** 2).mean()), 0.05 / 3)
        for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert [item.smallest_detectable for item in compared] == pytest.approx(expected)
