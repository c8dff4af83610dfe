"""Training throughput of a classifier: kiyas beside plain ``transformers.Trainer`` with PEFT.

Same base, rows, batch size, learning rate, adapter, precision, threads and number of epochs; both
are timed over whole epochs without validation, one after the other in an order drawn anew each
round. Prints texts a second of each, their ratio, and the validation accuracy that each reached.

    python benchmarks/classifier.py --base embedded:minilm-l6 --epochs 1 --rounds 1
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from kiyas.config import ClassifierLora, ClassifierTrainSettings
from kiyas.data import load_table
from kiyas.execution import Progress
from kiyas.models import locate_base
from kiyas.models.classifier import Classifier, load_classifier
from kiyas.models.classifier_adapters import add_adapter, load_adapter
from kiyas.models.classifier_inputs import compute_logits, encode_texts
from kiyas.records.classification import LabelledTexts
from kiyas.run_folder import ClassifierFolder
from kiyas.training.classifier import train_classifier
from kiyas.training.classifier_history import read_history
from kiyas.training.classifier_job import ClassifierJob

SHARED = Path(__file__).parents[2] / "shared" / "data" / "math_topics"
LORA = ClassifierLora()


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
    )
    num_classes = max(splits[0].labels) + 1
    job = ClassifierJob("benchmark", base, num_classes, LORA, train, 0)
    runners = {"kiyas": _run_kiyas, "transformers.Trainer": _run_trainer}
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    accuracy: dict[str, float] = {}
    for number in range(arguments.rounds):
        order = list(runners)
        random.Random(number).shuffle(order)
        for name in order:
            taken, accuracy[name] = runners[name](job, splits)
            seconds[name].append(taken)
            print(f"round {number + 1}, {name}: {taken:.1f} s", flush=True)
    rows = arguments.epochs * len(splits[0].texts)
    medians = {name: float(np.median(values)) for name, values in seconds.items()}
    figures = {
        "base": arguments.base,
        "texts_per_s": {name: rows / value for name, value in medians.items()},
        "ratio": medians["transformers.Trainer"] / medians["kiyas"],
        "validation_accuracy": accuracy,
        "num_validation": len(splits[1].texts),
    }
    print(json.dumps(figures, indent=2))


def _run_kiyas(
    job: ClassifierJob, splits: tuple[LabelledTexts, LabelledTexts]
) -> tuple[float, float]:
    """Return seconds of training, validation left out, and the validation accuracy at its end."""
    one_row = LabelledTexts("validation", splits[1].texts[:1], splits[1].labels[:1])
    with tempfile.TemporaryDirectory() as name:
        folder = ClassifierFolder.at(Path(name) / "trial")
        train_classifier(job, (splits[0], one_row), folder, Progress(), lambda _: False)
        seconds = sum(epoch.seconds for epoch in read_history(folder.history))
        fresh = load_classifier(job.base, job.num_classes, dtype=job.train.dtype)
        trained = load_adapter(fresh, folder.adapter)
        return seconds, _accuracy(trained, splits[1], job.train.max_seq_len)


def _run_trainer(
    job: ClassifierJob, splits: tuple[LabelledTexts, LabelledTexts]
) -> tuple[float, float]:
    """Train as the reference does: Trainer's defaults, padding to the longest row of a batch."""
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    classifier = load_classifier(job.base, job.num_classes, dtype=job.train.dtype)
    classifier = add_adapter(classifier, job.lora, seed=0)
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
                seed=0,
            ),
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer),
        )
        started = time.monotonic()
        trainer.train()
        seconds = time.monotonic() - started
    return seconds, _accuracy(classifier, splits[1], job.train.max_seq_len)


def _accuracy(classifier: Classifier, split: LabelledTexts, max_seq_len: int) -> float:
    logits = compute_logits(classifier, encode_texts(classifier, split.texts, max_seq_len), 4096)
    return float((logits.argmax(axis=1) == np.array(split.labels)).mean())


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
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--rows", type=int, default=None, help="training rows; all if not given")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--max-seq-len", type=int, default=512)
    return parser.parse_args()


if __name__ == "__main__":
    main()
