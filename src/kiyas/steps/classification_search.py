"""Searched arms -> the values each goes on with, chosen on the validation split.

Every point is trained with the study's first seed and never sees the test split. Points are trials
like any other: one that is trained already, in this search or an earlier one, is read back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kiyas.analysis.classification import TriedPoint
from kiyas.classification_records import EpochRecord, Metric
from kiyas.config.classification import (
    ClassifierArm,
    ClassifierTrainSettings,
    SearchRange,
    SearchSettings,
    SearchValue,
    SelectionMetric,
)
from kiyas.config.classification_conflicts import grid_points
from kiyas.config.schema import LoraSettings
from kiyas.errors import MissingExtraError
from kiyas.statistics import bca_means, bootstrap_metric, macro_f1, wilson
from kiyas.steps.classification_files import (
    VALIDATION_PREDICTIONS,
    read_epochs,
    read_predictions,
)
from kiyas.steps.classification_run import ClassificationRun, ClassifierTrial, name_trial
from kiyas.steps.classification_train import train_classifier_trial, trained_record

_NUM_RESAMPLES = 2_000
_NUM_UNPRUNED = 2
"""Points that Optuna sees whole before it stops any."""


@dataclass(frozen=True)
class SearchOutcome:
    """What a search of all arms gave."""

    chosen: Mapping[str, Mapping[str, SearchValue]]
    """Values that each searched arm goes on with."""
    points: tuple[TriedPoint, ...]
    """Every point, by arm in the order tried."""
    worked: tuple[str, ...]
    """Names of the points that were trained now."""


def search_arms(run: ClassificationRun) -> SearchOutcome:
    """Train every point of the search and choose one for each arm.

    Raises:
        MissingExtraError: Optuna is asked for and not installed.
    """
    search = run.study.search
    chosen: dict[str, Mapping[str, SearchValue]] = {}
    points: list[TriedPoint] = []
    worked: list[str] = []
    if search is None:
        return SearchOutcome(chosen, (), ())
    for arm in run.study.arms:
        if not arm.search:
            continue
        # Optuna may ask for a point twice; it is one trial.
        tried: dict[str, ClassifierTrial] = {}
        for job, was_trained in _try_points(run, search, arm):
            tried.setdefault(job.trial.name, job)
            worked += [f"training {job.trial.name}"] if was_trained else []
        own = [_point(run, search.metric, job) for job in tried.values()]
        best = _best(search.metric, own)
        chosen[arm.name] = best.values
        points += [_mark(point, point is best) for point in own]
        told = ", ".join(f"{key} {value}" for key, value in best.values.items())
        run.progress.say(f"search: {arm.name} goes on with {told}")
    return SearchOutcome(chosen, tuple(points), tuple(worked))


def _try_points(
    run: ClassificationRun, search: SearchSettings, arm: ClassifierArm
) -> Iterator[tuple[ClassifierTrial, bool]]:
    seed = run.study.seeds[0]
    if search.method == "optuna":
        yield from _try_optuna(run, search, arm)
        return
    points = grid_points(search) if search.method == "grid" else _random_points(search, seed)
    for values in points:
        job = name_trial(arm, seed, values)
        yield job, train_classifier_trial(run, job)


def _random_points(search: SearchSettings, seed: int) -> list[dict[str, SearchValue]]:
    """Draw points; the same for the same seed, and a longer search begins with the same ones."""
    generator = np.random.default_rng([seed, 7])
    assert search.num_points is not None  # a conflict otherwise
    points = [
        {key: _draw(key, values, generator) for key, values in search.keys.items()}
        for _ in range(search.num_points)
    ]
    return list({repr(point): point for point in points}.values())


def _draw(
    key: str, values: list[SearchValue] | SearchRange, generator: np.random.Generator
) -> SearchValue:
    if not isinstance(values, SearchRange):
        return values[int(generator.integers(len(values)))]
    low, high = float(values.low), float(values.high)
    share = generator.random()
    if values.log:
        drawn = float(np.exp(np.log(low) + share * (np.log(high) - np.log(low))))
    else:
        drawn = low + share * (high - low)
    return round(drawn) if _is_whole(key) else float(f"{drawn:.3g}")


def _is_whole(key: str) -> bool:
    section, name = key.split(".", 1)
    model = LoraSettings if section == "lora" else ClassifierTrainSettings
    return model.model_fields[name].annotation is int


def _try_optuna(
    run: ClassificationRun, search: SearchSettings, arm: ClassifierArm
) -> Iterator[tuple[ClassifierTrial, bool]]:
    """Let Optuna's TPE sampler ask for one point after the other.

    Sampler and pruner depend on the seed and on what they were told, so a search that was killed
    asks for the same points again and finds them trained.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError("a search by Optuna", "search") from error

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    seed = run.study.seeds[0]
    pruner: Any = (
        optuna.pruners.MedianPruner(n_startup_trials=_NUM_UNPRUNED)
        if search.prune
        else optuna.pruners.NopPruner()
    )
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruner
    )
    space = {key: _distribution(optuna, key, values) for key, values in search.keys.items()}
    for _ in range(search.num_points or 0):
        asked = study.ask(space)
        values = {
            key: float(f"{v:.3g}") if isinstance(v, float) else v for key, v in asked.params.items()
        }
        job = name_trial(arm, seed, values)

        def on_epoch(epoch: EpochRecord, asked: Any = asked) -> bool:
            asked.report(_epoch_figure(epoch, search.metric), epoch.epoch)
            return bool(asked.should_prune())

        was_trained = train_classifier_trial(run, job, on_epoch if search.prune else None)
        epochs = read_epochs(run.folder.trial(job.trial).path)
        for epoch in () if was_trained else epochs:
            asked.report(_epoch_figure(epoch, search.metric), epoch.epoch)
        study.tell(asked, max(_epoch_figure(epoch, search.metric) for epoch in epochs))
        yield job, was_trained


def _distribution(optuna: Any, key: str, values: list[SearchValue] | SearchRange) -> Any:
    if not isinstance(values, SearchRange):
        return optuna.distributions.CategoricalDistribution(values)
    if _is_whole(key):
        return optuna.distributions.IntDistribution(
            int(values.low), int(values.high), log=values.log
        )
    return optuna.distributions.FloatDistribution(
        float(values.low), float(values.high), log=values.log
    )


def _epoch_figure(epoch: EpochRecord, metric: SelectionMetric) -> float:
    from kiyas.training.classifier_history import figure_of

    return figure_of(epoch, metric)


def _point(run: ClassificationRun, metric: SelectionMetric, job: ClassifierTrial) -> TriedPoint:
    folder = run.folder.trial(job.trial).path
    labels, probabilities = read_predictions(folder / VALIDATION_PREDICTIONS)
    predictions = tuple(int(label) for label in probabilities.argmax(axis=1))
    return TriedPoint(
        arm=job.trial.arm,
        trial=job.trial.name,
        values=dict(job.values),
        labels=labels,
        predictions=predictions,
        metric=_judge(metric, labels, probabilities, run.study.confidence),
        stopped_early=trained_record(run, job).stopped_early,
        is_chosen=False,
    )


def _judge(
    metric: SelectionMetric, labels: tuple[int, ...], probabilities: Any, confidence: float
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


def _mark(point: TriedPoint, is_chosen: bool) -> TriedPoint:
    return replace(point, is_chosen=is_chosen)
