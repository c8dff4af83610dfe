"""``kiyas train`` and ``kiyas predict``: one classifier from its tables, and its use.

The reference study's command: dashes or underscores in the options, its files in the output folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiyas.cli.options import AsJson, Quiet
from kiyas.cli.output import emit, resumable
from kiyas.cli.wording import DASH, table_text
from kiyas.languages import decimal_text
from kiyas.languages import gettext as _

if TYPE_CHECKING:
    from kiyas.records.classification import ClassifierScores, Metric
    from kiyas.steps.classify import LabelledPrediction

EITHER_SPELLING = {"token_normalize_func": lambda word: word.replace("_", "-")}
"""Context settings of verbs whose options may be written ``--train_path`` or ``--train-path``."""

_SHOWN = ("accuracy", "precision_macro", "recall_macro", "f1_macro", "f1_weighted", "auc_macro")
_EXCERPT = 60


def train(
    model: Annotated[str, typer.Option(help="Base: a Hub name, a folder, or embedded:NAME.")],
    train_path: Annotated[str, typer.Option(help="Training table.")],
    val_path: Annotated[str, typer.Option(help="Validation table; the epoch is chosen on it.")],
    output_dir: Annotated[Path, typer.Option(help="Folder of the results.")],
    test_path: Annotated[
        str | None, typer.Option(help="Test table; figures are of the validation table without.")
    ] = None,
    num_epochs: Annotated[int | None, typer.Option(help="Passes over the training rows.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows an optimiser step.")] = None,
    max_seq_len: Annotated[int | None, typer.Option(help="Tokens a row may have.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any key of train or lora, such as lora.rank=8; may be given again.",
        ),
    ] = None,
    text_column: Annotated[str | None, typer.Option(help="Text column, if not found.")] = None,
    label_column: Annotated[str | None, typer.Option(help="Label column, if not found.")] = None,
    class_names: Annotated[
        str | None, typer.Option(help="Names of the classes, 0 first: algebra,geometry,...")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
    allow_leak: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PAIR", help="Tables that may share rows: train/test; may be given again."
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train one classifier and write the files of the reference study; the same command resumes."""
    from kiyas.config import read_classifier_settings
    from kiyas.execution import Progress, TerminalProgress
    from kiyas.steps.reference_command import TrainRequest, train_command

    given = {
        "train.num_epochs": num_epochs,
        "train.learning_rate": learning_rate,
        "train.batch_size": batch_size,
        "train.max_seq_len": max_seq_len,
    }
    own = [f"{key}={value}" for key, value in given.items() if value is not None]
    lora, training = read_classifier_settings([*own, *(settings or ())])
    request = TrainRequest(
        model=model,
        train_path=train_path,
        val_path=val_path,
        output_dir=output_dir,
        test_path=test_path,
        text_column=text_column,
        label_column=label_column,
        class_names=tuple(name.strip() for name in class_names.split(",")) if class_names else (),
        train=training,
        lora=lora,
        seed=seed,
        allow_leak=tuple(allow_leak or ()),
    )
    with resumable(as_json=as_json):
        scores = train_command(request, Progress() if quiet else TerminalProgress())
    result = {"output_dir": str(output_dir), "split": scores.split, "metrics": _plain(scores)}
    emit(result, _scores_text(scores, output_dir), as_json=as_json)


def predict(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="What kiyas train, or a study's trial, wrote.")
    ],
    text: Annotated[
        list[str] | None, typer.Option(help="A text to classify; may be given again.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Texts: a line each, or a table with a text column.")
    ] = None,
    text_column: Annotated[str | None, typer.Option(help="Its name, if not found.")] = None,
    as_json: AsJson = False,
) -> None:
    """Classify new texts with a trained classifier."""
    from kiyas.steps.classify import predict_command

    found = predict_command(folder, texts=text or (), file=file, text_column=text_column)
    result = {"predictions": [asdict(item) for item in found]}
    emit(result, _predictions_text(found), as_json=as_json)


def _plain(scores: ClassifierScores) -> Mapping[str, Any]:
    return {name: asdict(metric) for name, metric in scores.metrics.items()}


def _scores_text(scores: ClassifierScores, output_dir: Path) -> str:
    rows = [(name, *_metric_cells(scores.metrics[name])) for name in _SHOWN]
    title = _("{folder}: {num} rows of the {split} table").format(
        folder=output_dir, num=scores.num_rows, split=scores.split
    )
    return "\n".join([title, table_text((_("figure"), _("value"), _("interval")), rows)])


def _metric_cells(metric: Metric) -> tuple[str, str]:
    value = DASH if metric.estimate is None else decimal_text(metric.estimate, 3)
    if metric.k is not None:
        value += f" ({metric.k}/{metric.n})"
    if metric.ci_low is None or metric.ci_high is None:
        return value, DASH
    return value, f"[{decimal_text(metric.ci_low, 3)}, {decimal_text(metric.ci_high, 3)}]"


def _predictions_text(found: Sequence[LabelledPrediction]) -> str:
    rows = [
        (str(item.label), item.name, decimal_text(item.probability, 3), _excerpt(item.text))
        for item in found
    ]
    return table_text((_("class"), _("name"), _("probability"), _("text")), rows)


def _excerpt(text: str) -> str:
    line = "".join(char if char.isprintable() else " " for char in text)
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"
