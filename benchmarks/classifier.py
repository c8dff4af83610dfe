"""Training throughput of a classifier: kiyas beside plain ``transformers.Trainer`` with PEFT.

Same base, rows, batch size, learning rate, adapter, precision, threads and number of epochs; both
are timed over whole epochs without validation, one after the other in an order drawn anew each
round. Every round is a seed of its own, for data order, head and adapter. Prints texts a second of
each, their ratio in each round, and the accuracy on the validation rows of what each kept: Trainer
its last epoch, kiyas its best (by one row, so compare accuracies after one epoch only).

    python benchmarks/classifier.py --base embedded:minilm-l6 --rows 64 --rounds 1      (quick)
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from kiyas.config import ClassifierLora, ClassifierTrainSettings
from kiyas.config.classification import EarlyStopping
from kiyas.data import load_table
from kiyas.execution import Progress
from kiyas.models import locate_base
from kiyas.models.classifier import Classifier, load_classifier
from kiyas.models.classifier_adapters import add_adapter, load_adapter
from kiyas.models.classifier_inputs import compute_logits, encode_texts
from kiyas.records.classification import LabelledTexts
from kiyas.run_folder import ClassifierFolder
from kiyas.statistics import wilson
from kiyas.training.classifier import train_classifier
from kiyas.training.classifier_history import read_history
from kiyas.training.classifier_job import ClassifierJob

SHARED = Path(__file__).parents[2] / "shared" / "data" / "math_topics"
LORA = ClassifierLora()


@dataclass(frozen=True)
class Measured:
    """What one training took and gave."""

    seconds: float
    """Wall seconds of training, validation left out."""
    num_right: int
    """Validation rows whose class it predicts at its end."""


def main() -> None:
    arguments = _parse()
    splits = _load(arguments)
    base = locate_base(arguments.base, say=print)
    train = ClassifierTrainSettings(
        num_epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
        warmup_ratio=0.0,
        weight_decay=0.0,
        max_seq_len=arguments.max_seq_len,
        # One row validates, so that validation takes no time; of its classes all epochs would tie.
        early_stopping=EarlyStopping(metric="loss"),
    )
    num_classes = max(splits[0].labels) + 1
    runs: dict[str, list[Measured]] = {name: [] for name in RUNNERS}
    for seed in range(arguments.rounds):
        job = ClassifierJob("benchmark", base, num_classes, LORA, train, seed)
        order = list(RUNNERS)
        random.Random(seed).shuffle(order)
        for name in order:
            runs[name].append(RUNNERS[name](job, splits))
            print(f"round {seed + 1}, {name}: {runs[name][-1].seconds:.1f} s", flush=True)
    num_rows, num_validation = arguments.epochs * len(splits[0].texts), len(splits[1].texts)
    print(_to_markdown(runs, num_rows, num_validation))
    figures = {
        "base": arguments.base,
        "num_rows": num_rows,
        "num_validation": num_validation,
        "processors": len(os.sched_getaffinity(0)),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "load": os.getloadavg(),
        "runs": {name: [asdict(run) for run in own] for name, own in runs.items()},
    }
    print(json.dumps(figures))


def _to_markdown(runs: dict[str, list[Measured]], num_rows: int, num_validation: int) -> str:
    """Return the table: medians over the rounds, ratios round by round, every accuracy."""
    heads = ["tool", "texts/s", f"times {PEER} [least, most]", "accuracy by round [95 %]"]
    lines = ["| " + " | ".join(heads) + " |", "| --- | ---: | ---: | --- |"]
    for name, own in runs.items():
        speed = num_rows / median(run.seconds for run in own)
        ratios = [its.seconds / mine.seconds for mine, its in zip(own, runs[PEER], strict=True)]
        ratio = f"{median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]"
        accuracies = ", ".join(_proportion(run.num_right, num_validation) for run in own)
        lines.append(f"| {name} | {speed:.1f} | {ratio} | {accuracies} |")
    return "\n".join(lines) + "\n"


def _proportion(k: int, n: int) -> str:
    interval = wilson(k, n)
    assert interval.low is not None  # there are validation rows
    assert interval.high is not None
    return f"{k}/{n} ({100 * k / n:.1f} %) [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def _run_kiyas(job: ClassifierJob, splits: tuple[LabelledTexts, LabelledTexts]) -> Measured:
    """Train with kiyas; one validation row keeps its validation from being timed."""
    one_row = LabelledTexts("validation", splits[1].texts[:1], splits[1].labels[:1])
    with tempfile.TemporaryDirectory() as name:
        folder = ClassifierFolder.at(Path(name) / "trial")
        train_classifier(job, (splits[0], one_row), folder, Progress(), lambda _: False)
        seconds = sum(epoch.seconds for epoch in read_history(folder.history))
        fresh = load_classifier(job.base, job.num_classes, dtype=job.train.dtype)
        trained = load_adapter(fresh, folder.adapter)
        return Measured(seconds, _count_right(trained, splits[1], job.train.max_seq_len))


def _run_trainer(job: ClassifierJob, splits: tuple[LabelledTexts, LabelledTexts]) -> Measured:
    """Train as the reference does: Trainer's defaults, padding to the longest row of a batch."""
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    classifier = load_classifier(job.base, job.num_classes, dtype=job.train.dtype, seed=job.seed)
    classifier = add_adapter(classifier, job.lora, seed=job.seed)
    tokenizer: Any = classifier.tokenizer
    rows = [
        {**tokenizer(text, truncation=True, max_length=job.train.max_seq_len), "labels": label}
        for text, label in zip(splits[0].texts, splits[0].labels, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=classifier.model,
            args=TrainingArguments(
                output_dir=folder,
                num_train_epochs=job.train.num_epochs,
                per_device_train_batch_size=job.train.batch_size,
                learning_rate=job.train.learning_rate,
                bf16=classifier.dtype == "bfloat16",
                use_cpu=classifier.device == "cpu",
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                seed=job.seed,
            ),
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer),
        )
        started = time.monotonic()
        trainer.train()
        seconds = time.monotonic() - started
    return Measured(seconds, _count_right(classifier, splits[1], job.train.max_seq_len))


def _count_right(classifier: Classifier, split: LabelledTexts, max_seq_len: int) -> int:
    logits = compute_logits(classifier, encode_texts(classifier, split.texts, max_seq_len), 4096)
    return int((logits.argmax(axis=1) == np.array(split.labels)).sum())


PEER = "transformers.Trainer"
RUNNERS = {"kiyas": _run_kiyas, PEER: _run_trainer}


def _load(arguments: argparse.Namespace) -> tuple[LabelledTexts, LabelledTexts]:
    """Return real problems where they are at hand, else the embedded ones."""
    splits = []
    for name, file in (("train", "train.csv"), ("validation", "val.csv")):
        if SHARED.exists():
            table = load_table(str(SHARED / file), base_dir=Path())
        else:
            table = load_table("embedded:math-topics", split=name, base_dir=Path())
        kept = slice(arguments.rows if name == "train" else None)
        splits.append(LabelledTexts(name, table.texts[kept], table.labels[kept]))
    return splits[0], splits[1]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="embedded:smollm2-135m-instruct")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=None, help="training rows; all if not given")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--max-seq-len", type=int, default=512)
    return parser.parse_args()


if __name__ == "__main__":
    main()
