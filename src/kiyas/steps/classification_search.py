"""Searched arms -> the values each goes on with, chosen on the validation split.

Every point is trained with the study's first seed and never sees the test split. Points are trials
like any other: one that is trained already, in this search or an earlier one, is read back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.classification import TriedPoint
from kiyas.config import ClassifierArm
from kiyas.config.classification import SearchSettings, SearchValue, SelectionMetric
from kiyas.config.classification_conflicts import grid_points
from kiyas.errors import RunFolderError
from kiyas.records.classification import EpochRecord, Metric
from kiyas.run_folder import Inputs, read_json, write_json
from kiyas.statistics import bca_means, bootstrap_metric, macro_f1, wilson
from kiyas.steps.classification_files import read_epochs, read_predictions, read_trained
from kiyas.steps.classification_points import OptunaSearch, random_points
from kiyas.steps.classification_run import ClassificationRun, ClassifierTrial, name_trial
from kiyas.steps.classification_train import (
    train_classifier_trial,
    train_together,
    trial_inputs,
)
from kiyas.steps.run import ensure, flatten

_NUM_RESAMPLES = 2_000


def search_arms(run: ClassificationRun) -> list[str]:
    """Train every point of the search and choose one for each arm; return what was worked on.

    Raises:
        MissingExtraError: Optuna is asked for and not installed.
    """
    search = run.study.search
    if search is None:
        return []
    worked: list[str] = []
    arms = _searched_arms(run)
    inputs = {
        **flatten("search", search.model_dump()),
        **{key: value for arm in arms for key, value in _arm_inputs(run, arm).items()},
    }

    def work() -> Inputs:
        worked.extend(train_together(run, [job for arm in arms for job in _listed(run, arm)]))
        points = [point for arm in arms for point in _search_arm(run, search, arm, worked)]
        write_json(run.folder.points, {"points": points})
        return {"num_points": len(points)}

    if ensure(run.folder.searching, inputs, "search", run.progress, work):
        worked.append("search")
    return worked


def chosen_values(run: ClassificationRun) -> dict[str, dict[str, SearchValue]]:
    """Return the values that each searched arm goes on with.

    Raises:
        RunFolderError: The search is not finished.
    """
    return {item["arm"]: item["values"] for item in _kept_points(run) if item["is_chosen"]}


def read_points(run: ClassificationRun) -> list[TriedPoint]:
    """Return every point of the search with what it said of the validation rows.

    Raises:
        RunFolderError: The search is not finished.
    """
    search = run.study.search
    if search is None:
        return []
    arms = {arm.name: arm for arm in _searched_arms(run)}
    points = []
    for item in _kept_points(run):
        job = name_trial(arms[item["arm"]], run.study.seeds[0], item["values"])
        point = _point(run, search.metric, job)
        points.append(replace(point, is_chosen=item["is_chosen"]))
    return points


def _kept_points(run: ClassificationRun) -> list[dict[str, Any]]:
    if run.study.search is None:
        return []
    if not run.folder.searching.outputs():
        raise RunFolderError(
            "the search is not finished",
            where=str(run.folder.path),
            next_step="finish it with `kiyas run` first",
        )
    kept: list[dict[str, Any]] = read_json(run.folder.points)["points"]
    return kept


def _searched_arms(run: ClassificationRun) -> list[ClassifierArm]:
    return [arm for arm in run.study.arms if arm.search]


def _arm_inputs(run: ClassificationRun, arm: ClassifierArm) -> Inputs:
    inputs = trial_inputs(run, name_trial(arm, run.study.seeds[0], {}))
    return {f"{arm.name}.{key}": value for key, value in inputs.items()}


def _search_arm(
    run: ClassificationRun, search: SearchSettings, arm: ClassifierArm, worked: list[str]
) -> list[dict[str, Any]]:
    """Train the points of an arm; return them as plain values, the chosen one marked."""
    # Optuna may ask for a point twice; it is one trial.
    tried: dict[str, ClassifierTrial] = {}
    for job, titles in _try_points(run, search, arm):
        tried.setdefault(job.trial.name, job)
        worked += titles
    points = [_point(run, search.metric, job) for job in tried.values()]
    best = _best(search.metric, points)
    told = ", ".join(f"{key} {value}" for key, value in best.values.items())
    run.progress.say(f"search: {arm.name} goes on with {told}")
    return [
        {
            "arm": arm.name,
            "trial": point.trial,
            "values": point.values,
            search.metric: asdict(point.metric),
            "is_chosen": point is best,
        }
        for point in points
    ]


def _try_points(
    run: ClassificationRun, search: SearchSettings, arm: ClassifierArm
) -> Iterator[tuple[ClassifierTrial, list[str]]]:
    if search.method == "optuna":
        yield from _try_optuna(run, search, arm)
    for job in _listed(run, arm):
        yield job, []


def _listed(run: ClassificationRun, arm: ClassifierArm) -> list[ClassifierTrial]:
    """Return the points that are known before any is trained; Optuna's are not."""
    search, seed = run.study.search, run.study.seeds[0]
    if search is None or search.method == "optuna":
        return []
    points = grid_points(search) if search.method == "grid" else random_points(search, seed)
    return [name_trial(arm, seed, values) for values in points]


