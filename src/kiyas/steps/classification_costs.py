"""What the steps of a classification study recorded -> what it took. Measures nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

from kiyas.analysis.classification import TriedPoint
from kiyas.analysis.costs import TrialWork, Work, sum_up_costs
from kiyas.records import Trial
from kiyas.records.classification import ClassifierResult, EpochRecord, TrainedClassifier
from kiyas.records.costs import CostFindings
from kiyas.steps.classification_files import read_epochs, read_trained
from kiyas.steps.classification_run import ClassificationRun
from kiyas.steps.classification_search import names_trained_elsewhere
from kiyas.steps.classification_trials import tested_trials


def sum_up_classification_costs(
    run: ClassificationRun, results: Sequence[ClassifierResult], points: Sequence[TriedPoint]
) -> CostFindings:
    """Return what a scored study took; what an older kiyas did not record is None.

    Points of a shared search that another machine has trained are counted there.

    Args:
        run: The run.
        results: Every tested trial.
        points: Every point of the search.
    """
    by_trial = {result.trial: result for result in results}
    trials = [_tested(run, job.trial, by_trial[job.trial.name]) for job in tested_trials(run)]
    counted = {*by_trial, *names_trained_elsewhere(run)}
    untested = [point for point in points if point.trial not in counted]
    arms = dict.fromkeys(point.arm for point in untested)
    searched = [_searched(run, [p for p in untested if p.arm == arm], arm) for arm in arms]
    return sum_up_costs([*trials, *searched], run.study.execution.power_w)


def _tested(run: ClassificationRun, trial: Trial, result: ClassifierResult) -> TrialWork:
    return TrialWork(
        trial=trial.name,
        arm=trial.arm,
        stages={
            "training": [_training(result.trained, result.history)],
            "prediction": [Work(run.folder.predicted(trial).seconds)],
            "scoring": [Work(run.folder.scored(trial).seconds)],
        },
        peak_bytes=result.trained.peak_bytes,
    )


def _searched(run: ClassificationRun, points: Sequence[TriedPoint], arm: str) -> TrialWork:
    seed = run.study.seeds[0]
    folders = [run.folder.trial(Trial(point.trial, arm, seed)) for point in points]
    trained = [(read_trained(folder), read_epochs(folder)) for folder in folders]
    peaks = [each.peak_bytes for each, _ in trained if each.peak_bytes is not None]
    return TrialWork(
        trial="",
        arm=arm,
        stages={"search": [_training(*pair) for pair in trained]},
        num_trials=len(points),
        peak_bytes=max(peaks, default=None),
    )


def _training(trained: TrainedClassifier, epochs: Sequence[EpochRecord]) -> Work:
    """Return what training took: all epochs with their validation, those before a resume too."""
    if not epochs:  # the baseline counts words, not tokens
        return Work(trained.seconds, num_tokens=0, timed_seconds=0, num_timed_tokens=0)
    seconds, tokens = sum(epoch.seconds for epoch in epochs), trained.num_tokens * len(epochs)
    return Work(seconds, tokens, seconds, tokens)
