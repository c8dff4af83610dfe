from dataclasses import replace

import pytest

from kiyas.records import Finding
from kiyas.report.summary import summarise


def answers(findings, english):
    parts = summarise(findings, english)
    return [" ".join(part.sentences) for part in parts]


def judge(findings, kind, verdict):
    made = tuple(replace(c, verdict=verdict) if c.kind == kind else c for c in findings.comparisons)
    return replace(findings, comparisons=made)


def test_the_five_questions_are_answered(findings, english):
    questions = [part.question for part in summarise(findings, english)]
    assert questions == [
        "What was compared",
        "What won",
        "Is it real?",
        "What it cannot say",
        "What next",
    ]
    assert all(part.sentences for part in summarise(findings, english))


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("better", "the gain is real"),
        ("worse", "is worse"),
        ("no difference detected", "no difference was detected"),
        ("underpowered", "the study is too small"),
    ],
)
def test_the_gain_over_the_base_is_told_by_its_verdict(findings, english, verdict, words):
    assert words in answers(judge(findings, "against-base", verdict), english)[2]


def test_arms_of_which_too_little_is_known_are_not_said_to_be_alike(findings, english):
    blind = judge(findings, "between-arms", "underpowered")
    assert "the study is too small to tell them apart" in answers(blind, english)[2]


def test_arms_that_differ_nowhere_are_said_to_differ_nowhere(findings, english):
    same = judge(findings, "between-arms", "no difference detected")
    assert "no difference detected in any of 2 comparisons" in answers(same, english)[2]


def test_arms_that_differ_are_named_with_their_evidence(findings, english):
    told = answers(judge(findings, "between-arms", "worse"), english)[2]
    assert "2 of 2 comparisons show a difference" in told
    assert "deep/seed-42/step-100 is worse than diverse/seed-42/step-100" in told


def test_a_base_that_passed_as_many_is_said_aloud(findings, english):
    base, *trained = findings.checkpoints
    high = replace(base, pass_at_1=replace(base.pass_at_1, k=29, estimate=29 / 30))
    assert (
        "passed as many or more: 29/30"
        in answers(replace(findings, checkpoints=(high, *trained)), english)[1]
    )


def test_nothing_won_where_nothing_passed(findings, english):
    assert "no checkpoint passed" in answers(replace(findings, best=None), english)[1]


def test_one_seed_an_arm_is_named_as_a_limit(findings, english):
    assert "One training seed an arm" in answers(findings, english)[3]


def test_an_alarm_opens_the_answer_to_whether_it_is_real(findings, english):
    alarm = Finding("incomplete", "alarm", "3 completions could not be judged.")
    loud = replace(findings, findings=(alarm, *findings.findings))
    assert answers(loud, english)[2].startswith("3 completions could not be judged.")
