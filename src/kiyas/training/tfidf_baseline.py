"""Labelled texts -> TF-IDF with logistic regression, its one setting tuned on validation rows.

The cheap arm that every expensive one has to beat. Up to ``FEW_ROWS`` rows the regression is solved
exactly in the span of the rows: with an L2 penalty the solution lies in it, so N x N numbers take
the place of N x F and the fit takes a second. Above, each class is learnt against the rest by
stochastic gradient descent. Never sees a test split.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from kiyas.config.classification import SelectionMetric
from kiyas.errors import TrainingError
from kiyas.models.tfidf import (
    TfidfClassifier,
    fit_transform,
    new_vectorizers,
    save_tfidf,
    transform,
)
from kiyas.records.classification import LabelledTexts, TrainedClassifier
from kiyas.run_folder import ClassifierFolder, writing

FEW_ROWS = 4_000
"""Rows up to which the regression is solved exactly; the cost grows with their cube."""

MANY_ROWS = 20_000
"""Rows above which words alone are counted: 100,000 rows have to be learnt in two minutes."""

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Values of C (inverse penalty) that are tried on the validation split."""

_SMALLEST_EIGENVALUE = 1e-6
_MAX_ITERATIONS = 500
_NUM_PASSES = 2
"""Of averaged descent over more than ``FEW_ROWS`` rows; more are no better on 5,000 problems."""

Fit = Callable[[float], TfidfClassifier]


def train_tfidf(
    splits: tuple[LabelledTexts, LabelledTexts],
    num_classes: int,
    folder: ClassifierFolder,
    metric: SelectionMetric = "f1_macro",
) -> tuple[TrainedClassifier, NDArray[np.float64]]:
    """Train the baseline and keep it.

    Args:
        splits: Training and validation rows.
        num_classes: C.
        folder: The trial's folder.
        metric: Validation metric that the penalty is chosen by; the stronger penalty of equals.

    Returns:
        How it was trained, and (N, C) probabilities of the validation rows.

    Raises:
        TrainingError: The training rows are of one class, or hold no word.
    """
    started = time.monotonic()
    train, validation = splits
    labels = np.array(train.labels, dtype=np.int64)
    if np.unique(labels).size < 2:
        raise TrainingError(
            "all training rows are of one class",
            where=f"{train.name} split",
            received=f"class {labels[0]}" if labels.size else "no rows",
            expected="rows of at least two classes",
        )
    vectorizers = new_vectorizers(words_only=labels.size > MANY_ROWS)
    try:
        features = fit_transform(vectorizers, train.texts)
    except ValueError as error:
        raise TrainingError(
            "the training texts hold no word", where=f"{train.name} split", received=str(error)
        ) from error
    exact = labels.size <= FEW_ROWS
    # The solver's products are small: several threads cost more in waiting than they save.
    with threadpool_limits(1):
        prepare = _fit_exactly if exact else _fit_by_descent
        fit = prepare(vectorizers, features, labels, num_classes)
        chosen, model, probabilities = _tune(fit, validation, metric)
    target = folder.baseline
    with writing(target):
        shutil.rmtree(target, ignore_errors=True)
        save_tfidf(model, target)
    trained = TrainedClassifier(
        kind="tfidf",
        best_epoch=None,
        best_step=None,
        num_epochs=0,
        stopped_early=False,
        reload_difference=None,
        num_trainable=int(model.coefficients.size + model.intercepts.size),
        num_tokens=0,
        num_cut=0,
        fresh_modules=(),
        precision="float32",
        seconds=time.monotonic() - started,
        chosen={"C": chosen, "solver": "lbfgs" if exact else "sgd"},
    )
    return trained, probabilities


