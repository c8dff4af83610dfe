"""A trained classifier's folder and texts -> their classes: ``kiyas predict``, and in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kiyas.config.classification import ClassifierPredictSettings
from kiyas.errors import DataError, ModelError
from kiyas.models import locate_base
from kiyas.run_folder import ClassifierFolder
from kiyas.steps.classification_files import read_description
from kiyas.steps.text_files import read_texts

if TYPE_CHECKING:
    from kiyas.prediction.probabilities import Predictor


@dataclass(frozen=True)
class LabelledPrediction:
    """What a classifier says of one text."""

    text: str
    """The text."""
    label: int
    """The most probable class."""
    name: str
    """Its name."""
    probability: float
    """Its probability."""
    probabilities: tuple[float, ...]
    """(C,) probabilities of all classes."""


class LoadedClassifier:
    """A trained classifier that is ready to use."""

    def __init__(self, folder: ClassifierFolder) -> None:
        description = read_description(folder)
        self.class_names = description.class_names
        """(C,) names of the classes."""
        self.class_names_tr = description.class_names_tr
        """(C,) Turkish names, or empty."""
        self._predictor = load_trained(folder)

    def predict_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (N, C) class probabilities of N texts."""
        return self._predictor.predict_probabilities(texts)

    def predict(self, texts: Sequence[str]) -> list[LabelledPrediction]:
        """Classify texts, in their order.

        Raises:
            TypeError: One text is given instead of a list of them.
        """
        if isinstance(texts, str):
            raise TypeError('expected a list of texts, such as predict(["..."]), got one text')
        return [
            LabelledPrediction(
                text=text,
                label=int(row.argmax()),
                name=self.class_names[int(row.argmax())],
                probability=float(row.max()),
                probabilities=tuple(row.tolist()),
            )
            for text, row in zip(texts, self.predict_probabilities(texts), strict=True)
        ]


def load_classifier(folder: Path | str) -> LoadedClassifier:
    """Load a trained classifier: ``load_classifier("results/x").predict(["..."])``.

    Args:
        folder: What ``kiyas train`` wrote, or a trial's folder of a study.

    Raises:
        ModelError: The folder holds none, or its base is not to be had.
    """
    return LoadedClassifier(ClassifierFolder.at(Path(folder)))


def load_trained(
    folder: ClassifierFolder, settings: ClassifierPredictSettings | None = None
) -> Predictor:
    """Load the classifier of a folder, ready to predict.

    Raises:
        ModelError: The folder holds none, or its base has changed since.
    """
    from kiyas.prediction.probabilities import ClassifierFiles, load_predictor

    description = read_description(folder)
    base = None
    if description.base is not None:
        base = locate_base(description.base)
        if base.fingerprint != description.base_fingerprint:
            raise ModelError(
                "the base model is not the one that the adapter was trained on",
                where=f"{folder.path}, base {description.base}",
                received=base.fingerprint,
                expected=str(description.base_fingerprint),
                next_step="restore the base model, or train again",
            )
    files = ClassifierFiles(
        kind=description.kind,
        folder=folder.baseline if base is None else folder.adapter,
        num_classes=len(description.class_names),
        base=base,
        max_seq_len=description.max_seq_len,
    )
    return load_predictor(files, settings or ClassifierPredictSettings())


def predict_command(
    folder: Path,
    *,
    texts: Sequence[str] = (),
    file: Path | None = None,
    text_column: str | None = None,
) -> list[LabelledPrediction]:
    """Classify texts given by themselves, and every text of a file.

    Args:
        folder: What ``kiyas train`` wrote.
        texts: Texts.
        file: A plain text file (a text a line) or a table with a text column.
        text_column: Its name; None finds it.

    Raises:
        ModelError: The folder holds no classifier.
        DataError: The file cannot be read, or there is nothing to classify.
    """
    found = [*texts, *([] if file is None else read_texts(file, text_column))]
    if not found:
        raise DataError(
            "there is nothing to classify",
            where="kiyas predict",
            next_step='give --text "..." or --file problems.csv',
        )
    return load_classifier(folder).predict(found)
