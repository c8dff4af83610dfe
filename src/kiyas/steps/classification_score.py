"""Trained classifiers -> test predictions, their scores, and latency, on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from kiyas.classification_records import LatencyReport
from kiyas.config.classification import ClassifierPredictSettings
from kiyas.errors import ModelError
from kiyas.models.classifier import locate_classifier_base
from kiyas.run_folder import Inputs, hash_values, read_json, write_json, write_text
from kiyas.scoring.classification import predictions_csv, score_classifier
from kiyas.steps.classification_files import (
    CLASS_REPORT,
    METRICS,
    PREDICTIONS,
    publish,
    read_description,
    read_predictions,
    write_scores,
)
from kiyas.steps.classification_run import ClassificationRun, ClassifierTrial
from kiyas.steps.run import ensure

if TYPE_CHECKING:
    from kiyas.prediction.probabilities import Predictor

SCORING_VERSION = 1
"""Raised when a figure is computed in another way."""

_LATENCY = "latency.json"


def predict_and_score(run: ClassificationRun, job: ClassifierTrial) -> list[str]:
    """Predict the test split and score it; return the titles of what was worked on."""
    done = []
    name = job.trial.name
    predicted, scored = run.folder.predicted(job.trial), run.folder.scored(job.trial)
    test = run.tables.splits["test"]

    def predict() -> Inputs:
        probabilities = _load(run, job).predict_probabilities(test.texts)
        text = predictions_csv(test.labels, probabilities)
        write_text(predicted.path / PREDICTIONS, text)
        return {"sha256": hash_values(text)}

    def score() -> Inputs:
        labels, probabilities = read_predictions(predicted.path / PREDICTIONS)
        scores = score_classifier(
            labels,
            probabilities,
            run.tables.classes.names,
            confidence=run.study.confidence,
        )
        write_scores(scored.path, scores)
        return {"accuracy": scores.metrics["accuracy"].estimate}

    predict_inputs = {
        "weights": run.folder.trial(job.trial).outputs()["weights"],
        "data.test": run.tables.sha256["test"],
        "predict.dtype": run.study.predict.dtype,
    }
    if ensure(predicted, predict_inputs, f"prediction {name}", run.progress, predict):
        done.append(f"prediction {name}")
    score_inputs = {
        "predictions": predicted.outputs()["sha256"],
        "class_names": list(run.tables.classes.names),
        "confidence": run.study.confidence,
        "scoring": SCORING_VERSION,
    }
    if ensure(scored, score_inputs, f"scoring {name}", run.progress, score):
        done.append(f"scoring {name}")
    files = [scored.path / METRICS, predicted.path / PREDICTIONS, scored.path / CLASS_REPORT]
    publish(files, run.folder.trial(job.trial).path)
    return done


def measure_arms(
    run: ClassificationRun, jobs: Mapping[str, ClassifierTrial]
) -> tuple[LatencyReport | None, list[str]]:
    """Time one trial of each arm, all in one go; return the report and what was worked on.

    Args:
        run: The run.
        jobs: The trial that stands for each arm.
    """
    settings = run.study.latency
    if not settings.enabled or not jobs:
        return None, []
    step = run.folder.timing
    inputs = {
        "data.test": run.tables.sha256["test"],
        "predict.dtype": run.study.predict.dtype,
        **{f"latency.{key}": value for key, value in settings.model_dump().items()},
        **{arm: run.folder.trial(job.trial).outputs()["weights"] for arm, job in jobs.items()},
    }

    def work() -> Inputs:
        from kiyas.prediction.latency import measure_latency

        report = measure_latency(
            {arm: _load(run, job) for arm, job in jobs.items()},
            run.tables.splits["test"].texts,
            settings,
            run.progress,
            run.study.confidence,
        )
        write_json(step.path / _LATENCY, asdict(report))
        return {"device": report.device}

    worked = ensure(step, inputs, "latency", run.progress, work)
    report = TypeAdapter(LatencyReport).validate_python(read_json(step.path / _LATENCY))
    return report, ["latency"] if worked else []


def load_trained(folder: Path, settings: ClassifierPredictSettings | None = None) -> Predictor:
    """Load the classifier of a folder that holds ``classifier.json``.

    Returns:
        The classifier, ready to predict.

    Raises:
        ModelError: The folder holds none, or its base has changed since.
    """
    from kiyas.prediction.probabilities import ClassifierFiles, load_predictor

    description = read_description(folder)
    base = None
    if description.base is not None:
        base = locate_classifier_base(description.base)
        if base.fingerprint != description.base_fingerprint:
            raise ModelError(
                "the base model is not the one that the adapter was trained on",
                where=f"{folder}, base {description.base}",
                received=base.fingerprint,
                expected=str(description.base_fingerprint),
                next_step="restore the base model, or train again",
            )
    files = ClassifierFiles(
        kind=description.kind,
        folder=folder / description.weights,
        num_classes=len(description.class_names),
        base=base,
        max_seq_len=description.max_seq_len,
    )
    return load_predictor(files, settings or ClassifierPredictSettings())


def _load(run: ClassificationRun, job: ClassifierTrial) -> Predictor:
    return load_trained(run.folder.trial(job.trial).path, run.study.predict)
