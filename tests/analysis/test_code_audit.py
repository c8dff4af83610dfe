"""Checkpoints under protocols and rules -> matrix, alarms with reasons, the split of the gain."""

from collections.abc import Iterable
from dataclasses import replace

from kiyas.analysis import AuditedCheckpoint, Setting, analyse_code, audit_code, name_artifacts
from kiyas.analysis.scored import ScoredCheckpoint
from kiyas.records import Checkpoint, Finding, Proportion, Protocol, Score
from kiyas.records.code_audit import StudyAudit, TrainingBudget
from kiyas.records.files import FileScore

N = 164
BASE = Checkpoint("base/tiny", 0)
DEEP = Checkpoint("deep/seed-0", 100, "deep", 0)
TASKS = range(N)


def setting(protocol: Protocol = "chat") -> Setting:
    return Setting("s", "humaneval", N, 1, protocol, "strong", 0.95, 1, 0)


def verdicts(
    passes: Iterable[int], failure: str = "wrong_answer", cut: int = 0
) -> tuple[Score, ...]:
    """Verdicts on N problems; the first ``cut`` completions end at the token limit."""
    passed = set(passes)
    return tuple(
        Score(
            task_id=f"t/{number}",
            sample=0,
            outcome="passed" if number in passed else failure,
            detail="",
            rule="last-fence",
            program="",
            seconds=0.1,
            isolation="strong",
            finish_reason="length" if number < cut else "stop",
            num_tokens=512 if number < cut else 100,
        )
        for number in TASKS
    )


def under_rule(rule: str, passes: Iterable[int]) -> tuple[FileScore, ...]:
    passed = set(passes)
    return tuple(
        FileScore(f"t/{n}", 0, "passed" if n in passed else "syntax_error", "", 0.1, "strong", rule)
        for n in TASKS
    )


def asked(
    checkpoint: Checkpoint,
    protocol: Protocol,
    scores: tuple[Score, ...],
    **by_rule: Iterable[int],
) -> AuditedCheckpoint:
    rules = {
        rule.replace("_", "-"): under_rule(rule.replace("_", "-"), passes)
        for rule, passes in by_rule.items()
    }
    return AuditedCheckpoint(checkpoint, BASE.label, protocol, scores, rules)


def audited(
    *items: AuditedCheckpoint,
    protocol: Protocol = "chat",
    training: tuple[TrainingBudget, ...] = (),
) -> tuple[StudyAudit, list[Finding]]:
    """Audit items and word it as a study's findings do."""
    chosen = setting(protocol)
    audit = audit_code(chosen, items, training)
    own = [
        ScoredCheckpoint(item.checkpoint, item.base, item.scores)
        for item in items
        if item.protocol == protocol
    ]
    return audit, list(analyse_code(chosen, own, audit).findings)


def find(findings: list[Finding], kind: str) -> Finding:
    return next(finding for finding in findings if finding.kind == kind)


def kinds(findings: list[Finding], severity: str) -> set[str]:
    return {finding.kind for finding in findings if finding.severity == severity}


def test_every_cell_of_the_matrix_holds_its_counts_and_interval() -> None:
    audit, _ = audited(
        asked(BASE, "chat", verdicts(range(72)), as_is=range(7)),
        asked(BASE, "completion", verdicts([])),
    )
    cells = {(cell.protocol, cell.rule): cell for cell in audit.matrix}
    assert set(cells) == {("chat", "validated"), ("chat", "as-is"), ("completion", "validated")}
    own = cells["chat", "validated"]
    assert own.is_own
    # research/evaluation.md, 4.2: 72/164 = 43.9 [36.5, 51.6].
    assert (own.score.k, own.score.n) == (72, 164)
    assert own.score.ci_low is not None
    assert own.score.ci_high is not None
    assert (round(100 * own.score.ci_low, 1), round(100 * own.score.ci_high, 1)) == (36.5, 51.6)
    other = cells["chat", "as-is"].against_own
    assert other is not None
    assert other.estimate == -65 / 164


def test_a_base_that_passes_ten_of_164_in_one_protocol_and_none_in_another_raises_an_alarm() -> (
    None
):
    _, findings = audited(
        asked(BASE, "chat", verdicts(range(10)), as_is=[]),
        asked(BASE, "completion", verdicts([], failure="empty"), as_is=[]),
        asked(DEEP, "chat", verdicts(range(12)), as_is=[]),
    )
    alarm = find(findings, "protocol-dependence")
    assert alarm.severity == "alarm"
    assert "10/164 (6.1 %) under chat, 0/164 (0.0 %) under completion" in alarm.text
    assert "164/164 (100.0 %) of its answers end at once, without a word" in alarm.text


