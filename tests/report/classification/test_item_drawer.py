import base64
import json
import zlib
from dataclasses import replace

import pytest

from kiyas.report.classification.item_drawer import make_item_drawer


def unpack(drawer):
    return json.loads(zlib.decompress(base64.b64decode(drawer.block.base64)))


def test_every_item_has_its_text_its_label_and_every_prediction(topics, texts, english):
    data = unpack(make_item_drawer(topics, texts, english))
    assert data["labels"] == ["tfidf", "words", "characters"]
    assert len(data["entries"]) == topics.num_test
    for row, entry in enumerate(data["entries"]):
        assert data["texts"][entry["text"]] == texts[row]
        assert entry["label"] == topics.results[0].labels[row]
        predictions = [result.predictions[row] for result in topics.results]
        assert [answer[0] for answer in entry["answers"]] == predictions


def test_probabilities_are_those_of_the_arm_largest_first(topics, texts, english):
    data = unpack(make_item_drawer(topics, texts, english))
    predicted, of_truth, shown = data["entries"][7]["answers"][1]
    result = topics.results[1]
    assert shown[0][0] == predicted
    assert of_truth == pytest.approx(result.probabilities[7][result.labels[7]], abs=5e-5)
    shares = [share for _label, share in shown]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=1e-3)


def test_the_baseline_is_compared_with_the_best_arm_at_first(topics, texts, english):
    drawer = make_item_drawer(topics, texts, english)
    assert (drawer.first, drawer.second) == ("tfidf", "characters")


def test_items_without_texts_are_kept(topics, english):
    data = unpack(make_item_drawer(topics, (), english))
    assert [entry["text"] for entry in data["entries"]] == [None] * topics.num_test


def test_classes_are_named_in_the_language_of_the_report(topics, texts, turkish):
    data = unpack(make_item_drawer(topics, texts, turkish))
    assert data["classes"] == list(topics.class_names_tr)
    without = replace(topics, class_names_tr=())
    assert unpack(make_item_drawer(without, texts, turkish))["classes"] == list(topics.class_names)
