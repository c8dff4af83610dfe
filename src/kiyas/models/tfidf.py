"""TF-IDF features with a linear classifier -> class probabilities; kept on disk without pickle.

Holds and applies the weights; ``training.tfidf_baseline`` finds them. Needs scikit-learn, no torch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiyas.errors import ModelError

WORD_PATTERN = r"(?u)\\?\w+"
"""A word, a single letter or digit, or a LaTeX command with its backslash."""

_SETTINGS = "tfidf.json"
_WEIGHTS = "tfidf.npz"
_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class TfidfClassifier:
    """Two TF-IDF vectorisers (F features together) and the weights of C classes."""

    vectorizers: tuple[Any, ...]
    """Fitted vectorisers: words, then characters."""
    coefficients: NDArray[np.float32]
    """(C, F) weights."""
    intercepts: NDArray[np.float32]
    """(C,) intercepts."""
    one_vs_rest: bool
    """Whether the classes were learnt one against the rest: sigmoids, normalised, else softmax."""

    def predict_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (N, C) class probabilities of N texts."""
        parts = [
            self._predict(texts[start : start + _CHUNK]) for start in range(0, len(texts), _CHUNK)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(self.intercepts)))

    def _predict(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return self.probabilities_of(transform(self.vectorizers, texts))

    def probabilities_of(self, features: Any) -> NDArray[np.float64]:
        """Return (N, C) class probabilities of (N, F) features."""
        from scipy.special import expit, softmax

        logits = np.asarray(features @ self.coefficients.T + self.intercepts, dtype=np.float64)
        if not self.one_vs_rest:
            return np.asarray(softmax(logits, axis=1))
        shares = np.maximum(expit(logits), 1e-12)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def new_vectorizers(*, words_only: bool = False) -> tuple[Any, ...]:
    """Return the unfitted vectorisers: word 1-2 grams and character 2-5 grams within words.

    Args:
        words_only: Leave the characters out, and the words of one row alone: for many rows, where
            words are seen often enough and characters cost ten times as much.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    shared = {"sublinear_tf": True, "dtype": np.float32}
    words = {"ngram_range": (1, 2), "token_pattern": WORD_PATTERN, **shared}
    if words_only:
        return (TfidfVectorizer(min_df=2, **words),)
    return (
        TfidfVectorizer(**words),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared),
    )


def fit_transform(vectorizers: Sequence[Any], texts: Sequence[str]) -> Any:
    """Fit the vectorisers and return the (N, F) sparse features of their N texts, in one pass.

    Raises:
        ValueError: The texts hold no word.
    """
    from scipy.sparse import hstack

    return hstack([vectorizer.fit_transform(texts) for vectorizer in vectorizers], format="csr")


def transform(vectorizers: Sequence[Any], texts: Sequence[str]) -> Any:
    """Return the (N, F) sparse features of N texts."""
    from scipy.sparse import hstack

    return hstack([vectorizer.transform(texts) for vectorizer in vectorizers], format="csr")


def save_tfidf(classifier: TfidfClassifier, folder: Path) -> None:
    """Write the classifier as one JSON and one NumPy file; not atomic.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    terms = [list(v.get_feature_names_out()) for v in classifier.vectorizers]
    settings = {"one_vs_rest": classifier.one_vs_rest, "terms": terms}
    (folder / _SETTINGS).write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
    np.savez(
        folder / _WEIGHTS,
        coefficients=classifier.coefficients,
        intercepts=classifier.intercepts,
        **{f"idf_{number}": v.idf_ for number, v in enumerate(classifier.vectorizers)},
    )


def load_tfidf(folder: Path) -> TfidfClassifier:
    """Read what ``save_tfidf`` wrote.

    Raises:
        ModelError: The files are absent or damaged.
    """
    try:
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        with np.load(folder / _WEIGHTS, allow_pickle=False) as arrays:
            weights = {name: arrays[name] for name in arrays.files}
        vectorizers = new_vectorizers(words_only=len(settings["terms"]) == 1)
        for number, (vectorizer, terms) in enumerate(
            zip(vectorizers, settings["terms"], strict=True)
        ):
            vectorizer.vocabulary = {term: column for column, term in enumerate(terms)}
            vectorizer.idf_ = weights[f"idf_{number}"]
        return TfidfClassifier(
            vectorizers, weights["coefficients"], weights["intercepts"], settings["one_vs_rest"]
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            "the baseline cannot be loaded",
            where=str(folder),
            received=str(error).splitlines()[0],
            expected=f"{_SETTINGS} and {_WEIGHTS} of a trained baseline",
        ) from error
