"""Search settings -> the points of a search: a grid, random draws, or what Optuna asks for.

Trains nothing and judges nothing. The same seed asks for the same points, so a search that was
killed finds them trained.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kiyas.config import ClassifierTrainSettings, LoraSettings
from kiyas.config.classification import SearchRange, SearchSettings, SearchValue
from kiyas.errors import MissingExtraError

_NUM_UNPRUNED = 2
"""Points that Optuna sees whole before it stops any."""


def random_points(search: SearchSettings, seed: int) -> list[dict[str, SearchValue]]:
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


class OptunaSearch:
    """Optuna's TPE sampler, asked for one point after the other.

    Raises:
        MissingExtraError: Optuna is not installed.
    """

    def __init__(self, search: SearchSettings, seed: int) -> None:
        try:
            import optuna
        except ImportError as error:
            raise MissingExtraError("a search by Optuna", "search") from error

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        pruner: Any = (
            optuna.pruners.MedianPruner(n_startup_trials=_NUM_UNPRUNED)
            if search.prune
            else optuna.pruners.NopPruner()
        )
        sampler = optuna.samplers.TPESampler(seed=seed)
        self._study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
        self._space = {
            key: _distribution(optuna, key, values) for key, values in search.keys.items()
        }

    def ask(self) -> tuple[Any, dict[str, SearchValue]]:
        """Return Optuna's handle of the next point, and its values."""
        asked = self._study.ask(self._space)
        values = {
            key: float(f"{value:.3g}") if isinstance(value, float) else value
            for key, value in asked.params.items()
        }
        return asked, values

    def tell(self, asked: Any, figure: float) -> None:
        """Tell what a point reached, higher being better."""
        self._study.tell(asked, figure)


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