def test_a_base_asked_in_the_way_it_does_not_answer_is_said_to_flatter_every_gain() -> None:
    _, findings = audited(
        asked(BASE, "completion", verdicts([], failure="empty")),
        asked(BASE, "chat", verdicts(range(10))),
        protocol="completion",
    )
    alarm = find(findings, "protocol-dependence")
    assert alarm.severity == "alarm"
    assert "the habit of answering in this form, not ability" in alarm.text


def test_three_more_passes_under_another_protocol_are_noise() -> None:
    # Exact McNemar of 3 to 0: 2 / 2^3 = 0.25.
    _, findings = audited(
        asked(BASE, "chat", verdicts(range(10))), asked(BASE, "completion", verdicts(range(7)))
    )
    assert "protocol-dependence" not in {finding.kind for finding in findings}


def test_a_better_rule_on_the_same_texts_raises_an_alarm() -> None:
    _, findings = audited(asked(BASE, "chat", verdicts(range(5)), first_fence=range(40)))
    alarm = find(findings, "rule-dependence")
    assert alarm.severity == "alarm"
    assert "5/164 (3.0 %) validated, 40/164 (24.4 %) first-fence" in alarm.text


def test_stripping_white_space_is_named_without_doubting_the_studys_own_score() -> None:
    # research/evaluation.md, 0: 72 of 164 become 7 when the completion's first space is stripped.
    _, findings = audited(
        asked(BASE, "completion", verdicts(range(72)), stripped=range(7), as_is=range(72)),
        protocol="completion",
    )
    warning = find(findings, "harness-sensitivity")
    assert warning.severity == "warning"
    assert "7/164 (4.3 %) stripped instead of 72/164 (43.9 %)" in warning.text
    assert "rule-dependence" not in {finding.kind for finding in findings}


def test_a_failure_that_another_rule_passes_is_an_extraction_artifact_and_still_a_failure() -> None:
    item = asked(BASE, "chat", verdicts([0], failure="syntax_error"), first_fence=[0, 1])
    named = name_artifacts(item)
    assert [score.outcome for score in named[:3]] == [
        "passed",
        "extraction_artifact",
        "syntax_error",
    ]
    assert "first-fence" in named[1].detail
    assert sum(score.passed for score in named) == 1


def test_what_the_cage_could_not_judge_is_no_failure_that_another_rule_mends() -> None:
    item = asked(BASE, "chat", verdicts(range(3), failure="sandbox_error"), first_fence=range(N))
    assert name_artifacts(item) == item.scores


def test_with_several_completions_a_problem_the_parts_of_a_gain_are_shares_and_add_up() -> None:
    # The base passes half of problem 0 and all of it under another rule; the arm passes problems 0
    # and 1 whole: it gains 1.5 of 4 problems, half of one by format.
    def doubled(passed: tuple[tuple[int, int], ...]) -> tuple[Score, ...]:
        return tuple(
            Score(
                f"t/{task}", sample, "passed" if (task, sample) in passed else "timeout",
                "", "none", "", 0.1, "strong",
            )
            for task in range(4)
            for sample in (0, 1)
        )  # fmt: skip

    rule = tuple(
        FileScore(s.task_id, s.sample, s.outcome, "", 0.1, "strong", "first-fence")
        for s in doubled(((0, 0), (0, 1)))
    )
    base = AuditedCheckpoint(BASE, BASE.label, "chat", doubled(((0, 0),)), {"first-fence": rule})
    arm = doubled(((0, 0), (0, 1), (1, 0), (1, 1)))
    trained = AuditedCheckpoint(DEEP, BASE.label, "chat", arm, {"first-fence": ()})
    chosen = replace(setting(), num_samples=2, num_problems=4)
    audit = audit_code(chosen, [base, trained], ())
    (split,) = audit.splits
    assert not split.counts_problems
    assert (split.gained.estimate, split.format.estimate, split.ability.estimate) == (
        0.375, 0.125, 0.25,
    )  # fmt: skip
    own = [ScoredCheckpoint(i.checkpoint, i.base, i.scores) for i in (base, trained)]
    text = find(list(analyse_code(chosen, own, audit).findings), "gain-split").text
    assert "gains 37.5 % of all completions over its base, on 2 of 4 problems" in text
    assert "the base itself reaches 12.5 %" in text
    assert "In none of 2 ways it reaches 25.0 %" in text


def test_the_gain_is_split_by_what_the_base_solves_in_any_cell() -> None:
    # The base passes 0-9; 10-39 under another protocol; 40-49 under another rule. The arm passes
    # 5-59: it gains 50, of which 40 are format, and loses 5.
    audit, _ = audited(
        asked(BASE, "chat", verdicts(range(10)), first_fence=range(40, 50)),
        asked(BASE, "completion", verdicts(range(10, 40)), first_fence=[]),
        asked(DEEP, "chat", verdicts(range(5, 60)), first_fence=[]),
    )
    (split,) = audit.splits
    counts = [part.k for part in (split.gained, split.lost, split.format, split.ability)]
    assert counts == [50, 5, 40, 10]
    assert (split.format_share.k, split.format_share.n) == (40, 50)
    assert split.num_cells == 4
    assert split.net.estimate == 45 / 164
    assert (split.best_protocol, split.best_rule) == ("completion", "validated")
    # 55 against 30 in the base's best single cell.
    assert split.beyond_format.estimate == 25 / 164


