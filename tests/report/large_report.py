"""A made-up study of many arms, its texts as alike as those of a model's checkpoints are.

Greedy answers of two checkpoints of an arm begin alike and part somewhere, or do not part at all;
how much a report's block of texts can be compressed hangs on that.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

from synthetic_report import CALLS, FAILURES, WORDS, make_checkpoints, make_findings, make_histories

from kiyas.analysis import ScoredCheckpoint, Setting
from kiyas.analysis.trajectory import follow_trajectory
from kiyas.records import Score
from kiyas.records.measures import Difference
from kiyas.records.trajectory import LeadPoint, LearningSpeed, Trajectory
from kiyas.report import ProblemAnswer, ProblemPage

SETTING = Setting(
    study="many-arms",
    benchmark="humaneval",
    num_problems=164,
    num_samples=1,
    protocol="chat",
    isolation="strong",
    confidence=0.95,
    num_seeds=1,
    seed=1,
)
_SAME_AGAIN = 0.5
"""Share of answers that the next checkpoint gives word by word."""


def make_large_study(num_arms, num_steps, num_problems=164):
    """Return findings, pages and histories of so many arms, each tested at so many steps."""
    names = [f"arm-{number:03}" for number in range(num_arms)]
    points = make_checkpoints([100 * (step + 1) for step in range(num_steps)], names)
    pages = _make_pages(points, num_problems)
    findings = make_findings(points, pages, statements=())
    trajectory = _follow(points, pages)
    rows = 400 if num_arms < 50 else 80
    whole = replace(findings, study="many-arms", trajectory=trajectory)
    return whole, pages, make_histories(points, rows=rows)


def _make_pages(points, num_problems):
    draw = random.Random(1)
    sentences = [" ".join(draw.choices(WORDS, k=12)) + "." for _ in range(400)]
    pages = []
    for number in range(num_problems):
        ease = draw.random()
        entry = f"solve_{draw.choice(CALLS)}_{number}"
        prompt = f'def {entry}(values: list[int]) -> int:\n    """{draw.choice(sentences)}"""\n'
        problem = f"HumanEval/{number}", prompt
        first = draw.choices(sentences, k=20), _code_lines(draw, 8)
        answers, texts = [], {}
        for point in points:
            before = texts.get(point.trial, first)
            texts[point.trial] = after = _go_on(draw, before, sentences)
            answers.append(_make_answer(draw, point, problem, after, ease))
        sent = f"<|im_start|>user\nComplete this function.\n```python\n{prompt}```<|im_end|>\n"
        test = f"def check(candidate):\n    assert candidate([1, {number}]) == {number}\n"
        pages.append(
            ProblemPage(f"HumanEval/{number}", entry, test, {"chat": sent}, tuple(answers))
        )
    return pages


def _go_on(draw, before, sentences):
    """Return what the next checkpoint writes: the same, or the same up to a point."""
    if draw.random() < _SAME_AGAIN:
        return before
    thought, code = before
    at, line = draw.randrange(len(thought)), draw.randrange(len(code))
    return (
        thought[:at] + draw.choices(sentences, k=len(thought) - at),
        code[:line] + _code_lines(draw, len(code) - line),
    )


def _code_lines(draw, count):
    return [
        f"    total_{draw.randrange(9)} = {draw.choice(CALLS)}(values) + {draw.randrange(99)}"
        for _ in range(count)
    ]


def _make_answer(draw, point, problem, text, ease):
    task, prompt = problem
    thought, code = text
    share = 0.1 if point.is_base else 0.12 + 0.16 * (point.step / (point.step + 300))
    outcome = "passed" if 0.9 * ease + 0.1 * draw.random() < share else draw.choice(FAILURES)
    program = "" if outcome == "no_code_found" else prompt + "\n".join(code) + "\n"
    score = Score(
        task_id=task,
        sample=0,
        outcome=outcome,
        detail="" if outcome == "passed" else f"AssertionError: expected {draw.randrange(99)}",
        rule="validated" if program else "none",
        program=program,
        num_tokens=draw.randrange(60, 512),
        finish_reason="length" if outcome == "truncated" else "stop",
        seconds=round(draw.random(), 4),
        isolation="strong",
    )
    completion = f"<think>\n{' '.join(thought)}\n</think>\n```python\n{program}```\n"
    return ProblemAnswer(point.label, completion, score)


def _follow(points, pages):
    """Return the trajectory: each trial followed by itself, every pair of trials alike."""
    verdicts = {point.label: [] for point in points}
    for page in pages:
        for answer in page.answers:
            verdicts[answer.checkpoint].append(answer.score)
    base, *trained = (
        ScoredCheckpoint(p, points[0].label, tuple(verdicts[p.label])) for p in points
    )
    trials = {item.checkpoint.trial: [base] for item in trained}
    for item in trained:
        trials[item.checkpoint.trial].append(item)
    followed = [follow_trajectory(SETTING, members) for members in trials.values()]
    steps = [item.checkpoint.step for item in next(iter(trials.values()))[1:]]
    return Trajectory(
        selected=tuple(item for one in followed for item in one.selected),
        plateaus=tuple(item for one in followed for item in one.plateaus),
        speeds=tuple(_speed(*pair, steps) for pair in combinations(trials, 2)),
        without_speed=(),
        arms=(),
        courses=tuple(item for one in followed for item in one.courses),
        failures=tuple(item for one in followed for item in one.failures),
    )


def _speed(first, second, steps):
    points = tuple(LeadPoint(step, 0.01, -0.05, 0.07, 0.8) for step in steps)
    early = Difference(0.01, -0.05, 0.07, 0.6, 1.0)
    return LearningSpeed(
        first, second, points, tuple(steps[: len(steps) // 2]), early, "no difference detected"
    )
