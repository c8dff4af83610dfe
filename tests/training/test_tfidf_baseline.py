"""The baseline learns, is tuned on the validation split, and is read back as it was."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tiny_classifiers import topic_texts

from kiyas.errors import ModelError, TrainingError
from kiyas.models.tfidf import load_tfidf, new_vectorizers, transform
from kiyas.records.classification import LabelledTexts
from kiyas.run_folder import ClassifierFolder
from kiyas.training import tfidf_baseline
from kiyas.training.tfidf_baseline import train_tfidf

TRAIN, VALIDATION = topic_texts("train", 60, 1), topic_texts("validation", 30, 2)
TEST = topic_texts("test", 30, 3)


def accuracy(model):
    return (model.predict_probabilities(TEST.texts).argmax(axis=1) == TEST.labels).mean()


def test_it_learns_and_is_read_back_as_it_was(tmp_path):
    trained, validation = train_tfidf((TRAIN, VALIDATION), 3, ClassifierFolder.at(tmp_path))
    model = load_tfidf(tmp_path / "tfidf")
    assert accuracy(model) == 1.0
    np.testing.assert_allclose(model.predict_probabilities(VALIDATION.texts), validation)
    assert trained.chosen["C"] in tfidf_baseline.PENALTIES


def test_in_the_span_of_the_rows_the_solution_is_that_of_scikit_learn(tmp_path, monkeypatch):
    monkeypatch.setattr(tfidf_baseline, "PENALTIES", (3.0,))
    train_tfidf((TRAIN, VALIDATION), 3, ClassifierFolder.at(tmp_path))
    found = load_tfidf(tmp_path / "tfidf").predict_probabilities(TEST.texts)
    vectorizers = new_vectorizers()
    for vectorizer in vectorizers:
        vectorizer.fit(TRAIN.texts)
    features = transform(vectorizers, TRAIN.texts).astype(np.float64)
    solver = LogisticRegression(C=3.0, max_iter=5000, tol=1e-8).fit(features, TRAIN.labels)
    expected = solver.predict_proba(transform(vectorizers, TEST.texts))
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_two_classes_have_two_columns_that_sum_to_one(tmp_path):
    def two(split):
        kept = [i for i, label in enumerate(split.labels) if label < 2]
        return LabelledTexts(
            split.name, tuple(split.texts[i] for i in kept), tuple(split.labels[i] for i in kept)
        )

    _, validation = train_tfidf((two(TRAIN), two(VALIDATION)), 2, ClassifierFolder.at(tmp_path))
    np.testing.assert_allclose(validation.sum(axis=1), 1)
    assert (validation.argmax(axis=1) == two(VALIDATION).labels).all()


def test_many_rows_are_learnt_by_descent(tmp_path, monkeypatch):
    monkeypatch.setattr(tfidf_baseline, "FEW_ROWS", 10)
    trained, _ = train_tfidf((TRAIN, VALIDATION), 3, ClassifierFolder.at(tmp_path))
    assert trained.chosen["solver"] == "sgd"
    assert accuracy(load_tfidf(tmp_path / "tfidf")) >= 0.9


def test_of_many_rows_the_words_alone_are_learnt_and_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(tfidf_baseline, "FEW_ROWS", 10)
    monkeypatch.setattr(tfidf_baseline, "MANY_ROWS", 10)
    # Words that come again: those of one row are not counted.
    rows = [
        (f"{word} {word}s of number {i}", label)
        for i in range(20)
        for label, word in enumerate(("sum", "circle", "limit"))
    ]
    texts, labels = zip(*rows, strict=True)
    split = LabelledTexts("train", texts, labels)
    _, validation = train_tfidf((split, split), 3, ClassifierFolder.at(tmp_path))
    model = load_tfidf(tmp_path / "tfidf")
    assert len(model.vectorizers) == 1
    np.testing.assert_allclose(model.predict_probabilities(texts), validation)
    assert (validation.argmax(axis=1) == labels).all()


def test_a_class_without_training_rows_is_never_predicted(tmp_path):
    _, validation = train_tfidf((TRAIN, VALIDATION), 5, ClassifierFolder.at(tmp_path))
    assert validation.shape[1] == 5
    assert validation[:, 3:].max() < 1e-6


def test_one_class_alone_is_refused(tmp_path):
    same = LabelledTexts("train", ("some words", "other words"), (1, 1))
    with pytest.raises(TrainingError, match="of one class"):
        train_tfidf((same, VALIDATION), 3, ClassifierFolder.at(tmp_path))


def test_texts_without_a_word_are_refused(tmp_path):
    blank = LabelledTexts("train", (" ", "  "), (0, 1))
    with pytest.raises(TrainingError, match="hold no word"):
        train_tfidf((blank, VALIDATION), 3, ClassifierFolder.at(tmp_path))


def test_a_damaged_folder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="baseline cannot be loaded"):
        load_tfidf(tmp_path)
