"""An arm searched by Optuna -> its points, trained here, on a cluster or on other machines.

With ``search.storage`` points are independent jobs that speak to the storage themselves: several
nodes train at once, and other machines that run the same study take their share of the points.
Without it each point waits for the last one, in this process.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiyas.analysis.classification import TriedPoint
from kiyas.config import ClassifierArm
from kiyas.config.classification import SearchSettings
from kiyas.errors import ExecutionError
from kiyas.execution import Job
from kiyas.records.classification import EpochRecord
from kiyas.run_folder import Inputs, hash_values
from kiyas.steps.classification_files import read_epochs, read_trained
from kiyas.steps.classification_run import (
    ClassificationRun,
    ClassifierName,
    ClassifierTrial,
    find_trial,
    name_of,
    name_trial,
)
from kiyas.steps.classification_train import settings_of, train_classifier_trial, trial_inputs
from kiyas.steps.optuna_search import AskedPoint, OptunaSearch, worker_of
from kiyas.steps.run import check_same, is_waiting
from kiyas.steps.tried_points import judge_point, pack_point, unpack_point


@dataclass(frozen=True)
class PointTask:
    """A point to train, which Optuna has been asked for."""

    name: ClassifierName
    """Its trial."""
    number: int
    """Its number in the storage."""
    inputs: Inputs
    """What its training depends on, as the machine that gives it out sees it."""


def try_optuna(run: ClassificationRun, arm: ClassifierArm) -> tuple[list[TriedPoint], list[str]]:
    """Train the points of an arm that are missing.

    Returns:
        Every point, those of other machines included, and the titles of what was worked on here.

    Raises:
        ExecutionError: All points are in training elsewhere.
    """
    search, worked = _search_of(run), list[str]()
    opened = open_search(run, arm)
    points = [point for point in opened.unfinished() if _is_ours(run, arm, point)]
    while points := points or opened.ask(_num_at_a_time(run, search)):
        worked += _train_round(run, arm, points)
        points = []
    _tell_others(run, arm, opened)
    tried: dict[str, TriedPoint] = {}  # Optuna may ask for a point twice; it is one trial
    for point in opened.finished():
        job = name_trial(arm, run.study.seeds[0], point.values)
        if job.trial.name not in tried:
            tried[job.trial.name] = (
                judge_point(run, search.metric, job)
                if is_point_here(run, job)
                else unpack_point(run, job, point.outcome)
            )
    return list(tried.values()), worked


def point_task(run: ClassificationRun, task: PointTask) -> list[str]:
    """Train one point on whatever machine this is, and tell the storage what it reached."""
    job = find_trial(run, task.name)
    check_same(task.inputs, trial_inputs(run, job), f"training {job.trial.name}")
    assert job.arm is not None  # the baseline is not searched
    return _train_point(run, job, open_search(run, job.arm).find(task.number))


def open_search(run: ClassificationRun, arm: ClassifierArm) -> OptunaSearch:
    """Open the search of an arm; another study, data set or range of values has another one."""
    search, seed = _search_of(run), run.study.seeds[0]
    keys = {key: repr(values) for key, values in search.keys.items()}
    depends = {**trial_inputs(run, name_trial(arm, seed, {})), "metric": search.metric, **keys}
    name = f"{run.study.name}/{arm.name}/{hash_values(depends)[:12]}"
    return OptunaSearch(search, seed, name, worker_of(run.folder.path))


def is_point_here(run: ClassificationRun, job: ClassifierTrial) -> bool:
    """Return whether a point's own folder holds what it says of the validation rows."""
    search = _search_of(run)
    pruning = search.method == "optuna" and search.prune
    inputs = {**trial_inputs(run, job), "pruning": pruning}
    return not is_waiting(run.folder.trial(job.trial), inputs)


def _is_ours(run: ClassificationRun, arm: ClassifierArm, point: AskedPoint) -> bool:
    """Return whether an earlier run of this folder, on whatever machine, was given a point."""
    job = name_trial(arm, run.study.seeds[0], point.values)
    return point.worker == worker_of(run.folder.path) or run.folder.trial(job.trial).path.exists()


def _tell_others(run: ClassificationRun, arm: ClassifierArm, opened: OptunaSearch) -> None:
    """Say how many points other machines still train; the choice does not wait for them.

    Raises:
        ExecutionError: There is no other point to choose from.
    """
    num_waiting = len(opened.unfinished())
    if not opened.finished():
        raise ExecutionError(
            f"every point of {arm.name} was given to other machines, and none is finished yet",
            where="search.storage",
            received=f"{num_waiting} points in training elsewhere",
            next_step="give the same command again later, or raise search.num_points",
        )
    if num_waiting:
        told = f"{num_waiting} points of {arm.name} are still trained by other machines"
        run.progress.say(f"search: {told}; the choice is made without them")


def _search_of(run: ClassificationRun) -> SearchSettings:
    assert run.study.search is not None  # nobody searches otherwise
    return run.study.search


def _num_at_a_time(run: ClassificationRun, search: SearchSettings) -> int:
    return 1 if search.storage is None else run.executor.num_workers


def _train_round(run: ClassificationRun, arm: ClassifierArm, points: list[AskedPoint]) -> list[str]:
    """Train points that do not wait for each other."""
    named = [(name_trial(arm, run.study.seeds[0], point.values), point) for point in points]
    if _search_of(run).storage is None:
        return [title for job, point in named for title in _train_point(run, job, point)]
    jobs: list[Job[PointTask]] = []
    twice: list[PointTask] = []
    for job, point in named:
        task = PointTask(name_of(job), point.number, trial_inputs(run, job))
        title = f"training {job.trial.name}"
        if title in (known.title for known in jobs):
            twice.append(task)
        else:
            folder = run.folder.relative(run.folder.trial(job.trial))
            jobs.append(Job(title, task, writes=(folder,)))
    titles = run.executor.map(run, point_task, jobs)
    # What was asked for twice is trained by now: it is read back, and told.
    return titles + [title for task in twice for title in point_task(run, task)]


def _train_point(run: ClassificationRun, job: ClassifierTrial, point: AskedPoint) -> list[str]:
    """Train a point, or what is missing of it, and tell Optuna what it reached."""
    from kiyas.training.classifier_history import best_epoch, figure_of, is_out_of_patience

    search, folder = _search_of(run), run.folder.trial(job.trial)
    _, settings = settings_of(run, job)

    def figures() -> list[float]:
        return [figure_of(epoch, search.metric) for epoch in read_epochs(folder)]

    def falls_behind(epoch: EpochRecord) -> bool:
        behind = point.falls_behind(figures())
        if behind and epoch.epoch < settings.num_epochs:
            stopped = f"{job.trial.name} is stopped after epoch {epoch.epoch}, behind the others"
            run.progress.say(f"search: {stopped}")
        return behind

    titles = train_classifier_trial(run, job, falls_behind if search.prune else None)
    point.falls_behind(figures())  # Optuna hears of epochs that were trained by an earlier run
    epochs, stopping = read_epochs(folder), settings.early_stopping
    pruned = read_trained(folder).stopped_early and not is_out_of_patience(
        epochs, stopping.metric, stopping.patience
    )
    kept = figure_of(best_epoch(epochs, stopping.metric), search.metric)
    outcome = pack_point(judge_point(run, search.metric, job))
    point.tell(kept, pruned=pruned, outcome=outcome)
    return titles
