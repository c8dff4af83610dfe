"""Verdicts -> findings: honest shares, a declared family, fixed words."""

from kiyas.analysis import ScoredCheckpoint, Setting, analyse_code
from kiyas.records import Checkpoint, CodeFindings, Score

N = 164
BASE = Checkpoint("base/tiny", 0)


def setting(**changes: object) -> Setting:
    values = {
        "study": "s",
        "benchmark": "humaneval",
        "num_problems": N,
        "num_samples": 1,
        "protocol": "chat",
        "isolation": "strong",
        "confidence": 0.95,
        "num_seeds": 1,
        "seed": 0,
    }
    return Setting(**{**values, **changes})  # type: ignore[arg-type]


def scored(checkpoint: Checkpoint, passes: set[int], **score: object) -> ScoredCheckpoint:
    """Verdicts on N problems, of which those named pass."""
    scores = tuple(
        Score(
            task_id=f"t/{number}",
            sample=0,
            outcome="passed" if number in passes else "wrong_answer",
            detail="",
            rule="last-fence",
            program="",
            seconds=0.1,
            isolation="strong",
            **score,  # type: ignore[arg-type]
        )
        for number in range(N)
    )
    return ScoredCheckpoint(checkpoint, BASE.label, scores)


def arm(name: str, step: int = 100) -> Checkpoint:
    return Checkpoint(f"{name}/seed-0", step, name, 0)


def analyse(*checkpoints: ScoredCheckpoint, **changes: object) -> CodeFindings:
    return analyse_code(setting(**changes), checkpoints)


def statement(findings: CodeFindings, kind: str) -> str:
    return next(item.text for item in findings.findings if item.kind == kind)


def test_a_share_carries_its_counts_and_wilson_interval() -> None:
    findings = analyse(scored(BASE, set(range(116))))
    share = findings.checkpoints[0].pass_at_1
    # research/evaluation.md, 4.2: 116/164 = 70.7 [63.4, 77.2].
    assert (share.k, share.n) == (116, 164)
    assert share.ci_low is not None
    assert share.ci_high is not None
    assert (round(100 * share.ci_low, 1), round(100 * share.ci_high, 1)) == (63.4, 77.2)


def test_checkpoints_are_paired_by_problem_and_tested_by_exact_mcnemar() -> None:
    # Qwen2.5-Coder 1.5B against 7B in research/evaluation.md, 4.2: b = 38, c = 9, p = 2.5e-5.
    trained = scored(arm("deep"), set(range(101)))
    base = scored(BASE, set(range(63)) | set(range(101, 110)))
    (comparison,) = analyse(base, trained).comparisons
    assert (comparison.num_first_only, comparison.num_second_only) == (38, 9)
    assert f"{comparison.p_value:.1e}" == "2.5e-05"
    assert comparison.verdict == "better"


def test_the_family_is_every_checkpoint_against_base_and_arms_at_equal_steps() -> None:
    findings = analyse(
        scored(BASE, set()),
        *(scored(arm(name, step), set(range(9))) for name in ("deep", "wide") for step in (1, 2)),
    )
    kinds = [item.kind for item in findings.comparisons]
    assert kinds.count("against-base") == 4
    assert kinds.count("between-arms") == 2


def test_p_values_are_corrected_by_holm_over_the_whole_family() -> None:
    findings = analyse(
        scored(BASE, set()),
        scored(arm("deep"), set(range(6))),
        scored(arm("wide"), set(range(6))),
    )
    # 6 to 0: exact p = 2 / 2^6 = 0.03125 twice, and 1 between the arms; Holm: 3 x, 2 x, 1 x.
    assert [item.p_value for item in findings.comparisons] == [0.03125, 0.03125, 1.0]
    assert [item.p_adjusted for item in findings.comparisons] == [0.09375, 0.09375, 1.0]


def test_arms_that_never_disagree_are_called_underpowered_and_not_equal() -> None:
    findings = analyse(scored(BASE, set()), scored(arm("deep"), {1}), scored(arm("wide"), {1}))
    assert findings.comparisons[-1].verdict == "underpowered"


def test_no_difference_detected_says_what_would_have_been_seen() -> None:
    first, second = set(range(40)), set(range(20, 60))
    findings = analyse(scored(BASE, first), scored(arm("deep"), first), scored(arm("wide"), second))
    between = findings.comparisons[-1]
    assert between.verdict == "no difference detected"
    assert between.smallest_detectable is not None
    assert 0.1 < between.smallest_detectable < 0.2


def test_with_one_seed_a_difference_is_never_called_one_of_strategies() -> None:
    findings = analyse(
        scored(BASE, set()), scored(arm("deep"), set(range(80))), scored(arm("wide"), set())
    )
    assert "never evidence that one data strategy is better" in statement(findings, "arms")


