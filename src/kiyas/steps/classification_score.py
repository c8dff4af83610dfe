"""Trained classifiers -> test predictions and their scores, on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiyas.execution import Job
from kiyas.run_folder import Inputs, hash_values, write_text
from kiyas.scoring.classification import predictions_csv, score_classifier
from kiyas.steps.adapters import check_weights
from kiyas.steps.classification_files import (
    publish,
    read_predictions,
    rename_classes,
    write_scores,
)
from kiyas.steps.classification_run import (
    ClassificationRun,
    ClassifierName,
    ClassifierTrial,
    find_trial,
    name_of,
)
from kiyas.steps.classification_trials import tested_trials, weights_of
from kiyas.steps.classify import load_trained
from kiyas.steps.run import ensure, is_waiting

if TYPE_CHECKING:
    from kiyas.prediction.probabilities import Predictor

SCORING_VERSION = 1
"""Raised when a figure is computed in another way."""


def predict_classes(run: ClassificationRun) -> list[str]:
    """Predict the test split with every trial that has not; return what was worked on."""
    jobs = []
    for trial in tested_trials(run):
        step, name = run.folder.predicted(trial.trial), name_of(trial)
        if is_waiting(step, _inputs(run, trial)):
            reads = (run.folder.relative(run.folder.trial(trial.trial)),)
            writes = (run.folder.relative(step),)
            is_baseline = trial.arm is None
            jobs.append(Job(_title(trial), name, reads, writes, on_gpu=not is_baseline))
    return run.executor.map(run, predict_task, jobs)


def predict_task(run: ClassificationRun, name: ClassifierName) -> list[str]:
    """Predict the test split with one trial, unless it has; return what was worked on."""
    return _predict(run, find_trial(run, name))


def score_classes(run: ClassificationRun) -> list[str]:
    """Score every trial's predictions that are not scored; return what was worked on."""
    return [title for job in tested_trials(run) for title in _score(run, job)]


def load_trial(run: ClassificationRun, job: ClassifierTrial) -> Predictor:
    """Load the classifier of a trained trial.

    Raises:
        RunFolderError: The weights are not those that were trained.
    """
    folder = run.folder.trial(job.trial)
    check_weights(folder.weights(is_baseline=job.arm is None), weights_of(run, job))
    return load_trained(folder, run.study.predict)


def _predict(run: ClassificationRun, job: ClassifierTrial) -> list[str]:
    title, step, inputs = _title(job), run.folder.predicted(job.trial), _inputs(run, job)

    def work() -> Inputs:
        probabilities = load_trial(run, job).predict_probabilities(run.test.texts)
        text = predictions_csv(run.test.labels, probabilities)
        write_text(step.predictions, text)
        return {"sha256": hash_values(text)}

    return [title] if ensure(step, inputs, title, run.progress, work) else []


def _title(job: ClassifierTrial) -> str:
    return f"prediction {job.trial.name}"


def _inputs(run: ClassificationRun, job: ClassifierTrial) -> Inputs:
    return {
        "weights": weights_of(run, job),
        "data.test": run.tables.sha256["test"],
        "predict.dtype": run.study.predict.dtype,
    }


def _score(run: ClassificationRun, job: ClassifierTrial) -> list[str]:
    title = f"scoring {job.trial.name}"
    predicted, scored = run.folder.predicted(job.trial), run.folder.scored(job.trial)
    names = run.tables.classes.names
    inputs = {
        "predictions": predicted.outputs()["sha256"],
        "class_names": list(names),
        "confidence": run.study.confidence,
        "scoring": SCORING_VERSION,
    }

    def work() -> Inputs:
        labels, probabilities = read_predictions(predicted.predictions)
        confidence = run.study.confidence
        scores = score_classifier(labels, probabilities, names, confidence=confidence)
        write_scores(scored, scores)
        return {"accuracy": scores.metrics["accuracy"].estimate}

    worked = ensure(scored, inputs, title, run.progress, work)
    publish(predicted, scored, run.folder.trial(job.trial))
    rename_classes(run.folder.trial(job.trial), run.tables.classes)
    return [title] if worked else []
