"""A classification study of small linear models, trained in seconds on the embedded set.

Training, scores, tests and statements are those of the real analysis; only the times are made up.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
from recorded_costs import make_classification_costs
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import f1_score, log_loss

from kiyas.analysis.classification import (
    ClassificationSetting,
    TriedPoint,
    analyse_classification,
)
from kiyas.data import label_table, read_table
from kiyas.data.table_files import default_classes
from kiyas.records.classification import (
    ClassifierResult,
    EpochRecord,
    Metric,
    TrainedClassifier,
)
from kiyas.records.latency import LatencyFigures, LatencyRatio, LatencyReport
from kiyas.records.setup import ArmSetup, StudySetup
from kiyas.report import Origin
from kiyas.scoring.classification import METRIC_ORDER, score_classifier
from kiyas.statistics import wilson

SOURCE = "embedded:math-topics"
CLASSES = default_classes(SOURCE)
RATES = (0.01, 0.3, 3.0)
BASELINE = "tfidf"
SETUP = StudySetup(
    question="Do words or stems tell the topics apart?",
    models=(),
    arms=(ArmSetup("words", "", SOURCE, None),),
    settings=(("seeds", "0"), ("train.learning_rate", "0.3")),
)
ORIGIN = Origin(
    {
        "study": "math-topics-tiny",
        "command": "kiyas run studies/math-topics-tiny.yaml",
        "packages": {"scikit-learn": "1.7.2", "numpy": "2.4.6"},
        "data": {"test": "9c1f0b"},
    },
    SETUP,
)


def load_splits():
    """Return texts and labels by split."""
    splits = {}
    for split in ("train", "validation", "test"):
        table = label_table(read_table(SOURCE, split=split, base_dir=Path()), CLASSES)
        splits[split] = (table.texts, table.labels)
    return splits


def make_classification_findings(splits, num_epochs=5):
    """Train a baseline and two arms, one with a searched learning rate, and analyse them."""
    baseline = _train_baseline(splits)
    points = [_train_arm(splits, "words", rate, num_epochs) for rate in RATES]
    accuracies = [sum(p == t for p, t in zip(*pair, strict=True)) for _, pair in points]
    best = accuracies.index(max(accuracies))
    other, _ = _train_arm(splits, "characters", 0.3, num_epochs)
    results = [
        baseline,
        replace(points[best][0], settings={"train.learning_rate": RATES[best]}),
        other,
    ]
    setting = ClassificationSetting(
        study="math-topics-tiny",
        class_names=CLASSES.names,
        class_names_tr=CLASSES.turkish,
        num_rows=tuple(len(splits[name][0]) for name in ("train", "validation", "test")),
        num_seeds=1,
        metric_order=METRIC_ORDER,
        confidence=0.95,
    )
    tried = [
        _tried(f"words/learning_rate-{rate:g}/seed-0", {"train.learning_rate": rate}, pair, i, best)
        for i, (rate, (_, pair)) in enumerate(zip(RATES, points, strict=True))
    ]
    costs = make_classification_costs(BASELINE, ["words", "characters"])
    return analyse_classification(setting, results, tried, make_latency(), costs)


def make_latency():
    """Return made-up times of the three arms at two batch sizes."""
    draw = random.Random(5)
    typical = {BASELINE: 0.6, "words": 31.0, "characters": 31.6}
    figures, ratios = [], []
    for batch_size in (1, 16):
        for arm, median in typical.items():
            call = median * batch_size * (0.8 if batch_size > 1 else 1.0)
            figures.append(
                LatencyFigures(
                    arm=arm,
                    batch_size=batch_size,
                    num_calls=150,
                    median_ms=call,
                    p95_ms=call * (1.2 + 0.2 * draw.random()),
                    texts_per_s=1000 * batch_size / call,
                    merged=None if arm == BASELINE else True,
                    dtype="float64" if arm == BASELINE else "float32",
                )
            )
        pairs = ((BASELINE, "words"), (BASELINE, "characters"), ("words", "characters"))
        for first, second in pairs:
            ratio = typical[first] / typical[second]
            near = first == "words"
            ratios.append(
                LatencyRatio(
                    first=first,
                    second=second,
                    batch_size=batch_size,
                    ratio=ratio,
                    ci_low=ratio * (0.96 if near else 0.98),
                    ci_high=ratio * (1.04 if near else 1.02),
                    verdict="no difference detected" if near else "faster",
                )
            )
    return LatencyReport(tuple(figures), tuple(ratios), 5, 64, "cpu", 2)


def _train_baseline(splits):
    features = _features(splits, {"sublinear_tf": True})
    model = LogisticRegression(C=10.0, max_iter=300).fit(features["train"], splits["train"][1])
    trained = TrainedClassifier("tfidf", None, None, 0, False, None, 40_000, 0, 0, (), "f64", 0.4)
    probabilities = model.predict_proba(features["test"])
    return _result(BASELINE, None, splits, probabilities, trained)


def _train_arm(splits, arm, rate, num_epochs):
    """Return the arm's result and its validation predictions with the truth."""
    kinds = {
        "words": {"analyzer": "word", "ngram_range": (1, 1)},
        "characters": {"analyzer": "char_wb", "ngram_range": (2, 4)},
    }
    features = _features(splits, kinds[arm])
    truth = {name: np.array(labels) for name, (_, labels) in splits.items()}
    model = SGDClassifier(
        loss="log_loss", alpha=1e-5, learning_rate="constant", eta0=rate, random_state=0
    )
    history = []
    for epoch in range(1, num_epochs + 1):
        model.partial_fit(features["train"], truth["train"], classes=np.arange(len(CLASSES.names)))
        history.append(_epoch(model, features, truth, epoch, rate))
    trained = TrainedClassifier(
        "lora", num_epochs, 23 * num_epochs, num_epochs, False, 0.0, 120_000, 20_000, 3, ("score",),
        "float32", 12.0,
    )  # fmt: skip
    probabilities = model.predict_proba(features["test"])
    result = _result(arm, tuple(history), splits, probabilities, trained)
    return result, (model.predict(features["validation"]).tolist(), truth["validation"].tolist())


