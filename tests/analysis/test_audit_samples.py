"""The audit of samples against simulated truth: artefacts are named, noise is not."""

import time
from dataclasses import replace

import numpy as np
import pytest

from kiyas.analysis.audit_samples import audit_samples
from kiyas.analysis.published import find_published, published_scores
from kiyas.records.files import FileFault, FileScore, ScoreFile

N = 164


def verdicts(passes, name="made.jsonl", rule="as-is", **fields):
    scores = [
        FileScore(
            f"HumanEval/{i}",
            0,
            "passed" if passed else "wrong_answer",
            "",
            0.0,
            "strong",
            rule,
            **{"benchmark": "humaneval", **fields},
        )
        for i, passed in enumerate(passes)
    ]
    return ScoreFile(name, tuple(scores), len(scores))


def kinds(audit, severity="alarm"):
    return [finding.kind for finding in audit.findings if finding.severity == severity]


def by_rules(passes, others, name="made.jsonl"):
    return {
        "as-is": verdicts(passes, name),
        **{rule: verdicts(values, name, rule) for rule, values in others.items()},
    }


def test_a_planted_format_artefact_is_named_in_nearly_every_study():
    generator = np.random.default_rng(3)
    named = 0
    for _ in range(60):
        solved = generator.random(N) < 0.44
        # A harness that strips loses nine passes of ten, as measured on public generations.
        kept = solved & (generator.random(N) < 0.1)
        files = [by_rules(kept, {"validated": solved, "first-fence": kept})]
        named += "extraction-artifact" in kinds(audit_samples(files))
    assert named >= 57


def test_rules_that_differ_by_noise_raise_no_alarm():
    generator = np.random.default_rng(4)
    alarms = 0
    for _ in range(60):
        solved = generator.random(N) < 0.44
        others = {}
        for rule in ("validated", "first-fence"):
            flipped = generator.random(N) < 0.02
            others[rule] = solved ^ flipped
        alarms += "extraction-artifact" in kinds(audit_samples([by_rules(solved, others)]))
    assert alarms <= 6


def test_a_sample_that_passes_under_another_rule_is_an_artefact_not_a_wrong_answer():
    audit = audit_samples([by_rules([1, 0, 0], {"validated": [1, 1, 0]})])
    assert audit.summaries[0].outcomes == {
        "passed": 1,
        "extraction_artifact": 1,
        "wrong_answer": 1,
    }
    assert [(cell.rule, cell.score.k, cell.score.n) for cell in audit.matrix] == [
        ("as-is", 1, 3),
        ("validated", 2, 3),
    ]


def test_a_score_far_below_the_published_one_raises_an_alarm_with_its_source():
    passes = [1] * 4 + [0] * 160
    models = {"made.jsonl": "Qwen/Qwen2.5-Coder-1.5B-Instruct"}
    audit = audit_samples([{"as-is": verdicts(passes)}], models=models)
    [finding] = [f for f in audit.findings if f.kind == "published-score"]
    assert finding.severity == "alarm"
    assert "70.7 %" in finding.text
    assert "2409.12186" in finding.text


def test_a_score_that_agrees_with_the_published_one_is_a_note():
    # 72/164, the makers' own result for the base model.
    name = "Qwen2.5-Coder-1.5B_vllm_temp_0.0.jsonl"
    audit = audit_samples([{"as-is": verdicts([1] * 72 + [0] * 92, name)}])
    [finding] = [f for f in audit.findings if f.kind == "published-score"]
    assert finding.severity == "note"


def test_an_instruct_model_is_not_taken_for_its_base():
    [first, *_] = find_published("Qwen--Qwen2.5-Coder-1.5B-Instruct_greedy", "humaneval")
    assert (first.model, first.share) == ("Qwen2.5-Coder-1.5B-Instruct", 0.707)
    assert find_published("my-model", "humaneval") == ()


def test_every_published_score_has_a_source():
    assert len(published_scores()) >= 10
    assert all(score.source and 0 < score.share < 1 for score in published_scores())