def _try_optuna(
    run: ClassificationRun, search: SearchSettings, arm: ClassifierArm
) -> Iterator[tuple[ClassifierTrial, list[str]]]:
    """Train what Optuna asks for; sampler and pruner depend on the seed and what they are told."""
    seed = run.study.seeds[0]
    sampler = OptunaSearch(search, seed)
    for _ in range(search.num_points or 0):
        asked, values = sampler.ask()
        job = name_trial(arm, seed, values)

        def on_epoch(epoch: EpochRecord, asked: Any = asked) -> bool:
            asked.report(_epoch_figure(epoch, search.metric), epoch.epoch)
            return bool(asked.should_prune())

        titles = train_classifier_trial(run, job, on_epoch if search.prune else None)
        epochs = read_epochs(run.folder.trial(job.trial))
        for epoch in () if titles else epochs:
            asked.report(_epoch_figure(epoch, search.metric), epoch.epoch)
        sampler.tell(asked, max(_epoch_figure(epoch, search.metric) for epoch in epochs))
        yield job, titles


def _epoch_figure(epoch: EpochRecord, metric: SelectionMetric) -> float:
    from kiyas.training.classifier_history import figure_of

    return figure_of(epoch, metric)


def _point(run: ClassificationRun, metric: SelectionMetric, job: ClassifierTrial) -> TriedPoint:
    folder = run.folder.trial(job.trial)
    labels, probabilities = read_predictions(folder.validation_predictions)
    return TriedPoint(
        arm=job.trial.arm,
        trial=job.trial.name,
        values=dict(job.values),
        labels=labels,
        predictions=tuple(int(label) for label in probabilities.argmax(axis=1)),
        metric=_judge(metric, labels, probabilities, run.study.confidence),
        stopped_early=read_trained(folder).stopped_early,
        is_chosen=False,
    )


def _judge(
    metric: SelectionMetric,
    labels: tuple[int, ...],
    probabilities: NDArray[np.float64],
    confidence: float,
) -> Metric:
    truth, predicted = np.array(labels), probabilities.argmax(axis=1)
    if metric == "accuracy":
        k = int((truth == predicted).sum())
        share = wilson(k, truth.size, confidence)
        return Metric(share.estimate, share.low, share.high, share.method, k, int(truth.size))
    if metric == "f1_macro":
        found = bootstrap_metric(macro_f1, truth, predicted, 0, _NUM_RESAMPLES, confidence)
    else:
        losses = -np.log(np.maximum(probabilities[np.arange(truth.size), truth], 1e-15))
        found = bca_means(losses, 0, _NUM_RESAMPLES, confidence)[0]
    return Metric(found.estimate, found.low, found.high, found.method)


def _best(metric: SelectionMetric, points: list[TriedPoint]) -> TriedPoint:
    """Return the best point, the earliest of equals."""
    sign = -1.0 if metric == "loss" else 1.0
    return max(points, key=lambda point: sign * (point.metric.estimate or 0.0))