def _features(splits, options):
    vectorizer = TfidfVectorizer(**options)
    features = {"train": vectorizer.fit_transform(splits["train"][0])}
    for name in ("validation", "test"):
        features[name] = vectorizer.transform(splits[name][0])
    return features


def _epoch(model, features, truth, epoch, rate):
    figures = {}
    for name in ("train", "validation"):
        probabilities = model.predict_proba(features[name])
        predicted = probabilities.argmax(axis=1)
        figures[name] = (
            float(log_loss(truth[name], probabilities, labels=model.classes_)),
            float((predicted == truth[name]).mean()),
            float(f1_score(truth[name], predicted, average="macro")),
        )
    (train_loss, train_accuracy, _), (val_loss, val_accuracy, f1) = figures.values()
    return EpochRecord(
        epoch, 23 * epoch, train_loss, val_loss, train_accuracy, val_accuracy, train_accuracy,
        val_accuracy, f1, rate, 2.5,
    )  # fmt: skip


def _result(arm, history, splits, probabilities, trained):
    _texts, labels = splits["test"]
    return ClassifierResult(
        arm=arm,
        seed=None if history is None else 0,
        trial=arm if history is None else f"{arm}/seed-0",
        is_baseline=history is None,
        labels=tuple(labels),
        predictions=tuple(probabilities.argmax(axis=1).tolist()),
        probabilities=tuple(map(tuple, probabilities.tolist())),
        scores=score_classifier(labels, probabilities, CLASSES.names),
        trained=trained,
        history=history or (),
    )


def _tried(name, values, pair, number, best):
    predicted, truth = pair
    k = sum(one == other for one, other in zip(predicted, truth, strict=True))
    found = wilson(k, len(truth), 0.95)
    metric = Metric(found.estimate, found.low, found.high, "wilson", k, len(truth))
    return TriedPoint(
        "words", name, values, tuple(truth), tuple(predicted), metric, False, number == best
    )