def test_the_best_of_eight_equal_files_is_said_to_be_flattered():
    generator = np.random.default_rng(5)
    ability = generator.beta(2, 2, size=N)
    corrected = []
    for seed in range(10):
        rows = generator.random((8, N)) < ability
        files = [{"as-is": verdicts(row, f"f{i}.jsonl")} for i, row in enumerate(rows)]
        audit = audit_samples(files, seed=seed)
        [finding] = [f for f in audit.findings if f.kind == "best-of-files"]
        assert finding.numbers["observed"] > finding.numbers["corrected"]
        corrected.append(finding.numbers["corrected"])
    # Standard error of the mean of ten: about 0.037 / sqrt(10) = 0.012.
    assert np.mean(corrected) == pytest.approx(ability.mean(), abs=0.03)


def test_faults_of_a_file_and_truncation_are_told():
    file = verdicts([1, 0, 0], finish_reason="length")
    fault = FileFault("missing-problems", "warning", "3 of 164 problems are answered")
    audit = audit_samples([{"as-is": ScoreFile(file.name, file.scores, N, (fault,))}])
    assert {"missing-problems", "truncation"} <= set(kinds(audit, "warning"))
    assert audit.summaries[0].num_answered == 3


def test_what_could_not_be_judged_makes_the_score_incomplete():
    file = verdicts([1, 1])
    lost = FileScore("HumanEval/9", 0, "sandbox_error", "", 0.0, "strong")
    audit = audit_samples([{"as-is": ScoreFile("a", (*file.scores, lost), N)}])
    assert kinds(audit) == ["incomplete"]
    assert (audit.summaries[0].pass_at_1.k, audit.summaries[0].pass_at_1.n) == (2, 2)


def test_twenty_files_are_audited_in_seconds():
    generator = np.random.default_rng(6)
    rules = ("validated", "stripped", "first-fence", "last-fence", "after-thinking")
    files = []
    for i in range(20):
        solved = generator.random(N) < 0.3
        files.append(by_rules(solved, dict.fromkeys(rules, solved), f"f{i}.jsonl"))
    started = time.process_time()
    audit = audit_samples(files)
    assert len(audit.comparisons) == 190
    assert time.process_time() - started < 10


def test_files_that_share_no_problem_are_named():
    first, second = verdicts([1, 0], "a"), verdicts([1, 0], "b")
    moved = tuple(replace(score, task_id=f"Other/{score.task_id}") for score in second.scores)
    found = audit_samples([{"as-is": first}, {"as-is": replace(second, scores=moved)}])
    (told,) = [finding for finding in found.findings if finding.kind == "no-shared-problem"]
    assert told.text.startswith("a and b share no problem")


def test_where_nothing_passed_no_file_is_called_the_best():
    files = [{"as-is": verdicts([0] * 20, name)} for name in ("a.jsonl", "b.jsonl")]
    assert "best-of-files" not in [finding.kind for finding in audit_samples(files).findings]


def test_a_sample_that_could_not_be_judged_is_no_artefact_though_another_rule_passes_it():
    lost = verdicts([1, 1])
    lost = replace(lost, scores=(lost.scores[0], replace(lost.scores[1], outcome="sandbox_error")))
    audit = audit_samples([{"as-is": lost, "validated": verdicts([1, 1], rule="validated")}])
    assert audit.summaries[0].outcomes == {"passed": 1, "sandbox_error": 1}


def test_nothing_is_said_to_have_been_seen_where_one_pair_could_see_nothing():
    first, second = [1] * 20 + [0] * 24 + [1] * 120, [0] * 20 + [1] * 24 + [1] * 120
    files = [verdicts(first, "a"), verdicts(second, "b"), verdicts([*second[:-1], 0], "c")]

    def said(files):
        found = audit_samples([{"as-is": file} for file in files]).findings
        return next(f.text for f in found if f.kind == "comparisons")

    assert "would have been seen" in said(files[:2])
    assert "would have been seen" not in said(files)
