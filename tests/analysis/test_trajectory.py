"""Checkpoints over steps, seeds and problems -> best, plateau, speed, courses, failures."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from kiyas.analysis import ScoredCheckpoint, Setting, analyse_code
from kiyas.analysis.courses import name_course
from kiyas.records import Checkpoint, CodeFindings, Score
from kiyas.records.trajectory import Trajectory
from kiyas.statistics.seeds import compare_over_seeds

N = 164
BASE = Checkpoint("base/tiny", 0)


def scored(
    checkpoint: Checkpoint, passes: Iterable[int], failure: str = "wrong_answer", detail: str = ""
) -> ScoredCheckpoint:
    passed = set(passes)
    scores = tuple(
        Score(
            task_id=f"t/{number:03}",
            sample=0,
            outcome="passed" if number in passed else failure,
            detail="" if number in passed else detail,
            rule="last-fence",
            program="",
            seconds=0.1,
            isolation="strong",
        )
        for number in range(N)
    )
    return ScoredCheckpoint(checkpoint, BASE.label, scores)


def at(arm: str, step: int, seed: int = 0) -> Checkpoint:
    return Checkpoint(f"{arm}/seed-{seed}", step, arm, seed)


def analyse(*items: ScoredCheckpoint, num_seeds: int = 1) -> CodeFindings:
    setting = Setting("s", "humaneval", N, 1, "chat", "strong", 0.95, num_seeds, 0)
    return analyse_code(setting, items)


def follow(*items: ScoredCheckpoint) -> Trajectory:
    trajectory = analyse(*items).trajectory
    assert trajectory is not None
    return trajectory


def text_of(findings: CodeFindings, kind: str) -> str:
    return next(finding.text for finding in findings.findings if finding.kind == kind)


def test_the_best_of_eight_equal_checkpoints_is_brought_back_to_its_true_score() -> None:
    # Eight checkpoints that pass each problem with the same probability of 0.3.
    draws = np.random.default_rng(5).random((8, N)) < 0.3
    items = [scored(at("a", step), np.flatnonzero(row)) for step, row in enumerate(draws, 1)]
    best = follow(scored(BASE, []), *items).selected[0]
    assert best.corrected is not None
    assert best.ci_low is not None
    assert best.ci_high is not None
    assert best.observed.estimate == max(row.mean() for row in draws)
    assert best.corrected < best.observed.estimate
    assert best.ci_low <= 0.3 <= best.ci_high
    assert best.last == "a/seed-0/step-8"
    assert best.last_score.k == draws[-1].sum()


def test_the_last_checkpoint_stands_beside_the_best() -> None:
    findings = analyse(
        scored(BASE, []), scored(at("a", 1), range(60)), scored(at("a", 2), range(50))
    )
    text = text_of(findings, "best-checkpoint")
    assert "60/164 (36.6 %) as observed" in text
    assert "a/seed-0/step-2, reaches 50/164 (30.5 %)" in text


def test_training_could_stop_where_a_checkpoint_cannot_be_told_from_the_best() -> None:
    findings = analyse(
        scored(BASE, []),
        scored(at("a", 100), range(20)),
        scored(at("a", 200), range(58)),
        scored(at("a", 400), range(60)),
    )
    text = text_of(findings, "plateau")
    assert "could stop at step 200" in text
    # 2 problems of 164; one standard error of 60/164 is 3.8 points.
    assert "1.2 points below the best" in text
    assert "(3.8 points)" in text


def test_many_trials_that_could_stop_early_are_counted_in_one_statement() -> None:
    # 80 problems at step 1, one more at step 2: within a standard error of 3.9 points.
    trials = [scored(at(f"arm{n}", step), range(79 + step)) for n in range(6) for step in (1, 2)]
    findings = analyse(scored(BASE, []), *trials)
    (text,) = [item.text for item in findings.findings if item.kind == "plateau"]
    assert text.startswith("6 of 6 trials could stop before their best step")


def test_a_trial_that_still_rises_has_no_plateau() -> None:
    findings = analyse(
        scored(BASE, []), scored(at("a", 100), range(20)), scored(at("a", 200), range(60))
    )
    assert "plateau" not in {finding.kind for finding in findings.findings}


def test_an_early_lead_of_forty_problems_is_real_and_one_of_three_is_not() -> None:
    def speed(passed_early: int) -> str:
        found = follow(
            scored(BASE, []),
            scored(at("a", 100), range(passed_early)),
            scored(at("a", 200), range(60)),
            scored(at("b", 100), []),
            scored(at("b", 200), range(60)),
        ).speeds
        assert [item.early_steps for item in found] == [(100,)]
        return found[0].verdict

    assert speed(40) == "better"
    # Sign flips of 3 to 0: p = 0.25.
    assert speed(3) != "better"


def test_arms_tested_at_a_single_step_have_no_learning_speed_and_it_is_said() -> None:
    findings = analyse(
        scored(BASE, []), scored(at("a", 100), range(60)), scored(at("b", 100), range(20))
    )
    assert findings.trajectory is not None
    assert findings.trajectory.speeds == ()
    text = text_of(findings, "learning-speed")
    assert "cannot be said: that takes at least two steps" in text
    assert "a/seed-0 / b/seed-0" in text
    assert "lead" not in text


def test_a_difference_without_spread_has_one_dash_for_its_interval() -> None:
    # No problem tells the arms apart, so there is no interval to give.
    same = [scored(at(arm, step), range(60)) for arm in "ab" for step in (100, 200)]
    text = text_of(analyse(scored(BASE, []), *same), "learning-speed")
    assert "+0.0 points [–], p = 1" in text


def test_the_band_of_the_lead_covers_every_step_and_holds_the_difference() -> None:
    rows = np.random.default_rng(1).random((4, N)) < 0.4
    items = [
        scored(at(arm, step), np.flatnonzero(row))
        for (arm, step), row in zip([("a", 1), ("a", 2), ("b", 1), ("b", 2)], rows, strict=True)
    ]
    (speed,) = follow(scored(BASE, []), *items).speeds
    for point, first, second in zip(speed.points, rows[:2], rows[2:], strict=True):
        assert point.difference == pytest.approx(first.mean() - second.mean())
        assert point.band_low is not None
        assert point.band_high is not None
        assert point.band_low < point.difference < point.band_high


@pytest.mark.parametrize("num_ahead", [0, 1, 4])
def test_the_band_over_all_steps_is_wider_than_the_interval_of_one_where_few_differ(
    num_ahead: int,
) -> None:
    found = analyse(
        scored(BASE, []),
        *(scored(at("a", step), range(num_ahead)) for step in (100, 200, 300)),
        *(scored(at("b", step), []) for step in (100, 200, 300)),
    )
    assert found.trajectory is not None
    band = found.trajectory.speeds[0].points[0]
    one = next(item for item in found.comparisons if item.kind == "between-arms")
    assert None not in (band.band_low, band.band_high, one.ci_low, one.ci_high)
    assert band.band_low < one.ci_low <= one.ci_high < band.band_high  # type: ignore[operator]


def test_more_pairs_of_trials_than_a_reader_can_follow_are_counted_and_not_compared() -> None:
    arms = [scored(at(f"arm-{number}", 1), range(number)) for number in range(26)]
    findings = analyse(scored(BASE, []), *arms)
    assert findings.trajectory is not None
    assert findings.trajectory.speeds == ()
    assert findings.trajectory.num_uncompared == 26 * 25 // 2
    assert text_of(findings, "learning-speed").startswith("Who learns faster is not compared: 325")


def test_with_several_seeds_the_unit_is_the_seed() -> None:
    generator = np.random.default_rng(2)
    rows = {
        (arm, seed): generator.random(N) < chance
        for arm, chance in (("a", 0.6), ("b", 0.2))
        for seed in range(3)
    }
    items = [scored(at(arm, 9, seed), np.flatnonzero(row)) for (arm, seed), row in rows.items()]
    findings = analyse(scored(BASE, []), *items, num_seeds=3)
    assert findings.trajectory is not None
    (arms,) = findings.trajectory.arms
    expected = compare_over_seeds(
        np.array([rows["a", seed] for seed in range(3)], dtype=float),
        np.array([rows["b", seed] for seed in range(3)], dtype=float),
    )
    assert (arms.num_seeds, arms.verdict) == (3, "better")
    assert arms.difference.p_value == pytest.approx(expected.p_value)
    assert "holds for the strategy" in text_of(findings, "arms-over-seeds")


def test_with_one_seed_nothing_is_said_of_the_arms_as_strategies() -> None:
    (arms,) = follow(scored(BASE, []), scored(at("a", 1), range(80)), scored(at("b", 1), [])).arms
    assert arms.verdict == "one seed"
    assert arms.difference.p_value is None


@pytest.mark.parametrize(
    ("passes", "course"),
    [
        ([1, 1, 1], "kept"),
        ([0, 0, 0], "never"),
        ([0, 0, 1], "gained"),
        ([1, 0, 0], "lost"),
        ([0, 1, 0], "forgotten"),
        ([0, 1, 1, 0], "forgotten"),
        ([1, 0, 1], "flickering"),
        ([0, 1, 0, 1], "flickering"),
        ([0, None, 1], None),
    ],
)
def test_the_course_of_a_problem_is_one_of_six(
    passes: Sequence[float | None], course: str | None
) -> None:
    assert name_course(passes) == course


def test_courses_are_counted_from_the_base_on() -> None:
    (course,) = follow(
        scored(BASE, {0, 1}), scored(at("a", 1), {0, 2, 3}), scored(at("a", 2), {0, 2})
    ).courses
    assert course.steps == (0, 1, 2)
    counts = {"kept": 1, "gained": 1, "forgotten": 1, "lost": 1, "never": N - 4}
    assert course.counts == counts
    # One problem of 164 changes between the two trained checkpoints.
    assert course.flicker_rate == pytest.approx(1 / N)


def test_failures_are_counted_by_outcome_and_exception_with_an_example() -> None:
    failures = follow(
        scored(BASE, range(160), "type_error", "TypeError: bad operand (at: return x + 'a')"),
        scored(at("a", 1), [], "timeout", "no answer after 3 s: wall"),
    ).failures
    base, trained = failures
    assert (base.group, base.outcome, base.exception, base.count) == (
        "run",
        "type_error",
        "TypeError",
        4,
    )
    assert base.detail.endswith("(at: return x + 'a')")
    assert (trained.group, trained.exception, trained.count) == ("resource", "", N)


def test_what_our_machine_could_not_judge_is_charged_to_no_checkpoint() -> None:
    findings = analyse(scored(BASE, range(100), "sandbox_error"))
    (checkpoint,) = findings.checkpoints
    assert (checkpoint.pass_at_1.k, checkpoint.pass_at_1.n) == (100, 100)
    assert checkpoint.num_unscored == 64
    assert findings.findings[0].kind == "incomplete"