def _tune(
    fit: Fit, validation: LabelledTexts, metric: SelectionMetric
) -> tuple[float, TfidfClassifier, NDArray[np.float64]]:
    labels = np.array(validation.labels, dtype=np.int64)
    best: tuple[float, float, TfidfClassifier, NDArray[np.float64]] | None = None
    features = None
    for penalty in PENALTIES:
        model = fit(penalty)
        if features is None:  # the same words for every penalty
            features = transform(model.vectorizers, validation.texts)
        probabilities = model.probabilities_of(features)
        figure = _figure(labels, probabilities, metric)
        if best is None or figure > best[0]:
            best = (figure, penalty, model, probabilities)
    assert best is not None  # there are penalties to try
    return best[1:]


def _figure(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], metric: SelectionMetric
) -> float:
    from sklearn.metrics import f1_score

    predicted = probabilities.argmax(axis=1)
    if metric == "accuracy":
        return float((predicted == labels).mean())
    if metric == "f1_macro":
        present = np.unique(labels)
        return float(f1_score(labels, predicted, labels=present, average="macro", zero_division=0))
    picked = probabilities[np.arange(labels.size), labels]
    return float(np.log(np.maximum(picked, 1e-300)).mean())


def _fit_exactly(
    vectorizers: tuple[Any, ...], features: Any, labels: NDArray[np.int64], num_classes: int
) -> Fit:
    """Return a function that solves for one C in the (N, R) coordinates of the rows' span."""
    from sklearn.linear_model import LogisticRegression

    gram = np.asarray((features @ features.T).toarray(), dtype=np.float64)
    values, vectors = np.linalg.eigh(gram)
    kept = values > _SMALLEST_EIGENVALUE
    # Columns turn inner products with the training rows into coordinates: X X^T P = Q sqrt(L).
    to_span = vectors[:, kept] / np.sqrt(values[kept])
    coordinates = gram @ to_span

    def fit(penalty: float) -> TfidfClassifier:
        solver = LogisticRegression(C=penalty, max_iter=_MAX_ITERATIONS).fit(coordinates, labels)
        weights = solver.coef_ if len(solver.classes_) > 2 else _both_signs(solver.coef_)
        offsets = solver.intercept_ if len(solver.classes_) > 2 else _both_signs(solver.intercept_)
        in_words = (features.T @ (to_span @ weights.T)).T
        return _spread(vectorizers, (in_words, offsets), solver.classes_, num_classes, ovr=False)

    return fit


def _fit_by_descent(
    vectorizers: tuple[Any, ...], features: Any, labels: NDArray[np.int64], num_classes: int
) -> Fit:
    """Return a function that learns for one C by averaged stochastic gradient descent."""
    from sklearn.linear_model import SGDClassifier

    def fit(penalty: float) -> TfidfClassifier:
        solver = SGDClassifier(
            loss="log_loss",
            alpha=1 / (penalty * labels.size),
            max_iter=_NUM_PASSES,
            tol=None,
            average=True,
            random_state=0,
        ).fit(features, labels)
        two = len(solver.classes_) == 2
        weights = _both_signs(solver.coef_) if two else solver.coef_
        offsets = _both_signs(solver.intercept_) if two else solver.intercept_
        return _spread(vectorizers, (weights, offsets), solver.classes_, num_classes, ovr=True)

    return fit


def _both_signs(values: Any) -> Any:
    """Return the weights of both classes where scikit-learn keeps those of the second alone.

    Half each: the softmax of (-w/2, w/2) is the sigmoid of w.
    """
    return np.concatenate([-values / 2, values / 2])


def _spread(
    vectorizers: tuple[Any, ...],
    solution: tuple[Any, Any],
    classes: NDArray[np.int64],
    num_classes: int,
    *,
    ovr: bool,
) -> TfidfClassifier:
    """Give classes without training rows weights that never win."""
    weights, offsets = solution
    coefficients = np.zeros((num_classes, weights.shape[1]), dtype=np.float32)
    intercepts = np.full(num_classes, -30.0, dtype=np.float32)
    coefficients[classes] = weights
    intercepts[classes] = np.asarray(offsets).ravel()
    return TfidfClassifier(vectorizers, coefficients, intercepts, ovr)
