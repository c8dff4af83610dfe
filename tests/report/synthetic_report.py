"""A made-up study of any size, consistent in itself, for the report's tests; no model, no cage."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import numpy as np

from kiyas.records import (
    Checkpoint,
    CheckpointScore,
    CodeFindings,
    Comparison,
    Finding,
    Proportion,
    Score,
)
from kiyas.records.setup import ArmSetup, ModelSetup, StudySetup
from kiyas.report import HistoryRow, Origin, ProblemAnswer, ProblemPage
from kiyas.statistics import holm, mcnemar, minimum_detectable_difference, wilson

BASE = Checkpoint("base/smollm2-135m-instruct", 0)
FAILURES = ("wrong_answer", "syntax_error", "name_error", "no_code_found", "truncated", "timeout")
WORDS = (
    "first we read the list and keep a counter for every value then the loop compares each "
    "pair of neighbours and returns the largest sum because the window never shrinks below two"
).split()
CALLS = ("sorted", "max", "sum", "len", "min", "abs", "set", "list", "tuple", "reversed")


def make_checkpoints(steps=(100, 200, 300, 400, 800), arms=("deep", "diverse"), seeds=(42,)):
    trained = [
        Checkpoint(f"{arm}/seed-{seed}", step, arm, seed)
        for arm in arms
        for seed in seeds
        for step in steps
    ]
    return [BASE, *trained]


def make_pages(checkpoints, num_problems=164, *, seed=1, length=40):
    """Return pages whose pass rate rises with the step."""
    draw = random.Random(seed)
    pages = []
    for number in range(num_problems):
        ease = draw.random()
        entry = f"solve_{draw.choice(CALLS)}_{number}"
        prompt = f'def {entry}(values: list[int]) -> int:\n    """{_prose(draw, 30)}"""\n'
        problem = f"HumanEval/{number}", prompt
        answers = tuple(_make_answer(draw, point, problem, ease, length) for point in checkpoints)
        sent = f"<|im_start|>user\nComplete this function.\n```python\n{prompt}```<|im_end|>\n"
        pages.append(
            ProblemPage(
                task_id=f"HumanEval/{number}",
                entry_point=entry,
                test=f"def check(candidate):\n    assert candidate([1, {number}]) == {number}\n",
                prompts={"chat": sent + "<|im_start|>assistant\n"},
                answers=answers,
            )
        )
    return pages


def make_findings(checkpoints, pages, *, isolation="strong", statements=None):
    """Return findings whose counts are those of the pages."""
    outcomes = {point.label: [] for point in checkpoints}
    rules = {point.label: Counter() for point in checkpoints}
    for page in pages:
        for answer in page.answers:
            outcomes[answer.checkpoint].append(answer.score.outcome)
            rules[answer.checkpoint][answer.score.rule] += 1
    scores = tuple(_score(p, outcomes[p.label], rules[p.label]) for p in checkpoints)
    trained = [score for score in scores if not score.checkpoint.is_base]
    best = max(trained, key=lambda score: score.pass_at_1.k, default=None)
    return CodeFindings(
        study="codegen-cot-small",
        benchmark="humaneval",
        num_problems=len(pages),
        num_samples=1,
        protocol="chat",
        isolation=isolation,
        confidence=0.95,
        checkpoints=scores,
        comparisons=_compare_all(checkpoints, outcomes),
        best=best.checkpoint.label if best and best.pass_at_1.k else None,
        findings=STATEMENTS if statements is None else statements,
    )


def make_histories(checkpoints, *, rows=80):
    draw = random.Random(3)
    histories = {}
    for trial in dict.fromkeys(point.trial for point in checkpoints if not point.is_base):
        last = max(point.step for point in checkpoints if point.trial == trial)
        histories[trial] = [
            HistoryRow(
                step=max(1, last * (row + 1) // rows),
                epoch=3 * (row + 1) / rows,
                loss=0.7 + 1.4 / (1 + row / 6) + draw.gauss(0, 0.03),
                learning_rate=5e-5 * (1 - row / rows),
                tokens=4000 * (row + 1),
                seconds=2.5 * (row + 1),
            )
            for row in range(rows)
        ]
    return histories


SETUP = StudySetup(
    question="Does the structure of reasoning change how well a small model writes code?",
    models=(ModelSetup("embedded:small", 134_515_008, 30, 576, 49_152),),
    arms=(
        ArmSetup("deep", "embedded:small", "embedded:deep", 4_884_480),
        ArmSetup("diverse", "embedded:small", "embedded:diverse", 4_884_480),
        ArmSetup("untrained", "embedded:small", "", None),
    ),
    settings=(("seeds", "42"), ("lora.rank", "32"), ("train.learning_rate", "5e-05")),
)
ORIGIN = Origin(
    {
        "study": "codegen-cot-small",
        "command": "kiyas run studies/codegen-cot-small.yaml",
        "changed": None,
        "packages": {"torch": "2.13.0+cpu", "numpy": "2.4.6"},
        "machine": {"processors": 2},
    },
    SETUP,
)

STATEMENTS = (
    Finding(
        "best-checkpoint",
        "warning",
        "The best of ten checkpoints, selected on the test set itself.",
        {"observed": 0.268, "corrected": None},
    ),
    Finding("plateau", "note", "Training could stop at step 200.", {"step": 200}),
)


def _prose(draw, words):
    return " ".join(draw.choices(WORDS, k=words))


def _code(draw, lines):
    body = "".join(
        f"    total_{draw.randrange(90)} = {draw.choice(CALLS)}(values) + {draw.randrange(999)}\n"
        for _ in range(lines)
    )
    return f"{body}    return total_{draw.randrange(90)}  # the answer\n"


def _make_answer(draw, point, problem, ease, length):
    task, prompt = problem
    share = 0.03 if point.is_base else 0.12 + 0.16 * (point.step / (point.step + 300))
    outcome = "passed" if 0.7 * ease + 0.3 * draw.random() < share else draw.choice(FAILURES)
    program = "" if outcome == "no_code_found" else prompt + _code(draw, length // 5)
    thought = f"<think>\n{_prose(draw, 3 * length)}\n</think>\n"
    score = Score(
        task_id=task,
        sample=0,
        outcome=outcome,
        detail="" if outcome == "passed" else f"AssertionError: expected {draw.randrange(99)}",
        rule="last-fence" if program else "none",
        program=program,
        num_tokens=draw.randrange(60, 512),
        finish_reason="length" if outcome == "truncated" else "stop",
        seconds=draw.random(),
        isolation="strong",
    )
    return ProblemAnswer(point.label, f"{thought}```python\n{program}```\n", score)


def _score(point, outcomes, rules):
    return CheckpointScore(
        checkpoint=point,
        pass_at_1=_share(outcomes.count("passed"), len(outcomes)),
        truncated=_share(outcomes.count("truncated"), len(outcomes)),
        outcomes=dict(Counter(outcomes)),
        rules=dict(rules),
        num_tokens=40_000,
        epoch=None if point.is_base else point.step / 281.7,
        train_loss=None if point.is_base else 1.1,
    )


def _share(k, n):
    interval = wilson(k, n, 0.95)
    return Proportion(k, n, interval.estimate, interval.low, interval.high)


def _compare_all(checkpoints, outcomes):
    trained = [point for point in checkpoints if not point.is_base]
    pairs = [(point.label, BASE.label, "against-base") for point in trained]
    pairs += [
        (one.label, other.label, "between-arms")
        for one in trained
        for other in trained
        if one.arm < other.arm and (one.seed, one.step) == (other.seed, other.step)
    ]
    passed = {
        label: np.array([outcome == "passed" for outcome in found], dtype=bool)
        for label, found in outcomes.items()
    }
    raw = [_compare(passed[first], passed[second]) for first, second, _ in pairs]
    adjusted = holm([p for *_, p in raw]) if raw else []
    made = []
    for (first, second, kind), (b, c, interval, alone), p in zip(pairs, raw, adjusted, strict=True):
        n = len(outcomes[first])
        found = "better" if interval.estimate and interval.estimate > 0 else "worse"
        made.append(
            Comparison(
                first=first,
                second=second,
                kind=kind,
                test="exact McNemar",
                num_problems=n,
                num_first_only=b,
                num_second_only=c,
                difference=interval.estimate,
                ci_low=interval.low,
                ci_high=interval.high,
                p_value=alone,
                p_adjusted=float(p),
                verdict=found if p <= 0.05 else "no difference detected",
                smallest_detectable=_detectable(n, b + c),
            )
        )
    return tuple(made)


def _compare(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return b, c, *_test(b, c, len(first))


@cache
def _test(b, c, n):
    test = mcnemar(b, c, n, 0.95)
    return test.difference, 1.0 if test.exact_p_value is None else test.exact_p_value


@cache
def _detectable(n, num_discordant):
    return minimum_detectable_difference(n, num_discordant / n if n else 0.0, 0.05 / 15)
