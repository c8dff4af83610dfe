"""The study's ``tracking`` -> an open tracker for a trial, or none.

Checks before any compute that what is asked for is installed. What is tracked changes no result,
so that it is no input of any step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kiyas.config import Study
from kiyas.errors import KiyasError
from kiyas.execution import Progress
from kiyas.records import Trial

Track = Callable[[int, float, Mapping[str, float]], None]
"""Is told of a step, its epoch and its figures."""

_PACKAGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "azure_ml": ("azureml", "azureml-core mlflow azureml-mlflow"),
        "clearml": ("clearml", "clearml"),
        "codecarbon": ("codecarbon", "codecarbon"),
        "comet_ml": ("comet_ml", "comet-ml"),
        "dagshub": ("dagshub", "dagshub mlflow"),
        "dvclive": ("dvclive", "dvclive"),
        "mlflow": ("mlflow", "'kiyas[mlflow]'"),
        "neptune": ("neptune", "neptune"),
        "swanlab": ("swanlab", "swanlab"),
        "tensorboard": ("tensorboard", "tensorboard"),
        "trackio": ("trackio", "trackio"),
        "wandb": ("wandb", "wandb"),
    }
)
"""Module and what pip installs, of every tracker that the study file can name."""


def check_trackers(study: Study) -> None:
    """Refuse a study whose trackers are not installed.

    Raises:
        KiyasError: A tracker's package is missing.
    """
    for name in _names(study):
        module, packages = _PACKAGES[name]
        if find_spec(module) is None:
            raise KiyasError(
                f"tracking with {name} needs a package that is not installed",
                where="tracking.report_to",
                received=name,
                next_step=f"pip install {packages}, or take it out of the study",
            )


@contextmanager
def tracked(
    study: Study, trial: Trial, settings: Mapping[str, Any], folder: Path, progress: Progress
) -> Iterator[Track]:
    """Open what reports a trial; without ``tracking`` in the study it does nothing.

    Args:
        study: The study.
        trial: The trial that is trained.
        settings: What it is trained with, by the study's keys.
        folder: The trial's folder, where trackers that write files find a place.
        progress: Is told of a tracker that fails.
    """
    names = _names(study)
    if not names:
        yield lambda _step, _epoch, _figures: None
        return
    from kiyas.training.tracking import Tracker

    title = f"{study.name}/{trial.name}"
    told = {"study": study.name, "trial": trial.name, "arm": trial.arm, **settings}
    with _environment(study):
        tracker = Tracker(names, title, told, folder / "tracking", progress.say)
        with closing(tracker):
            yield tracker.log


def _names(study: Study) -> list[str]:
    if study.tracking is None:
        return []
    given = study.tracking.report_to
    return [given] if isinstance(given, str) else list(given)


@contextmanager
def _environment(study: Study) -> Iterator[None]:
    """Set what the study says trackers read; a name for the project where nobody gave one."""
    assert study.tracking is not None  # called for studies that track
    before = dict(os.environ)
    for key in ("MLFLOW_EXPERIMENT_NAME", "WANDB_PROJECT"):
        os.environ.setdefault(key, study.name)
    os.environ.update(study.tracking.environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