def test_the_best_checkpoint_is_the_earliest_of_equals_and_marked_as_chosen_on_the_test() -> None:
    findings = analyse(
        scored(BASE, set()),
        scored(arm("deep", 100), {1}),
        scored(arm("deep", 200), set(range(20))),
        scored(arm("deep", 300), set(range(20))),
    )
    assert findings.best == "deep/seed-0/step-200"
    assert "selected on the test set" in statement(findings, "best-checkpoint")


def test_nothing_passed_means_no_best_checkpoint_and_a_floor() -> None:
    findings = analyse(scored(BASE, set()), scored(arm("deep"), set()))
    assert findings.best is None
    assert "at its floor" in statement(findings, "floor")


def test_a_fault_of_the_cage_is_never_charged_to_the_model() -> None:
    whole = scored(BASE, set(range(82)))
    broken = tuple(
        Score(s.task_id, 0, "sandbox_error", "", "none", "", 0.0, "strong") if number >= 150 else s
        for number, s in enumerate(whole.scores)
    )
    findings = analyse(ScoredCheckpoint(BASE, BASE.label, broken))
    (checkpoint,) = findings.checkpoints
    assert (checkpoint.pass_at_1.k, checkpoint.pass_at_1.n) == (82, 150)
    assert checkpoint.num_unscored == 14
    assert findings.findings[0].kind == "incomplete"


def test_completions_cut_at_the_token_limit_are_counted_and_warned_of() -> None:
    findings = analyse(scored(BASE, set(), finish_reason="length"))
    assert findings.checkpoints[0].truncated.k == N
    assert "cut at the token limit" in statement(findings, "truncation")


def test_several_samples_a_problem_are_tested_over_problems_not_over_samples() -> None:
    def sampled(checkpoint: Checkpoint, passes: set[int]) -> ScoredCheckpoint:
        one = scored(checkpoint, passes)
        doubled = [
            Score(s.task_id, k, s.outcome, "", s.rule, "", 0.1, "strong")
            for s in one.scores
            for k in (0, 1)
        ]
        return ScoredCheckpoint(checkpoint, BASE.label, tuple(doubled))

    findings = analyse(
        sampled(BASE, set(range(40))), sampled(arm("deep"), set(range(60))), num_samples=2
    )
    assert findings.comparisons[0].test == "sign flip"
    assert findings.comparisons[0].num_problems == N
    share = findings.checkpoints[0].pass_at_1
    assert (share.k, share.n) == (80, 328)
    # Two equal samples a problem say no more than one: the interval is that of 40 of 164.
    one = analyse(scored(BASE, set(range(40)))).checkpoints[0].pass_at_1
    assert share.ci_low is not None
    assert one.ci_low is not None
    assert abs(share.ci_low - one.ci_low) < 0.003


def test_counts_and_percentage_are_of_the_same_completions() -> None:
    # Two problems are solved in ten of ten completions, two in none of nine: one was not judged.
    def judge(task: int, sample: int) -> str:
        if task < 2:
            return "passed"
        return "sandbox_error" if sample == 9 else "wrong_answer"

    scores = tuple(
        Score(f"t/{task}", sample, judge(task, sample), "", "none", "", 0.1, "strong")
        for task in range(4)
        for sample in range(10)
    )
    findings = analyse(ScoredCheckpoint(BASE, BASE.label, scores), num_samples=10, num_problems=4)
    share = findings.checkpoints[0].pass_at_1
    assert (share.k, share.n, share.estimate) == (20, 38, 0.5)


def test_of_equals_in_two_arms_every_statement_names_the_earlier_step() -> None:
    findings = analyse(
        scored(BASE, set()),
        scored(arm("a", 10), {1}),
        scored(arm("a", 20), set(range(6))),
        scored(arm("b", 10), set(range(6))),
        scored(arm("b", 20), {1}),
    )
    assert findings.best == "b/seed-0/step-10"
    assert "b/seed-0/step-10 is the best of 4 checkpoints" in statement(findings, "best-checkpoint")


def test_no_sensitivity_is_claimed_that_one_of_the_comparisons_did_not_have() -> None:
    first, second = set(range(40)), set(range(20, 60))
    base = scored(BASE, first)
    seen = scored(arm("deep", 200), first), scored(arm("wide", 200), second)
    # One problem differs at step 100: no difference at all would have been seen there.
    blind = scored(arm("deep", 100), {1}), scored(arm("wide", 100), {2})
    assert "would have been seen" in statement(analyse(base, *seen), "arms")
    both = statement(analyse(base, *blind, *seen), "arms")
    assert "in 0 of 2 comparisons at equal steps." in both
