"""A classification run -> every trial that is tested, searched where the study asks, trained."""

from __future__ import annotations

from kiyas.errors import RunFolderError
from kiyas.execution import Job
from kiyas.steps.classification_run import (
    ClassificationRun,
    ClassifierTrial,
    baseline_trial,
    name_trial,
)
from kiyas.steps.classification_search import chosen_values, is_search_waiting, search_arms
from kiyas.steps.classification_train import is_untrained, train_together


def train_classifiers(run: ClassificationRun) -> list[str]:
    """Train the baseline, the points of the search and the tested trials that are not yet.

    Returns:
        Titles of what was worked on.
    """
    if _has_work(run):
        run.executor.map(run, check_arms_task, [Job("checks before the work", None)])
    worked = train_together(run, [baseline_trial()] if run.study.baseline else [])
    worked += search_arms(run)
    return worked + train_together(run, _listed(run))


def check_arms_task(run: ClassificationRun, _task: None) -> list[str]:
    """Refuse an arm that cannot be trained, before those that come first are; reads no weights.

    Raises:
        KiyasError: A base is no classifier, or an adapter would sit on nothing.
    """
    from kiyas.models import check_targets, load_skeleton

    skeletons = {
        name: load_skeleton(source, is_classifier=True)[0] for name, source in run.bases.items()
    }
    for arm in run.study.arms:
        name = run.study.base_of(arm)
        check_targets(name, skeletons[name], run.study.lora_of(arm))
    return []


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


def _has_work(run: ClassificationRun) -> bool:
    """Return whether an adapter is still to be trained."""
    return is_search_waiting(run) or any(is_untrained(run, job) for job in _listed(run))


def _listed(run: ClassificationRun) -> list[ClassifierTrial]:
    """Return the tested trials of adapters that the search has not trained."""
    return [job for job in tested_trials(run) if job.arm and not _is_searched(run, job)]


def _is_searched(run: ClassificationRun, job: ClassifierTrial) -> bool:
    """Return whether the search has trained this very trial; it is tested as it is."""
    is_point = bool(job.values) and job.trial.seed == run.study.seeds[0]
    return is_point and bool(run.folder.trial(job.trial).outputs())
