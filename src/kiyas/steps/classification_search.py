"""Searched arms -> the values each goes on with, chosen on the validation split.

Every point is trained with the study's first seed and never sees the test split. Points are trials
like any other: one that is trained already, in this search or an earlier one, is read back.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from kiyas.analysis.classification import TriedPoint
from kiyas.config import ClassifierArm
from kiyas.config.classification import SearchSettings, SearchValue
from kiyas.config.classification_conflicts import grid_points
from kiyas.errors import RunFolderError
from kiyas.run_folder import Inputs, read_json, write_json
from kiyas.steps.classification_optuna import is_point_here, try_optuna
from kiyas.steps.classification_points import random_points
from kiyas.steps.classification_run import ClassificationRun, ClassifierTrial, name_trial
from kiyas.steps.classification_train import train_together, trial_inputs
from kiyas.steps.run import ensure, flatten, is_waiting
from kiyas.steps.tried_points import best_point, judge_point, pack_point, unpack_point


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

    def work() -> Inputs:
        worked.extend(train_together(run, [job for arm in arms for job in _listed(run, arm)]))
        points = [point for arm in arms for point in _search_arm(run, search, arm, worked)]
        write_json(run.folder.points, {"points": points})
        return {"num_points": len(points)}

    if ensure(run.folder.searching, _inputs(run, search), "search", run.progress, work):
        worked.append("search")
    return worked


def is_search_waiting(run: ClassificationRun) -> bool:
    """Return whether there is a search that is still to be made, or to be made anew."""
    search = run.study.search
    return search is not None and is_waiting(run.folder.searching, _inputs(run, search))


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
        packed = item.get("elsewhere")
        point = unpack_point(run, job, packed) if packed else judge_point(run, search.metric, job)
        points.append(replace(point, is_chosen=item["is_chosen"]))
    return points


def names_trained_elsewhere(run: ClassificationRun) -> set[str]:
    """Return the names of the points that another machine has trained; no folder is theirs here.

    Raises:
        RunFolderError: The search is not finished.
    """
    return {item["trial"] for item in _kept_points(run) if "elsewhere" in item}


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


def _inputs(run: ClassificationRun, search: SearchSettings) -> Inputs:
    arms = _searched_arms(run)
    return {
        **flatten("search", search.model_dump(), without=("storage",)),
        **{key: value for arm in arms for key, value in _arm_inputs(run, arm).items()},
    }


def _arm_inputs(run: ClassificationRun, arm: ClassifierArm) -> Inputs:
    inputs = trial_inputs(run, name_trial(arm, run.study.seeds[0], {}))
    return {f"{arm.name}.{key}": value for key, value in inputs.items()}


def _search_arm(
    run: ClassificationRun, search: SearchSettings, arm: ClassifierArm, worked: list[str]
) -> list[dict[str, Any]]:
    """Train the points of an arm; return them as plain values, the chosen one marked."""
    points, titles = _try_points(run, search, arm)
    worked += titles
    best = best_point(search.metric, points)
    told = ", ".join(f"{key} {value}" for key, value in best.values.items())
    run.progress.say(f"search: {arm.name} goes on with {told}")
    return [
        {
            "arm": arm.name,
            "trial": point.trial,
            "values": point.values,
            search.metric: asdict(point.metric),
            "is_chosen": point is best,
            **_packed(run, arm, point),
        }
        for point in points
    ]


def _packed(run: ClassificationRun, arm: ClassifierArm, point: TriedPoint) -> dict[str, Any]:
    """Return what is kept of a point that another machine has trained; its folder is not here."""
    job = name_trial(arm, run.study.seeds[0], point.values)
    return {} if is_point_here(run, job) else {"elsewhere": pack_point(point)}


def _try_points(
    run: ClassificationRun, search: SearchSettings, arm: ClassifierArm
) -> tuple[list[TriedPoint], list[str]]:
    if search.method == "optuna":
        return try_optuna(run, arm)
    return [judge_point(run, search.metric, job) for job in _listed(run, arm)], []


def _listed(run: ClassificationRun, arm: ClassifierArm) -> list[ClassifierTrial]:
    """Return the points that are known before any is trained; Optuna's are not."""
    search, seed = run.study.search, run.study.seeds[0]
    if search is None or search.method == "optuna":
        return []
    points = grid_points(search) if search.method == "grid" else random_points(search, seed)
    return [name_trial(arm, seed, values) for values in points]
