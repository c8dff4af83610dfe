"""What a plan says of a trial is what training will count."""

import json

import pytest

from kiyas.config import CodeStudy
from kiyas.planning import make_plan


def plan_of(folder, num_rows, **train):
    rows = [{"prompt": "p" * 60, "response": "r" * 6} for _ in range(num_rows)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text(text, encoding="utf-8")
    study = CodeStudy.model_validate(
        {
            "name": "small",
            "base": "embedded:smollm2-135m-instruct",
            "benchmark": {"limit": 2},
            "train": train,
            "arms": [{"name": "one", "data": {"source": "rows.jsonl"}}],
        }
    )
    [trial] = make_plan(study, folder).trials
    return trial


@pytest.mark.parametrize(
    ("num_rows", "train", "num_epochs"),
    [
        (11, {"num_epochs": 1.0, "gradient_accumulation_steps": 4}, 1),
        (3, {"max_steps": 20}, 20),
    ],
)
def test_a_pass_whose_last_step_is_not_full_is_planned_as_one_pass(
    tmp_path, num_rows, train, num_epochs
):
    trial = plan_of(tmp_path, num_rows, **train)
    assert trial.num_epochs == num_epochs
    assert trial.num_tokens == num_epochs * num_rows * 20  # 66 characters, 3.3 a token
    assert trial.max_tokens == num_epochs * num_rows * 2048
