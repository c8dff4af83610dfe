"""A labelled table -> the labels that look wrong, by confident learning.

Changes no label. The predictions come from TF-IDF with logistic regression, each row predicted by
a model that has seen neither it nor a near-duplicate of it; a cheap model, so that a hard item
stands among the suspects too.

Source: Northcutt, Jiang & Chuang 2021, "Confident Learning", JAIR 70:1373; package cleanlab.
"""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiyas.data.near_duplicates import group_near_duplicates
from kiyas.data.tables import LabelledTable
from kiyas.errors import MissingExtraError

MANY_ROWS = 20_000
"""Rows from which fewer folds and fewer steps keep the search short."""

WORD_OR_SIGN = r"(?u)\b\w+\b|[^\w\s]"
"""What counts as a word: one letter does, and so does a sign such as ``^``."""

_EXCERPT = 120

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SuspectLabel:
    """A label that the other rows speak against."""

    row: int
    """The row."""
    label: int
    """Its label."""
    label_probability: float
    """Out-of-fold probability of its label."""
    suggested: int
    """The class predicted for it."""
    suggested_probability: float
    """Out-of-fold probability of that class."""
    excerpt: str
    """Beginning of the text."""


def find_suspect_labels(table: LabelledTable, *, seed: int = 0) -> tuple[SuspectLabel, ...]:
    """Return the suspect labels, those with the least probable label first.

    Classes with fewer than five rows are left out: too little is known to suspect them.

    Args:
        table: Table with clean texts.
        seed: Seed of the folds.

    Raises:
        MissingExtraError: cleanlab is not installed.
    """
    try:
        cleanlab_filter = importlib.import_module("cleanlab.filter")
    except ImportError as error:
        raise MissingExtraError("Finding suspect labels", "data") from error
    labels = np.array(table.labels, dtype=np.int64)
    counts = np.bincount(labels, minlength=table.num_classes)
    judged = np.flatnonzero(counts[labels] >= 5)
    classes, codes = np.unique(labels[judged], return_inverse=True)
    if len(classes) < 2:
        return ()
    texts = [table.texts[i] for i in judged]
    probabilities = predict_out_of_fold(texts, codes, seed=seed)
    found = cleanlab_filter.find_label_issues(
        codes, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    suspects = []
    for i in found:
        best = int(np.argmax(probabilities[i]))
        suspects.append(
            SuspectLabel(
                row=table.rows[judged[i]],
                label=int(classes[codes[i]]),
                label_probability=float(probabilities[i, codes[i]]),
                suggested=int(classes[best]),
                suggested_probability=float(probabilities[i, best]),
                excerpt=texts[i][:_EXCERPT],
            )
        )
    return tuple(suspects)


def predict_out_of_fold(texts: list[str], codes: Ints, *, seed: int) -> Floats:
    """Return class probabilities of each text, shape (N, C), by models that have not seen it.

    Args:
        texts: N texts.
        codes: Their classes 0..C-1, shape (N,); each has at least five rows.
        seed: Seed of the folds.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    threadpool_limits = importlib.import_module("threadpoolctl").threadpool_limits
    many = len(texts) >= MANY_ROWS
    vectorizer = TfidfVectorizer(
        sublinear_tf=True,
        min_df=2 if many else 1,
        max_features=30_000,
        token_pattern=WORD_OR_SIGN,
        dtype=np.float32,
    )
    # Word counts of held-out rows enter the weights of words, but no label does.
    features = vectorizer.fit_transform(texts)
    num_folds = 3 if many else 5
    fold_of = _deal_folds(codes, group_near_duplicates(texts), num_folds, seed)
    probabilities = np.zeros((len(texts), int(codes.max()) + 1))
    for fold in range(num_folds):
        held_out = fold_of == fold
        if not held_out.any() or len(np.unique(codes[~held_out])) < 2:
            probabilities[held_out, codes[held_out]] = 1.0  # nothing speaks against these labels
            continue
        model = LogisticRegression(C=10.0, max_iter=20 if many else 200, tol=1e-3)
        # One thread: on small problems the threads of BLAS wait for one another, tenfold slower.
        with warnings.catch_warnings(), threadpool_limits(limits=1):
            # A model that is stopped early is regularised, not wrong; it only lists suspects.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features[~held_out], codes[~held_out])
        probabilities[np.ix_(held_out, model.classes_)] = model.predict_proba(features[held_out])
    return probabilities


def _deal_folds(codes: Ints, groups: Ints, num_folds: int, seed: int) -> Ints:
    """Return the fold of each row: classes dealt in turn, a group of near-duplicates together."""
    leaders = np.unique(groups)
    order = np.random.default_rng(seed).permutation(leaders)
    by_class = order[np.argsort(codes[order], kind="stable")]
    fold_of_leader = np.empty(len(groups), dtype=np.int64)
    fold_of_leader[by_class] = np.arange(len(by_class)) % num_folds
    folds: Ints = fold_of_leader[groups]
    return folds
