"""kiyas's part of benchmarks/training.py: training_kiyas.py prepare FOLDER WANTED | train WORK OUT.

``prepare`` reads the study, renders its rows and writes prepared.json, which every tool trains on;
``train`` trains on it with kiyas, as ``kiyas run`` does, and writes what each step took.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def prepare(folder: Path, wanted: dict[str, Any]) -> None:
    """Write prepared.json: rows as token ids, and the settings of the study's first arm."""
    from kiyas.config import CodeStudy, load_study
    from kiyas.data import load_examples
    from kiyas.models import choose_dtype, load_base, locate_base
    from kiyas.training.rows import prepare_rows

    study_path = Path(wanted["study"])
    study = load_study(study_path)
    assert isinstance(study, CodeStudy), study_path
    arm = study.arms[0]
    assert arm.data is not None, arm.name
    base_name = study.base_of(arm)
    source = locate_base(base_name, say=lambda line: print(line, file=sys.stderr))
    base = load_base(source, dtype="float32", device="cpu")
    columns = arm.data.columns.model_dump()
    loaded = load_examples(arm.data.source, columns=columns, base_dir=study_path.parent)
    examples = loaded.examples[: wanted["examples"]]
    train, lora = study.train_of(arm), study.lora_of(arm)
    if wanted["dropout"] is not None:
        lora = lora.model_copy(update={"dropout": wanted["dropout"]})
    rows, _ = prepare_rows(base, examples, study.protocol, max_seq_len=train.max_seq_len)
    prepared = {
        "base": str(source.path),
        "base_name": base_name,
        "data": arm.data.source,
        "best_dtype": choose_dtype("cpu"),
        "protocol": study.protocol,
        "seed": study.seeds[0],
        "examples": [[one.prompt, one.response, one.row] for one in examples],
        "rows": [
            {"input_ids": row.token_ids.tolist(), "first_trained": row.first_trained}
            for row in rows
        ],
        "lora": lora.model_dump(),
        "train": {**train.model_dump(), "max_steps": wanted["steps"], "checkpoints": None},
    }
    (folder / "prepared.json").write_text(json.dumps(prepared), encoding="utf-8")


def train(work_file: Path, out: Path) -> None:
    """Write loss, seconds and counts of every step."""
    from kiyas.config import LoraSettings, TrainSettings
    from kiyas.execution import Progress
    from kiyas.models import load_base, locate_base
    from kiyas.records import Example, Trial
    from kiyas.run_folder import TrialFolder
    from kiyas.training import CausalJob, read_history, train_trial

    work = json.loads(work_file.read_text(encoding="utf-8"))
    counted = _count_rows()
    with tempfile.TemporaryDirectory() as name:
        folder = TrialFolder(Path(name) / "trial", Path(name) / "superseded")
        job = CausalJob(
            Trial("benchmark", "benchmark", work["seed"]),
            [Example(*values) for values in work["examples"]],
            LoraSettings(**work["lora"]),
            TrainSettings(**{**work["train"], "dtype": work["dtype"]}),
            work["protocol"],
            folder,
        )
        base = load_base(locate_base(work["base_name"]), dtype=work["dtype"])
        train_trial(job, base, progress=Progress())
        history = read_history(folder.history)
    rows = [work["rows"][index] for index in counted]
    result = {
        "losses": [row.loss for row in history],
        "step_s": [row.seconds for row in history],
        "num_examples": len(rows),
        "num_tokens": sum(row.tokens for row in history),
        "num_trained_tokens": sum(len(row["input_ids"]) - row["first_trained"] for row in rows),
        "num_micro_batches": None,
    }
    out.write_text(json.dumps(result), encoding="utf-8")


def _count_rows() -> list[int]:
    """Return a list that gets the index of every row that kiyas trains on from here on."""
    from kiyas.training.trainer import TrialTrainer

    counted: list[int] = []
    step = TrialTrainer.training_step

    def counted_step(trainer: Any, model: Any, inputs: Any, *rest: Any) -> Any:
        counted.extend(inputs["indices"].tolist())
        return step(trainer, model, inputs, *rest)

    TrialTrainer.training_step = counted_step  # type: ignore[method-assign]
    return counted


if __name__ == "__main__":
    act, place, given = sys.argv[1:]
    if act == "prepare":
        prepare(Path(place), json.loads(given))
    else:
        train(Path(place), Path(given))
