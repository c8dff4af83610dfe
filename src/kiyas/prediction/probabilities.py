"""A trained classifier's folder and texts -> class probabilities.

Works in float32 on a CPU unless told otherwise: then a text predicted alone gives what it gives in
any batch, to rounding. Scores nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kiyas.config.classification import ClassifierPredictSettings
from kiyas.models.classifier import Classifier, load_classifier
from kiyas.models.classifier_adapters import load_adapter, merge_adapter
from kiyas.models.classifier_inputs import compute_logits, encode_texts, softmax
from kiyas.models.source import BaseSource
from kiyas.models.tfidf import TfidfClassifier, load_tfidf


@dataclass(frozen=True)
class ClassifierFiles:
    """Where a trained classifier is and what it needs."""

    kind: Literal["lora", "tfidf"]
    """What was trained."""
    folder: Path
    """Folder of its weights."""
    num_classes: int
    """C."""
    base: BaseSource | None = None
    """Files of its base; None for a baseline."""
    max_seq_len: int = 512
    """Tokens a text may have, as in training."""


@dataclass(frozen=True, eq=False)
class Predictor:
    """A classifier in memory that is ready to predict."""

    classifier: Classifier | TfidfClassifier
    """The classifier."""
    max_seq_len: int
    """Tokens a text may have."""
    max_batch_tokens: int
    """Tokens of one forward pass, padding included."""

    @property
    def dtype(self) -> str:
        """Return the precision of prediction."""
        return self.classifier.dtype if isinstance(self.classifier, Classifier) else "float32"

    @property
    def device(self) -> str:
        """Return where it predicts."""
        return self.classifier.device if isinstance(self.classifier, Classifier) else "cpu"

    def predict_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (N, C) class probabilities of N texts, in their order."""
        if isinstance(self.classifier, TfidfClassifier):
            return self.classifier.predict_probabilities(texts)
        if not texts:
            return np.empty((0, self.classifier.num_classes))
        encoded = encode_texts(self.classifier, texts, self.max_seq_len)
        return softmax(compute_logits(self.classifier, encoded, self.max_batch_tokens))

    def merged(self) -> Predictor:
        """Return the predictor with its adapter merged into the base; this one is used up."""
        if isinstance(self.classifier, TfidfClassifier):
            return self
        return dataclasses.replace(self, classifier=merge_adapter(self.classifier))


def load_predictor(files: ClassifierFiles, settings: ClassifierPredictSettings) -> Predictor:
    """Load a trained classifier.

    Raises:
        ModelError: Its files are absent, damaged or do not fit.
    """
    if files.kind == "tfidf":
        loaded: Classifier | TfidfClassifier = load_tfidf(files.folder)
    else:
        assert files.base is not None  # only baselines have none
        loaded = load_adapter(
            load_classifier(files.base, files.num_classes, dtype=_precision(settings)),
            files.folder,
        )
    return Predictor(loaded, files.max_seq_len, settings.max_batch_tokens)


def _precision(settings: ClassifierPredictSettings) -> Literal["auto", "float32", "bfloat16"]:
    """Return float32 for ``auto`` on a CPU; a GPU is asked what it can do."""
    import torch

    if settings.dtype == "auto" and not torch.cuda.is_available():
        return "float32"
    return settings.dtype