def test_a_gain_that_the_base_has_under_another_protocol_is_called_format() -> None:
    _, findings = audited(
        asked(BASE, "completion", verdicts([], failure="empty")),
        asked(BASE, "chat", verdicts(range(40))),
        asked(DEEP, "completion", verdicts(range(42))),
        protocol="completion",
    )
    alarm = find(findings, "gain-split")
    assert alarm.severity == "alarm"
    assert "no gain beyond format is shown" in alarm.text
    assert alarm.numbers["num_format"] == 40
    assert alarm.numbers["num_ability"] == 2


def test_a_gain_that_the_base_has_nowhere_is_called_ability() -> None:
    _, findings = audited(
        asked(BASE, "chat", verdicts(range(10)), first_fence=range(10)),
        asked(BASE, "completion", verdicts(range(10)), first_fence=range(10)),
        asked(DEEP, "chat", verdicts(range(60)), first_fence=range(60)),
    )
    note = find(findings, "gain-split")
    assert note.severity == "note"
    assert "a gain that no change of format explains" in note.text


def test_a_published_score_outside_the_interval_raises_an_alarm_and_names_a_cell_that_agrees() -> (
    None
):
    base = Checkpoint("base/Qwen2.5-Coder-1.5B-Instruct", 0)
    # 4 of 164 as in reference study 1, where the model's makers report 70.7 %.
    own = AuditedCheckpoint(base, base.label, "completion", verdicts(range(4)), {})
    chat = AuditedCheckpoint(base, base.label, "chat", verdicts(range(116)), {})
    _, findings = audited(own, chat, protocol="completion")
    alarm = find(findings, "published-score")
    assert alarm.severity == "alarm"
    assert "70.7 %" in alarm.text
    assert "It agrees with the published score under chat and validated" in alarm.text


def test_checkpoints_cut_at_different_limits_had_no_equal_budget() -> None:
    short = tuple(
        Score(s.task_id, 0, s.outcome, "", s.rule, "", 0.1, "strong", "length", 256)
        for s in verdicts(range(10))
    )
    _, findings = audited(
        asked(BASE, "chat", short), asked(DEEP, "chat", verdicts(range(10), cut=100))
    )
    alarm = find(findings, "unequal-budget")
    assert alarm.severity == "alarm"
    assert (alarm.numbers["least"], alarm.numbers["most"]) == (256, 512)


def test_an_arm_that_the_limit_cuts_far_more_often_is_named() -> None:
    audit, findings = audited(
        asked(BASE, "chat", verdicts(range(10), cut=2)),
        asked(DEEP, "chat", verdicts(range(10), cut=90)),
    )
    assert "unequal-truncation" in kinds(findings, "warning")
    assert [(b.truncated.k, b.limit_tokens) for b in audit.budgets] == [(2, 512), (90, 512)]


def training(arm: str, *, steps: int = 100, words: bool = False) -> TrainingBudget:
    cut = Proportion(0, 100, 0.0, 0.0, 0.04)
    return TrainingBudget(f"{arm}/seed-0", arm, steps, 16, 2048, cut, 30_000, not words)


def test_an_arm_trained_to_think_is_not_to_be_tested_behind_an_open_fence() -> None:
    _, findings = audited(
        asked(BASE, "chat-prefill", verdicts(range(10))),
        protocol="chat-prefill",
        training=(training("deep", words=True), training("code")),
    )
    alarm = find(findings, "training-protocol")
    assert alarm.severity == "alarm"
    assert alarm.text.startswith("deep:")


def test_arms_trained_on_unequal_numbers_of_examples_are_named() -> None:
    _, findings = audited(
        asked(BASE, "chat", verdicts(range(10))),
        training=(training("deep"), training("diverse", steps=200)),
    )
    assert "deep 100 x 16, diverse 200 x 16" in find(findings, "unequal-training").text


def test_equal_terms_are_stated_where_nothing_speaks_against_them() -> None:
    _, findings = audited(
        asked(BASE, "chat", verdicts(range(10))), training=(training("a"), training("b"))
    )
    assert "equal-terms" in kinds(findings, "note")
    assert kinds(findings, "alarm") == set()


def test_without_an_audit_the_gain_is_not_said_to_be_one_of_ability() -> None:
    own = [ScoredCheckpoint(c, BASE.label, verdicts(range(9))) for c in (BASE, DEEP)]
    assert "this table cannot say" in find(list(analyse_code(setting(), own).findings), "gain").text
