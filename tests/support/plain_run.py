"""A study of one untrained base of random weights on three problems, decoded and judged."""

import json
from pathlib import Path

import pytest
from small_problems import adding_problems
from tiny_base import save_tiny_base

from kiyas.config import load_study
from kiyas.execution import Progress
from kiyas.run_folder import RunFolder
from kiyas.steps.predict import predict_checkpoints
from kiyas.steps.provenance import record_provenance
from kiyas.steps.run import Run, open_run
from kiyas.steps.score import score_checkpoints

STUDY = """\
name: plain
base: {home}/base
benchmark: {{name: own, path: problems.jsonl}}
audit: off
predict: {{max_new_tokens: 12, dtype: float32, determinism_problems: 2}}
arms:
  - name: plain
"""


def make_plain_run(home: Path) -> Run:
    """Decode and judge the study in a folder; nothing is in the cache before."""
    save_tiny_base(home / "base")
    lines = "".join(json.dumps(problem) + "\n" for problem in adding_problems(range(3)))
    (home / "problems.jsonl").write_text(lines, encoding="utf-8")
    (home / "plain.yaml").write_text(STUDY.format(home=home), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIYAS_CACHE", str(home / "cache"))
        run = open_run(load_study(home / "plain.yaml"), RunFolder(home / "run"), home, Progress())
        record_provenance(run)
        predict_checkpoints(run)
        score_checkpoints(run)
    return run
