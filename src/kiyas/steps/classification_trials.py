"""A classification run -> every trial that is tested, searched where the study asks, trained."""

from __future__ import annotations

from kiyas.errors import RunFolderError
from kiyas.steps.classification_run import (
    ClassificationRun,
    ClassifierTrial,
    baseline_trial,
    name_trial,
)
from kiyas.steps.classification_search import chosen_values, search_arms
from kiyas.steps.classification_train import train_together


def train_classifiers(run: ClassificationRun) -> list[str]:
    """Train the baseline, the points of the search and the tested trials that are not yet.

    Returns:
        Titles of what was worked on.
    """
    worked = train_together(run, [baseline_trial()] if run.study.baseline else [])
    worked += search_arms(run)
    tested = [job for job in tested_trials(run) if job.arm and not _is_searched(run, job)]
    return worked + train_together(run, tested)


def tested_trials(run: ClassificationRun) -> tuple[ClassifierTrial, ...]:
    """Return every trial that is tested: baseline first, then by arm and seed.

    Raises:
        RunFolderError: The search, which decides them, is not finished.
    """
    chosen = chosen_values(run)
    baseline = [baseline_trial()] if run.study.baseline else []
    arms = [
        name_trial(arm, seed, chosen.get(arm.name, {}))
        for arm in run.study.arms
        for seed in run.study.seeds
    ]
    return (*baseline, *arms)


def weights_of(run: ClassificationRun, job: ClassifierTrial) -> str:
    """Return the hash of a trial's weights.

    Raises:
        RunFolderError: The trial is not trained.
    """
    outputs = run.folder.trial(job.trial).outputs()
    if not outputs:
        raise RunFolderError(
            "the run is not finished",
            where=str(run.folder.path),
            received=f"{job.trial.name} is not trained",
            next_step="finish it with `kiyas run` first",
        )
    return str(outputs["weights"])


def _is_searched(run: ClassificationRun, job: ClassifierTrial) -> bool:
    """Return whether the search has trained this very trial; it is tested as it is."""
    is_point = bool(job.values) and job.trial.seed == run.study.seeds[0]
    return is_point and bool(run.folder.trial(job.trial).outputs())
