"""Run folders of both tasks, made by real runs on tiny bases in a few seconds."""

import json
from pathlib import Path

from small_problems import adding_problems
from tiny_base import save_tiny_base
from tiny_classifiers import save_tiny_encoder, write_topic_tables

import kiyas

CODE = """\
name: small-code
task: code
base: {base}
benchmark: {{name: own, path: problems.jsonl}}
lora: {{rank: 2, alpha: 4}}
train:
  learning_rate: 0.01
  gradient_accumulation_steps: 2
  max_steps: 2
  checkpoints: [1, 2]
  max_seq_len: 128
  dtype: float32
predict: {{max_new_tokens: 8, batch_size: 4, dtype: float32, cache: false}}
audit: {{protocols: [completion], limit: 1}}
arms:
  - name: short
    data: {{source: rows.jsonl}}
"""
TOPICS = """\
name: small-topics
task: classification
data: {{train: train.csv, validation: val.csv, test: test.csv}}
lora: {{rank: 2, alpha: 4}}
train: {{num_epochs: 1, batch_size: 8, learning_rate: 0.01, dtype: float32, max_seq_len: 64}}
latency: {{enabled: false}}
arms:
  - {{name: encoder, base: {base}}}
"""


def run_small_code(folder: Path, extra: str = "") -> Path:
    """Run a study of code with one arm and two checkpoints; return its run folder.

    ``extra`` is appended to the study file.
    """
    write_small_code(folder, CODE + extra)
    return _run(folder)


def write_small_code(folder: Path, study: str) -> None:
    """Write a study of code with its base, its problems and its rows."""
    base = save_tiny_base(folder / "base")
    problems = adding_problems(range(3))
    _write_lines(folder / "problems.jsonl", problems)
    rows = [{"prompt": f"add {n}", "response": f"return x + {n}"} for n in range(4)]
    _write_lines(folder / "rows.jsonl", rows)
    _write_study(folder, study.replace("{base}", str(base)).replace("{{", "{").replace("}}", "}"))


def run_small_topics(folder: Path, extra: str = "") -> Path:
    """Run a study of classifiers, an encoder beside the baseline; return its run folder."""
    base = save_tiny_encoder(folder / "encoder")
    write_topic_tables(folder)
    _write_study(folder, TOPICS.format(base=base) + extra)
    return _run(folder)


def _write_study(folder: Path, study: str) -> None:
    (folder / "study.yaml").write_text(study, encoding="utf-8")


def _run(folder: Path) -> Path:
    path = folder / "run"
    kiyas.run(folder / "study.yaml", run_folder=path, quiet=True)
    return path


def _write_lines(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
