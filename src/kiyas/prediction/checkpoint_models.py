"""The base's adapters on disk -> what decodes the rows of each: shared by batches, loaded once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel

from kiyas.models import Base
from kiyas.prediction.checkpoint_loading import load_checkpoint
from kiyas.prediction.decode_batch import RoutedModel
from kiyas.prediction.engines import Row
from kiyas.prediction.mixed_model import MixedModel, Weights, read_weights


@dataclass(frozen=True)
class LoadedAdapter:
    """An adapter in memory; one of its parts is None."""

    weights: Weights | None
    """What it adds to linear layers: its rows can stand beside those of others."""
    model: PreTrainedModel | None
    """The base with the adapter on it, if it does more, or is not to be mixed."""


class LoadedAdapters:
    """The adapters that were last used; safe for threads.

    Args:
        base: The bare base.
        capacity: Adapters to keep.
        mixes: Whether rows of several adapters are to be decoded together.
    """

    def __init__(self, base: Base, capacity: int, *, mixes: bool) -> None:
        self._base, self._capacity, self._mixes = base, capacity, mixes
        self._lock = threading.Lock()  # loading touches torch's one random generator
        self._loaded: dict[Path, LoadedAdapter] = {}

    def find(self, row: Row) -> LoadedAdapter:
        """Return a row's adapter, loaded if need be and checked on the row's prompt.

        Raises:
            ModelError: It does not fit the base, or changes nothing.
        """
        if row.adapter is None:
            weights: Weights | None = {} if self._mixes else None
            return LoadedAdapter(weights, None if self._mixes else self._base.model)
        with self._lock:
            found = self._loaded.pop(row.adapter, None) or self._load(row.adapter, row)
            self._loaded[row.adapter] = found  # the last used is the last to go
            while len(self._loaded) > self._capacity:
                self._loaded.pop(next(iter(self._loaded)))
        return found

    def clear(self) -> None:
        """Let all adapters go."""
        self._loaded.clear()

    def _load(self, adapter: Path, row: Row) -> LoadedAdapter:
        model = load_checkpoint(self._base, adapter, row.prompt_ids)
        weights = read_weights(self._base, model) if self._mixes else None
        return LoadedAdapter(weights, model if weights is None else None)


class CheckpointModels:
    """What decodes the rows of one call; one thread's.

    Args:
        base: The bare base.
        adapters: Where adapters are found.
    """

    def __init__(self, base: Base, adapters: LoadedAdapters) -> None:
        self._adapters = adapters
        self._mixed = MixedModel(base)
        self._weights: dict[Path | None, Weights] = {}

    def find(self, row: Row) -> PreTrainedModel:
        """Return the model that decodes a row; rows of one model may share a batch.

        Raises:
            ModelError: The row's adapter does not fit the base, or changes nothing.
        """
        if row.adapter in self._weights:
            return self._mixed.model
        found = self._adapters.find(row)
        if found.weights is None:
            assert found.model is not None
            return found.model
        self._weights[row.adapter] = found.weights
        return self._mixed.model

    def keep(self, adapters: Sequence[Path | None]) -> None:
        """Let all but these adapters go."""
        self._weights = {name: w for name, w in self._weights.items() if name in adapters}

    def routed(self, row: Row) -> RoutedModel:
        """Return the model that decodes a row, with what tells it the adapters of its rows."""
        model = self.find(row)
        return RoutedModel(model, self._route if model is self._mixed.model else _stay)

    def _route(self, adapters: Sequence[Path | None]) -> None:
        self._mixed.route([self._weights[adapter] for adapter in adapters])


def _stay(adapters: Sequence[Path | None]) -> None:
    """Leave a model of one adapter as it is."""
