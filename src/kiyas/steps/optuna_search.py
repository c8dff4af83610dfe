"""Search settings -> the points that Optuna asks for, one after the other or several at a time.

Optuna's study is in memory, or in a storage that machines share. Trains nothing and judges nothing.
In memory the same seed asks for the same points, so that a search that was killed finds them
trained; a storage remembers them itself.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kiyas.config.classification import SearchRange, SearchSettings, SearchValue
from kiyas.steps.classification_points import is_whole, round_drawn
from kiyas.steps.search_storage import load_optuna, open_storage

_NUM_UNPRUNED = 2
"""Points that Optuna sees whole before it stops any."""

_WORKER, _OUTCOME = "kiyas.worker", "kiyas.outcome"
"""What is noted of a point in the storage: who trains it, and what other machines need of it."""


def worker_of(folder: Path) -> str:
    """Return what a run folder's driver calls itself in a storage."""
    return f"{socket.gethostname()}:{folder.resolve()}"


@dataclass(frozen=True)
class FinishedPoint:
    """A point that some machine has trained."""

    values: Mapping[str, SearchValue]
    """Value by searched key."""
    outcome: Mapping[str, Any]
    """What that machine noted of it."""


class AskedPoint:
    """A point from its asking to its telling."""

    def __init__(self, study: Any, trial: Any) -> None:
        self._study, self._trial = study, trial
        self.number: int = trial.number
        self.values = _values_of(trial)
        self.worker: str | None = trial.user_attrs.get(_WORKER)

    def falls_behind(self, figures: Sequence[float]) -> bool:
        """Tell Optuna the figure of every epoch so far; return whether it would stop here."""
        known = self._study.trials[self.number].intermediate_values
        for epoch, figure in enumerate(figures, start=1):
            if epoch not in known:
                self._trial.report(figure, epoch)
        return bool(self._trial.should_prune())

    def tell(self, figure: float, *, pruned: bool, outcome: Mapping[str, Any]) -> None:
        """Tell what the point reached, higher being better; one that was told already stays so."""
        from optuna.trial import TrialState

        if self._study.trials[self.number].state.is_finished():
            return
        self._trial.set_user_attr(_OUTCOME, json.dumps(outcome))
        if pruned:
            self._study.tell(self._trial, state=TrialState.PRUNED)
        else:
            self._study.tell(self._trial, figure)


class OptunaSearch:
    """Optuna's TPE sampler and median pruner over one arm's search.

    Args:
        search: The study's search.
        seed: Seed of the sampler.
        name: Tells this search from others of its storage.
        worker: Who asks for points.

    Raises:
        MissingExtraError: Optuna is not installed.
        ExecutionError: The storage cannot be opened.
    """

    def __init__(self, search: SearchSettings, seed: int, name: str, worker: str) -> None:
        optuna = load_optuna()
        self._optuna, self._search, self._seed = optuna, search, seed
        self._worker = worker
        self._study = optuna.create_study(
            storage=open_storage(search.storage),
            study_name=name,
            load_if_exists=search.storage is not None,
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_NUM_UNPRUNED)
            if search.prune
            else optuna.pruners.NopPruner(),
        )
        self._space = {
            key: _distribution(optuna, key, values) for key, values in search.keys.items()
        }

    def ask(self, num_points: int) -> list[AskedPoint]:
        """Return up to so many of the points that are missing; none if all are given out."""
        missing = (self._search.num_points or 0) - len(self._study.trials)
        return [self._ask() for _ in range(min(num_points, missing))]

    def unfinished(self) -> list[AskedPoint]:
        """Return the points that some worker was given and has not told of."""
        return [
            self.find(trial.number) for trial in self._study.trials if not trial.state.is_finished()
        ]

    def find(self, number: int) -> AskedPoint:
        """Return a point that was asked for, perhaps on another machine."""
        [trial_id] = [item._trial_id for item in self._study.trials if item.number == number]
        return AskedPoint(self._study, self._optuna.trial.Trial(self._study, trial_id))

    def finished(self) -> list[FinishedPoint]:
        """Return every point that was told, here or elsewhere, in the order of asking."""
        return [
            FinishedPoint(_values_of(trial), json.loads(trial.user_attrs[_OUTCOME]))
            for trial in self._study.trials
            if _OUTCOME in trial.user_attrs and trial.state.is_finished()
        ]

    def _ask(self) -> AskedPoint:
        if self._search.storage is not None:
            # A sampler that begins anew would ask for its first points again.
            drawn = np.random.default_rng([self._seed, len(self._study.trials)])
            self._study.sampler = self._optuna.samplers.TPESampler(seed=int(drawn.integers(2**31)))
        trial = self._study.ask(self._space)
        trial.set_user_attr(_WORKER, self._worker)
        return AskedPoint(self._study, trial)


def _values_of(trial: Any) -> dict[str, SearchValue]:
    """Return the values of one of Optuna's trials; numbers that it drew are rounded."""
    from optuna.distributions import FloatDistribution

    values: dict[str, SearchValue] = {}
    for key, value in trial.params.items():
        drawn_from = trial.distributions[key]
        is_drawn = isinstance(drawn_from, FloatDistribution)
        values[key] = round_drawn(value, drawn_from.low, drawn_from.high) if is_drawn else value
    return values


def _distribution(optuna: Any, key: str, values: list[SearchValue] | SearchRange) -> Any:
    if not isinstance(values, SearchRange):
        return optuna.distributions.CategoricalDistribution(values)
    if is_whole(key):
        return optuna.distributions.IntDistribution(
            int(values.low), int(values.high), log=values.log
        )
    return optuna.distributions.FloatDistribution(
        float(values.low), float(values.high), log=values.log
    )
